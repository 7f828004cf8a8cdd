"""What asking 1,000 ONVIF devices costs, beside the usual way: a client object of the library per device.

A part of the devices is dead (connections hang, as behind a cut cable) and a part answers late. The simulator
and the dead addresses live in processes of their own; only the client's process is measured.

Prints `setup_cpu_s` and `rss_mb` (shared WSDL documents parsed, a session per device), `steady_core_share`
(all devices asked six times a minute by the agent's own schedule), `on_time_ratio` (checks of healthy devices
that began in time), and `naive_rss_mb_extrapolated` (twelve `ONVIFCamera` objects, times the devices).
"""

import argparse
import asyncio
import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

EVERY_SECONDS: Final = 10.0  # six calls a minute
SLOW_STRENGTH: Final = 0.5  # of the fault onvif_slow: 1.5 s
NAIVE: Final = 12
SERVICES: Final = ("device", "media", "events", "recording", "search", "replay")
PASSWORD: Final = "simulated-camera"  # noqa: S105  of cameras that do not exist
PORT: Final = 8080


@dataclass(slots=True)
class Lateness:
    """How punctual the checks of a group of devices were."""

    asked: int = 0
    late: int = 0

    @property
    def on_time(self) -> float | None:
        """Share that began in time; None when nothing was asked."""
        return round(1 - self.late / self.asked, 5) if self.asked else None


@dataclass(frozen=True, slots=True)
class Plan:
    """The devices of a run, by their addresses."""

    alive: tuple[str, ...]
    slow: tuple[str, ...]  # among the alive, by id
    dead: tuple[str, ...]


