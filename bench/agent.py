"""What one agent costs at 1,000 devices (ONVIF and SNMP each minute, no streams).

The simulator and the agent are processes of their own; only the agent's are measured (processor time and
resident memory over its process tree, after the first round). No peer does this job whole, so none runs
beside it.

Prints `cpu_cores`, `rss_mb`, `on_time_ratio`, `scrape_ms` (median), `loop_lag_p99_ms`.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from agent.demo.stage import own_network, simulator, write_site
from simulator.site import moved
from simulator.sites import big_site

WARM_UP_SECONDS = 70.0  # the first round is spread over a minute


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--json", action="store_true", help="only the JSON line")
    given = parser.parse_args()
    result = asyncio.run(bench(given.devices, given.seconds, quiet=given.json))
    print(json.dumps(result))


async def bench(devices: int, seconds: float, *, quiet: bool) -> dict[str, Any]:
    """Measure for `seconds` after the warm-up."""
    network = own_network().rsplit(".", 2)[0] + ".0.0/16"
    site = moved(big_site(devices), network)
    with tempfile.TemporaryDirectory(prefix="siteward-bench-") as made:
        folder = Path(made)
        path = write_site(
            folder, site, {"site": "bench", "icmp": False, "state_dir": "state", "web": {"port": 0}}
        )
        async with simulator("--big", str(devices), "--network", network):
            agent = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "agent", "run", str(path), "--port-file", str(folder / "port"),
                stderr=(folder / "log").open("wb"),
            )  # fmt: skip
            try:
                _say(quiet, f"{devices} devices; warming up for {WARM_UP_SECONDS:.0f} s")
                await asyncio.sleep(WARM_UP_SECONDS)
                url = f"http://127.0.0.1:{(folder / 'port').read_text().strip()}/metrics"
                _say(quiet, f"measuring for {seconds:.0f} s")
                return await measure(psutil.Process(agent.pid), url, seconds, devices)
            finally:
                agent.terminate()
                await agent.wait()


async def measure(agent: psutil.Process, url: str, seconds: float, devices: int) -> dict[str, Any]:
    """Sample the agent's process tree and its metrics."""
    before, cpu_before, began = scrape(url)[1], cpu(agent), time.monotonic()
    scrapes, sizes = [], []
    while time.monotonic() - began < seconds:
        await asyncio.sleep(min(15.0, seconds / 4))
        took, _ = await asyncio.to_thread(scrape, url)
        scrapes.append(took)
        sizes.append(sum(p.memory_info().rss for p in tree(agent)))
    wall = time.monotonic() - began
    cores = (cpu(agent) - cpu_before) / wall
    after = scrape(url)[1]
    asked, late = (grown(name, before, after) for name in ("checks_total", "checks_late_total"))
    return {
        "devices": devices,
        "seconds": round(wall, 1),
        "checks": int(asked),
        "cpu_cores": round(cores, 3),
        "rss_mb": round(max(sizes) / 2**20, 1),
        "on_time_ratio": round(1 - late / asked, 5) if asked else None,
        "scrape_ms": round(statistics.median(scrapes) * 1000, 1),
        "loop_lag_p99_ms": round(max(values("cctv_agent_loop_lag_seconds", after), default=0.0) * 1000, 1),
        "devices_up": int(sum(values("cctv_device_up", after))),
        "series": sum(1 for line in after.splitlines() if line and line[0] != "#"),
    }


def tree(agent: psutil.Process) -> list[psutil.Process]:
    """Return the agent's processes."""
    return [agent, *agent.children(recursive=True)]


def cpu(agent: psutil.Process) -> float:
    """Return processor seconds used so far by the agent's processes."""
    return sum(sum(p.cpu_times()[:2]) for p in tree(agent))


def scrape(url: str) -> tuple[float, str]:
    """Fetch the metrics page; return how long it took, and the page."""
    began = time.perf_counter()
    with urllib.request.urlopen(url, timeout=60) as answer:
        text = answer.read().decode()
    return time.perf_counter() - began, text


def values(name: str, page: str) -> Iterator[float]:
    """Yield the values of a metric's series."""
    for line in page.splitlines():
        if line.startswith((name + "{", name + " ")):
            yield float(line.rsplit(" ", 1)[1])


def grown(name: str, before: str, after: str) -> float:
    """Return how much an agent counter grew, over all its series."""
    full = f"cctv_agent_{name}"
    return sum(values(full, after)) - sum(values(full, before))


def _say(quiet: bool, text: str) -> None:  # noqa: FBT001  a line of progress
    if not quiet:
        print(text, file=sys.stderr)


if __name__ == "__main__":
    main()
