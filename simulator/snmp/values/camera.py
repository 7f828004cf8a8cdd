"""Cameras: HIK-DEVICE-MIB of Hikvision, HOST-RESOURCES of anybody else, and AXIS-VIDEO-MIB of Axis."""

from collections.abc import Callable, Iterator
from typing import Final

from simulator.snmp import ber
from simulator.snmp.ber import Oid
from simulator.snmp.drift import share
from simulator.snmp.table import Cell, Row, scalar
from simulator.snmp.values.axis import axis, is_axis
from simulator.snmp.values.box import Box, is_hikvision, mac_of
from simulator.snmp.values.host import FLASH, KIB, MIB, RAM, REMOVABLE_DISK, Storage, host, processors
from simulator.snmp.values.interfaces import MEGABIT, interfaces, own_ports
from simulator.snmp.values.sensors import temperature
from simulator.snmp.values.system import system

HIK_DEVICE: Final[Oid] = (1, 3, 6, 1, 4, 1, 39165, 1)
TAKES_BYTES_PER_SECOND: Final = 9_000.0  # acknowledgements and requests
SENDS_BYTES_PER_SECOND: Final = 560_000.0  # a main stream of 4 Mb/s, a sub stream of half
_SHARE_WITH_SENSOR: Final = 0.5
_SD_CARD_GIB: Final = 64


def camera(box: Box) -> Iterator[Row]:
    """Yield all a camera has."""
    yield from system(box)
    yield from interfaces(
        box,
        own_ports(box, received=TAKES_BYTES_PER_SECOND, sent=SENDS_BYTES_PER_SECOND, speed_bps=100 * MEGABIT),
    )
    yield from hikvision(box) if is_hikvision(box.spec) else plain(box)
    if is_axis(box):
        yield from axis(box)
    if share(box.spec.id, "sensor") < _SHARE_WITH_SENSOR:
        yield from temperature(box, "Main board", low=36.0, high=52.0)


def hikvision(box: Box) -> Iterator[Row]:
    """Yield HIK-DEVICE-MIB: numbers are text with a unit, and "memory used" is a percentage."""
    for column, cell in (_hik_identity(box) | _hik_state(box)).items():
        yield scalar((*HIK_DEVICE, column), cell)


def _hik_identity(box: Box) -> dict[int, Cell]:
    spec = box.spec
    return {
        1: ber.text(spec.model),
        2: ber.text("0x0"),
        3: ber.text(spec.firmware),
        4: ber.text(mac_of(spec).hex(":")),
        5: ber.text(spec.serial or spec.id),
        6: ber.text(spec.maker),
        20: ber.integer(1),
        21: ber.text("H.265" if spec.rtsp and spec.rtsp.codec == "h265" else "H.264"),
        22: ber.text("TCP"),
        27: ber.integer(min(box.snmp.disks, 1)),
    }


def _hik_state(box: Box) -> dict[int, Cell]:
    card = _SD_CARD_GIB if box.snmp.disks else 0  # no card is a size of 0.0 GB
    return {
        7: _percent(box.drift("cpu", 10, 40).at),
        8: ber.text(f"{card:.1f} GB"),
        9: _percent(_card_used(box)),
        10: ber.text("512 MB"),
        11: _percent(box.drift("memory", 72, 86).at),
        19: lambda now: ber.text(f"{box.clock(now):%Y-%m-%d %H:%M:%S}"),
    }


def _percent(value: Callable[[float], float]) -> Cell:
    return lambda now: ber.text(f"{value(now):.0f} PERCENT")


def _card_used(box: Box) -> Callable[[float], float]:
    """Return the fill of the card in percent, 0 where there is none."""
    drift = box.drift("card", 70, 96)
    return lambda now: (100.0 if box.strength("disk_full") else drift.at(now)) if box.snmp.disks else 0.0


def plain(box: Box) -> Iterator[Row]:
    """Yield what an embedded Linux says of itself."""
    return host(box, 512 * MIB, _storage(box), processors(2))


def _storage(box: Box) -> Iterator[Storage]:
    memory, flash, card = box.drift("memory", 0.55, 0.75), box.drift("flash", 0.40, 0.42), _card_used(box)
    yield Storage(1, RAM, "Physical memory", KIB, 512 * MIB, memory.at)
    yield Storage(31, FLASH, "/", 4 * KIB, 128 * MIB, flash.at)
    if box.snmp.disks:
        yield Storage(
            32, REMOVABLE_DISK, "/mnt/sd", 32 * KIB, _SD_CARD_GIB * KIB * MIB, lambda now: card(now) / 100
        )
