"""What asking leaves behind: 10,000 poll cycles with restarts, and an hour with a wrong password.

A cycle is one round of one device: clock, media and events. The agent's part (collectors and their book) is
ended cleanly or broken off now and then and begun anew over the same book; devices restart meanwhile. The
simulator is a process of its own. Then cameras of each kind of login, with their RTSP servers, are asked for
a simulated hour, by all collectors at once, with a password that is wrong.

Prints `subscriptions` still held, `threads` and `fds` more than before, `rss_growth_mb` since the first
tenth, `refused_logins` of the device that refused most.
"""

import argparse
import asyncio
import contextlib
import gc
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import psutil
import yaml

from agent.config import SiteConfig
from agent.demo.stage import Simulator, own_network, simulator
from agent.eyes import Eyes
from agent.run import Clocks, run_once
from agent.subscriptions import FileBook
from collectors.base import Collector
from models.facts import Device, Kind, Login, Secret
from simulator.onvif.server import OnvifServer
from simulator.rtsp.server import RtspServer
from simulator.site import DeviceSpec, OnvifSpec, RtspSpec, SiteSpec, moved
from simulator.world import Server, World

PASSWORD: Final = "made-up-9"  # noqa: S105  of a simulated device
Auth = Literal["wsse", "digest", "both", "none"]
ASKED: Final = ("onvif_clock", "onvif_media", "onvif_events")
HOUR_STEP: Final = 30.0
HOUR_SECONDS: Final = 3540.0  # of both clocks together; what is asked last still ends within the hour


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cycles", type=int, default=10_000)
    parser.add_argument("--devices", type=int, default=20)
    parser.add_argument("--restarts", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="only the JSON line")
    given = parser.parse_args()
    if min(given.cycles, given.devices) < 1 or given.restarts < 0:
        parser.error("cycles and devices are 1 or more, restarts 0 or more")
    dice = random.Random(given.seed)
    before = _held()
    result = asyncio.run(soak(given.cycles, given.devices, given.restarts, dice, quiet=given.json))
    gc.collect()
    threads, fds = _held()
    result |= {"threads": threads - before[0], "fds": fds - before[1]}
    _say(given.json, f"soaked: {result}")
    result |= asyncio.run(wrong_password(dice))
    print(json.dumps(result))


# ---------------------------------------------------------------- cycles and restarts


def site(devices: int) -> SiteSpec:
    """Return cameras of all kinds of login, with room for two pull points each, as the smallest have."""
    kinds: tuple[Auth, ...] = ("wsse", "digest", "both", "none")
    return SiteSpec(
        "soak",
        tuple(
            DeviceSpec(
                f"cam-{n:02}", "camera", f"127.20.0.{n + 1}", password=PASSWORD,
                onvif=OnvifSpec(auth=kinds[n % 4], max_pull_points=2),
            )
            for n in range(devices)
        ),
    )  # fmt: skip


async def soak(
    cycles: int, devices: int, restarts: int, dice: random.Random, *, quiet: bool
) -> dict[str, float]:
    """Poll, restart, and count what is left over."""
    spec = moved(site(devices), own_network())
    with tempfile.TemporaryDirectory(prefix="siteward-soak-") as made:
        file = Path(made) / "site.yaml"
        file.write_text(yaml.safe_dump(_plain(spec)), encoding="utf-8")
        async with simulator(str(file)) as simulated:
            soaking = _Soak(Path(made), [_device(one) for one in spec.devices], simulated, dice)
            left = await soaking.run(cycles, restarts, quiet=quiet)
            truth = await simulated.truth()
            left["subscriptions"] = sum(d.get("subscriptions", 0) for d in truth["devices"].values())
            left["max_in_flight"] = max(d["max_in_flight"] for d in truth["devices"].values())
            left["refused_with_right_password"] = max(d["refused_logins"] for d in truth["devices"].values())
    return left


