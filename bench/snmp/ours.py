"""Ours: the whole collector, from the inventory's device to typed readings, and a walk through the client."""

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from bench.snmp.agent import OIDS, TABLE, access
from bench.snmp.rows import Tallies
from collectors.snmp import Snmp, SnmpHealth
from collectors.snmp.loading import load
from models.facts import Device, Kind

DEVICES: Final = 1_000
TOGETHER: Final = 50  # polls under way at once


class Siteward:
    """A thousand devices, all of them the same snmpd."""

    def __init__(self, folder: Path, port: int, version: str, oids: list[str]) -> None:
        own = folder / "mibs"
        own.mkdir(exist_ok=True)
        (own / "bench.yaml").write_text(yaml.safe_dump(knowledge(oids[1:])), encoding="utf-8")
        self._version = version
        self._snmp = Snmp("gufo", knowledge=load(own))
        self._collector = SnmpHealth(self._snmp)
        self._devices = [
            Device(f"cam-{n}", Kind.OTHER, "127.0.0.1", snmp=access(port, version)) for n in range(DEVICES)
        ]
        self._turn: Iterator[Device] = itertools.cycle(self._devices)

    async def meet(self) -> None:
        """Ask all once: which MIBs they have, and which rows."""
        for start in range(0, DEVICES, TOGETHER):
            await asyncio.gather(*map(self._collector.collect, self._devices[start : start + TOGETHER]))

    async def round(self, tallies: Tallies, polls: int, walks: int) -> None:
        """Measure some polls and walks."""
        brought = await tallies.time(
            ("siteward", self._version, "poll"), polls, self._poll, together=TOGETHER
        )
        if brought < OIDS - 1:
            raise SystemExit(f"only {brought} readings came of {OIDS} OIDs")
        await tallies.time(("siteward", self._version, "walk"), walks, self._walk)

    async def _poll(self) -> int:
        return len((await self._collector.collect(next(self._turn))).readings)

    async def _walk(self) -> int:
        return len((await self._snmp.walk(self._devices[0], TABLE)).rows)

    def close(self) -> None:
        """Drop all sockets."""
        self._snmp.close()


def knowledge(oids: list[str]) -> dict[str, Any]:
    """Return a MIB of scalars: a third of them with unit and range, the others plain numbers."""
    return {
        "mib": "BENCH",
        "source": "what this snmpd has",
        "area": "health",
        "applies": {"all": True},
        "scalars": [
            {"oid": oid, "metric": "cctv_temperature_celsius", "part": f"v{n}"}
            | ({"unit": "decicelsius", "low": -1e12, "high": 1e12, "sentinels": [-1]} if n % 3 == 0 else {})
            for n, oid in enumerate(oids)
        ],
    }
