"""When PTZ cameras are tested: those that are named, at most so often, within the hours that are allowed."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Final

from agent.ptz.config import PtzConfig
from agent.run import Clocks
from models.facts import Device, Report, Trouble

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 60.0
DEADLINE_SECONDS: Final = 180.0
AGAIN_SECONDS: Final = 1800.0  # after an operator had it, or it could not be asked


class FileReferences:
    """What is usual for each camera, and when it was tested last, in one JSON file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, dict[str, Any]] = {}
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            self._known = {str(k): v for k, v in told.items() if isinstance(v, dict)}
        except (OSError, ValueError, AttributeError):
            self._known = {}

    def get(self, device: str) -> dict[str, Any]:
        """Return a copy of what is kept of a camera; empty where nothing is."""
        copy: dict[str, Any] = json.loads(json.dumps(self._known.get(device, {})))
        return copy

    def put(self, device: str, known: dict[str, Any]) -> None:
        """Keep it."""
        self._known[device] = {**self._known.get(device, {}), **known}
        new = self._path.with_suffix(".new")
        try:
            new.touch(mode=0o600)
            new.write_text(json.dumps(self._known), encoding="utf-8")
            new.replace(self._path)
        except OSError as err:
            log.warning("PTZ references not kept: %s: %s", self._path, err.strerror or err)


class PtzJob:
    """Tests each camera when it is due and the hours allow it, one camera at a time.

    Args:
        config: which, when.
        zone: site time.
        devices: the inventory now.
        references: what is kept of each camera.
        ask: runs the test on a device, alone on its line, and returns the report.
        deliver: takes the report.
        clocks: wall and monotonic time.
    """

    def __init__(
        self,
        config: PtzConfig,
        *,
        zone: tzinfo,
        devices: Callable[[], Sequence[Device]],
        references: FileReferences,
        ask: Callable[[Device], Awaitable[Report | None]],
        deliver: Callable[[Report], None],
        clocks: Clocks,
    ) -> None:
        self._config = config
        self._zone = zone
        self._devices = devices
        self._references = references
        self._ask = ask
        self._deliver = deliver
        self._clocks = clocks
        self._not_before: dict[str, float] = {}

    async def run(self) -> None:
        """Test until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except Exception:  # a fault of ours must not end the looking
                log.exception("PTZ not tested")

    async def look(self) -> None:
        """Test all that is due now."""
        wanted = [device for device in self._devices() if device.id in self._config.devices]
        for device in wanted:
            if self._is_open() and self._is_due(device.id):
                await self._test(device)

    async def _test(self, device: Device) -> None:
        report = await self._ask(device)
        now = self._clocks.wall()
        if report is None or (report.error is not None and report.error.trouble is not Trouble.NOT_SUPPORTED):
            self._not_before[device.id] = now + AGAIN_SECONDS
        else:
            self._references.put(device.id, {"tested_at": now})
        if report is not None:
            self._deliver(report)

    def _is_due(self, device: str) -> bool:
        now = self._clocks.wall()
        tested = self._references.get(device).get("tested_at", 0.0)
        last = float(tested) if isinstance(tested, int | float) and tested <= now else 0.0
        return now >= self._not_before.get(device, 0.0) and now - last >= self._config.every - LOOK_SECONDS

    def _is_open(self) -> bool:
        """Whether the hours allow it; an end before the beginning is that of the next day."""
        now = datetime.fromtimestamp(self._clocks.wall(), self._zone)
        minutes = timedelta(hours=now.hour, minutes=now.minute)
        begin, end = (_since_midnight(text) for text in (self._config.begin, self._config.end))
        return begin <= minutes < end if begin <= end else minutes >= begin or minutes < end


def _since_midnight(text: str) -> timedelta:
    hours, _, minutes = text.partition(":")
    return timedelta(hours=int(hours), minutes=int(minutes))
