"""Who feeds whom, as a tree, with what each branch's loss explains; what is all in order is folded away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent.web.views.live import Live, Row

MOST_ROOTS: Final = 200
WHOLE_BELOW: Final = 300  # devices: a smaller site is shown unfolded


@dataclass(frozen=True, slots=True)
class Branch:
    """A device and what hangs on it.

    Attributes:
        port: as the switch calls it.
        learned: told by the switches, not by the inventory.
        below: what hangs on it.
        folded: how many hang on it and are not listed, as all of them are in order.
    """

    row: Row
    port: str
    learned: bool
    below: tuple["Branch", ...]
    folded: int = 0


@dataclass(frozen=True, slots=True)
class Tree:
    """The site's trees. `loose`: how many hang on nothing that is known, are in order, and are not listed.

    `contradictions`: (device, why, given, seen) where inventory and switches disagree.
    """

    roots: tuple[Branch, ...]
    loose: int
    more: int  # devices of their own that are not listed, in whatever state: there are too many
    contradictions: tuple[tuple[str, str, str, str], ...]


def tree(live: Live, of: str = "") -> Tree:
    """Return the site as trees, or one device with what is below it; a ring of parents is cut."""
    now = live.now()
    rows, parents = {row.device.id: row for row in now.rows}, now.parents
    parents = {id_: "" if _is_ring(id_, parents) else parent for id_, parent in parents.items()}
    below: dict[str, list[str]] = {}
    for id_, parent in parents.items():
        below.setdefault(parent if parent in rows else "", []).append(id_)
    learned = live.agent.pipeline.watch.learned
    ports = {id_: hang.port for id_, hang in learned.hangs.items()}
    grower = _Grower(rows, below, ports, set(learned.parents), folds=not of and len(rows) > WHOLE_BELOW)
    wanted = [of] if of in rows else _order(below.get("", ()), below)
    loose = [id_ for id_ in wanted if not of and not below.get(id_) and grower.folds_away(id_)]
    hidden = set(loose)
    shown = [id_ for id_ in wanted if id_ not in hidden]
    shown.sort(key=lambda id_: (not below.get(id_), rows[id_].state != "fault"))
    roots = tuple(grower.branch(id_) for id_ in shown[:MOST_ROOTS])
    return Tree(
        roots,
        len(loose),
        max(0, len(shown) - MOST_ROOTS),
        tuple((c.device, c.why, c.given, c.seen) for c in learned.contradictions),
    )


@dataclass(frozen=True, slots=True)
class _Grower:
    rows: Mapping[str, Row]
    below: Mapping[str, list[str]]
    ports: Mapping[str, str]
    learned: set[str]
    folds: bool

    def folds_away(self, id_: str) -> bool:
        """Whether a device with all below it is in order, and so need not be listed."""
        return self.folds and self._is_well(id_)

    def branch(self, id_: str) -> Branch:
        children = _order(self.below.get(id_, ()), self.below)
        if children and all(self.folds_away(child) for child in children):
            return self._made(id_, (), self._size(id_))
        return self._made(id_, tuple(self.branch(child) for child in children), 0)

    def _made(self, id_: str, below: tuple[Branch, ...], folded: int) -> Branch:
        return Branch(self.rows[id_], self.ports.get(id_, ""), id_ in self.learned, below, folded)

    def _is_well(self, id_: str) -> bool:
        return self.rows[id_].state == "ok" and all(self._is_well(one) for one in self.below.get(id_, ()))

    def _size(self, id_: str) -> int:
        return sum(1 + self._size(child) for child in self.below.get(id_, ()))


def _order(ids: Sequence[str], below: Mapping[str, list[str]]) -> list[str]:
    return sorted(ids, key=lambda id_: (not below.get(id_), id_))  # what feeds others first


def _is_ring(id_: str, parents: Mapping[str, str]) -> bool:
    seen, above = {id_}, parents.get(id_, "")
    while above and above not in seen:
        seen.add(above)
        above = parents.get(above, "")
    return above == id_
