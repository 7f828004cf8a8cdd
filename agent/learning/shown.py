"""The state of learning as people read it: from the summary that the agent writes every five minutes."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from agent.files import LEARNING_SUMMARY_FILE as SUMMARY_FILE
from models.messages import render
from models.words import Lang

STATES: Final = frozenset({"nothing", "collecting", "day", "week"})


def read_summary(folder: Path) -> dict[str, Any] | None:
    """Return what the agent wrote last; None where it has not learnt yet.

    Raises:
        ValueError: the file is damaged.
    """
    try:
        found = json.loads((folder / SUMMARY_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if not isinstance(found, dict) or not isinstance(found.get("devices"), list):
        raise ValueError(f"{SUMMARY_FILE} is of another make")  # noqa: TRY004  of a file, not of an argument
    return found


def by_device(folder: Path) -> dict[str, dict[str, Any]]:
    """Return what was learnt of each device; nothing where that cannot be read."""
    try:
        summary = read_summary(folder) or {"devices": []}
    except (OSError, ValueError):
        return {}
    return {str(one.get("device")): one for one in summary["devices"] if isinstance(one, dict)}


def state(one: Mapping[str, Any] | None, lang: Lang) -> str:
    """Return in one line how far the learning of a device is."""
    if one is None:
        return render("learning.off", lang)
    name = one.get("state", "nothing")
    said = render(
        f"learning.{name if name in STATES else 'nothing'}",
        lang,
        days=one.get("days", 0.0),
        progress=one["progress"],
    )
    return f"{said}; {render('learning.held', lang)}" if one["frozen"] else said


def normal(one: Mapping[str, Any], lang: Lang) -> Iterator[str]:
    """Yield what is usual for the device's measures."""
    for row in one.get("normal", ()):
        part = f" ({row['part']})" if row["part"] else ""
        yield render(
            "learning.normal", lang, quantity=row["metric"], part=part, low=row["low"], high=row["high"]
        )
