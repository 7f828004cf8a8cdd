"""What the machine knows of its own network: its MACs, and those of whom it spoke to.

The port behind which a switch sees one of ours is the switch's way to us; a device's MAC is what switches
know it by.
"""

from pathlib import Path
from typing import Final

from models.macs import mac

_INTERFACES: Final = Path("/sys/class/net")
_ARP: Final = Path("/proc/net/arp")
_COMPLETE: Final = 0x2  # ATF_COM: the address was resolved


def own_macs(folder: Path = _INTERFACES) -> frozenset[str]:
    """Return the MACs of all interfaces; empty where the system does not tell."""
    found = set()
    try:
        for interface in folder.iterdir():
            found.add(_read(interface / "address"))
    except OSError:
        return frozenset()
    return frozenset(found - {""})


def _read(path: Path) -> str:
    try:
        return mac(path.read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError):
        return ""


def neighbours(table: Path = _ARP) -> dict[str, str]:
    """Return address -> MAC of whom the machine spoke to of late; empty where the system does not tell."""
    try:
        lines = table.read_text(encoding="ascii").splitlines()[1:]
    except (OSError, UnicodeDecodeError):
        return {}
    return {address: found for address, found in map(_neighbour, lines) if found}


def _neighbour(line: str) -> tuple[str, str]:
    """Read `address type flags mac mask device`."""
    cells = line.split()
    try:
        is_complete = bool(int(cells[2], 16) & _COMPLETE)
    except (IndexError, ValueError):
        return "", ""
    return cells[0], mac(cells[3]) if is_complete and len(cells) > 3 else ""
