"""Recorders: the disk table of HIKVISION-MIB, which many makers' recorders carry, and HOST-RESOURCES."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from simulator.site import DeviceSpec
from simulator.snmp import ber
from simulator.snmp.ber import Oid
from simulator.snmp.table import Cell, Row, scalar
from simulator.snmp.values import camera, host
from simulator.snmp.values.box import Box
from simulator.snmp.values.host import KIB, MIB, Storage
from simulator.snmp.values.interfaces import MEGABIT, interfaces, own_ports
from simulator.snmp.values.sensors import temperature
from simulator.snmp.values.system import HIKVISION_RECORDER, system

RECORDER: Final[Oid] = (*HIKVISION_RECORDER, 1)
DISK_ENTRY: Final[Oid] = (*RECORDER, 241, 1)
NORMAL: Final = 0
ABNORMAL: Final = 2
SMART_FAILED: Final = 3
_CAPACITY_MB: Final = 3_815_447  # what a disk of 4 TB is called
_MEMORY_MB: Final = 2_048
SENDS_BYTES_PER_SECOND: Final = 300_000.0  # one operator looks at it
_NETWORK_VIDEO_RECORDER: Final = 2
_ONLINE: Final = 1


def recorder(box: Box) -> Iterator[Row]:
    """Yield all a recorder has."""
    received = takes_bytes_per_second(box.spec)
    yield from system(box)
    yield from interfaces(
        box, own_ports(box, received=received, sent=SENDS_BYTES_PER_SECOND, speed_bps=1_000 * MEGABIT)
    )
    yield from hikvision(box)
    for disk in _disks(box):
        yield from _disk_rows(box, disk)
    devices = (
        *host.processors(4),
        *(host.disk(disk, partial(_device_status, box, disk)) for disk in _disks(box)),
    )
    yield from host.host(box, _MEMORY_MB * MIB, _storage(box), devices)
    yield from temperature(box, "System", low=34.0, high=46.0)


def takes_bytes_per_second(spec: DeviceSpec) -> float:
    """Return what a recorder receives: all that its cameras send."""
    return max(len(spec.channels), 1) * camera.SENDS_BYTES_PER_SECOND


def hikvision(box: Box) -> Iterator[Row]:
    """Yield who the recorder is and how much of its memory it uses."""
    memory = box.drift("memory", 38, 52)
    cells: dict[int, Cell] = {
        1: ber.ip_address(box.spec.address),
        2: ber.integer(8000),
        3: ber.text(box.spec.serial or box.spec.id),
        100: ber.integer(_NETWORK_VIDEO_RECORDER),
        102: ber.integer(_ONLINE),
        200: ber.integer(4),
        201: ber.text("1.4 GHz"),
        220: ber.integer(_MEMORY_MB),
        221: lambda now: ber.integer(round(memory.at(now))),
        230: ber.integer(_ONLINE),
        240: ber.integer(box.snmp.disks),
    }
    for column, cell in cells.items():
        yield scalar((*RECORDER, column), cell)


def _disks(box: Box) -> range:
    return range(1, box.snmp.disks + 1)


def _disk_rows(box: Box, disk: int) -> Iterator[Row]:
    """Yield one disk; these boxes put a further 0 behind the index."""
    at, used = (disk, 0), _used(box, disk)
    yield Row((*DISK_ENTRY, 1), at, ber.integer(disk))
    yield Row((*DISK_ENTRY, 2), at, ber.text(f"HDD{disk}"))
    yield Row((*DISK_ENTRY, 3), at, lambda _: ber.integer(_status(box, disk)))
    yield Row((*DISK_ENTRY, 4), at, lambda now: ber.integer(round(_CAPACITY_MB * (1 - used(now)))))
    yield Row((*DISK_ENTRY, 5), at, ber.integer(_CAPACITY_MB))


def _status(box: Box, disk: int) -> int:
    """Return the state of a disk: below full strength of the fault only its SMART test fails."""
    strength = box.strength("disk_failed") if disk == 1 else 0.0
    if not strength:
        return NORMAL
    return ABNORMAL if strength >= 1 else SMART_FAILED


def _device_status(box: Box, disk: int, _now: float) -> int:
    return host.DOWN if _status(box, disk) == ABNORMAL else host.RUNNING


def _used(box: Box, disk: int) -> Callable[[float], float]:
    """Return the used share of a disk: all of it while `disk_full` is on, which is normal."""
    drift = box.drift(f"disk/{disk}", 0.86, 0.97, period=7_200.0)
    return lambda now: 1.0 if box.strength("disk_full") else drift.at(now)


def _storage(box: Box) -> Iterator[Storage]:
    memory = box.drift("memory", 0.38, 0.52)
    yield Storage(1, host.RAM, "Physical memory", KIB, _MEMORY_MB * MIB, memory.at)
    for disk in _disks(box):
        size = _CAPACITY_MB * MIB
        yield Storage(30 + disk, host.FIXED_DISK, f"/mnt/hdd{disk}", 4 * KIB, size, _used(box, disk))
