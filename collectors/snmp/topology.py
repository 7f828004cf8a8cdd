"""Who hangs on which port of a switch: forwarding table, LLDP neighbours, ARP. Bounded by the client's caps.

It walks tables, and every walk may fail by itself: small switches have no LLDP, large ones no BRIDGE-MIB
without a VLAN, and some fall silent outside 1.3.6.1. Only a switch that says nothing at all is told.
"""

from typing import Final

from collectors.base import BadReply, NotSupported, Unreachable
from collectors.snmp import bridge
from collectors.snmp.bridge import Rows, Tables
from collectors.snmp.knowledge import Table
from collectors.snmp.oids import SYS_UPTIME, index_of
from collectors.snmp.snmp import Snmp
from collectors.snmp.survey import row_names
from collectors.snmp.values import Unreadable, text
from models.facts import Answer, Device, Kind, Link, Reading, Via
from models.metrics import PORT_NEIGHBOURS, PORT_UP, Metric

_IF_NAME: Final = "1.3.6.1.2.1.31.1.1.1.1"
_IF_DESCR: Final = "1.3.6.1.2.1.2.2.1.2"


class SnmpTopology:
    """Asks switches for their neighbours."""

    name = "snmp_topology"
    slots = 4  # at a time: one walk brings up to 4,096 rows
    metrics: tuple[Metric, ...] = (PORT_NEIGHBOURS,)

    def __init__(self, snmp: Snmp) -> None:
        self._snmp = snmp

    def applies(self, device: Device) -> bool:
        """Whether it is a switch with SNMP access."""
        return device.kind is Kind.SWITCH and device.snmp is not None

    async def collect(self, device: Device) -> Answer:
        """Ask once.

        Raises:
            CollectError: it could not be asked; NotSupported: it answered and knows of no neighbours.
        """
        first = (bridge.BASE_ADDRESS, bridge.LLDP_CHASSIS, bridge.DEFAULT_ROUTE)
        tables = await self._tables(device, await self._snmp.get(device, SYS_UPTIME, *first))
        found = bridge.links(tables)
        if all(link.via is Via.SELF for link in found):
            raise NotSupported(f"{device.id} answers SNMP and tells of no neighbours")
        return Answer(_counts(found), links=found)

    async def _tables(self, device: Device, first: Rows) -> Tables:
        fdb = await self._walk(device, bridge.VLAN_FDB_PORT) or await self._walk(device, bridge.FDB_PORT)
        remote = await self._walk(device, bridge.LLDP_REMOTE)
        return Tables(
            names=await self._names(device),
            own={oid: first[oid] for oid in (bridge.BASE_ADDRESS, bridge.LLDP_CHASSIS) if oid in first},
            routes={
                **{oid: first[oid] for oid in (bridge.DEFAULT_ROUTE,) if oid in first},
                **await self._walk(device, bridge.CIDR_DEFAULT_ROUTE),
            },
            fdb=fdb,
            base=await self._walk(device, bridge.BASE_PORT_IFINDEX) if fdb or remote else {},
            arp=await self._walk(device, bridge.ARP_MAC),
            macs=await self._walk(device, bridge.IF_MAC),
            remote=remote,
            local_ids=await self._walk(device, bridge.LLDP_LOCAL_ID) if remote else {},
            local_descrs=await self._walk(device, bridge.LLDP_LOCAL_DESCR) if remote else {},
        )

    async def _names(self, device: Device) -> dict[str, str]:
        """Return ifIndex -> name, those of ports exactly as the port readings name them."""
        table = self._port_table()
        columns = table.name if table is not None else (_IF_NAME, _IF_DESCR)
        said: dict[str, str] = {}
        for column in columns:
            for oid, value in (await self._walk(device, column)).items():
                if name := _text(value):
                    said.setdefault(index_of(column, oid), name)
        return said if table is None else {**said, **await self._port_names(device, table, said)}

    async def _port_names(self, device: Device, table: Table, said: dict[str, str]) -> dict[str, str]:
        for column in table.rows:
            if rows := await self._walk(device, column):
                kept = {index_of(column, oid): v for oid, v in rows.items()}
                indexes = [i for i, v in kept.items() if not table.keep or v in table.keep]
                return row_names(table, indexes, said)
        return {}

    def _port_table(self) -> Table | None:
        tables = (table for mib in self._snmp.knowledge.mibs for table in mib.tables)
        return next((t for t in tables if any(item.metric is PORT_UP for item in t.items)), None)

    async def _walk(self, device: Device, base: str) -> Rows:
        try:
            return (await self._snmp.walk(device, base)).rows
        except (Unreachable, BadReply):
            await self._snmp.get(device, SYS_UPTIME)  # is it dead, or only deaf to this?
            return {}


def _counts(links: tuple[Link, ...]) -> tuple[Reading, ...]:
    """Return how many MACs were heard on each port."""
    heard: dict[str, set[str]] = {}
    for link in links:
        if link.port and link.mac:
            heard.setdefault(link.port, set()).add(link.mac)
    return tuple(Reading(PORT_NEIGHBOURS, float(len(macs)), port) for port, macs in sorted(heard.items()))


def _text(value: object) -> str:
    try:
        return text(value) if isinstance(value, bytes | str) else ""
    except Unreadable:
        return ""
