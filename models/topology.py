"""Who hangs on whom: which lost device explains another one's loss. Pure; built anew when links came."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from models.facts import Device


class Topology:
    """The feeding tree of a site.

    A parent that is not in the inventory is no parent. A ring of parents is cut at its smallest id, so that
    every device has a root; saying so to the operator is the configuration's business.

    Args:
        devices: the inventory.
        learned: device -> parent, for devices to which the operator gave none; the operator's own win.
    """

    def __init__(self, devices: Iterable[Device], learned: Mapping[str, str] | None = None) -> None:
        known = {device.id: device.parent for device in devices}
        for id_, parent in (learned or {}).items():
            if id_ in known and known[id_] not in known:
                known[id_] = parent
        self._parents = {id_: parent for id_, parent in known.items() if parent in known and parent != id_}
        safe: set[str] = set()  # known to lead to a root
        for id_ in sorted(self._parents):
            path = self._path(id_, safe)
            if path is None:
                del self._parents[id_]
            else:
                safe.update(path)

    def _path(self, device: str, safe: Collection[str]) -> list[str] | None:
        """Return the way up from a device as far as it is not known to be safe; None where it ends in itself.

        One that ends in a ring of others is not safe, and not its doing: empty.
        """
        path, above = {device: None}, self._parents.get(device, "")
        while above and above not in safe:
            if above in path:
                return None if above == device else []
            path[above] = None
            above = self._parents.get(above, "")
        return list(path)

    def parent(self, device: str) -> str:
        """Return what feeds a device, "" when that is not known."""
        return self._parents.get(device, "")

    def ancestors(self, device: str) -> Iterator[str]:
        """Yield what feeds a device, the nearest first."""
        return self._walk(self._parents.get(device, ""))

    def explained_by(self, device: str, lost: Collection[str], is_alive: Callable[[str], bool]) -> str | None:
        """Return the nearest lost device that feeds this one, None when there is none.

        A feeder that was seen alive lies between: what is lost above it explains nothing below it.
        """
        for ancestor in self.ancestors(device):
            if ancestor in lost:
                return ancestor
            if is_alive(ancestor):
                return None
        return None

    def root(self, device: str, lost: Collection[str], is_alive: Callable[[str], bool]) -> str:
        """Return the topmost lost device that explains this one's loss; itself when nothing does."""
        above = self.explained_by(device, lost, is_alive)
        while above is not None:
            device = above
            above = self.explained_by(device, lost, is_alive)
        return device

    def _walk(self, device: str) -> Iterator[str]:
        seen: set[str] = set()
        while device and device not in seen:
            seen.add(device)
            yield device
            device = self._parents.get(device, "")


def is_site_dark(roots: Counter[Any], devices: int, *, share: float, minimum: int) -> bool:
    """Whether so many devices are lost, by so many causes, that the cause is the site's.

    Args:
        roots: lost devices by the fault that explains each; a lone device's loss is its own root.
        devices: how many devices the site has.
        share: more than this share of them must be lost.
        minimum: and at least so many.

    One dead switch that explains most of the losses is a dead switch, however large its share of the site.
    """
    lost = roots.total()
    if lost < minimum or lost <= share * devices:
        return False
    return max(roots.values()) < share * lost
