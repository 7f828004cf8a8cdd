"""A site's daily history as Parquet, and back: what many sites' models are trained from.

One row a day, series and measure: `site, device, part, measure, day, value`; `day` counts from 1970. What
happened stands there too: the measure is `fault|CODE|confirmed cause`, the value 0; and
`kind|camera` says what a device is. No address, name, login or picture is in it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from agent.predictions.daily import MEASURES, Daily
from agent.predictions.events import Happened
from agent.predictions.history import History
from models.learning.robust import Floats

DAY: Final = 86400.0
FAULT_PARTS: Final = 3
COLUMNS: Final = ("site", "device", "part", "measure", "day", "value")


class ExportError(Exception):
    """A file cannot be written or read; the message says why."""


def write(path: Path, site: str, daily: Daily, history: History | None = None) -> int:
    """Write a site's daily history, and what happened there; return the number of rows.

    Raises:
        ExportError: the file cannot be written.
    """
    import pyarrow as pa  # slow to load
    from pyarrow import parquet

    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for measure, values in daily.values.items():
        for row, (device, part) in enumerate(daily.rows[measure]):
            known = np.flatnonzero(np.isfinite(values[row]))
            fixed = {"site": site, "device": device, "part": part, "measure": measure}
            for name, text in fixed.items():
                columns[name] += [text] * len(known)
            columns["day"] += (known + daily.first).tolist()
            columns["value"] += values[row, known].tolist()
    for device, part, measure, day, value in _events(history) if history else ():
        for name, cell in zip(COLUMNS, (site, device, part, measure, day, value), strict=True):
            columns[name].append(cell)
    texts = {name: pa.array(columns[name], pa.string()).dictionary_encode() for name in COLUMNS[:4]}
    numbers = {"day": pa.array(columns["day"], pa.int32()), "value": pa.array(columns["value"], pa.float64())}
    try:
        parquet.write_table(pa.table({**texts, **numbers}), path, compression="zstd")
    except OSError as err:
        raise ExportError(f"{path} cannot be written: {err}") from None
    return len(columns["day"])


def _events(history: History) -> Iterator[tuple[str, str, str, int, float]]:
    daily = history.daily
    devices = {device for rows in daily.rows.values() for device, _ in rows}
    for device, kind in sorted(history.kinds.items()):
        if device in devices:
            yield device, "", f"kind|{kind}", daily.first, 0.0
    for one in history.happened:
        column = history.column(one.at)
        if 0 <= column < daily.days:
            yield one.device, one.part, f"fault|{one.fault}|{one.cause}", daily.first + column, 0.0


def read_sites(paths: Sequence[Path]) -> list[History]:
    """Return each site's history, for what is learnt from faults and their causes.

    Raises:
        ExportError: a file is missing or is something else.
    """
    table = _read(paths)
    columns = {name: table[name].to_pylist() for name in COLUMNS}
    rows: dict[str, list[tuple[str, str, str, int, float]]] = {}
    for site, *row in zip(*columns.values(), strict=True):
        rows.setdefault(site, []).append((row[0], row[1], row[2], row[3], row[4]))
    return [_history(found) for _, found in sorted(rows.items())]


def _history(rows: Sequence[tuple[str, str, str, int, float]]) -> History:
    values = [row for row in rows if row[2] in MEASURES]
    first = min((row[3] for row in values), default=0)
    days = max((row[3] for row in values), default=-1) - first + 1
    daily = Daily(first, days)
    for name in {row[2] for row in values}:
        mine = [row for row in values if row[2] == name]
        daily.rows[name] = sorted({(device, part) for device, part, *_ in mine})
        index = {row: place for place, row in enumerate(daily.rows[name])}
        daily.values[name] = np.full((len(index), days), np.nan)
        for device, part, _, day, value in mine:
            daily.values[name][index[device, part], day - first] = value
    faults = [(row, row[2].split("|")) for row in rows if row[2].startswith("fault|")]
    happened = tuple(
        Happened(device, part, said[1], day * DAY, said[2])
        for (device, part, _, day, _), said in faults
        if len(said) == FAULT_PARTS
    )
    kinds = {row[0]: row[2].split("|", 1)[1] for row in rows if row[2].startswith("kind|")}
    return History(daily, happened, kinds)


def read(paths: Sequence[Path]) -> tuple[dict[str, Floats], tuple[int, int], int]:
    """Return measure -> values (rows, days), the first and last day, and the number of sites.

    Raises:
        ExportError: a file is missing or is something else.
    """
    table = _read(paths)
    day = table["day"].to_numpy()
    first, last = int(day.min()), int(day.max())
    site, device, part, measure = (np.asarray(table[name].to_pylist(), dtype=str) for name in COLUMNS[:4])
    series = np.char.add(np.char.add(np.char.add(site, "\n"), np.char.add(device, "\n")), part)
    out = {}
    for name in MEASURES:
        mine = measure == name
        rows, index = np.unique(series[mine], return_inverse=True)
        if rows.size:
            out[name] = np.full((rows.size, last - first + 1), np.nan)
            out[name][index, day[mine] - first] = table["value"].to_numpy()[mine]
    return out, (first, last), len(np.unique(site))


def _read(paths: Sequence[Path]) -> Any:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        tables = [parquet.read_table(path, columns=list(COLUMNS)) for path in paths]
        table = pa.concat_tables([t.cast(_schema(pa)) for t in tables])
    except (OSError, pa.ArrowException) as err:
        raise ExportError(f"{', '.join(map(str, paths))}: no history that siteward exported: {err}") from None
    if not table.num_rows:
        raise ExportError(f"{', '.join(map(str, paths))}: empty")
    return table


def _schema(pa: Any) -> Any:
    texts = [(name, pa.string()) for name in COLUMNS[:4]]
    return pa.schema([*texts, ("day", pa.int32()), ("value", pa.float64())])
