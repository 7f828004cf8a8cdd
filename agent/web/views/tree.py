"""Who feeds whom, as a tree, with what each branch's loss explains."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.web.views.live import Live, Row


@dataclass(frozen=True, slots=True)
class Branch:
    """A device and what hangs on it. `port`: as the switch calls it; `learned`: told by the switches."""

    row: Row
    port: str
    learned: bool
    below: tuple["Branch", ...]

    @property
    def size(self) -> int:
        """How many devices hang below."""
        return sum(1 + branch.size for branch in self.below)


@dataclass(frozen=True, slots=True)
class Tree:
    """The site's trees, and (device, why, given, seen) where inventory and switches disagree."""

    roots: tuple[Branch, ...]
    contradictions: tuple[tuple[str, str, str, str], ...]


def tree(live: Live) -> Tree:
    """Return the site as trees; a device in a ring of parents stands on its own."""
    rows = {row.device.id: row for row in live.now().rows}
    parents = {id_: live.parent(row.device) for id_, row in rows.items()}
    parents = {id_: "" if _is_ring(id_, parents) else parent for id_, parent in parents.items()}
    below: dict[str, list[str]] = {}
    for id_, parent in parents.items():
        below.setdefault(parent if parent in rows else "", []).append(id_)
    learned = live.agent.pipeline.watch.learned
    ports = {id_: hang.port for id_, hang in learned.hangs.items()}
    roots = tuple(
        _branch(id_, rows, below, ports, set(learned.parents)) for id_ in _order(below.get("", ()), below)
    )
    return Tree(roots, tuple((c.device, c.why, c.given, c.seen) for c in learned.contradictions))


def _branch(
    id_: str,
    rows: Mapping[str, Row],
    below: Mapping[str, list[str]],
    ports: Mapping[str, str],
    learned: set[str],
) -> Branch:
    children = [_branch(child, rows, below, ports, learned) for child in _order(below.get(id_, ()), below)]
    return Branch(rows[id_], ports.get(id_, ""), id_ in learned, tuple(children))


def _order(ids: Sequence[str], below: Mapping[str, list[str]]) -> list[str]:
    return sorted(ids, key=lambda id_: (not below.get(id_), id_))  # what feeds others first


def _is_ring(id_: str, parents: Mapping[str, str]) -> bool:
    seen, above = {id_}, parents.get(id_, "")
    while above and above not in seen:
        seen.add(above)
        above = parents.get(above, "")
    return above == id_
