"""Neighbours by LLDP-MIB (IEEE 802.1AB): what says its name on which port. It lies outside 1.3.6.1."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from simulator.site import DeviceSpec
from simulator.snmp import ber
from simulator.snmp.ber import Oid
from simulator.snmp.table import Row, scalar
from simulator.snmp.values.box import Box, mac_of
from simulator.snmp.values.links import Link

LLDP: Final[Oid] = (1, 0, 8802, 1, 1, 2, 1)
LOCAL_PORT_ENTRY: Final[Oid] = (*LLDP, 3, 7, 1)
REMOTE_ENTRY: Final[Oid] = (*LLDP, 4, 1, 1)
_BY_MAC: Final = 4  # LldpChassisIdSubtype
_BY_NAME: Final = 5  # LldpPortIdSubtype, interfaceName
_BRIDGE: Final = b"\x20\x00"  # LldpSystemCapabilitiesMap, bit 2
_STATION: Final = b"\x01\x00"  # bit 7
_TIME_MARK: Final = 0


class Neighbour(NamedTuple):
    """A device and the port it is heard on."""

    device: DeviceSpec
    port: int
    link: Link


def lldp(box: Box, ports: Iterable[str], neighbours: Iterable[Neighbour]) -> Iterator[Row]:
    """Yield the switch itself, its ports by name, and who is heard there."""
    yield scalar((*LLDP, 3, 1), ber.integer(_BY_MAC))
    yield scalar((*LLDP, 3, 2), ber.octets(mac_of(box.spec)))
    yield scalar((*LLDP, 3, 3), ber.text(box.spec.name or box.spec.id))
    for number, name in enumerate(ports, start=1):
        yield Row((*LOCAL_PORT_ENTRY, 2), (number,), ber.integer(_BY_NAME))
        yield Row((*LOCAL_PORT_ENTRY, 3), (number,), ber.text(name))
        yield Row((*LOCAL_PORT_ENTRY, 4), (number,), ber.text(name))
    for neighbour in neighbours:
        yield from _remote(neighbour)


def _remote(neighbour: Neighbour) -> Iterator[Row]:
    """Yield what a neighbour says of itself; it is forgotten as soon as the link is down."""
    device, port, link = neighbour
    capability = ber.octets(_BRIDGE if device.kind == "switch" else _STATION)
    cells = {
        4: ber.integer(_BY_MAC),
        5: ber.octets(mac_of(device)),
        6: ber.integer(_BY_NAME),
        7: ber.text("eth0"),
        8: ber.text("eth0"),
        9: ber.text(device.name or device.id),
        10: ber.text(f"{device.maker} {device.model}"),
        11: capability,
        12: capability,
    }
    for column, cell in cells.items():
        yield Row((*REMOTE_ENTRY, column), (_TIME_MARK, port, 1), link.while_up(cell))
