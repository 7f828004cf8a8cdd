"""The worker process of a night: `python -m agent.predictions.work`, one JSON object in, one out.

In: store, folder, day_offset, now, devices, kinds, blocked, cpu_seconds, policy, feedback. Out: predictions,
ranked, learning, days, missing (what no model could say), suggestions (device, fault: cause); or error.
It holds itself to its share of processor time, and the days it read are kept even when it is cut off.
"""

import contextlib
import json
import os
import resource
import sqlite3
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from agent.files import FORECASTS_FILE as BOOK_FILE
from agent.predictions import daily as days
from agent.predictions import model as models
from agent.predictions import seal
from agent.predictions.classified import classify
from agent.predictions.events import epochs, happened
from agent.predictions.forecast import Changed, forecast, from_data, to_data
from agent.predictions.history import History
from agent.store.connect import open_reader
from agent.store.records import StoreError
from models.learning.gate import Gate, Policy
from models.learning.odds import Feedback

SAVE_EVERY: Final = 40  # days caught up with
READ_SHARE: Final = 0.6  # of the processor time goes into catching up at most


def night(given: Mapping[str, Any]) -> dict[str, Any]:
    """Do one night's work.

    Raises:
        StoreError, SealError, OSError: the history or the folder cannot be used; the message says why.
    """
    folder = Path(given["folder"])
    key = seal.key_of(folder)
    daily = _caught_up(given, folder)
    if not daily.days:
        return {"predictions": [], "ranked": [], "days": 0, "missing": [], "suggestions": {}}
    history = _history(given, daily)
    classified = classify(folder, history, key)
    book = _book(folder, key)
    gate = Gate(Policy(**given.get("policy", {})), devices=len(given["devices"]))
    with contextlib.suppress(KeyError, TypeError, ValueError):  # begun anew where it cannot be read
        gate.load(book["gate"])
    found = forecast(
        daily,
        gate,
        model=models.load(folder, key),
        now=given["now"],
        known=[from_data(one) for one in book.get("predictions", ())],
        blocked={(device, code) for device, code in given["blocked"]},
        devices=set(given["devices"]),
        feedback={name: Feedback(*row) for name, row in given.get("feedback", {}).items()},
        changed=Changed(history.epochs, history.offset),
        expected=classified.disks,
    )
    out = {
        "predictions": [to_data(one) for one in found.standing],
        "ranked": [to_data(one) for one in found.ranked],
        "learning": dict(found.learning),
        "days": daily.days,
        "missing": [[cause.detail, dict(cause.facts)] for cause in classified.missing],
        "suggestions": classified.suggestions,
        "at": given["now"],
    }
    kept = {**out, "gate": gate.dump(), "kinds": dict(history.kinds), "day_offset": history.offset}
    seal.write(folder / BOOK_FILE, kept, key)
    return out


def _history(given: Mapping[str, Any], daily: days.Daily) -> History:
    with contextlib.closing(open_reader(Path(given["store"]))) as db:
        known = happened(db), epochs(db)
    return History(daily, known[0], given.get("kinds", {}), known[1], float(given["day_offset"]))


def _book(folder: Path, key: bytes) -> dict[str, Any]:
    try:
        found = seal.read(folder / BOOK_FILE, key)
    except seal.SealError as err:
        print(err, file=sys.stderr)
        return {}
    return found if isinstance(found, dict) else {}


def _caught_up(given: Mapping[str, Any], folder: Path) -> days.Daily:
    """Return the daily values up to yesterday, as far as the time allows; the rest comes next night."""
    path, offset = folder / days.DAILY_FILE, float(given["day_offset"])
    daily = days.load(path)
    today = int((given["now"] + offset) // 86400)
    began, budget = time.process_time(), READ_SHARE * float(given["cpu_seconds"])
    with contextlib.closing(open_reader(Path(given["store"]))) as db:
        oldest = days.first_day(db, offset)
        if oldest is None:
            return daily
        start = max(daily.next_day, oldest, today - days.CATCH_UP_DAYS)
        for day in range(start, today):
            daily.add(day, days.read_day(db, day, offset))
            if (day - start) % SAVE_EVERY == SAVE_EVERY - 1:
                days.save(path, daily)
            if time.process_time() - began > budget:
                break
    days.save(path, daily)
    return daily


def main() -> int:
    """Answer the question on standard input."""
    given = json.load(sys.stdin)
    limit = max(1, int(given["cpu_seconds"]))
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
    with contextlib.suppress(OSError):
        os.nice(10)
    try:
        print(json.dumps(night(given), allow_nan=False))
    except (StoreError, seal.SealError, OSError, sqlite3.Error) as err:
        print(json.dumps({"error": str(err)}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
