"""Temperatures by ENTITY-SENSOR-MIB (RFC 3433), with their names by ENTITY-MIB (RFC 6933)."""

from collections.abc import Iterator
from typing import Final

from simulator.snmp import ber
from simulator.snmp.ber import Oid
from simulator.snmp.drift import Drift
from simulator.snmp.table import Cell, Row
from simulator.snmp.values.box import Box

SENSOR_ENTRY: Final[Oid] = (1, 3, 6, 1, 2, 1, 99, 1, 1, 1)
PHYSICAL_ENTRY: Final[Oid] = (1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1)
_FIRST: Final = 1001
_CELSIUS: Final = 8
_UNITS: Final = 9  # the scale of 10^0
_TENTHS: Final = 1  # one digit behind the point
_OK: Final = 1
_SENSOR: Final = 8  # entPhysicalClass
_DAY_SECONDS: Final = 86_400.0


def temperature(box: Box, name: str, *, low: float, high: float, number: int = 0) -> Iterator[Row]:
    """Yield one sensor that wanders between `low` and `high` celsius in the course of a day."""
    at = (_FIRST + number,)
    yield Row((*PHYSICAL_ENTRY, 2), at, ber.text(name))
    yield Row((*PHYSICAL_ENTRY, 5), at, ber.integer(_SENSOR))
    yield Row((*PHYSICAL_ENTRY, 7), at, ber.text(name))
    yield Row((*SENSOR_ENTRY, 1), at, ber.integer(_CELSIUS))
    yield Row((*SENSOR_ENTRY, 2), at, ber.integer(_UNITS))
    yield Row((*SENSOR_ENTRY, 3), at, ber.integer(_TENTHS))
    yield Row(
        (*SENSOR_ENTRY, 4), at, _tenths(box.drift(f"temperature/{name}", low, high, period=_DAY_SECONDS))
    )
    yield Row((*SENSOR_ENTRY, 5), at, ber.integer(_OK))


def _tenths(drift: Drift) -> Cell:
    return lambda now: ber.integer(round(drift.at(now) * 10))
