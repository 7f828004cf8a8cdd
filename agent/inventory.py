"""The inventory: the spreadsheet that contractors keep, as `.csv` or `.xlsx`, a device a row.

All that is wrong is told at once, with row and column, so that a long list is mended in one go.
"""

import csv
import io
import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit
from zipfile import BadZipFile

from agent.config import Access, ConfigError, SiteConfig
from agent.streams import unknown_devices
from collectors.stream.addresses import PORTS
from models.facts import Criticality, Device, Kind, Login, SnmpAccess, StreamUri, TlsMode

# Column -> the heading a Chinese spreadsheet gives it.
COLUMNS: Final[dict[str, str]] = {
    "id": "编号",
    "kind": "类型",
    "host": "地址",
    "name": "名称",
    "place": "位置",
    "parent": "上级",
    "power": "供电",
    "criticality": "重要性",
    "login": "登录",
    "onvif_port": "ONVIF端口",
    "snmp": "SNMP",
    "streams": "码流",
    "tcp_ports": "TCP端口",
    "tls": "加密",
    "recording": "录像计划",
}
REQUIRED: Final = ("id", "kind", "host")
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_HOSTNAME: Final = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*\.?")
MAX_ROWS: Final = 20_000
E = TypeVar("E", Kind, Criticality)
T = TypeVar("T", Login, SnmpAccess)


@dataclass(frozen=True, slots=True)
class _Row:
    number: int  # as the spreadsheet counts, the heading being row 1
    cells: Mapping[str, str]


class _Problems:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, row: int, column: str, what: str) -> None:
        self.lines.append(f"row {row}, column {column}: {what}")


def read_devices(config: SiteConfig, access: Access) -> tuple[Device, ...]:
    """Read the inventory of a site, and check what the settings say of single devices against it.

    Raises:
        ConfigError: all that is wrong, a line each.
    """
    devices = read_inventory(config.inventory, access)
    if problems := unknown_devices(config.streams, devices):
        raise ConfigError("site.yaml", problems)
    return devices


def read_inventory(path: Path, access: Access) -> tuple[Device, ...]:
    """Read the inventory.

    Args:
        path: `.csv` (UTF-8, with or without a mark; comma or semicolon) or `.xlsx` (first sheet).
        access: the logins and SNMP accesses that rows refer to by name.

    Raises:
        ConfigError: every problem of every row.
    """
    rows = list(_rows(path))
    problems = _Problems()
    devices = [device for row in rows if (device := _device(row, access, problems)) is not None]
    _check_together(rows, problems)
    if not rows:
        problems.lines.append("holds no device: add a row for each")
    if problems.lines:
        raise ConfigError(str(path), problems.lines)
    return tuple(devices)


# ---------------------------------------------------------------- cells


def _rows(path: Path) -> Iterator[_Row]:
    table = _xlsx(path) if path.suffix.lower() == ".xlsx" else _csv(path)
    numbered = enumerate(table, start=1)
    _, heading = next(numbered, (1, []))
    columns = _columns(heading, path)
    for number, cells in numbered:
        if number > MAX_ROWS:
            raise ConfigError(str(path), [f"has more than {MAX_ROWS} rows: split the site"])
        given = {column: cells[at].strip() for at, column in columns.items() if at < len(cells)}
        if any(given.values()) and not given.get("id", "").startswith("#"):
            yield _Row(number, given)