def main() -> None:
    """Run the bench, or one of its helper processes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--dead", type=float, default=0.20, help="share of devices that are dead")
    parser.add_argument("--slow", type=float, default=0.05, help="share of devices that answer late")
    parser.add_argument("--warm-up", type=float, default=40.0, help="seconds before the steady time")
    parser.add_argument("--seconds", type=float, default=60.0, help="seconds of steady time")
    parser.add_argument("--json", action="store_true", help="only the JSON line")
    parser.add_argument("--holes", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--naive", nargs="*", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.holes is not None:
        holes(given.holes)
    elif given.naive is not None:
        naive(given.naive)
    else:
        if not 4 <= given.devices <= 20_000 or not 0 <= given.dead + given.slow < 1:
            parser.error("--devices needs 4 to 20000, and --dead and --slow together less than 1")
        print(json.dumps(asyncio.run(bench(given))))


async def bench(given: argparse.Namespace) -> dict[str, Any]:
    """Start the devices, measure set-up, speed and a steady time; then the naive way."""
    from agent.demo.stage import own_network, simulator  # set-up is measured without it

    _allow_files(4 * given.devices + 256)
    network = own_network().rsplit(".", 2)[0]
    plan = planned(given.devices, given.dead, given.slow, network)
    _say(given, f"{len(plan.alive)} devices answer, {len(plan.slow)} of them late; {len(plan.dead)} are dead")
    async with simulator("--big", str(len(plan.alive)), "--network", f"{network}.0.0/17") as site:
        for device in plan.slow:
            await site.switch(device, "onvif_slow", on=True, strength=SLOW_STRENGTH)
        pit = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.onvif", "--holes", *plan.dead, stdout=asyncio.subprocess.PIPE
        )
        try:
            assert pit.stdout is not None
            await pit.stdout.readline()
            measured = await asyncio.to_thread(_measured, given, plan)
            _say(given, f"naive: {NAIVE} clients")
            usual = await asyncio.to_thread(_naive, plan.alive[len(plan.slow) :][:NAIVE])
        finally:
            pit.terminate()
            await pit.wait()
    return {**measured, **extrapolated(usual, given.devices)}


def planned(devices: int, dead: float, slow: float, network: str) -> Plan:
    """Return which devices of the run are dead and which are slow."""
    lost, late = round(devices * dead), round(devices * slow)
    alive = tuple(f"{network}.{i // 250}.{i % 250 + 1}" for i in range(devices - lost))
    holes_ = tuple(f"{network}.{128 + i // 250}.{i % 250 + 1}" for i in range(lost))
    return Plan(alive, tuple(f"cam-{i + 1:05d}" for i in range(late)), holes_)


def _measured(given: argparse.Namespace, plan: Plan) -> dict[str, Any]:
    """Measure in a fresh process, so that nothing else of ours is in its memory."""
    order = {
        "alive": plan.alive, "slow": len(plan.slow), "dead": plan.dead,
        "warm_up": given.warm_up, "seconds": given.seconds, "quiet": given.json,
    }  # fmt: skip
    code = "import json,sys; from bench import onvif; print(json.dumps(onvif.client(json.load(sys.stdin))))"
    done = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(order), text=True, check=True, stdout=subprocess.PIPE
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


# ---------------------------------------------------------------- ours


def client(order: dict[str, Any]) -> dict[str, Any]:
    """Measure our own client; runs in a process of its own."""
    before = _cpu()
    from collectors.guard import LoginGuard  # imports are part of the set-up
    from collectors.onvif.client import Onvif
    from collectors.onvif.operations import SERVICES as KNOWN
    from models.facts import Device, Kind, Login, Secret

    login = Login("service", Secret(PASSWORD))
    hosts = [*order["alive"], *order["dead"]]
    devices = [
        Device(f"d{n}", Kind.CAMERA, host, onvif_port=PORT, login=login) for n, host in enumerate(hosts)
    ]
    onvif = Onvif(LoginGuard(time.monotonic))
    onvif.warm(KNOWN[name] for name in SERVICES)
    for device in devices:
        onvif.session(device)
    setup = {"setup_cpu_s": round(_cpu() - before, 3), "setup_rss_mb": round(_rss(), 1)}
    if not order["quiet"]:
        print(json.dumps(setup), file=sys.stderr)
    healthy = devices[order["slow"] : len(order["alive"])]
    rest = asyncio.run(_asked(onvif, devices, healthy, order))
    return {"devices": len(devices), **setup, **rest}


async def _asked(
    onvif: Any, devices: Sequence[Any], healthy: Sequence[Any], order: dict[str, Any]
) -> dict[str, Any]:
    from agent.run import Clocks

    clocks = Clocks(time.time, time.monotonic)
    calls, cpu = await _flat_out(onvif, healthy)
    schedule = _schedule(onvif, {device.id for device in healthy}, clocks)
    schedule.set_devices(devices)
    task = asyncio.create_task(schedule.run())
    try:
        await asyncio.sleep(order["warm_up"])
        start = {name: Lateness(one.asked, one.late) for name, one in schedule.seen.items()}
        cpu_before, began = _cpu(), time.monotonic()
        await asyncio.sleep(order["seconds"])
        share = (_cpu() - cpu_before) / (time.monotonic() - began)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await onvif.close()
    steady = {
        name: Lateness(one.asked - start[name].asked, one.late - start[name].late)
        for name, one in schedule.seen.items()
    }
    return {
        "rss_mb": round(_rss(), 1),
        "calls_per_cpu_s": round(calls / cpu),
        "steady_core_share": round(share, 4),
        "on_time_ratio": steady["healthy"].on_time,
        "on_time_ratio_from_start": schedule.seen["healthy"].on_time,
        "healthy_checks": steady["healthy"].asked,
        "other_checks": steady["others"].asked,
        "answered_ratio": round(schedule.answered / max(1, schedule.seen["healthy"].asked), 4),
    }


async def _flat_out(onvif: Any, healthy: Sequence[Any]) -> tuple[int, float]:
    """Ask healthy devices as fast as it goes, each twice: first connections, then kept ones count."""
    some = healthy[:300]
    for _ in range(2):  # the first round finds out that a login is wanted
        await asyncio.gather(*(onvif.call(one, "device", "GetDeviceInformation") for one in some))
    before = _cpu()
    for _ in range(3):
        await asyncio.gather(*(onvif.call(one, "device", "GetDeviceInformation") for one in some))
    return 3 * len(some), _cpu() - before


def _schedule(onvif: Any, healthy: set[str], clocks: Any) -> Any:
    """Return the agent's schedule with one question each ten seconds, counting who was asked late."""
    from agent.schedule import LATE_FLOOR_SECONDS, LATE_SHARE, Schedule
    from models.facts import Answer, Reading
    from models.metrics import USERS, Metric

    class Question:
        name, slots = "onvif_bench", 0
        metrics: tuple[Metric, ...] = (USERS,)

        def applies(self, _: Any) -> bool:
            return True

        async def collect(self, device: Any) -> Answer:
            await onvif.call(device, "device", "GetDeviceInformation")
            return Answer((Reading(USERS, 1.0),))

    class Counting(Schedule):
        def __init__(self) -> None:
            super().__init__([Question()], lambda _: (EVERY_SECONDS, 8.0), self.take, clocks=clocks)
            self.seen = {"healthy": Lateness(), "others": Lateness()}
            self.answered = 0

        def take(self, report: Any) -> None:
            self.answered += report.ok and report.device in healthy

        def _note_start(self, job: Any) -> None:
            group = self.seen["healthy" if job.device.id in healthy else "others"]
            lag = clocks.monotonic() - job.due
            group.asked += 1
            group.late += lag > max(LATE_FLOOR_SECONDS, LATE_SHARE * job.every)
            super()._note_start(job)

    return Counting()


