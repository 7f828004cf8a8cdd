"""POWER-ETHERNET-MIB (RFC 3621): what each port feeds, and what that takes from the supply."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from simulator.snmp import ber
from simulator.snmp.ber import Oid
from simulator.snmp.drift import Drift
from simulator.snmp.table import Cell, Row
from simulator.snmp.values.links import Link

PORT_ENTRY: Final[Oid] = (1, 3, 6, 1, 2, 1, 105, 1, 1, 1)
SUPPLY_ENTRY: Final[Oid] = (1, 3, 6, 1, 2, 1, 105, 1, 3, 1, 1)
SEARCHING: Final = 2
DELIVERING: Final = 3
_GROUP: Final = 1
_TRUE: Final = 1
_LOW_PRIORITY: Final = 3
_CLASSES: Final = ((3.84, 2), (6.49, 3), (float("inf"), 4))  # watts up to which a device is class 1, 2, 3
_ON: Final = 1
_WATTS_PER_PORT: Final = 15.4  # IEEE 802.3af, at the port
_ALARM_PERCENT: Final = 80


@dataclass(frozen=True, slots=True)
class PoePort:
    """A port that can feed; `watts` is what hangs there takes, None where nothing wants power."""

    number: int
    link: Link
    watts: Drift | None

    def draws(self, now: float) -> float:
        """Return the watts it gives now."""
        return self.watts.at(now) if self.watts and self.link.up(now) else 0.0


def power(ports: Iterable[PoePort]) -> Iterator[Row]:
    """Yield the ports and the one supply."""
    everyone = tuple(ports)
    for port in everyone:
        for column, cell in _port(port).items():
            yield Row((*PORT_ENTRY, column), (_GROUP, port.number), cell)
    for column, cell in _supply(everyone).items():
        yield Row((*SUPPLY_ENTRY, column), (_GROUP,), cell)


def _port(port: PoePort) -> dict[int, Cell]:
    none = ber.counter32(0)
    return {
        3: ber.integer(_TRUE),
        6: lambda now: ber.integer(DELIVERING if port.draws(now) else SEARCHING),
        7: ber.integer(_LOW_PRIORITY),
        8: none,  # no camera stopped drawing while it was fed
        9: ber.text(""),
        10: lambda now: ber.integer(_class_of(port.draws(now))),
        11: none,
        12: none,  # power denied, overload, short: this site has none of them
        13: none,
        14: none,
    }


def _class_of(watts: float) -> int:
    """Return pethPsePortPowerClassifications, which counts from 1; only defined while it delivers."""
    return next(number for limit, number in _CLASSES if watts <= limit) if watts else 1


def _supply(ports: tuple[PoePort, ...]) -> dict[int, Cell]:
    return {
        2: ber.gauge32(round(len(ports) * _WATTS_PER_PORT)),
        3: ber.integer(_ON),
        4: lambda now: ber.gauge32(round(sum(port.draws(now) for port in ports))),
        5: ber.integer(_ALARM_PERCENT),
    }
