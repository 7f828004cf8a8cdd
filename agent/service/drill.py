"""`siteward drill`: a labelled incident through ledger, MQTT, helpdesk and back; how long each step took."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from agent.config import SiteConfig
from agent.files import SERVICE_FILE, STORE_FILE
from agent.service.book import Book
from agent.service.drills import CODE
from agent.service.refused import Refused
from agent.service.requests import Request, ask
from agent.store import Reader
from models.facts import FaultKey
from models.service.workorder import State

LOOK_SECONDS: Final = 0.1
STEPS: Final = ("ledger", "mqtt", "work_order", "ticket", "acknowledged", "closing", "resolved")


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `seconds` since the drill (or its end) was asked for, None: it did not come."""

    name: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Drilled:
    """A whole drill."""

    reference: str
    ticket: str
    steps: tuple[Step, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every step came."""
        return all(step.seconds is not None for step in self.steps)


def run(config: SiteConfig, device: str, *, who: str, seconds: float) -> Drilled:
    """Practise on a device through the running agent.

    Raises:
        Refused: no agent runs here, or it does not take the drill.
        StoreError: its store cannot be read.
    """
    part = f"drill-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    key = f"{config.site}/{FaultKey(device, part, CODE)}"
    reference = f"{key}#1"
    with Reader(config.state_dir / STORE_FILE) as store:
        book = Book(config.state_dir / SERVICE_FILE)
        book.note_drill(time.time(), device, reference, {"who": who})  # first: it must never count
        steps = []
        began = time.monotonic()
        _request(config, Request(device, "drill", who, part))
        waits: list[tuple[str, Callable[[], bool]]] = [
            ("ledger", lambda: store.incident(key) is not None),
            ("work_order", lambda: store.order(key) is not None),
            ("ticket", lambda: bool((entry := store.incident(key)) and entry.ticket)),
            ("acknowledged", lambda: _is(store, key, lambda state: state is not State.DETECTED)),
        ]
        if config.mqtt is not None:
            waits.insert(1, ("mqtt", lambda: store.mqtt_queue(time.time()).pending == 0))
        steps += [Step(name, _wait(is_so, began, seconds)) for name, is_so in waits]
        entry = store.incident(key)
        began = time.monotonic()
        _request(config, Request(device, "drill_end", who, part))
        closed: list[tuple[str, Callable[[], bool]]] = [
            ("closing", lambda: bool((now := store.incident(key)) and not now.is_open)),
            ("resolved", lambda: _is(store, key, lambda state: not state.is_open)),
        ]
        steps += [Step(name, _wait(is_so, began, seconds)) for name, is_so in closed]
    return Drilled(reference, entry.ticket if entry else "", tuple(steps))


def rows(drilled: Drilled) -> list[dict[str, Any]]:
    """Return a drill as rows."""
    told = [
        {"step": step.name, "seconds": "missing" if step.seconds is None else round(step.seconds, 2)}
        for step in drilled.steps
    ]
    return [{**row, "ticket": drilled.ticket} for row in told]


def _is(store: Reader, key: str, is_so: Callable[[State], bool]) -> bool:
    sheet = store.order(key)
    return sheet is not None and is_so(sheet.order.state)


def _wait(is_so: Callable[[], bool], began: float, seconds: float) -> float | None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if is_so():
            return time.monotonic() - began
        time.sleep(LOOK_SECONDS)
    return None


def _request(config: SiteConfig, request: Request) -> None:
    try:
        done = ask(config.state_dir, request)
    except OSError as err:
        raise Refused(f"the agent cannot be asked: {err.strerror}; run this as the agent's user") from None
    if not done.ok:
        raise Refused(f"no drill: {done.said}; a drill needs the running agent")
