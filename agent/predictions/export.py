"""A site's daily history as Parquet, and back: what many sites' models are trained from.

One row a day, series and measure: `site, device, part, measure, day, value`; `day` counts from 1970. No
address, name, login or picture is in it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from agent.predictions.daily import MEASURES, Daily
from models.learning.robust import Floats

COLUMNS: Final = ("site", "device", "part", "measure", "day", "value")


class ExportError(Exception):
    """A file cannot be written or read; the message says why."""


def write(path: Path, site: str, daily: Daily) -> int:
    """Write a site's daily history; return the number of rows.

    Raises:
        ExportError: the file cannot be written.
    """
    import pyarrow as pa  # noqa: PLC0415  slow to load
    from pyarrow import parquet  # noqa: PLC0415

    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for measure, values in daily.values.items():
        for row, (device, part) in enumerate(daily.rows[measure]):
            known = np.flatnonzero(np.isfinite(values[row]))
            fixed = {"site": site, "device": device, "part": part, "measure": measure}
            for name, text in fixed.items():
                columns[name] += [text] * len(known)
            columns["day"] += (known + daily.first).tolist()
            columns["value"] += values[row, known].tolist()
    texts = {name: pa.array(columns[name], pa.string()).dictionary_encode() for name in COLUMNS[:4]}
    numbers = {"day": pa.array(columns["day"], pa.int32()), "value": pa.array(columns["value"], pa.float64())}
    try:
        parquet.write_table(pa.table({**texts, **numbers}), path, compression="zstd")
    except OSError as err:
        raise ExportError(f"{path} cannot be written: {err}") from None
    return len(columns["day"])


def read(paths: Sequence[Path]) -> tuple[dict[str, Floats], tuple[int, int], int]:
    """Return measure -> values (rows, days), the first and last day, and the number of sites.

    Raises:
        ExportError: a file is missing or is something else.
    """
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    try:
        tables = [parquet.read_table(path, columns=list(COLUMNS)) for path in paths]
        table = pa.concat_tables([t.cast(_schema(pa)) for t in tables])
    except (OSError, pa.ArrowException) as err:
        raise ExportError(f"{', '.join(map(str, paths))}: no history that siteward exported: {err}") from None
    if not table.num_rows:
        raise ExportError(f"{', '.join(map(str, paths))}: empty")
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


def _schema(pa: Any) -> Any:
    texts = [(name, pa.string()) for name in COLUMNS[:4]]
    return pa.schema([*texts, ("day", pa.int32()), ("value", pa.float64())])
