"""A piece of a YAML document that knows where it stands, so that each complaint names file and place."""

import re
from collections.abc import Iterator
from enum import Enum
from typing import Any, TypeVar

from collectors.snmp.oids import is_oid

E = TypeVar("E", bound=Enum)


class KnowledgeError(ValueError):
    """A file of knowledge says something that cannot be; the message names file, place and what is wrong."""


class Node:
    """A mapping out of a YAML document. Keys are taken; what nobody took is refused by `done`.

    Args:
        data: what the document holds here.
        place: where that is, such as `ups-mib.yaml: tables[0]`.
        base: what an OID that begins with a dot is relative to.
    """

    def __init__(self, data: Any, place: str, base: str = "") -> None:
        if not isinstance(data, dict):
            raise KnowledgeError(f"{place}: a mapping is wanted here")
        self._left: dict[Any, Any] = dict(data)
        self.place = place
        self.base = base

    def wrong(self, key: str, why: str) -> KnowledgeError:
        """Return the complaint about one key."""
        return KnowledgeError(f"{self.place}.{key}: {why}")

    def done(self) -> None:
        """Refuse keys that nobody asked for: they are misspelt.

        Raises:
            KnowledgeError: there are some.
        """
        if self._left:
            unknown = ", ".join(sorted(map(repr, self._left)))
            raise KnowledgeError(f"{self.place}: unknown key {unknown}")

    def has(self, key: str) -> bool:
        """Whether a key is there and was not yet taken."""
        return key in self._left

    def text(self, key: str, default: str | None = None) -> str:
        """Take a text; required when it has no default."""
        return str(self._take(key, default, str, "a text"))

    def flag(self, key: str) -> bool:
        """Take true or false, false by default."""
        return bool(self._take(key, False, bool, "true or false"))

    def number(self, key: str, default: float) -> float:
        """Take a number."""
        found = self._left.pop(key, default)
        return self._as_number(key, found)

    def numbers(self, key: str) -> tuple[float, ...]:
        """Take a list of numbers, empty by default."""
        return tuple(self._as_number(key, found) for found in self._list(key))

    def names(self, key: str) -> tuple[Any, ...]:
        """Take a list of whole numbers and texts, empty by default."""
        found = tuple(self._list(key))
        if any(isinstance(one, bool) or not isinstance(one, int | str) for one in found):
            raise self.wrong(key, "whole numbers or quoted texts are wanted")
        return found

    def oid(self, key: str, default: str | None = None) -> str:
        """Take an OID; one that begins with a dot is relative to the file's `at`."""
        written = self.text(key, default)
        return self._absolute(key, written) if written else ""

    def oids(self, key: str) -> tuple[str, ...]:
        """Take one OID or a list of them, empty by default."""
        found = self._left.pop(key, [])
        return tuple(self._absolute(key, one) for one in (found if isinstance(found, list) else [found]))

    def pattern(self, key: str) -> re.Pattern[str] | None:
        """Take a regular expression, None by default."""
        written = self.text(key, "")
        try:
            return re.compile(written) if written else None
        except re.error as err:
            raise self.wrong(key, f"no regular expression: {err}") from err

    def choice(self, key: str, of: type[E], default: str | None = None) -> E:
        """Take one value of an enumeration."""
        return self._one_of(key, self.text(key, default), of)

    def choices(self, key: str, of: type[E]) -> frozenset[E]:
        """Take a list of values of an enumeration, empty by default."""
        return frozenset(self._one_of(key, one, of) for one in self._list(key))

    def mapping(self, key: str) -> dict[Any, Any]:
        """Take a mapping, empty by default."""
        return dict(self._take(key, {}, dict, "a mapping"))

    def nodes(self, key: str) -> Iterator["Node"]:
        """Take a list of mappings, empty by default."""
        for number, one in enumerate(self._list(key)):
            yield Node(one, f"{self.place}.{key}[{number}]", self.base)

    def node(self, key: str) -> "Node":
        """Take one mapping."""
        return Node(self._left.pop(key, None), f"{self.place}.{key}", self.base)

    def _take(self, key: str, default: Any, kind: type, wanted: str) -> Any:
        found = self._left.pop(key, default)
        if not isinstance(found, kind):
            raise self.wrong(key, f"{wanted} is wanted")
        return found

    def _list(self, key: str) -> list[Any]:
        found: list[Any] = self._take(key, [], list, "a list")
        return found

    def _as_number(self, key: str, found: Any) -> float:
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise self.wrong(key, "a number is wanted")
        return found

    def _absolute(self, key: str, written: Any) -> str:
        oid = self.base + written if isinstance(written, str) and written.startswith(".") else written
        if isinstance(oid, float):  # YAML reads .2 as a number
            raise self.wrong(key, f"{written!r} is a number: put object identifiers of this shape in quotes")
        if not isinstance(oid, str) or not is_oid(oid):
            raise self.wrong(key, f"{written!r} is no object identifier")
        return oid

    def _one_of(self, key: str, found: Any, of: type[E]) -> E:
        try:
            return of(found)
        except ValueError:
            known = ", ".join(str(one.value) for one in of)
            raise self.wrong(key, f"{found!r} is none of {known}") from None