def _csv(path: Path) -> Iterator[list[str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as err:
        raise ConfigError(str(path), [f"cannot be read: {err.strerror}"]) from None
    except UnicodeDecodeError:
        raise ConfigError(str(path), ["is not UTF-8: save it as CSV UTF-8, or as .xlsx"]) from None
    first = text.partition("\n")[0]
    delimiter = max((",", ";", "\t"), key=first.count)
    try:
        yield from csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    except csv.Error as err:
        raise ConfigError(str(path), [f"is not CSV: {err}"]) from None


def _xlsx(path: Path) -> Iterator[list[str]]:
    from openpyxl import load_workbook  # noqa: PLC0415  slow to load, and most inventories are CSV
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except OSError as err:
        raise ConfigError(str(path), [f"cannot be read: {err.strerror}"]) from None
    except (InvalidFileException, BadZipFile, KeyError, ValueError):
        raise ConfigError(str(path), ["is not an .xlsx workbook"]) from None
    try:
        for row in book.worksheets[0].iter_rows(values_only=True):
            yield [_cell_text(value) for value in row]
    finally:
        book.close()


def _cell_text(value: object) -> str:
    """A spreadsheet turns 80 into 80.0 and an empty cell into None."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _columns(heading: list[str], path: Path) -> dict[int, str]:
    names = {zh: column for column, zh in COLUMNS.items()} | {column: column for column in COLUMNS}
    found: dict[int, str] = {}
    problems = []
    for at, title in enumerate(heading):
        key = title.strip()
        if not key:
            continue
        column = names.get(key) or names.get(key.lower())
        if column is None:
            problems.append(f"row 1, column {key!r}: unknown heading; known are {', '.join(COLUMNS)}")
        elif column in found.values():
            problems.append(f"row 1, column {column}: stands twice")
        else:
            found[at] = column
    problems += [f"row 1: heading {name!r} is missing" for name in REQUIRED if name not in found.values()]
    if problems:
        raise ConfigError(str(path), problems)
    return found


# ---------------------------------------------------------------- rows


def _device(row: _Row, access: Access, problems: _Problems) -> Device | None:
    before = len(problems.lines)
    cell = _Cells(row, problems)
    device_id = cell.text("id", _ID.fullmatch, "letters, digits, '-', '_' and '.', at most 63")
    kind = cell.choice("kind", Kind)
    host = cell.text("host", _is_host, "an address or host name, without http:// and port")
    criticality = cell.choice("criticality", Criticality, default=Criticality.NORMAL)
    login = _named(cell, "login", cell.get("login"), access.logins)
    snmp = _snmp(cell, access.snmp)
    onvif_port = cell.port("onvif_port")
    tcp_ports = cell.ports("tcp_ports")
    tls = _tls(cell)
    recording = cell.get("recording")
    if recording and recording not in access.plans:
        cell.wrong("recording", f"{recording!r} is no plan of site.yaml: {', '.join(access.plans) or 'none'}")
    streams = _streams(cell)
    if len(problems.lines) > before or kind is None or criticality is None:
        return None
    return Device(
        id=device_id, kind=kind, host=host, name=cell.get("name") or device_id, place=cell.get("place"),
        parent=cell.get("parent"), power=cell.get("power"), criticality=criticality, onvif_port=onvif_port,
        login=login, snmp=snmp, streams=streams, tcp_ports=tcp_ports, tls=tls,
        recording=recording,
    )  # fmt: skip


class _Cells:
    """The cells of one row, read by type; what is wrong is noted, not raised."""

    def __init__(self, row: _Row, problems: _Problems) -> None:
        self._row = row
        self._problems = problems

    def get(self, column: str) -> str:
        return self._row.cells.get(column, "")

    def wrong(self, column: str, what: str) -> None:
        self._problems.add(self._row.number, column, what)

    def text(self, column: str, is_good: Callable[[str], object], wanted: str) -> str:
        value = self.get(column)
        if not value:
            self.wrong(column, "is empty")
        elif not is_good(value):
            self.wrong(column, f"{value!r} is not {wanted}")
        return value

    def choice(self, column: str, kinds: type[E], default: E | None = None) -> E | None:
        value = self.get(column).lower()
        if not value and default is not None:
            return default
        try:
            return kinds(value)
        except ValueError:
            self.wrong(column, f"{value!r} is none of {', '.join(kinds)}")
            return None

    def port(self, column: str) -> int | None:
        ports = self.ports(column)
        if len(ports) > 1:
            self.wrong(column, "holds one port only")
        return ports[0] if ports else None

    def ports(self, column: str) -> tuple[int, ...]:
        found = []
        for text in self.get(column).replace(",", " ").split():
            number = _port(text)
            if number is None:
                self.wrong(column, f"{text!r} is not a port (1 to 65535)")
            else:
                found.append(number)
        return tuple(found)


def _named(cell: _Cells, column: str, name: str, known: Mapping[str, T]) -> T | None:
    if not name:
        return None
    if name not in known:
        cell.wrong(column, f"{name!r} is not in site.yaml; there are: {', '.join(known) or 'none'}")
    return known.get(name)


def _snmp(cell: _Cells, known: Mapping[str, SnmpAccess]) -> SnmpAccess | None:
    """Read `name` or `name:port`."""
    name, _, port = cell.get("snmp").partition(":")
    access = _named(cell, "snmp", name, known)
    if access is None or not port:
        return access
    number = _port(port)
    if number is None:
        cell.wrong("snmp", f"{port!r} is not a port (1 to 65535)")
    return replace(access, port=number or access.port)


def _tls(cell: _Cells) -> TlsMode:
    """Read `no`, `yes` (the certificate of the first connection is pinned), `verify` or `insecure`."""
    given = cell.get("tls").lower()
    known = {"": TlsMode.NONE, "no": TlsMode.NONE, "yes": TlsMode.PIN} | {
        mode.value: mode for mode in TlsMode
    }
    if given not in known:
        cell.wrong("tls", f"{given!r} is none of no, yes, pin, verify, insecure")
    return known.get(given, TlsMode.NONE)


def _port(text: str) -> int | None:
    is_port = text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) < 65536
    return int(text) if is_port else None


def _streams(cell: _Cells) -> tuple[StreamUri, ...]:
    """`rtsp://host/path` or `main=rtsp://… sub=http://…/snapshot.jpg`, blank-separated."""
    found = []
    for at, item in enumerate(cell.get("streams").split()):
        name, given, uri = item.partition("=") if re.match(r"[\w/]+=(rtsp|http)", item) else ("", "", item)
        wrong = _stream_problem(uri, cell.get("host"))
        if wrong:
            cell.wrong("streams", wrong)
        found.append(StreamUri(name if given else ("main", "sub")[at] if at < 2 else f"s{at + 1}", uri))
    return tuple(found)


def _stream_problem(uri: str, host: str) -> str:
    try:
        parts = urlsplit(uri)
        port_is_good = parts.port is None or parts.port > 0
    except ValueError:
        return "is not a URL"
    if parts.scheme not in PORTS or not parts.hostname or not port_is_good:
        return f"is none of {'://, '.join(PORTS)}://"
    if parts.username or parts.password:
        return "must hold no user and password: name a login instead"
    if parts.hostname != host.lower():
        return f"points to {parts.hostname}, but the device is {host}"
    return ""


def _is_host(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return bool(_HOSTNAME.fullmatch(value)) and not value.replace(".", "").isdigit()
    return True


# ---------------------------------------------------------------- rows together


def _check_together(rows: Sequence[_Row], problems: _Problems) -> None:
    first: dict[str, int] = {}
    parents: dict[str, tuple[str, int]] = {}
    for row in rows:
        device = row.cells.get("id", "")
        if device and device in first:
            problems.add(row.number, "id", f"{device!r} stands in row {first[device]} already")
        first.setdefault(device, row.number)
        parents.setdefault(device, (row.cells.get("parent", ""), row.number))
    kinds = {row.cells.get("id", ""): row.cells.get("kind", "").lower() for row in rows}
    for row in rows:
        power = row.cells.get("power", "")
        if power and kinds.get(power) != Kind.UPS:
            problems.add(row.number, "power", f"{power!r} is no UPS of this inventory")
    for device, (parent, number) in parents.items():
        if parent and parent not in parents:
            problems.add(number, "parent", f"{parent!r} is no device of this inventory")
        elif parent and _is_circular(device, parents):
            problems.add(number, "parent", f"{device!r} would feed itself")


def _is_circular(device: str, parents: Mapping[str, tuple[str, int]]) -> bool:
    seen = set()
    at = parents[device][0]
    while at in parents and at not in seen:
        if at == device:
            return True
        seen.add(at)
        at = parents[at][0]
    return False
