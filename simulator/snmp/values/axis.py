"""AXIS-VIDEO-MIB: how the supply, the fan and the temperature of a camera are."""

from collections.abc import Iterator
from typing import Final

from simulator.snmp import ber
from simulator.snmp.ber import Oid
from simulator.snmp.table import Cell, Row
from simulator.snmp.values.box import Box

AXIS: Final[Oid] = (1, 3, 6, 1, 4, 1, 368)
VIDEO: Final[Oid] = (*AXIS, 4, 1)
_OK: Final = 1
_FAILURE: Final = 2
_OUT_OF_BOUNDARY: Final = 3
_HOT_CELSIUS: Final = 30.0  # added while it is overheated
_COMMON: Final = (1, 1)  # the sensor's place and number


def axis(box: Box) -> Iterator[Row]:
    """Yield the states of one supply, one fan and one sensor."""
    warmth = box.drift("temperature/common", 34.0, 48.0, period=86_400.0)
    hot = box.strength
    yield Row((*VIDEO, 1, 1, 3), (1,), _state(box, "supply_failed", _FAILURE))
    yield Row((*VIDEO, 2, 1, 3), (1,), _state(box, "fan_failed", _FAILURE))
    yield Row((*VIDEO, 3, 1, 3), _COMMON, _state(box, "overheated", _OUT_OF_BOUNDARY))
    yield Row(
        (*VIDEO, 3, 1, 4),
        _COMMON,
        lambda now: ber.integer(round(warmth.at(now) + (_HOT_CELSIUS if hot("overheated") else 0.0))),
    )


def _state(box: Box, fault: str, bad: int) -> Cell:
    return lambda _: ber.integer(bad if box.strength(fault) else _OK)


def is_axis(box: Box) -> bool:
    """Whether the maker is Axis, whose cameras have a MIB of their own."""
    return box.spec.maker.lower().startswith("axis")
