"""What a switch's tables say of its neighbours: BRIDGE, Q-BRIDGE, LLDP and ARP rows into links. Pure.

Sources: RFC 4188 (BRIDGE-MIB), RFC 4363 (Q-BRIDGE-MIB), IEEE 802.1AB (LLDP-MIB), RFC 4293 (IP-MIB).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from collectors.snmp.engine import Value
from collectors.snmp.oids import index_of
from collectors.snmp.values import Unreadable, text
from models.facts import Link, Via
from models.macs import mac, of_bytes

BASE_ADDRESS: Final = "1.3.6.1.2.1.17.1.1.0"  # dot1dBaseBridgeAddress
BASE_PORT_IFINDEX: Final = "1.3.6.1.2.1.17.1.4.1.2"
FDB_PORT: Final = "1.3.6.1.2.1.17.4.3.1.2"  # index: MAC
VLAN_FDB_PORT: Final = "1.3.6.1.2.1.17.7.1.2.2.1.2"  # index: FDB id, MAC
ARP_MAC: Final = "1.3.6.1.2.1.4.22.1.2"  # index: ifIndex, IPv4 address
DEFAULT_ROUTE: Final = "1.3.6.1.2.1.4.21.1.7.0.0.0.0"  # ipRouteNextHop (RFC 1213)
CIDR_DEFAULT_ROUTE: Final = "1.3.6.1.2.1.4.24.4.1.4.0.0.0.0.0.0.0.0"  # ipCidrRouteNextHop (RFC 2096)
IF_MAC: Final = "1.3.6.1.2.1.2.2.1.6"
LLDP_CHASSIS: Final = "1.0.8802.1.1.2.1.3.2.0"  # its own; a MAC where the subtype is 4
LLDP_LOCAL_ID: Final = "1.0.8802.1.1.2.1.3.7.1.3"
LLDP_LOCAL_DESCR: Final = "1.0.8802.1.1.2.1.3.7.1.4"
LLDP_REMOTE: Final = "1.0.8802.1.1.2.1.4.1.1"
_CHASSIS_TYPE, _CHASSIS, _PORT_TYPE, _PORT, _NAME, _CAPABLE, _ENABLED = 4, 5, 6, 7, 9, 11, 12
_BY_MAC: Final = 4  # LldpChassisIdSubtype
_PORT_BY_MAC: Final = 3  # LldpPortIdSubtype
_BRIDGE: Final = 0x20  # LldpSystemCapabilitiesMap, bit 2 of the first octet
_MAC_LENGTH: Final = 6

Rows = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one switch as they came, by OID; `names`: ifIndex -> name of the port."""

    names: Mapping[str, str]
    base: Rows = field(default_factory=dict)
    fdb: Rows = field(default_factory=dict)
    arp: Rows = field(default_factory=dict)
    macs: Rows = field(default_factory=dict)
    remote: Rows = field(default_factory=dict)
    local_ids: Rows = field(default_factory=dict)
    local_descrs: Rows = field(default_factory=dict)
    own: Rows = field(default_factory=dict)
    routes: Rows = field(default_factory=dict)


def links(tables: Tables) -> tuple[Link, ...]:
    """Return all that the tables say; rows that cannot be read are left out."""
    own = _own(tables)
    found: dict[Link, None] = {}
    for link in (*_self(tables), *_fdb(tables), *_lldp(tables), *_arp(tables), *_gateways(tables)):
        if link.mac not in own or link.via is Via.SELF:
            found[link] = None
    return tuple(found)


def _self(tables: Tables) -> Iterator[Link]:
    for value in tables.own.values():
        if address := as_mac(value):
            yield Link(Via.SELF, address)


def _own(tables: Tables) -> set[str]:
    return {as_mac(value) for value in (*tables.own.values(), *tables.macs.values())} - {""}


def _fdb(tables: Tables) -> Iterator[Link]:
    """Yield the forwarding table; bridge port 0 is the switch itself."""
    ports = _bridge_ports(tables)
    for oid, value in tables.fdb.items():
        address = of_bytes(_octets(oid.rsplit(".", _MAC_LENGTH)[1:]))
        port = ports.get(str(value), "")
        if address and port:
            yield Link(Via.FDB, address, port)


