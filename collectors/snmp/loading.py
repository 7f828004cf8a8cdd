"""YAML files -> `knowledge`, every word of them checked. Operators may add a folder of their own files.

The words of a file are explained in `mibs/README.md`.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import yaml

from collectors.snmp.knowledge import Applies, Area, Guard, Item, Knowledge, Merge, Mib, Table
from collectors.snmp.node import KnowledgeError, Node
from collectors.snmp.values import UNITS, How
from collectors.snmp.values import Kind as Read
from models.facts import Kind
from models.metrics import METRICS, Metric

SHIPPED: Final = Path(__file__).with_name("mibs")


@cache
def shipped() -> Knowledge:
    """Return the knowledge that comes with the program."""
    return load(SHIPPED)


def load(*folders: Path) -> Knowledge:
    """Read every `*.yaml` of the folders, by name; a later file replaces an earlier one with the same `mib`.

    Raises:
        KnowledgeError: a file cannot be read or says something that cannot be.
    """
    files = [file for folder in folders for file in sorted(folder.glob("*.yaml"))]
    return Knowledge(tuple({mib.name: mib for mib in map(read_file, files)}.values()))


def read_file(file: Path) -> Mib:
    """Read one file.

    Raises:
        KnowledgeError: it cannot be read or says something that cannot be.
    """
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as err:
        raise KnowledgeError(f"{file.name}: cannot be read: {err}") from err
    return _mib(Node(data, file.name))


def _mib(node: Node) -> Mib:
    if node.has("at"):
        node.base = node.oid("at")
    mib = Mib(
        name=node.text("mib"),
        source=node.text("source"),
        area=node.choice("area", Area),
        applies=_applies(node.node("applies")),
        scalars=tuple(_items(node, "scalars")),
        tables=tuple(map(_table, node.nodes("tables"))),
        watch=node.oids("watch"),
    )
    node.done()
    return mib


def _applies(node: Node) -> Applies:
    applies = Applies(
        object_id=node.oids("object_id"),
        descr=node.pattern("descr"),
        probe=node.oids("probe"),
        maker=node.pattern("maker"),
        kinds=frozenset(Kind) if node.flag("all") else node.choices("kinds", Kind),
    )
    node.done()
    if applies == Applies():
        raise KnowledgeError(f"{node.place}: nothing says to which devices this applies")
    return applies


def _table(node: Node) -> Table:
    table = Table(
        rows=node.oids("rows"),
        items=tuple(_items(node, "values")),
        keep=frozenset(node.names("keep")),
        name=node.oids("name"),
        name_as=node.text("name_as", "{index}"),
        unnamed=node.flag("unnamed"),
        ports=node.flag("ports"),
        skip=node.pattern("skip"),
        guard=_guard(node.node("guard")) if node.has("guard") else None,
        match=node.pattern("match"),
        mac=node.oid("mac", ""),
    )
    node.done()
    if not table.rows or not table.items:
        raise KnowledgeError(f"{node.place}: a table needs rows and values")
    _check_name(node, table.name_as)
    return table


def _check_name(node: Node, name_as: str) -> None:
    try:
        name_as.format(index="1.2", first="1", last="2")
    except (KeyError, IndexError, ValueError) as err:
        raise node.wrong("name_as", "only {index}, {first} and {last} can be filled in") from err


def _guard(node: Node) -> Guard:
    guard = Guard(node.oid("column"), frozenset(int(one) for one in node.numbers("values")))
    node.done()
    return guard


def _items(parent: Node, key: str) -> Iterator[Item]:
    for node in parent.nodes(key):
        item = Item(
            oid=node.oid("oid"),
            metric=_metric(node),
            part=node.text("part", ""),
            whole=node.oid("whole", ""),
            left=node.flag("left"),
            times=node.oid("times", ""),
            scale=node.oid("scale", ""),
            precision=node.oid("precision", ""),
            merge=node.choice("merge", Merge, "first"),
            identity=node.flag("identity"),
            plus=node.oids("plus"),
            minus=node.oids("minus"),
            latch=frozenset(one if isinstance(one, int) else one.casefold() for one in node.names("latch")),
            counter=int(node.number("counter", 0)),
            json=node.text("json", ""),
            how=_how(node),
        )
        node.done()
        _check_item(node, item)
        yield item


def _check_item(node: Node, item: Item) -> None:
    if bool(item.scale) != bool(item.precision):
        raise KnowledgeError(f"{node.place}: scale and precision go together")
    if item.left and not item.whole and UNITS[item.how.unit][0] != "ratio":
        raise KnowledgeError(f"{node.place}: left needs a whole, or a unit of shares such as percent")
    if item.counter not in {0, 32, 64}:
        raise node.wrong("counter", "32 or 64 bits are wanted")
    if item.json and item.json.split(".").count("*") != 1:
        raise node.wrong("json", "a path with one * is wanted, such as data.disks.*.health")


def _metric(node: Node) -> Metric:
    name = node.text("metric")
    if name not in METRICS:
        raise node.wrong("metric", f"{name!r} is not in models/metrics.py")
    return METRICS[name]


def _how(node: Node) -> How:
    unit = node.text("unit", "number")
    if unit not in UNITS:
        raise node.wrong("unit", f"{unit!r} is none of {', '.join(UNITS)}")
    states = _states(node, node.mapping("states"))
    return How(
        kind=Read.STATE if states else node.choice("as", Read, "number"),
        unit=unit,
        low=node.number("low", float("-inf")),
        high=node.number("high", float("inf")),
        sentinels=frozenset(node.numbers("sentinels")),
        states=states,
        wraps=node.flag("wraps"),
    )


def _states(node: Node, written: Mapping[object, object]) -> dict[int | str, float | None]:
    states: dict[int | str, float | None] = {}
    for key, value in written.items():
        if isinstance(key, bool) or not isinstance(key, int | str):
            raise node.wrong("states", f"{key!r} must be a whole number or a quoted text")
        if isinstance(value, bool) or not isinstance(value, int | float | None):
            raise node.wrong("states", f"{key!r} must stand for a number, or for null")
        states[key if isinstance(key, int) else key.casefold()] = value
    return states
