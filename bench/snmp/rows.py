"""What was measured: processor time of the client alone, by client, version and kind."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

Work = Callable[[], Awaitable[int]]
"""One poll or walk; returns how many values it brought."""

What = tuple[str, str, str]
"""Client, version, kind (poll or walk)."""


@dataclass(slots=True)
class Tally:
    """One measurement, summed over its rounds."""

    runs: int = 0
    seconds: float = 0.0
    values: int = 0  # that the newest run brought


@dataclass(slots=True)
class Tallies:
    """All measurements."""

    found: dict[What, Tally] = field(default_factory=dict)

    def add(self, what: What, runs: int, seconds: float, values: int) -> None:
        """Add a round."""
        tally = self.found.setdefault(what, Tally())
        tally.runs, tally.seconds, tally.values = tally.runs + runs, tally.seconds + seconds, values

    def cost_ms(self, client: str, version: str, kind: str = "poll") -> float | None:
        """Return what one run cost, None where it was not measured."""
        tally = self.found.get((client, version, kind))
        return tally.seconds / tally.runs * 1e3 if tally else None

    def rows(self) -> list[dict[str, Any]]:
        """Return them for the JSON line."""
        return [
            {
                "client": what[0], "version": what[1], "kind": what[2], "runs": one.runs,
                "cpu_ms": round(one.seconds / one.runs * 1e3, 4), "values": one.values,
                "cpu_us_per_value": round(one.seconds / one.runs / max(1, one.values) * 1e6, 2),
            }
            for what, one in self.found.items()
        ]  # fmt: skip

    async def time(self, what: What, runs: int, work: Work, *, together: int = 1) -> int:
        """Add a round of `work`, `together` at once; return how many values the newest brought."""
        brought = await work()
        gc.collect()
        before = time.process_time()
        for _ in range(runs // together):
            if together == 1:
                await work()
            else:
                await asyncio.gather(*(work() for _ in range(together)))
        self.add(what, runs // together * together, time.process_time() - before, brought)
        return brought
