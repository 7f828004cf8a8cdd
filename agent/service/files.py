"""Device files (一机一档): what the inventory does not say of a device, from the department's spreadsheet."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from agent.service.contract import ContractConfig
from models.facts import Device
from models.service.warranty import Warranty, warranty

# Column -> the heading a Chinese spreadsheet gives it.
COLUMNS: Final[Mapping[str, str]] = {
    "id": "编号",
    "group": "分组",
    "maker": "厂家",
    "model": "型号",
    "serial": "序列号",
    "installed": "安装日期",
    "warranty_until": "保修截止",
    "parts": "备件",
    "documents": "资料",
    "note": "备注",
}
_DATES: Final = ("installed", "warranty_until")


class FilesError(ValueError):
    """The spreadsheet cannot be used; `problems` says all that is wrong, a line each."""

    def __init__(self, path: Path, problems: Sequence[str]) -> None:
        super().__init__(f"{path}: " + "; ".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True, slots=True)
class DeviceFile:
    """What the department's own list says of a device; "" and None: it says nothing."""

    id: str
    group: str = ""
    maker: str = ""
    model: str = ""
    serial: str = ""
    installed: date | None = None
    warranty_until: date | None = None
    parts: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    note: str = ""


def read_files(contract: ContractConfig, devices: Sequence[Device]) -> dict[str, DeviceFile]:
    """Return a file for every device; those the spreadsheet does not name are empty.

    Raises:
        FilesError: the spreadsheet cannot be read, or says something that cannot be.
    """
    known = {device.id for device in devices}
    files = {id_: DeviceFile(id_) for id_ in known}
    path = contract.device_files
    if path is None:
        return files
    problems: list[str] = []
    for number, row in enumerate(_rows(path), start=2):
        id_ = row.get("id", "")
        if id_ not in known:
            problems.append(f"row {number}: no device {id_!r} in the inventory")
            continue
        files[id_] = _file(id_, row, number, problems)
    if problems:
        raise FilesError(path, problems)
    return files


def group_of(device: Device, file: DeviceFile | None) -> str:
    """Return a device's group: the department's own, else its place up to the first comma, else its kind."""
    if file is not None and file.group:
        return file.group
    return device.place.replace("，", ",").partition(",")[0].strip() or device.kind.value


def groups_of(devices: Sequence[Device], files: Mapping[str, DeviceFile]) -> dict[str, str]:
    """Return device -> group."""
    return {device.id: group_of(device, files.get(device.id)) for device in devices}


def warranty_of(contract: ContractConfig, file: DeviceFile | None) -> Warranty:
    """Return the warranty of a device."""
    begins = contract.handed_over or contract.starts
    own = file.warranty_until if file else None
    return warranty(begins, contract.warranty_months, contract.basis, own=own)


def _file(id_: str, row: Mapping[str, str], number: int, problems: list[str]) -> DeviceFile:
    days: dict[str, date | None] = {}
    for name in _DATES:
        try:
            days[name] = date.fromisoformat(row[name]) if row.get(name) else None
        except ValueError:
            problems.append(f"row {number}, column {name}: {row[name]!r} is no day, write such as 2026-02-28")
            days[name] = None
    lists = {name: _list(row.get(name, "")) for name in ("parts", "documents")}
    words = {name: row.get(name, "") for name in ("group", "maker", "model", "serial", "note")}
    return DeviceFile(id_, **words, **days, **lists)  # type: ignore[arg-type]  # by name, each of its type


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace("；", ";").split(";") if part.strip())


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as err:
        raise FilesError(path, [f"cannot be read: {err.strerror}"]) from None
    except UnicodeDecodeError:
        raise FilesError(path, ["is not UTF-8: save it as CSV UTF-8"]) from None
    names = {zh: column for column, zh in COLUMNS.items()} | {column: column for column in COLUMNS}
    try:
        table = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error as err:
        raise FilesError(path, [f"is not CSV: {err}"]) from None
    heading = [cell.strip() for cell in table[0]] if table else []
    unknown = [title for title in heading if title and title not in names]
    if unknown or "id" not in {names.get(title) for title in heading}:
        said = f"unknown heading {', '.join(unknown)}" if unknown else "heading id (编号) is missing"
        raise FilesError(path, [f"row 1: {said}; known are {', '.join(COLUMNS)}"])
    columns = [names.get(title, "") for title in heading]
    rows = [{c: v.strip() for c, v in zip(columns, row, strict=False) if c} for row in table[1:]]
    return [row for row in rows if any(row.values())]
