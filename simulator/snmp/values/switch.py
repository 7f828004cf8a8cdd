"""PoE switches: a port for each device that hangs on it, power over Ethernet, the forwarding table."""

from collections.abc import Iterator
from functools import partial
from typing import Final, NamedTuple

from simulator.site import DeviceSpec
from simulator.snmp.table import Row
from simulator.snmp.values import camera, recorder
from simulator.snmp.values.box import Box, mac_of, neighbouring_mac
from simulator.snmp.values.bridge import Station, bridge
from simulator.snmp.values.interfaces import MEGABIT, Port, interfaces
from simulator.snmp.values.links import Link, always_down
from simulator.snmp.values.lldp import Neighbour, lldp
from simulator.snmp.values.poe import PoePort, power
from simulator.snmp.values.sensors import temperature
from simulator.snmp.values.system import system

_LITTLE: Final = 400.0  # bytes per second of a device that only answers questions
_FAST: Final = 100 * MEGABIT  # what cameras and UPS cards have
_GIGABIT: Final = 1_000 * MEGABIT
_SPARE_PORTS: Final = 2  # where the site file does not say how many ports there are


class Slot(NamedTuple):
    """One port of a switch: what hangs there, None where nothing does."""

    number: int
    child: DeviceSpec | None
    link: Link


def switch(box: Box) -> Iterator[Row]:
    """Yield all a switch has."""
    slots = tuple(_slots(box))
    ports = tuple(_port(box, slot) for slot in slots)
    hung = tuple((slot.child, slot.number, slot.link) for slot in slots if slot.child)
    yield from system(box)
    yield from interfaces(box, ports)
    yield from power(_poe_port(box, slot) for slot in slots)
    yield from bridge(box, len(ports), (Station(mac_of(child), port, link) for child, port, link in hung))
    yield from lldp(box, (port.name for port in ports), (Neighbour(*one) for one in hung if one[0].snmp))
    yield from temperature(box, "Chassis", low=38.0, high=50.0)


def _slots(box: Box) -> Iterator[Slot]:
    """Yield a port for each device that hangs here, up while that has power, then those that are free."""
    children = [device for device in box.site.devices if device.parent == box.spec.id]
    for number, child in enumerate(children, start=1):
        yield Slot(number, child, Link(box.life, partial(_has_power, box, child.id)))
    for number in range(len(children) + 1, (box.snmp.ports or len(children) + _SPARE_PORTS) + 1):
        yield Slot(number, None, Link(box.life, always_down))


def _has_power(box: Box, device: str) -> bool:
    return not box.board.is_off(device)


def _port(box: Box, slot: Slot) -> Port:
    """Return a port: it receives what the device behind it sends, and the other way round."""
    number, child, link = slot
    name, mac = f"gi{number}", neighbouring_mac(box.spec, number)
    if child is None:
        return Port(number, name, mac, 0, link, 0.0, 0.0)
    speed = _GIGABIT if child.kind == "nvr" else _FAST
    return Port(number, name, mac, speed, link, *_traffic(child), alias=child.name or child.id)


def _traffic(child: DeviceSpec) -> tuple[float, float]:
    """Return the bytes per second that a device sends and takes."""
    if child.kind == "camera":
        return camera.SENDS_BYTES_PER_SECOND, camera.TAKES_BYTES_PER_SECOND
    if child.kind == "nvr":
        return recorder.SENDS_BYTES_PER_SECOND, recorder.takes_bytes_per_second(child)
    return _LITTLE, _LITTLE


def _poe_port(box: Box, slot: Slot) -> PoePort:
    """Return a port as a source of power: cameras are fed over the cable, all else has its own supply."""
    fed = slot.child is not None and slot.child.kind == "camera"
    return PoePort(slot.number, slot.link, box.drift(f"watts/{slot.number}", 4.2, 7.8) if fed else None)
