"""One thing that `siteward doctor` looked at."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at; `said` is what was found, `todo` what to do when it is not well."""

    name: str
    ok: bool
    said: str
    todo: str = ""
