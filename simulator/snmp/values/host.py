"""HOST-RESOURCES-MIB (RFC 2790): memory, storage, processors, disks, the clock."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from simulator.snmp import ber
from simulator.snmp.ber import Oid
from simulator.snmp.table import Row, scalar
from simulator.snmp.values.box import Box

HOST: Final[Oid] = (1, 3, 6, 1, 2, 1, 25)
UPTIME: Final[Oid] = (*HOST, 1, 1)
DATE: Final[Oid] = (*HOST, 1, 2)
MEMORY_SIZE: Final[Oid] = (*HOST, 2, 2)
STORAGE_ENTRY: Final[Oid] = (*HOST, 2, 3, 1)
DEVICE_ENTRY: Final[Oid] = (*HOST, 3, 2, 1)
PROCESSOR_ENTRY: Final[Oid] = (*HOST, 3, 3, 1)
RAM: Final[Oid] = (*HOST, 2, 1, 2)
FIXED_DISK: Final[Oid] = (*HOST, 2, 1, 4)
REMOVABLE_DISK: Final[Oid] = (*HOST, 2, 1, 5)
FLASH: Final[Oid] = (*HOST, 2, 1, 9)
KIB: Final = 1024
MIB: Final = 1024 * KIB
RUNNING: Final = 2
DOWN: Final = 5
_PROCESSOR: Final[Oid] = (*HOST, 3, 1, 3)
_DISK: Final[Oid] = (*HOST, 3, 1, 6)
_FIRST_PROCESSOR: Final = 196_608  # where net-snmp begins to count processors, and disks
_FIRST_DISK: Final = 393_216
_NO_ID: Final[Oid] = (0, 0)


@dataclass(frozen=True, slots=True)
class Storage:
    """One row of hrStorageTable; `used` is a share of `size_bytes`."""

    index: int
    type: Oid
    name: str
    unit_bytes: int
    size_bytes: int
    used: Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Device:
    """One processor or disk of hrDeviceTable."""

    index: int
    type: Oid
    name: str
    status: Callable[[float], int]


def host(box: Box, memory_bytes: int, storage: Iterable[Storage], devices: Iterable[Device]) -> Iterator[Row]:
    """Yield the clock, the uptime, storage and devices of a box, and the load of its processors."""
    yield scalar(UPTIME, lambda now: ber.time_ticks(box.life.uptime(now)))
    yield scalar(DATE, lambda now: ber.octets(_date_and_time(box, now)))
    yield scalar(MEMORY_SIZE, ber.integer(memory_bytes // KIB))
    for store in storage:
        yield from _storage_rows(store)
    for device in devices:
        yield from _device_rows(device)
        if device.type == _PROCESSOR:
            yield from _load_rows(box, device)


def processors(count: int) -> Iterator[Device]:
    """Yield so many processors."""
    for number in range(count):
        yield Device(_FIRST_PROCESSOR + number, _PROCESSOR, f"CPU core {number}", lambda _: RUNNING)


def disk(number: int, status: Callable[[float], int]) -> Device:
    """Return disk `number`, counted from 1."""
    return Device(_FIRST_DISK + number - 1, _DISK, f"Disk {number}", status)


def _storage_rows(store: Storage) -> Iterator[Row]:
    units = store.size_bytes // store.unit_bytes
    cells = {
        1: ber.integer(store.index),
        2: ber.object_id(store.type),
        3: ber.text(store.name),
        4: ber.integer(store.unit_bytes),
        5: ber.integer(units),
    }
    for column, cell in cells.items():
        yield Row((*STORAGE_ENTRY, column), (store.index,), cell)
    yield Row((*STORAGE_ENTRY, 6), (store.index,), lambda now: ber.integer(round(units * store.used(now))))


def _device_rows(device: Device) -> Iterator[Row]:
    at = (device.index,)
    yield Row((*DEVICE_ENTRY, 1), at, ber.integer(device.index))
    yield Row((*DEVICE_ENTRY, 2), at, ber.object_id(device.type))
    yield Row((*DEVICE_ENTRY, 3), at, ber.text(device.name))
    yield Row((*DEVICE_ENTRY, 4), at, ber.object_id(_NO_ID))
    yield Row((*DEVICE_ENTRY, 5), at, lambda now: ber.integer(device.status(now)))


def _load_rows(box: Box, processor: Device) -> Iterator[Row]:
    """Yield hrProcessorLoad, percent over the last minute."""
    load = box.drift(f"load/{processor.index}", 8, 35)
    yield Row((*PROCESSOR_ENTRY, 1), (processor.index,), ber.object_id(_NO_ID))
    yield Row((*PROCESSOR_ENTRY, 2), (processor.index,), lambda now: ber.integer(round(load.at(now))))


def _date_and_time(box: Box, now: float) -> bytes:
    """Return DateAndTime (RFC 2579) in UTC: year, month, day, hour, minute, second, tenths, +, 0, 0."""
    shown = box.clock(now)
    day = (shown.month, shown.day, shown.hour, shown.minute, shown.second, shown.microsecond // 100_000)
    return shown.year.to_bytes(2, "big") + bytes(day) + b"+\x00\x00"
