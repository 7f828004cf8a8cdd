"""One sweep over all cameras of a site, over RTSP, some of them broken.

    python -m bench.stream_sweep --cameras 300 --json

The simulator serves the cameras from processes of its own, whose CPU is not counted. Of the cameras, 5 % are
broken, a third of them each: one accepts and says nothing, one sends rubbish, and the decoder of one crashes
(the worker is killed by SIGSEGV in the middle of its look, as a codec library does it to itself). A check is
lost when it ends in no outcome at all, or a healthy camera's gives no picture; it is late when it took longer
than its own limits allow.
"""

import argparse
import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import psutil

from collectors.base import CollectError
from collectors.stream.executor import LocalExecutor, Spread
from collectors.stream.job import Limits, StreamJob, StreamResult
from models.facts import Login, Secret
from models.metrics import PICTURE_LUMA
from simulator.faults import FaultBoard
from simulator.rtsp.scenes import Scene
from simulator.rtsp.server import RtspServer
from simulator.site import DeviceSpec, RtspSpec

PORT: Final = 8554
BROKEN: Final = 0.05
KINDS: Final = ("stream_hang", "stream_rubbish", "crash")
LIMITS: Final = Limits(opening=6.0, silence=4.0, window=1.5, longest=6.0)
SERVERS: Final = 2


@dataclass(frozen=True, slots=True)
class Camera:
    """One simulated camera: where it is, and how it is broken ("": not)."""

    address: str
    broken: str


def cameras(count: int) -> list[Camera]:
    """Return the cameras, the broken ones spread evenly, each kind as often as the others."""
    broken = round(count * BROKEN)
    at = {round((number + 0.5) * count / broken): KINDS[number % len(KINDS)] for number in range(broken)}
    base = 40 + os.getpid() % 20
    return [Camera(f"127.{base}.{n // 250}.{n % 250 + 1}", at.get(n, "")) for n in range(count)]


def look(job: StreamJob) -> StreamResult:
    """Look; over the one stream that crashes decoders, crash. Runs inside workers."""
    from collectors.stream.look import look as really  # workers alone have the codecs

    if job.path == "/crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    return really(job)


async def serve(found: list[Camera]) -> None:
    """Serve cameras until standard input ends."""
    rtsp = RtspSpec(port=PORT, fps=8, sub=(320, 180))
    Scene(rtsp.scene, crc32(b"cam"), rtsp.sub, night=False).picture(
        time.time()
    )  # drawn before the clock runs
    for camera in found:
        id_ = "cam"  # one scene for all: what is drawn is drawn once
        board = FaultBoard({id_: ""})
        if camera.broken in {"stream_hang", "stream_rubbish"}:
            board.switch_on(id_, camera.broken)
        spec = DeviceSpec(id_, "camera", camera.address, user="viewer", password="bench", rtsp=rtsp)  # noqa: S106
        await RtspServer(spec, board).start()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)


async def sweep(found: list[Camera], workers: int) -> dict[str, Any]:
    """Look at each camera once; return the figures."""
    spread = Spread(LocalExecutor(workers, work="bench.stream_sweep:look", path=(str(Path.cwd()),)), workers)
    gate, watch = asyncio.Semaphore(workers), Memory()
    took: dict[str, list[float]] = {}
    ends: dict[str, int] = {}
    late = lost = 0

    async def check(camera: Camera) -> None:
        nonlocal late, lost
        path = "/crash" if camera.broken == "crash" else "/sub"
        job = StreamJob(camera.address, PORT, path, Login("viewer", Secret("bench")), LIMITS, picture=False)
        async with gate:
            begin = time.monotonic()
            try:
                result = await spread.run(job, LIMITS.worst)
                end = "picture" if PICTURE_LUMA.name in result.values else "no picture"
            except (CollectError, TimeoutError) as error:
                end = type(error).__name__
            except Exception as error:  # noqa: BLE001 whatever it is, the check is lost
                end = f"lost: {type(error).__name__}"
            spent = time.monotonic() - begin
        took.setdefault(camera.broken or "healthy", []).append(spent)
        key = f"{camera.broken or 'healthy'}: {end}"
        ends[key] = ends.get(key, 0) + 1
        late += spent > LIMITS.worst + 1.0
        lost += end.startswith("lost") or (not camera.broken and end != "picture")
        watch.look()
        done = sum(map(len, took.values()))
        if done % 25 == 0:
            print(f"{done} of {len(found)} looked at", file=sys.stderr, flush=True)

    before, begin = _cpu(), time.monotonic()
    try:
        await asyncio.gather(*map(check, found))
        wall = time.monotonic() - begin
    finally:
        await spread.close()
    return {
        "wall_s": round(wall, 1),
        "cpu_s": round(_cpu() - before, 2),
        "rss_mb": round(watch.most / 2**20),
        "late": late,
        "lost": lost,
        "cameras": len(found),
        "broken": sum(bool(camera.broken) for camera in found),
        "workers": workers,
        "cpu_ms_per_check": round(1000 * (_cpu() - before) / len(found), 1),
        "slowest_s": {kind: round(max(times), 2) for kind, times in sorted(took.items())},
        "outcomes": dict(sorted(ends.items())),
    }


class Memory:
    """The most memory that this process and its workers held together (proportional: shared pages once)."""

    def __init__(self) -> None:
        self.most = 0

    def look(self) -> None:
        """Take a sample."""
        total = 0
        for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
            try:
                if not process.name().startswith("python") or process.pid == os.getpid():
                    total += process.memory_full_info().pss
            except (psutil.Error, OSError):
                continue
        self.most = max(self.most, total)


def _cpu() -> float:
    """Return the CPU seconds of this process and of all workers that have ended or still run."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    living = 0.0
    for child in psutil.Process().children():
        try:
            if child.name() == "siteward-stream":
                times = child.cpu_times()
                living += times.user + times.system
        except psutil.Error:
            continue
    return sum(usage.ru_utime + usage.ru_stime for usage in both) + living


def run(count: int, workers: int) -> dict[str, Any]:
    """Start the cameras, sweep, end them."""
    found = cameras(count)
    servers = []
    try:
        for number in range(SERVERS):
            part = json.dumps([[one.address, one.broken] for one in found[number::SERVERS]])
            words = [sys.executable, "-m", "bench.stream_sweep", "--serve"]
            server = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            servers.append(server)
            assert server.stdin is not None
            server.stdin.write(part + "\n")
            server.stdin.flush()
        for server in servers:
            assert server.stdout is not None
            if server.stdout.readline().strip() != "ready":
                raise SystemExit("the simulated cameras did not start: is another sweep running?")
        return asyncio.run(sweep(found, workers))
    finally:
        for server in servers:
            server.kill()
            server.wait()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.stream_sweep", description=__doc__)
    parser.add_argument("--cameras", type=int, default=300)
    parser.add_argument("--workers", type=int, default=8, help="decoder processes (default: 8)")
    parser.add_argument("--json", action="store_true", help="print one JSON line last")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        told = json.loads(sys.stdin.readline())
        asyncio.run(serve([Camera(address, broken) for address, broken in told]))
        return 0
    if not 1 <= given.cameras <= 5000 or not 1 <= given.workers <= 64:
        parser.error("--cameras 1 to 5000, --workers 1 to 64")
    result = run(given.cameras, given.workers)
    print(json.dumps(result) if given.json else json.dumps(result, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
