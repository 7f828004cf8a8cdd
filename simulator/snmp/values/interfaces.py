"""The interfaces group and its extension (RFC 2863): ifTable and ifXTable."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from simulator.snmp import ber
from simulator.snmp.ber import Oid
from simulator.snmp.table import Cell, Row, scalar
from simulator.snmp.values.box import Box, neighbouring_mac
from simulator.snmp.values.links import Link, always_down, always_up

IF_NUMBER: Final[Oid] = (1, 3, 6, 1, 2, 1, 2, 1)
IF_ENTRY: Final[Oid] = (1, 3, 6, 1, 2, 1, 2, 2, 1)
IF_X_ENTRY: Final[Oid] = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1)
MEGABIT: Final = 1_000_000
_UP: Final = 1
_DOWN: Final = 2
_ETHERNET: Final = 6
_LOOPBACK: Final = 24
_FRAME_BYTES: Final = 900  # mean length of a frame when most of it is video
_FRAMES_PER_ERROR: Final = 5e6  # a healthy copper link sees a bad frame now and then


@dataclass(frozen=True, slots=True)
class Port:
    """One interface. `received` and `sent` are mean rates in bytes per second."""

    index: int
    name: str
    mac: bytes
    speed_bps: int
    link: Link
    received: float
    sent: float
    alias: str = ""
    type: int = _ETHERNET
    mtu: int = 1500


def interfaces(box: Box, ports: Iterable[Port]) -> Iterator[Row]:
    """Yield the rows of all ports."""
    everyone = tuple(ports)
    yield scalar(IF_NUMBER, ber.integer(len(everyone)))
    for port in everyone:
        yield from _rows(IF_ENTRY, port, _described(port) | _state(port) | _narrow(box, port))
        yield from _rows(IF_X_ENTRY, port, _extended(port) | _wide(box, port))


def own_ports(box: Box, *, received: float, sent: float, speed_bps: int) -> Iterator[Port]:
    """Yield the interfaces of a device that is no switch: its loopback, then its network ports.

    Only the first network port is used; the traffic is given in bytes per second.
    """
    yield Port(1, "lo", b"", 0, Link(box.life), 0.2, 0.2, type=_LOOPBACK, mtu=65_536)
    for number in range(max(box.snmp.ports, 1)):
        used = number == 0
        link = Link(box.life, always_up if used else always_down)
        rates = (received, sent) if used else (0.0, 0.0)
        speed = speed_bps if used else 0
        yield Port(number + 2, f"eth{number}", neighbouring_mac(box.spec, number), speed, link, *rates)


def _rows(entry: Oid, port: Port, cells: dict[int, Cell]) -> Iterator[Row]:
    for column, cell in cells.items():
        yield Row((*entry, column), (port.index,), cell)


def _described(port: Port) -> dict[int, Cell]:
    return {
        1: ber.integer(port.index),
        2: ber.text(port.name),
        3: ber.integer(port.type),
        4: ber.integer(port.mtu),
        5: ber.gauge32(port.speed_bps),
        6: ber.octets(port.mac),
        7: ber.integer(_UP),
    }


def _extended(port: Port) -> dict[int, Cell]:
    return {1: ber.text(port.name), 15: ber.gauge32(port.speed_bps // MEGABIT), 18: ber.text(port.alias)}


def _state(port: Port) -> dict[int, Cell]:
    link = port.link
    return {
        8: lambda now: ber.integer(_UP if link.up(now) else _DOWN),
        9: lambda now: ber.time_ticks(link.last_change(now)),
    }


def _narrow(box: Box, port: Port) -> dict[int, Cell]:
    """Return the 32-bit counters: octets, frames, discards and errors, in and out."""
    none = ber.counter32(0)
    errors = port.link.counted(
        box.flow(f"{port.name}/errors", port.received / _FRAME_BYTES / _FRAMES_PER_ERROR)
    )
    return {
        10: _cell(ber.counter32, _octets(box, port, "in")),
        11: _cell(ber.counter32, _frames(box, port, "in")),
        13: none,
        14: _cell(ber.counter32, errors),
        16: _cell(ber.counter32, _octets(box, port, "out")),
        17: _cell(ber.counter32, _frames(box, port, "out")),
        19: none,
        20: none,
    }


def _wide(box: Box, port: Port) -> dict[int, Cell]:
    """Return the 64-bit counters: octets and frames, in and out."""
    return {
        6: _cell(ber.counter64, _octets(box, port, "in")),
        7: _cell(ber.counter64, _frames(box, port, "in")),
        10: _cell(ber.counter64, _octets(box, port, "out")),
        11: _cell(ber.counter64, _frames(box, port, "out")),
    }


def _octets(box: Box, port: Port, way: str) -> Callable[[float], int]:
    mean = port.received if way == "in" else port.sent
    return port.link.counted(box.flow(f"{port.name}/{way}", mean))


def _frames(box: Box, port: Port, way: str) -> Callable[[float], int]:
    """Count frames with the same seed as octets, so that the two swing together."""
    mean = (port.received if way == "in" else port.sent) / _FRAME_BYTES
    return port.link.counted(box.flow(f"{port.name}/{way}", mean))


def _cell(encode: Callable[[int], bytes], count: Callable[[float], int]) -> Cell:
    return lambda now: encode(count(now))
