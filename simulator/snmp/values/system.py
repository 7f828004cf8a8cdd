"""The system group of MIB-II (RFC 3418), and the engine group of v3 (RFC 3411)."""

from collections.abc import Iterator
from typing import Final

from simulator.snmp import ber
from simulator.snmp.ber import Oid
from simulator.snmp.table import Row, scalar
from simulator.snmp.values.axis import AXIS, is_axis
from simulator.snmp.values.box import Box, is_hikvision

SYSTEM: Final[Oid] = (1, 3, 6, 1, 2, 1, 1)
ENGINE: Final[Oid] = (1, 3, 6, 1, 6, 3, 10, 2, 1)
HIKVISION_RECORDER: Final[Oid] = (1, 3, 6, 1, 4, 1, 50001)
_NONE: Final[Oid] = (0, 0)  # zeroDotZero: Hikvision cameras have no object id of their own
_NET_SNMP_LINUX: Final[Oid] = (
    1,
    3,
    6,
    1,
    4,
    1,
    8072,
    3,
    2,
    10,
)  # what an embedded Linux says when nobody changed it
_SERVICES: Final = {"switch": 2, "camera": 72, "nvr": 72, "ups": 64}  # sum of 2^(layer-1): RFC 3418


def system(box: Box) -> Iterator[Row]:
    """Yield who the device says it is and how long it has been up."""
    spec = box.spec
    yield scalar((*SYSTEM, 1), ber.text(_description(box)))
    yield scalar((*SYSTEM, 2), ber.object_id(_object_id(box)))
    yield scalar((*SYSTEM, 3), lambda now: ber.time_ticks(box.life.uptime(now)))
    yield scalar((*SYSTEM, 4), ber.text(""))
    yield scalar((*SYSTEM, 5), ber.text(spec.name or spec.id))
    yield scalar((*SYSTEM, 6), ber.text(spec.place))
    yield scalar((*SYSTEM, 7), ber.integer(_SERVICES.get(box.snmp.role, 72)))


def engine_group(box: Box, engine_id: bytes) -> Iterator[Row]:
    """Yield the engine's own id, boots and time in seconds."""
    yield scalar((*ENGINE, 1), ber.octets(engine_id))
    yield scalar((*ENGINE, 2), lambda _: ber.integer(box.life.boots))
    yield scalar((*ENGINE, 3), lambda now: ber.integer(int(box.life.agent_uptime(now))))
    yield scalar((*ENGINE, 4), ber.integer(65_507))


def _description(box: Box) -> str:
    if box.snmp.role == "nvr" and is_hikvision(box.spec):
        return "Hikvision company products"
    return f"{box.spec.maker} {box.spec.model}, firmware {box.spec.firmware}"


def _object_id(box: Box) -> Oid:
    """Return what the device is recognised by; recorders of every name here come from one factory."""
    if box.snmp.role == "nvr":
        return HIKVISION_RECORDER
    if is_axis(box):
        return AXIS
    return _NONE if is_hikvision(box.spec) else _NET_SNMP_LINUX
