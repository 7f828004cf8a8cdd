"""What somebody wrote in a form whose session was over: carried through the log-in, shown, and sent again."""

import json
from dataclasses import dataclass
from typing import Any

from agent.web.gate import Fields, local_path


@dataclass(frozen=True, slots=True)
class Kept:
    """A form that was not taken: where it goes, and its fields in order."""

    path: str
    fields: Fields

    @property
    def shown(self) -> Fields:
        """What a person wrote, to be looked at before it is sent."""
        return tuple((name, value) for name, value in self.fields if value.strip())

    def packed(self) -> str:
        """Return it as text for a hidden field."""
        return json.dumps({"path": self.path, "fields": self.fields}, ensure_ascii=False)


def read_kept(text: str) -> Kept | None:
    """Return what a hidden field carries, None for nothing or anything else: it comes from outside."""
    try:
        told: Any = json.loads(text) if text else None
        path, fields = told["path"], [(name, value) for name, value in told["fields"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    is_text = all(isinstance(part, str) for pair in fields for part in pair)
    if not isinstance(path, str) or not is_text or local_path(path) != path or path == "/":
        return None
    return Kept(path, tuple(fields))
