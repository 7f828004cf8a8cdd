"""The night's forecast in the agent: a worker process, its result handed to the pipeline."""

import asyncio
import json
import logging
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from agent.files import FORECASTS_FILE as BOOK_FILE
from agent.files import PREDICTIONS_FOLDER, STORE_FILE
from agent.predictions import seal
from agent.predictions.config import PredictionsConfig
from agent.predictions.events import NO_FAULT
from agent.predictions.forecast import from_data
from models.facts import PREDICTED, FaultKey, Prediction
from models.learning.components import COMPONENTS

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 60.0
PATIENCE: Final = 20.0  # wall seconds for each second of processor time, on a busy machine
# Causes that confirm a prediction of a component; any other was another part.
CONFIRM: Final[Mapping[str, frozenset[str]]] = {
    "ir_light": frozenset({"HARDWARE", "LIGHT", "DIRT"}),
    "lens": frozenset({"LENS", "DIRT", "OBSTRUCTED"}),
    "sensor": frozenset({"HARDWARE"}),
    "link": frozenset({"CABLE", "NETWORK"}),
    "power": frozenset({"POWER_SUPPLY"}),
    "ups_battery": frozenset({"BATTERY"}),
    "fan": frozenset({"HARDWARE", "DIRT"}),
    "memory": frozenset({"FIRMWARE", "HUNG"}),
    "clock": frozenset({"TIME_SOURCE", "CLOCK_BATTERY", "SETTINGS"}),
    "disk": frozenset({"DISK"}),
    "retention": frozenset({"DISK", "SETTINGS", "OVERLOAD"}),
    "ptz": frozenset({"HARDWARE"}),
}
Hand = Callable[[Iterable[Prediction], float], None]
Suggested = tuple[str, float, int]  # cause, probability, from how many cases


class Nightly:
    """Runs the worker once a day, after the hour of the settings.

    Args:
        settings: when, and how much processor time.
        state_dir: the agent's state folder.
        day_offset: seconds that the site's days begin before UTC's.
        devices: id -> kind, of the inventory.
        standing: the open faults.
        labels: (fault code, key of the ticket, confirmed cause) of closed tickets.
        hand: takes all predictions that stand.
        clock: wall time.
    """

    def __init__(
        self,
        settings: PredictionsConfig,
        state_dir: Path,
        *,
        day_offset: float,
        devices: Callable[[], Mapping[str, str]],
        standing: Callable[[], Iterable[FaultKey]],
        labels: Callable[[], Iterable[tuple[str, str, str]]],
        hand: Hand,
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._state_dir = state_dir
        self._offset = day_offset
        self._devices = devices
        self._standing = standing
        self._labels = labels
        self._hand = hand
        self._clock = clock
        self._suggestions: Mapping[str, Mapping[str, Any]] = {}
        self._done = self._day() if self._hour() >= settings.hour else self._day() - 1

    async def run(self) -> None:
        """Look at the clock until cancelled."""
        self._suggestions = await asyncio.to_thread(self._last_suggestions)
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self._day() > self._done and self._hour() >= self._settings.hour:
                self._done = self._day()
                await self.once()

    async def once(self) -> bool:
        """Forecast now; return whether it went well. A night that fails leaves what stands as it is."""
        try:
            answer = await self._ask()
            predictions = [from_data(one) for one in answer["predictions"]]
            suggestions = dict(answer["suggestions"])
        except (OSError, ValueError, KeyError, TypeError, TimeoutError) as err:
            log.warning("no forecast this night: %s", str(err) or type(err).__name__)
            return False
        self._hand(predictions, self._clock())
        self._suggestions = suggestions
        log.info("forecast days=%d standing=%d", answer["days"], len(predictions))
        return True

    def suggest(self, fault: FaultKey) -> Suggested | None:
        """Return what is probably behind a fault, as of the last night; None where nothing can be said."""
        found = self._suggestions.get(fault.device, {}).get(fault.code)
        return None if found is None else (str(found[0]), float(found[1]), int(found[2]))

    def _last_suggestions(self) -> Mapping[str, Mapping[str, Any]]:
        folder = self._state_dir / PREDICTIONS_FOLDER
        try:
            book = seal.read(folder / BOOK_FILE, seal.key_of(folder))
            return dict((book or {}).get("suggestions", {}))
        except (seal.SealError, AttributeError, TypeError, ValueError):
            return {}  # the next night says it

    async def _ask(self) -> Mapping[str, Any]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "agent.predictions.work",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        question = json.dumps(await asyncio.to_thread(self._question)).encode()
        try:
            patience = PATIENCE * self._settings.cpu_seconds
            out, err = await asyncio.wait_for(process.communicate(question), patience)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            last = err.decode(errors="replace").strip().splitlines()[-1:] or [
                "cut off: out of processor time"
            ]
            raise OSError(f"the forecast ended with status {process.returncode}: {last[0][:200]}")
        answer = json.loads(out)
        if "error" in answer:
            raise OSError(answer["error"])
        return answer if isinstance(answer, dict) else {}

    def _question(self) -> dict[str, Any]:
        return {
            "store": str(self._state_dir / STORE_FILE),
            "folder": str(self._state_dir / PREDICTIONS_FOLDER),
            "day_offset": self._offset,
            "now": self._clock(),
            "devices": sorted(self._devices()),
            "kinds": dict(self._devices()),
            "blocked": sorted({(key.device, key.code) for key in list(self._standing())}),
            "cpu_seconds": self._settings.cpu_seconds,
            "policy": self._settings.policy(),
            "feedback": feedback(self._labels()),
        }

    def _day(self) -> int:
        return int((self._clock() + self._offset) // 86400)

    def _hour(self) -> int:
        return int((self._clock() + self._offset) // 3600 % 24)


def feedback(labels: Iterable[tuple[str, str, str]]) -> dict[str, tuple[int, int, int]]:
    """Return component -> (confirmed, no fault found, another part) of predictions whose cause was confirmed.

    Args:
        labels: (fault code, key of the ticket, confirmed cause).
    """
    counts: dict[str, Counter[str]] = {}
    for code, key, cause in labels:
        component = next((name for name in COMPONENTS if f"/{name}/" in key), "")
        if code == PREDICTED and component:
            right = cause in CONFIRM.get(component, frozenset())
            verdict = "none" if cause in NO_FAULT else "right" if right else "other"
            counts.setdefault(component, Counter())[verdict] += 1
    return {name: (one["right"], one["none"], one["other"]) for name, one in counts.items()}
