"""The forwarding table, address to port (BRIDGE-MIB, RFC 4188; Q-BRIDGE-MIB, RFC 4363)."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from simulator.snmp import ber
from simulator.snmp.ber import Oid
from simulator.snmp.table import Row, scalar
from simulator.snmp.values.box import Box, mac_of
from simulator.snmp.values.links import Link

BRIDGE: Final[Oid] = (1, 3, 6, 1, 2, 1, 17)
BASE_PORT_ENTRY: Final[Oid] = (*BRIDGE, 1, 4, 1)
FORWARDING_ENTRY: Final[Oid] = (*BRIDGE, 4, 3, 1)
VLAN_FORWARDING_ENTRY: Final[Oid] = (*BRIDGE, 7, 1, 2, 2, 1)
_TRANSPARENT: Final = 2
_LEARNED: Final = 3
_VLAN: Final = 1


class Station(NamedTuple):
    """An address and the port behind which it is."""

    mac: bytes
    port: int
    link: Link


def bridge(box: Box, ports: int, stations: Iterable[Station]) -> Iterator[Row]:
    """Yield the bridge, its ports, whose numbers are the ifIndexes, and the stations it remembers."""
    yield scalar((*BRIDGE, 1, 1), ber.octets(mac_of(box.spec)))
    yield scalar((*BRIDGE, 1, 2), ber.integer(ports))
    yield scalar((*BRIDGE, 1, 3), ber.integer(_TRANSPARENT))
    for port in range(1, ports + 1):
        yield Row((*BASE_PORT_ENTRY, 1), (port,), ber.integer(port))
        yield Row((*BASE_PORT_ENTRY, 2), (port,), ber.integer(port))
    for station in _distinct(stations):
        yield from _station_rows(station)


def _distinct(stations: Iterable[Station]) -> Iterable[Station]:
    """Return the stations, of two with one address the last: that is where a switch heard it last."""
    return {station.mac: station for station in stations}.values()


def _station_rows(station: Station) -> Iterator[Row]:
    remembered = station.link.while_remembered
    address, port, status = ber.octets(station.mac), ber.integer(station.port), ber.integer(_LEARNED)
    mac = tuple(station.mac)
    yield Row((*FORWARDING_ENTRY, 1), mac, remembered(address))
    yield Row((*FORWARDING_ENTRY, 2), mac, remembered(port))
    yield Row((*FORWARDING_ENTRY, 3), mac, remembered(status))
    yield Row((*VLAN_FORWARDING_ENTRY, 2), (_VLAN, *mac), remembered(port))
    yield Row((*VLAN_FORWARDING_ENTRY, 3), (_VLAN, *mac), remembered(status))
