"""What a device has: which MIBs apply, which rows its tables have, what those are called.

Learnt with the first poll; rows again each hour, MIBs each day, both after the agent restarted (it numbers
interfaces anew), rows also when something is gone. Between that a poll is nothing but GETs of known OIDs.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from collectors.base import BadReply, Unreachable
from collectors.snmp.client import Client
from collectors.snmp.engine import Value
from collectors.snmp.evaluate import Cell
from collectors.snmp.knowledge import Applies, Area, Knowledge, Mib, Table
from collectors.snmp.oids import SYS_DESCR, SYS_OBJECT_ID, SYS_UPTIME, index_of, under
from collectors.snmp.ports import poe_names
from collectors.snmp.values import Unreadable, text
from collectors.snmp.walks import Walk
from models.facts import Device
from models.metrics import PORT_UP


async def detect(client: Client, device: Device, knowledge: Knowledge, maker: str = "") -> tuple[Mib, ...]:
    """Return the MIBs that apply to a device; one datagram.

    Args:
        client: asks.
        device: whom.
        knowledge: all MIBs.
        maker: maker and model as another protocol said, "" when none did.

    Raises:
        CollectError: the device could not be asked.
    """
    found = await client.get(device, (SYS_UPTIME, SYS_OBJECT_ID, SYS_DESCR, *knowledge.probes()), prove=True)
    return tuple(mib for mib in knowledge.mibs if applies(mib.applies, device, found, maker))


def applies(rule: Applies, device: Device, found: Mapping[str, Value], maker: str = "") -> bool:
    """Whether a rule fits: by sysObjectID, sysDescr, a probe that answered, what ONVIF said, or its kind."""
    identity = found.get(SYS_OBJECT_ID)
    if isinstance(identity, str) and any(under(prefix, identity) for prefix in rule.object_id):
        return True
    if rule.descr is not None and rule.descr.search(_text(found.get(SYS_DESCR, b""))):
        return True
    if any(oid in found for oid in rule.probe):
        return True
    if rule.maker is not None and maker and rule.maker.search(maker):
        return True
    return device.kind in rule.kinds


@dataclass(frozen=True, slots=True)
class Found:
    """What a survey found: cells, walks cut for looping, and whether a walk did not come to its end."""

    cells: tuple[Cell, ...]
    loops: int
    partial: bool


async def survey(client: Client, device: Device, mibs: Iterable[Mib], area: Area, deaf: set[str]) -> Found:
    """Return all cells that one area may find on a device.

    Args:
        client: asks.
        device: whom.
        mibs: what applies to it.
        area: which part of that is wanted.
        deaf: subtrees to which the device is silent though it is alive; left out, and added to.

    Raises:
        CollectError: the device could not be asked.
    """
    surveyor = _Surveyor(client, device, deaf)
    mine = [mib for mib in mibs if mib.area is area]
    found: list[list[Cell]] = [
        [
            Cell(item, item.part)
            for item in mib.scalars
            if not (item.identity and device.onvif_port is not None)
        ]
        for mib in mine
    ]
    tables = [(place, table) for place, mib in enumerate(mine) for table in mib.tables]
    for place, table in sorted(tables, key=lambda one: one[1].ports):  # ports last: they need the other names
        found[place] += await surveyor.cells(table)
    cells = tuple(
        cell for of_mib in found for cell in of_mib
    )  # first choices first, in the order of the files
    cuts = [walk.cut for walk in surveyor.walks.values()]
    return Found(cells, cuts.count("order"), any(cut in {"time", "silence"} for cut in cuts))


class _Surveyor:
    """Looks at the tables of one device; remembers walks and port names while it does."""

    def __init__(self, client: Client, device: Device, deaf: set[str]) -> None:
        self._client = client
        self._device = device
        self._deaf = deaf
        self._ports: dict[str, str] = {}  # ifIndex -> name
        self.walks: dict[str, Walk] = {}

    async def cells(self, table: Table) -> list[Cell]:
        """Return the cells of one table, row by row."""
        rows = await self._rows(table)
        indexes = [index for index, value in rows.items() if _kept(table, index, value)]
        if not indexes:
            return []
        if table.ports:
            names = poe_names(indexes, self._ports)
        else:
            names = row_names(table, indexes, await self._said(table, indexes))
            if any(item.metric is PORT_UP for item in table.items):
                self._ports |= names
        macs = await self._macs(table, indexes)
        return [
            Cell(
                item,
                item.part or ("" if table.unnamed else names[index]),
                index,
                table.guard,
                macs.get(index),
            )
            for index in indexes
            if table.skip is None or not table.skip.search(names[index])
            for item in table.items
        ]

    async def _rows(self, table: Table) -> dict[str, Value]:
        for column in table.rows:
            rows = (await self._walk(column)).rows
            if rows:
                return {index_of(column, oid): value for oid, value in rows.items()}
        return {}

    async def _walk(self, column: str) -> Walk:
        if column in self._deaf:
            return Walk({})
        if column not in self.walks:
            try:
                self.walks[column] = await self._client.walk(self._device, column)
            except (Unreachable, BadReply):
                await self._client.get(self._device, [SYS_UPTIME])  # is it dead, or only deaf to this?
                self._deaf.add(column)
                return Walk({})
        return self.walks[column]

    async def _macs(self, table: Table, indexes: Sequence[str]) -> dict[str, Value]:
        if not table.mac:
            return {}
        found = await self._client.get(self._device, [f"{table.mac}.{index}" for index in indexes])
        return {index_of(table.mac, oid): value for oid, value in found.items() if under(table.mac, oid)}

    async def _said(self, table: Table, indexes: Sequence[str]) -> dict[str, str]:
        names: dict[str, str] = {}
        for column in table.name:
            missing = [index for index in indexes if index not in names]
            if not missing:
                break
            found = await self._client.get(self._device, [f"{column}.{index}" for index in missing])
            for index in missing:
                name = _text(found.get(f"{column}.{index}", b""))
                if name:
                    names[index] = name
        return names


def row_names(table: Table, indexes: Sequence[str], said: Mapping[str, str]) -> dict[str, str]:
    """Return a name for each row, no two alike: what the device says, else what the table's `name_as` makes.

    Args:
        table: the table.
        indexes: its rows.
        said: index -> name, where the device gave one.
    """
    names = {index: said.get(index) or _made(table, index) for index in indexes}
    shared = {name for name, count in Counter(names.values()).items() if count > 1}
    return {index: f"{name} ({index})" if name in shared else name for index, name in names.items()}


def _made(table: Table, index: str) -> str:
    first, _, _ = index.partition(".")
    return table.name_as.format(index=index, first=first, last=index.rpartition(".")[2])


def _kept(table: Table, index: str, value: Value) -> bool:
    if table.match is not None and not table.match.search(index):
        return False
    keep = table.keep
    if not keep:
        return True
    return value in keep if isinstance(value, int | str) else _text(value) in keep


def _text(value: Value) -> str:
    try:
        return text(value)
    except Unreadable:
        return ""
