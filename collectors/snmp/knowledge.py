"""What is known of MIBs: which OID is which metric, and how to read it. Filled by `loading`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from collectors.snmp.values import How
from models.facts import Kind
from models.metrics import Metric


class Area(StrEnum):
    """Which collector asks for it."""

    HEALTH = "health"
    INTERFACES = "interfaces"
    UPS = "ups"


class Merge(StrEnum):
    """What becomes of several values of one metric and part."""

    FIRST = "first"  # the first that can be read, in the order of the file
    MIN = "min"
    MAX = "max"
    MEAN = "mean"


@dataclass(frozen=True, slots=True)
class Item:
    """One metric out of one OID (a scalar) or column (a table).

    Attributes:
        oid: full OID of a scalar, or of a column without the row index.
        metric: what it is.
        how: how the value is read.
        part: fixed part of the reading; in a table "" takes the row's name.
        whole: OID or column the value is a share of: the reading is value / whole.
        left: the value is what is free, so the reading is 1 - value / whole, or 1 - value without a `whole`.
        plus: OIDs or columns to be added to it first, such as buffers to free memory.
        minus: OIDs or columns to be taken from it first, such as buffers from used memory.
        times: OID or column to multiply by, such as allocation units.
        scale: column with the decimal scale, precision: with the decimal places (ENTITY-SENSOR-MIB).
        merge: what to do with several of the same metric and part.
        identity: says who the device is; left out where ONVIF is asked for that.
        counter: 32 or 64 for a counter of so many bits, of which rates are made; 0: it is none.
        latch: states that count as 0 only once a 1 was seen: before that they may mean "none fitted".
        json: path into a JSON document, with one `*` whose key is the part; "": the value is no document.
    """

    oid: str
    metric: Metric
    how: How
    part: str = ""
    whole: str = ""
    left: bool = False
    times: str = ""
    scale: str = ""
    precision: str = ""
    merge: Merge = Merge.FIRST
    identity: bool = False
    plus: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    latch: frozenset[int | str] = frozenset()
    counter: int = 0
    json: str = ""

    @property
    def oids(self) -> tuple[str, ...]:
        """All OIDs or columns it needs."""
        others = (self.whole, self.times, self.scale, self.precision)
        return (self.oid, *self.plus, *self.minus, *(oid for oid in others if oid))


@dataclass(frozen=True, slots=True)
class Guard:
    """A column that must hold one of `values` for the row to mean anything (a sensor that works)."""

    column: str
    values: frozenset[int]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a table and what each of them tells.

    Attributes:
        rows: columns to walk for the row indexes; the first one that has rows is used.
        keep: only rows in which that column holds one of these; empty: all.
        name: columns that name a row; the first with a text wins.
        name_as: the name otherwise; `{index}` is the whole index, `{first}` and `{last}` its ends.
        unnamed: readings carry no part (a processor load is the mean of its rows).
        ports: an index `group.port` is to be translated into the name of that switch port.
        skip: rows whose name matches are left out.
        guard: condition on each row at each poll.
        match: only rows whose index matches.
        mac: column with a hardware address: a row of the same name and another address is another thing.
        items: what a row tells.
    """

    rows: tuple[str, ...]
    items: tuple[Item, ...]
    keep: frozenset[int | str] = frozenset()
    name: tuple[str, ...] = ()
    name_as: str = "{index}"
    unnamed: bool = False
    ports: bool = False
    skip: re.Pattern[str] | None = None
    guard: Guard | None = None
    match: re.Pattern[str] | None = None
    mac: str = ""


@dataclass(frozen=True, slots=True)
class Applies:
    """How to see that a device has a MIB: any one of these is enough.

    Attributes:
        object_id: prefixes of sysObjectID.
        descr: pattern found in sysDescr.
        probe: OIDs; the MIB is there when one of them answers.
        maker: pattern found in what another protocol (ONVIF) said of maker and model.
        kinds: device kinds for which it is tried without any sign (an empty walk costs one datagram).
    """

    object_id: tuple[str, ...] = ()
    descr: re.Pattern[str] | None = None
    probe: tuple[str, ...] = ()
    maker: re.Pattern[str] | None = None
    kinds: frozenset[Kind] = frozenset()


@dataclass(frozen=True, slots=True)
class Mib:
    """One file of knowledge."""

    name: str
    source: str  # the MIB, RFC or recording it is taken from
    area: Area
    applies: Applies
    scalars: tuple[Item, ...] = ()
    tables: tuple[Table, ...] = ()
    watch: tuple[str, ...] = ()  # when one of these values changes, the rows are to be looked at again


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All files of knowledge, in the order in which they are asked."""

    mibs: tuple[Mib, ...]

    def metrics(self, area: Area) -> tuple[Metric, ...]:
        """Return each metric that an area can give, once."""
        return tuple(dict.fromkeys(item.metric for item in self._items(area)))

    def probes(self) -> tuple[str, ...]:
        """Return each OID whose presence tells which MIBs a device has, once."""
        return tuple(dict.fromkeys(oid for mib in self.mibs for oid in mib.applies.probe))

    def _items(self, area: Area) -> Iterable[Item]:
        for mib in self.mibs:
            if mib.area is area:
                yield from mib.scalars
                for table in mib.tables:
                    yield from table.items
