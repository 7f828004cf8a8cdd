"""Tells the watch whom the machine itself sees, and the operator what was learnt and what disagrees."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from agent.home import neighbours
from models.learned import Contradiction, Move
from models.watch import Watch

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 60.0


@dataclass(slots=True)
class LinkNotes:
    """Looks once a minute. Each contradiction and move is told once."""

    watch: Watch
    addresses: Callable[[], Mapping[str, str]] = neighbours
    _told: frozenset[Contradiction] = frozenset()
    _moved: set[Move] = field(default_factory=set)

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                self.look(await asyncio.to_thread(self.addresses))
            except Exception:  # what is not learnt now is learnt next time
                log.exception("links not looked at")
            await asyncio.sleep(EVERY_SECONDS)

    def look(self, addresses: Mapping[str, str]) -> None:
        """Hand over what the machine sees; log what is new."""
        self.watch.note_addresses(addresses)
        now = frozenset(self.watch.learned.contradictions)
        for one in sorted(now - self._told, key=str):
            log.warning(
                "links disagree why=%s device=%s given=%s seen=%s", one.why, one.device, one.given, one.seen
            )
        self._told = now
        moved = set(self.watch.moves)
        for move in (m for m in self.watch.moves if m not in self._moved):
            before, after = move.before, move.after
            log.info(
                "device moved device=%s from=%s/%s to=%s/%s",
                move.device, before.parent, before.port, after.parent, after.port,
            )  # fmt: skip
        self._moved = moved