def _bridge_ports(tables: Tables) -> dict[str, str]:
    """Return bridge port -> name. A switch without that table counts its ports as interfaces."""
    if not tables.base:
        return dict(tables.names)
    return {
        index_of(BASE_PORT_IFINDEX, oid): tables.names.get(str(value), f"if{value}")
        for oid, value in tables.base.items()
        if isinstance(value, int)
    }


def _arp(tables: Tables) -> Iterator[Link]:
    for oid, value in tables.arp.items():
        address = ".".join(oid.rsplit(".", 4)[1:])
        found = as_mac(value)
        if found:
            yield Link(Via.ARP, found, address=address)


def _gateways(tables: Tables) -> Iterator[Link]:
    """Yield the routers of the default route whose MAC the switch knows: those it speaks through."""
    hops = {str(value) for value in tables.routes.values() if isinstance(value, str)}
    for link in _arp(tables):
        if link.address in hops:
            yield Link(Via.GATEWAY, link.mac, address=link.address)


def _lldp(tables: Tables) -> Iterator[Link]:
    neighbours: dict[str, dict[int, Value]] = {}
    for oid, value in tables.remote.items():
        column, _, index = index_of(LLDP_REMOTE, oid).partition(".")
        if column.isdigit() and index.count(".") == 2:  # timeMark, local port, number
            neighbours.setdefault(index, {})[int(column)] = value
    ports = _LocalPorts(tables)
    for index, cells in neighbours.items():
        port = ports.name(index.split(".")[1])
        address = _lldp_mac(cells)
        if port:
            yield Link(Via.LLDP, address, port, is_bridge=_is_bridge(cells), name=_text(cells.get(_NAME)))


def _lldp_mac(cells: Mapping[int, Value]) -> str:
    """Return a neighbour's MAC: its chassis; of a device that names its chassis otherwise, its port."""
    if cells.get(_CHASSIS_TYPE) == _BY_MAC:
        return as_mac(cells.get(_CHASSIS, b""))
    return as_mac(cells.get(_PORT, b"")) if cells.get(_PORT_TYPE) == _PORT_BY_MAC else ""


def _is_bridge(cells: Mapping[int, Value]) -> bool:
    """Whether a neighbour forwards for others; what is switched on counts more than what it could do."""
    value = cells.get(_ENABLED, cells.get(_CAPABLE))
    return isinstance(value, bytes) and len(value) > 0 and bool(value[0] & _BRIDGE)


class _LocalPorts:
    """LLDP's local port numbers, which are the ifIndex, the bridge port, or neither."""

    def __init__(self, tables: Tables) -> None:
        self._names = set(tables.names.values())
        self._by_mac = {
            as_mac(value): tables.names.get(index_of(IF_MAC, oid), "") for oid, value in tables.macs.items()
        }
        self._ids = {index_of(LLDP_LOCAL_ID, oid): value for oid, value in tables.local_ids.items()}
        self._descrs = {index_of(LLDP_LOCAL_DESCR, oid): value for oid, value in tables.local_descrs.items()}
        self._bridge = _bridge_ports(tables)
        self._by_index = tables.names

    def name(self, number: str) -> str:
        """Return the name of a local port, "" when nobody can say."""
        given = self._ids.get(number, b"")
        said = (_text(given), _text(self._descrs.get(number)))
        named = next((name for name in said if name in self._names), "")
        return named or self._by_mac.get(as_mac(given) or "-", "") or self._by_number(number, said[0])

    def _by_number(self, number: str, said: str) -> str:
        for key in (said, number):
            if name := self._by_index.get(key, ""):
                return name
        return self._bridge.get(number, "")


def as_mac(value: Value) -> str:
    """Return a MAC out of six octets or text in any spelling; "" when it is none."""
    if isinstance(value, bytes) and len(value) == _MAC_LENGTH:
        return of_bytes(value)
    return mac(_text(value))


def _octets(arcs: list[str]) -> bytes:
    numbers = [int(arc) for arc in arcs]
    return bytes(numbers) if max(numbers, default=256) < 256 else b""


def _text(value: Value | None) -> str:
    if not isinstance(value, bytes | str):
        return ""
    try:
        return text(value)
    except Unreadable:
        return ""