class _Soak:
    """Lives of the agent's ONVIF part, one after the other, over one book."""

    def __init__(
        self, folder: Path, devices: Sequence[Device], simulated: Simulator, dice: random.Random
    ) -> None:
        self._folder = folder
        self._devices = devices
        self._simulated = simulated
        self._dice = dice
        self._config = SiteConfig(site="soak", icmp=False)
        self._failed = 0

    async def run(self, cycles: int, restarts: int, *, quiet: bool) -> dict[str, float]:
        rounds = max(1, -(-cycles // len(self._devices)))
        ends = sorted(self._dice.randrange(1, rounds) for _ in range(restarts)) if rounds > 1 else []
        began, done, size = time.monotonic(), 0, 0.0
        for number, until in enumerate([*ends, rounds]):
            async with self._life(clean=number % 2 == 0 or until == rounds) as collectors:
                while done < until:
                    await asyncio.gather(*(self._cycle(one, collectors) for one in self._devices))
                    done += 1
                    size = size or (_rss() if done >= rounds / 10 else 0.0)
                    if self._dice.random() < 0.02:
                        device = self._dice.choice(self._devices).id
                        await self._simulated.switch(device, "rebooted", on=self._dice.random() < 0.5)
            _say(quiet, f"{done * len(self._devices)} cycles, {number + 1} lives")
        gc.collect()
        return {
            "cycles": done * len(self._devices),
            "restarts": len(ends),
            "failed_cycles": self._failed,
            "rss_growth_mb": round(max(0.0, _rss() - size), 1),
            "cycle_ms": round((time.monotonic() - began) / (done * len(self._devices)) * 1000, 2),
        }

    @contextlib.asynccontextmanager
    async def _life(self, *, clean: bool) -> AsyncIterator[list[Collector]]:
        """Begin as the agent does; end as it does, or as one that was killed: without a word to anybody."""
        book = FileBook(self._folder / "subscriptions.jsonl")
        eyes = Eyes(self._config, Clocks(time.time, time.monotonic), book=book)
        try:
            yield [one for one in eyes.collectors if one.name in ASKED]
        finally:
            if not clean:
                eyes.events.abandon()
            await eyes.close()

    async def _cycle(self, device: Device, collectors: list[Collector]) -> None:
        clocks = Clocks(time.time, time.monotonic)
        for collector in collectors:
            report = await run_once(collector, device, deadline=20.0, clocks=clocks)
            self._failed += not report.ok


# ---------------------------------------------------------------- an hour with a wrong password


class _Hour:
    """A clock that is moved on by hand, for the agent and the devices alike."""

    def __init__(self) -> None:
        self.later = 0.0
        self._began = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds of the hour that are over: those that were skipped, and those that it took."""
        return self.monotonic() - self._began

    def wall(self) -> float:
        return time.time() + self.later

    def monotonic(self) -> float:
        return time.monotonic() + self.later


class _TimedWorld(World):
    """A site whose ONVIF devices live by the hour's clock."""

    def __init__(self, spec: SiteSpec, hour: _Hour) -> None:
        super().__init__(spec)
        self._hour = hour

    def _build(self, spec: DeviceSpec) -> list[tuple[str, Server]]:
        servers: list[tuple[str, Server]] = []
        if spec.onvif:
            servers.append(("onvif", OnvifServer(spec, self.board, self.site, clock=self._hour.wall)))
        if spec.rtsp:
            servers.append(("rtsp", RtspServer(spec, self.board)))
        return servers


async def wrong_password(dice: random.Random) -> dict[str, float]:
    """Ask devices of each kind of login for a simulated hour; half know a wrong password from the start."""
    hour = _Hour()
    kinds: tuple[Auth, ...] = ("wsse", "digest", "both")
    cameras = tuple(
        DeviceSpec(
            f"cam-{n}", "camera", f"127.20.1.{n + 1}", password=PASSWORD,
            onvif=OnvifSpec(auth=kinds[n % 3]), rtsp=RtspSpec(),
        )
        for n in range(6)
    )  # fmt: skip
    spec = moved(SiteSpec("hour", cameras), own_network())
    async with _TimedWorld(spec, hour) as world:
        config = SiteConfig(site="hour", icmp=False)
        eyes = Eyes(config, Clocks(hour.wall, hour.monotonic))
        try:
            wrong = [_device(one, "wrong" if n < 3 else PASSWORD) for n, one in enumerate(spec.devices)]
            due = dict.fromkeys(((d.id, c.name) for d in wrong for c in eyes.collectors), 0.0)
            while hour.elapsed < HOUR_SECONDS:
                await _ask_due(eyes, wrong, due, hour, dice)
                if hour.later == HOUR_STEP * 4:
                    for device in wrong[3:]:
                        world.switch_on(device.id, "wrong_password")
                hour.later += HOUR_STEP
        finally:
            await eyes.close()
        counts = {one.id: _refused(world, one.id) for one in spec.devices}
    return {"refused_logins": max(counts.values()), "refusing_devices": sum(n > 0 for n in counts.values())}


async def _ask_due(
    eyes: Eyes, devices: Sequence[Device], due: dict[tuple[str, str], float], hour: _Hour, dice: random.Random
) -> None:
    """Ask all that is due, in an order that chance gives and all at once: worse than the agent ever does."""
    clocks = Clocks(hour.wall, hour.monotonic)
    jobs = []
    for device in devices:
        for collector in eyes.collectors:
            every, deadline = eyes.timing(collector.name)
            if collector.applies(device) and due[device.id, collector.name] <= hour.later:
                due[device.id, collector.name] = hour.later + every
                jobs.append(run_once(collector, device, deadline=deadline + 20.0, clocks=clocks))
    dice.shuffle(jobs)
    await asyncio.gather(*jobs)


def _refused(world: World, device: str) -> int:
    servers: list[Any] = [server for (id_, _), server in world.servers.items() if id_ == device]
    return sum(
        int(one.counts["refused_logins"] if hasattr(one, "counts") else one.refused_logins) for one in servers
    )


# ---------------------------------------------------------------- shared


def _device(spec: DeviceSpec, password: str = PASSWORD) -> Device:
    assert spec.onvif is not None
    login = Login(spec.user, Secret(password))
    return Device(spec.id, Kind.CAMERA, spec.address, onvif_port=spec.onvif.port, login=login)


def _plain(spec: SiteSpec) -> dict[str, Any]:
    return {
        "name": spec.name,
        "devices": [
            {
                "id": one.id, "kind": one.kind, "address": one.address, "password": one.password,
                "onvif": {"auth": one.onvif.auth, "max_pull_points": one.onvif.max_pull_points},
            }
            for one in spec.devices
            if one.onvif
        ],
    }  # fmt: skip


def _held() -> tuple[int, int]:
    """Return threads and open files of this process."""
    return threading.active_count(), sum(1 for _ in Path("/proc/self/fd").iterdir())


def _rss() -> float:
    return float(psutil.Process().memory_info().rss / 2**20)


def _say(quiet: bool, text: str) -> None:  # noqa: FBT001  a line of progress
    if not quiet:
        print(text, file=sys.stderr)


if __name__ == "__main__":
    main()