# ---------------------------------------------------------------- the usual way


def _naive(hosts: Sequence[str]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.onvif", "--naive", *hosts],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def naive(hosts: Sequence[str]) -> None:
    """Make an `ONVIFCamera` with the services of `SERVICES` per device and print what each costs."""
    import logging

    from onvif import ONVIFCamera  # never in the agent: importing it sets up the root logger

    logging.disable(logging.CRITICAL)
    from collectors.onvif.operations import SERVICES as KNOWN
    from collectors.onvif.wsdl import find_folder

    def made(host: str) -> Any:
        camera = ONVIFCamera(host, PORT, "service", PASSWORD, str(find_folder()))
        for name in SERVICES[1:]:  # the constructor makes the device service
            camera.xaddrs.setdefault(KNOWN[name].namespace, f"http://{host}:{PORT}{KNOWN[name].path}")
            getattr(camera, f"create_{name}_service")()
        return camera

    kept = [made(hosts[0])]
    base, began = _rss(), _cpu()
    kept += [made(host) for host in hosts[1:]]
    count = len(hosts) - 1
    per_device = {"rss_mb": (_rss() - base) / count, "cpu_s": (_cpu() - began) / count}
    device = kept[0].devicemgmt
    before = _cpu()
    for _ in range(200):
        device.GetDeviceInformation()
    print(json.dumps({**per_device, "base_rss_mb": base, "calls_per_cpu_s": 200 / (_cpu() - before)}))


def extrapolated(usual: dict[str, float], devices: int) -> dict[str, Any]:
    """Return the naive way's figures for so many devices."""
    return {
        "naive_rss_mb_extrapolated": round(usual["base_rss_mb"] + usual["rss_mb"] * (devices - 1)),
        "naive_setup_cpu_s_extrapolated": round(usual["cpu_s"] * devices, 1),
        "naive_calls_per_cpu_s": round(usual["calls_per_cpu_s"]),
        "naive_clients_measured": NAIVE,
    }


# ---------------------------------------------------------------- helpers


@dataclass
class _Hole:
    """A listener whose queue is full: who connects waits, as for a device behind a cut cable."""

    host: str
    kept: list[socket.socket] = field(default_factory=list)

    def open(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.host, PORT))
        listener.listen(0)
        self.kept.append(listener)
        for _ in range(3):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex((self.host, PORT))
            self.kept.append(one)


def holes(hosts: Sequence[str]) -> None:
    """Listen on every address and never take a connection, until terminated."""
    _allow_files(5 * len(hosts) + 64)
    kept = [_Hole(host) for host in hosts]
    for one in kept:
        one.open()
    print("ready", flush=True)
    time.sleep(3600)


def _allow_files(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard) if hard > 0 else wanted, hard))


def _cpu() -> float:
    return time.process_time()


def _rss() -> float:
    """Return the resident memory of this process, MiB."""
    with open(f"/proc/{os.getpid()}/statm", encoding="ascii") as file:  # noqa: PTH123
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20


def _say(given: argparse.Namespace, text: str) -> None:
    if not given.json:
        print(text, file=sys.stderr)


if __name__ == "__main__":
    main()
