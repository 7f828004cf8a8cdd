"""The agent's clerk: makes the reports that are due in a process of its own, one at a time, and mails them.

The agent itself never imports what renders: a report costs seconds of CPU and a hundred megabytes.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.config import SiteConfig
from agent.files import SERVICE_FILE
from agent.service.book import Book
from agent.service.reports.schedule import Due, due
from models.facts import Device, Secret
from models.words import Lang

if TYPE_CHECKING:
    from agent.service.reports.make import Made

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 60.0
AGAIN_SECONDS: Final = 1800.0  # a report that failed is tried again after this long
PATIENCE_SECONDS: Final = 900.0


@dataclass(frozen=True, slots=True)
class Job:
    """All that a process needs to make one report. No secret is in it."""

    config: SiteConfig
    devices: Sequence[Device]
    due: Due
    lang: Lang
    now: float


def work(job: Job) -> "Made":
    """Make one report; runs in a process of its own.

    Raises:
        Refused, StoreError, FilesError, PlanError: it cannot be made.
    """
    from agent.service import followup  # nothing of this is loaded in the agent
    from agent.service.desk import open_desk
    from agent.service.reports.make import Order, write

    reports = job.config.reports
    with open_desk(job.config, job.devices, now=job.now) as desk:
        for month in followup.months_to_draw(job.now, job.config.zone):
            followup.add_call(desk.book, month, job.config.zone)
            followup.draw_month(
                desk.store, desk.book, desk.contract, month, now=job.now, zone=job.config.zone
            )
        order = Order(job.due.kind, job.due.about, reports.formats, job.lang)
        folder = reports.folder / (job.due.about[:7] if job.due.about else "")
        return write(desk, order, folder, draft=job.due.draft)


class Clerk:
    """Looks once a minute which reports are due.

    Args:
        config: the site's.
        devices: returns the inventory as it is now, without secrets.
        password: of the mail server.
        clock: Unix seconds.
        do: runs a job somewhere else; left out, in a process of its own.
    """

    def __init__(
        self,
        config: SiteConfig,
        devices: Callable[[], Sequence[Device]],
        password: Secret | None,
        *,
        clock: Callable[[], float],
        do: "Callable[[Job], Made] | None" = None,
    ) -> None:
        self._config = config
        self._devices = devices
        self._password = password
        self._clock = clock
        self._do = do
        self._book = Book(config.state_dir / SERVICE_FILE)
        self._again: dict[str, float] = {}

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.step()
            except Exception:  # reports are late then; nothing else must suffer
                log.exception("reports failed")

    async def step(self) -> int:
        """Make what is due now; return how many were made."""
        now, config = self._clock(), self._config
        sent = await asyncio.to_thread(self._book.sent)
        wanted = due(now, sent, config.reports, config.contract, config.zone)
        made = 0
        for one in wanted:
            if self._again.get(one.name, 0.0) <= now:
                made += await self._one(one, now)
        return made

    async def _one(self, one: Due, now: float) -> bool:
        files: list[Path] = []
        mailed = self._config.reports.mail is not None
        try:
            for lang in self._config.reports.languages or (self._config.language,):
                made = await self._made(Job(self._config, self._devices(), one, lang, now))
                files += made.paths
                await self._mail(made)
        except Exception as err:  # noqa: BLE001  whatever it is, it is told and tried again
            self._again[one.name] = now + AGAIN_SECONDS
            log.warning("report not made name=%s: %s", one.name, err)
            return False
        await asyncio.to_thread(
            self._book.note_sent, one.name, now, [str(path) for path in files], mailed=mailed
        )
        log.info("report made name=%s files=%d mailed=%s", one.name, len(files), mailed)
        return True

    async def _made(self, job: Job) -> "Made":
        if self._do is not None:
            return await asyncio.to_thread(self._do, job)
        loop = asyncio.get_running_loop()
        pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        try:
            return await asyncio.wait_for(loop.run_in_executor(pool, work, job), PATIENCE_SECONDS)
        finally:
            for process in list(getattr(pool, "_processes", {}).values()):
                process.kill()  # a renderer that hangs must not keep us
            pool.shutdown(wait=False, cancel_futures=True)

    async def _mail(self, made: "Made") -> None:
        mail = self._config.reports.mail
        if mail is not None:
            from agent.service.reports.post import send  # only where mail goes out

            await asyncio.to_thread(send, mail, self._password, made)


def open_part(device: Device) -> Device:
    """Return a device without its secrets, as it may go to another process."""
    return replace(device, login=None, snmp=None)
