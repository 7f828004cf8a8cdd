"""Maintenance windows and silences as the pages show them; read in a thread, as it asks the store."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from agent.service.requests import Done
from agent.service.requests import Request as Wish
from agent.store.records import DAY, HOUR
from models import weekly
from models.facts import FaultKey
from models.quiet import EVERYTHING, Quiet, Window, covering
from models.words import Lang

if TYPE_CHECKING:
    from agent.app import Agent

PAST_DAYS: Final = 30
AHEAD_DAYS: Final = 366
LENGTHS: Final = (HOUR, 4 * HOUR, 8 * HOUR, DAY, 3 * DAY, 7 * DAY, 30 * DAY)
WEEKLY_LENGTHS: Final = (30 * DAY, 90 * DAY, 365 * DAY)  # of hours that come back every week
_LONGEST_SCOPE: Final = 100  # patterns in one window


class BadWindow(ValueError):
    """The form cannot be understood; the message names a phrase of the pages."""


@dataclass(frozen=True, slots=True)
class Windows:
    """What lasts now, what is to come (again), and what is over, each the next to end or begin first."""

    now: tuple[Window, ...]
    ahead: tuple[Window, ...]
    past: tuple[Window, ...]


class Planned:
    """The windows of a running agent."""

    def __init__(self, agent: "Agent") -> None:
        self._agent = agent

    def windows(self) -> Windows:
        """Return them all.

        Raises:
            StoreError: they cannot be read.
        """
        at = self._agent.clocks.wall()
        found = self._agent.store.quiet(at - PAST_DAYS * DAY, at + AHEAD_DAYS * DAY)
        return Windows(
            tuple(sorted((one for one in found if one.holds(at)), key=lambda one: one.ends)),
            tuple(one for one in found if one.ends > at and not one.holds(at) and one.ended_at is None),
            tuple(one for one in reversed(found) if one.ends <= at),
        )

    def over(self, device: str) -> Window | None:
        """Return the window that keeps a device quiet now; asked of memory, for the loop."""
        gate = self._agent.pipeline.emission.gate
        return covering(gate.windows, FaultKey(device, "", ""), gate.scene, self._agent.clocks.wall())

    def add(self, given: Mapping[str, str], who: str, lang: Lang) -> Done:
        """Set a window as a form says.

        Raises:
            BadWindow: its time cannot be understood.
        """
        kind = Quiet.MAINTENANCE if given.get("kind") != Quiet.SILENCE.value else Quiet.SILENCE
        each = self._hours(given)
        since, until = self._times(given, "weekly_lasts" if each else "lasts")
        told = {
            "devices": _words(given.get("devices", "")) or [EVERYTHING],
            "faults": _words(given.get("faults", "")),
            "since": since,
            "until": until,
            "each": each,
        }
        return self.set(kind.value, told, who, given.get("why", ""), lang)

    def set(self, kind: str, told: Mapping[str, object], who: str, why: str, lang: Lang) -> Done:
        """Set a window; `told` as `siteward maintenance add` hands it on."""
        return self._agent.service.do(Wish("", kind, who, json.dumps(dict(told)), why), lang)

    def end(self, number: int, who: str, lang: Lang) -> Done:
        """End a window now."""
        return self._agent.service.do(Wish("", "end_quiet", who, str(number)), lang)

    def _hours(self, given: Mapping[str, str]) -> str:
        """Return the hours of a week that a form names, "" for none; days alone, or half a span, are none."""
        days, begin, end = (given.get(name, "") for name in ("days", "from", "to"))
        if not (days or begin or end):
            return ""
        try:
            return str(weekly.parse(f"{days or 'daily'} {begin}-{end}", self._agent.config.zone))
        except ValueError:
            raise BadWindow("bad_hours") from None

    def _times(self, given: Mapping[str, str], length: str) -> tuple[float, float]:
        now = self._agent.clocks.wall()
        since = self._moment(given["since"]) if given.get("since") else now
        if given.get("until"):
            return since, self._moment(given["until"])
        try:
            lasts = float(given.get(length, ""))
        except ValueError:
            raise BadWindow("bad_length") from None
        if not 0 < lasts <= AHEAD_DAYS * DAY:
            raise BadWindow("bad_length")
        return since, since + lasts

    def _moment(self, text: str) -> float:
        try:
            told = datetime.fromisoformat(text)
            return (told if told.tzinfo else told.replace(tzinfo=self._agent.config.zone)).timestamp()
        except (ValueError, OverflowError):
            raise BadWindow("bad_moment") from None


def _words(text: str) -> list[str]:
    """Return what is named, by commas or spaces; `place:` takes all up to the next comma."""
    parts = [part.strip() for part in re.split("[\n,\uff0c]", text)]
    found: list[str] = []
    for part in parts:
        found += [part] if part.startswith("place:") else part.split()
    return found[:_LONGEST_SCOPE]
