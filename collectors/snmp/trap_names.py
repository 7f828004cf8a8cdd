"""What notifications mean, as far as a MIB says so (`traps.yaml`), and what in them must not be shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import yaml

from collectors.snmp.engine import Value
from collectors.snmp.oids import is_oid, under

SHIPPED: Final = Path(__file__).with_name("traps.yaml")
HIDDEN: Final = "***"
MOST_BYTES: Final = 512  # of one value; a trap is a hint, not a file

_SECRET_TREES: Final = (
    "1.3.6.1.6.3.18.1.4",  # snmpTrapCommunity: RFC 3584 adds it to a translated v1 trap
    "1.3.6.1.6.3.18.1.1",  # snmpCommunityTable
    "1.3.6.1.6.3.15.1.2",  # usmUserTable
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """Name of a notification in its MIB, and what it says in plain words."""

    name: str
    words: str
    source: str


@cache
def shipped() -> Mapping[str, Meaning]:
    """Return the meanings that come with the program, by OID."""
    return load(SHIPPED.read_text(encoding="utf-8"))


def load(text: str) -> dict[str, Meaning]:
    """Read meanings.

    Raises:
        ValueError: an entry is no OID with a name and words, or stands twice.
    """
    found: dict[str, Meaning] = {}
    for group in yaml.load(text, Loader=yaml.BaseLoader):  # noqa: S506  every scalar is text: 11.1 is no number
        for tail, (name, words) in group["traps"].items():
            oid = f"{group['at']}.{tail}"
            if not is_oid(oid) or oid in found:
                raise ValueError(f"{oid} is no OID, or stands twice")
            found[oid] = Meaning(name, words, group["source"])
    return found


def meaning(oid: str) -> Meaning | None:
    """Return what a notification means, None when no MIB we know says so.

    A v1 trap is translated to enterprise.0.number (RFC 3584, section 3.1), while some MIBs, older than that,
    define their v2 notifications without the 0: both are looked for.
    """
    known = shipped()
    head, _, last = oid.rpartition(".")
    return known.get(oid) or (known.get(f"{head[:-2]}.{last}") if head.endswith(".0") else None)


def redacted(
    variables: Iterable[tuple[str, Value]], secrets: Iterable[bytes]
) -> tuple[tuple[str, Value], ...]:
    """Return variables without those that are secret by their OID, and with secrets in others blanked."""
    words = tuple(word for word in secrets if word)
    return tuple(
        (oid, _clean(value, words))
        for oid, value in variables
        if not any(oid == tree or under(tree, oid) for tree in _SECRET_TREES)
    )


def _clean(value: Value, words: tuple[bytes, ...]) -> Value:
    if not isinstance(value, bytes):
        return value
    for word in words:
        value = value.replace(word, HIDDEN.encode())
    return value[:MOST_BYTES]
