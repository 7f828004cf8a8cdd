"""Series and truth of a fleet that somebody else measured or made: two CSV files in a folder.

    series.csv  device, component, metric, at, value     any sampling; `at`: Unix seconds or ISO 8601
    truth.csv   device, component, onset, failure        one line a failure; may be empty

What is forecast for after the last day, and after the last failure that is told, nobody can judge:
`undecided`. Where no failure is told at all the folder is taken as a healthy fleet: each prediction is false.

Values of a day become their median; of light at night and sharpness by day only the hours (UTC) that the
agent looks at, where a series has them on nearly every day. Further columns are ignored, but for `site` in
series.csv: devices of one site share season and weather.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

from bench.years.related import telling
from bench.years.strip import Failing, Floats, Strip, World
from models.learning.components import named
from models.learning.generic import counts_on, measure_for
from models.learning.measures import ALL_DAY, Reduce, Scale, in_hours
from models.learning.robust import increases

DAY, HOUR = 86400.0, 3600.0
SERIES: Final = ("device", "component", "metric", "at", "value")
HOURLY: Final = 0.8  # share of a series' days with values in its hours from which on those alone count
TRUTH: Final = ("device", "component", "onset", "failure")


class FolderError(Exception):
    """The folder cannot be judged; the message says why."""


def read(folder: Path) -> World:
    """Return what the folder holds.

    Raises:
        FolderError: a file is missing, has other columns, or no usable line.
    """
    table = _table(folder / "series.csv", SERIES)
    truth = _table(folder / "truth.csv", TRUTH)
    at = _seconds(table["at"], folder / "series.csv", "at")
    values = _numbers(table["value"])
    good = np.isfinite(at)
    if not good.any():
        raise FolderError(f"{folder / 'series.csv'}: no line has a time")
    first = np.floor(np.min(at[good]) / DAY)
    day = np.where(good, np.floor(at / DAY) - first, 0).astype(int)
    days = int(day[good].max()) + 1
    names = [_texts(table[name]) for name in ("device", "component", "metric")]
    sites = _texts(table["site"]) if "site" in table.column_names else np.full(len(at), "")
    hour = np.where(good, np.floor(at / HOUR) % 24, 0).astype(int)
    values = np.where(good, values, np.nan)
    strips = _strips(names, sites, day, np.where(_counts(names, day, hour), values, np.nan), days)
    failing = _truth(truth, folder / "truth.csv", first)
    known = max([float(days), *(one.failure for one in failing)]) if failing else np.inf
    return World(tuple(telling(strips)), failing, days, len(np.unique(names[0])), known)


def same(a: str, b: str) -> bool:
    """Whether two component names mean the same one."""
    plain = ["".join(c for c in name.lower() if c.isalnum()) for name in (a, b)]
    known = [named(a), named(b)]
    return plain[0] == plain[1] or (known[0] is known[1] and bool(known[0].measures))


# ---------------------------------------------------------------- inside


def _table(path: Path, columns: tuple[str, ...]) -> pa.Table:
    if not path.is_file():
        raise FolderError(f"{path}: there is no such file; it needs the columns {', '.join(columns)}")
    texts = csv.ConvertOptions(
        column_types={name: pa.string() for name in ("device", "component", "metric", "site")},
        strings_can_be_null=True,
    )
    try:
        table = csv.read_csv(path, convert_options=texts)
    except (pa.ArrowInvalid, OSError) as err:
        raise FolderError(f"{path}: cannot be read: {err}") from None
    table = table.rename_columns([name.strip().lower() for name in table.column_names])
    missing = [name for name in columns if name not in table.column_names]
    if missing:
        raise FolderError(
            f"{path}: lacks the column {', '.join(missing)}; has {', '.join(table.column_names)}"
        )
    return table


def _texts(column: Any) -> NDArray[np.str_]:
    texts = pc.fill_null(column.cast(pa.string()), "")
    return np.asarray(texts.to_pylist(), dtype=str)


def _numbers(column: Any) -> Floats:
    if pa.types.is_string(column.type):  # some value is no number: those are not measured
        out = [_number(text) for text in column.to_pylist()]
        return np.asarray(out, dtype=float)
    return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=float)


def _number(text: Any) -> float:
    try:
        return float(text)
    except (TypeError, ValueError):
        return float("nan")


def _seconds(column: Any, path: Path, name: str) -> Floats:
    """Return Unix seconds; a number is that already, or milliseconds where it is too large for that."""
    kind = column.type
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        stamps = column.cast(pa.timestamp("us"), safe=False)
        ticks = pc.cast(stamps, pa.int64()).to_numpy(zero_copy_only=False)
        return np.asarray(ticks, dtype=float) / 1e6
    if pa.types.is_string(kind):
        return np.array([_moment(text, path, name) for text in column.to_pylist()])
    seconds = _numbers(column)
    return np.where(np.abs(seconds) > 1e11, seconds / 1000, seconds)


def _moment(text: Any, path: Path, name: str) -> float:
    from datetime import UTC, datetime  # only for files that need it

    if text is None or not str(text).strip():
        return float("nan")
    number = _number(text)
    if np.isfinite(number):
        return number / 1000 if abs(number) > 1e11 else number
    try:
        moment = datetime.fromisoformat(str(text).strip())
    except ValueError:
        raise FolderError(f"{path}: {name} {text!r} is neither Unix seconds nor ISO 8601") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _counts(
    names: list[NDArray[np.str_]], day: NDArray[np.int_], hour: NDArray[np.int_]
) -> NDArray[np.bool_]:
    """Return which values count: of a series with values in the hours that tell of its wear these alone.

    Infrared light is seen at night and sharpness by day, as in the agent; a series that is hardly measured at
    those hours (once a day at noon, say) is taken whole.
    """
    keep = np.ones(len(day), dtype=bool)
    device, component, metric = names
    for kind in set(zip(component.tolist(), metric.tolist(), strict=True)):
        hours = in_hours(measure_for(named(kind[0]), kind[1]))
        if len(hours) == len(range(*ALL_DAY)):
            continue
        mine = np.flatnonzero((component == kind[0]) & (metric == kind[1]))
        row = np.unique(device[mine], return_inverse=True)[1]
        inside = np.isin(hour[mine], hours)
        cell = row * (int(day.max()) + 1) + day[mine]
        every, within = (np.unique(one, return_index=True)[1] for one in (cell, cell[inside]))
        measured = np.bincount(row[every])
        at_hours = np.bincount(row[inside][within], minlength=len(measured))
        keep[mine] = inside | (at_hours < HOURLY * measured)[row]
    return keep


def _strips(
    names: list[NDArray[np.str_]], sites: NDArray[np.str_], day: NDArray[np.int_], values: Floats, days: int
) -> list[Strip]:
    groups: dict[tuple[str, str], list[Any]] = {}
    (device, of), (component, component_of), (metric, metric_of) = (
        np.unique(name, return_inverse=True) for name in names
    )
    kind = component_of * len(metric) + metric_of
    for one in np.unique(kind):
        mine = kind == one
        matrix, rows = _daily(of[mine], day[mine], values[mine], days)
        where = {int(row): str(site) for row, site in zip(of[mine], sites[mine], strict=True)}
        numbers = np.unique([where[int(row)] for row in rows], return_inverse=True)[1]
        key = (str(component[one // len(metric)]), str(metric[one % len(metric)]))
        measure = measure_for(named(key[0]), key[1])
        grows = measure.scale is Scale.AUTO or measure.reduce is Reduce.GROWTH
        if grows and counts_on(key[1], matrix):
            matrix = increases(matrix)
        groups[key] = [tuple(str(device[row]) for row in rows), numbers, matrix]
    return [Strip(*key, *found) for key, found in groups.items()]


def _daily(
    row: NDArray[np.int_], day: NDArray[np.int_], values: Floats, days: int
) -> tuple[Floats, NDArray[np.int_]]:
    """Return the median of each day, shape (rows, days), and which rows these are."""
    rows, index = np.unique(row, return_inverse=True)
    matrix = np.full((len(rows), days), np.nan)
    keep = np.isfinite(values)
    cell, value = (index * days + day)[keep], values[keep]
    order = np.lexsort((value, cell))
    cell, value = cell[order], value[order]
    cells, start, count = np.unique(cell, return_index=True, return_counts=True)
    low, high = value[start + (count - 1) // 2], value[start + count // 2]
    matrix.reshape(-1)[cells] = (low + high) / 2
    return matrix, rows


def _truth(table: pa.Table, path: Path, first: float) -> tuple[Failing, ...]:
    if not table.num_rows:
        return ()
    onset, failure = (_seconds(table[name], path, name) / DAY - first for name in ("onset", "failure"))
    device, component = _texts(table["device"]), _texts(table["component"])
    return tuple(
        Failing(str(device[i]), str(component[i]), float(onset[i]), float(failure[i]))
        for i in range(len(device))
        if np.isfinite(failure[i]) and np.isfinite(onset[i])
    )
