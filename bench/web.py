"""How the site's pages feel: 1,000 devices, 400 days of history, 50 people at once, while the agent polls on.

The simulator, the agent and the people are processes of their own. Everybody logs in beforehand and holds
the event stream open, as an open page does; each person then waits `--think` seconds between two pages, as a
reader does; a page counts until its last byte. No peer shows the same pages, so none runs beside it.

Prints `p50_ms`, `p99_ms` (of the five busiest pages, which stand singly in `pages`), `first_page_kb` (HTML,
style sheet, script and icon of the first page, uncompressed), `on_time_ratio` (checks that began on time).
"""

import argparse
import asyncio
import contextlib
import json
import random
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any, Final

from agent.demo.stage import own_network, simulator, write_site
from agent.files import STORE_FILE
from agent.store import Store
from agent.store.records import DAY, HOUR
from agent.web.accounts import ACCESS_FILE, Accounts
from agent.web.roles import Role
from bench.agent import WARM_UP_SECONDS, grown, scrape
from simulator.site import moved
from simulator.sites import big_site

PASSWORD: Final = "a secret of the bench"  # noqa: S105
METRICS: Final = (
    "cctv_clock_offset_seconds", "cctv_picture_sharpness", "cctv_picture_luma_ratio",
    "cctv_stream_arrival_fps", "cctv_stream_bitrate_bps", "cctv_temperature_celsius",
    "cctv_memory_used_ratio", "cctv_cpu_used_ratio",
)  # fmt: skip
HOURLY_DAYS: Final = 14
START_SECONDS: Final = 60.0


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--days", type=int, default=400)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--think", type=float, default=3.0)
    parser.add_argument("--json", action="store_true", help="only the JSON line")
    given = parser.parse_args()
    print(json.dumps(asyncio.run(bench(given))))


async def bench(given: argparse.Namespace) -> dict[str, Any]:
    """Fill a history, start site and agent, let people read."""
    network = own_network().rsplit(".", 2)[0] + ".0.0/16"
    site = moved(big_site(given.devices), network)
    with tempfile.TemporaryDirectory(prefix="siteward-bench-") as made:
        folder = Path(made)
        state = folder / "state"
        path = write_site(
            folder, site, {"site": "bench", "icmp": False, "state_dir": "state", "web": {"port": 0}}
        )
        ids = [spec.id for spec in site.devices]
        _say(given, f"filling {given.days} days of history")
        rows = await asyncio.to_thread(fill, state / STORE_FILE, ids, given.days)
        with Accounts(state / ACCESS_FILE) as accounts:
            accounts.add("reader", Role.MANAGER, PASSWORD, time.time())
        async with simulator("--big", str(given.devices), "--network", network):
            agent = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "agent", "run", str(path), "--port-file", str(folder / "port"),
                stderr=(folder / "log").open("wb"),
            )  # fmt: skip
            try:
                _say(given, f"warming up for {WARM_UP_SECONDS:.0f} s")
                base = f"http://127.0.0.1:{await port_of(agent, folder / 'port')}"
                await asyncio.sleep(WARM_UP_SECONDS)
                return {"rows": rows} | await asyncio.to_thread(measure, base, ids, given)
            finally:
                agent.terminate()
                await agent.wait()


async def port_of(agent: asyncio.subprocess.Process, file: Path) -> str:
    """Wait until the agent serves its pages, which takes longer on a busy machine; return the port.

    Raises:
        SystemExit: it ended, or did not come up.
    """
    for _ in range(int(START_SECONDS / 0.2)):
        if port := _written(file):
            return port
        if agent.returncode is not None:
            break
        await asyncio.sleep(0.2)
    raise SystemExit(f"the agent did not come up: {file.with_name('log')}")


def _written(file: Path) -> str:
    return file.read_text().strip() if file.exists() else ""


def fill(path: Path, devices: list[str], days: int) -> int:
    """Write daily sums over all days and hourly ones over the last two weeks; return how many rows."""
    Store.open(path).close()
    rng, now = random.Random(1), time.time()
    db = sqlite3.connect(path)
    db.executemany("INSERT INTO device (name) VALUES (?)", [(id_,) for id_ in devices])
    for metric in METRICS:
        db.execute("INSERT INTO series (device, metric, part) SELECT id, ?, '' FROM device", (metric,))
    series = [number for (number,) in db.execute("SELECT id FROM series")]
    total = 0
    tables = (
        ("INSERT INTO rollup_day VALUES (?, ?, ?, ?, ?, ?, ?, ?)", DAY, days),
        ("INSERT INTO rollup_hour VALUES (?, ?, ?, ?, ?, ?, ?, ?)", HOUR, HOURLY_DAYS * 24),
    )
    for insert, span, count in tables:
        for back in range(count, 0, -1):
            slot, begin = int(now // span) - back, now - back * span
            level = rng.uniform(0.4, 0.6)
            rows = [(slot, one, 60, 0.0, 1.0, 60 * level + one % 7, level, begin) for one in series]
            db.executemany(insert, rows)
            total += len(rows)
    db.commit()
    db.close()
    return total


def measure(base: str, devices: list[str], given: argparse.Namespace) -> dict[str, Any]:
    """Let everybody read for a while."""
    _say(given, f"{given.users} people log in")
    people = [Person(logged_in(base), base, devices, number, given.think) for number in range(given.users)]
    _say(given, f"they read for {given.seconds:.0f} s")
    with contextlib.ExitStack() as streams:
        for one in people:
            streams.enter_context(one.browser.open(base + "/live", timeout=60))
        before = scrape(base + "/metrics")[1]
        until = time.monotonic() + given.seconds
        threads = [threading.Thread(target=one.read, args=(until,)) for one in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        after = scrape(base + "/metrics")[1]
    asked, late = (grown(name, before, after) for name in ("checks_total", "checks_late_total"))
    took = [one for person in people for one in person.took]
    pages = {name: _figures([ms for at, ms in took if at == name]) for name in sorted({at for at, _ in took})}
    return {
        "pages": pages,
        "requests": len(took),
        "failed": sum(person.failed for person in people),
        **_figures([ms for _, ms in took]),
        "first_page_kb": round(first_page(base) / 1000, 1),
        "on_time_ratio": round(1 - late / asked, 5) if asked else None,
    }


@dataclass
class Person:
    """Somebody who reads; `took`: page and milliseconds."""

    browser: urllib.request.OpenerDirector
    base: str
    devices: list[str]
    number: int
    think: float
    took: list[tuple[str, float]] = field(default_factory=list)
    failed: int = 0

    def read(self, until: float) -> None:
        """Look at one page after the other."""
        rng = random.Random(self.number)
        time.sleep(rng.uniform(0, self.think))
        while time.monotonic() < until:
            name, path = rng.choice(list(self._pages(rng).items()))
            began = time.perf_counter()
            try:
                with self.browser.open(self.base + path, timeout=30) as answer:
                    answer.read()
                self.took.append((name, (time.perf_counter() - began) * 1000))
            except OSError:
                self.failed += 1
            time.sleep(rng.uniform(0.5, 1.5) * self.think)

    def _pages(self, rng: random.Random) -> dict[str, str]:
        return {
            "overview": "/",
            "devices": f"/devices?page={rng.randint(1, 10)}",
            "device": f"/devices/{rng.choice(self.devices)}",
            "tickets": "/tickets?all=1",
            "map": "/map",
        }


def logged_in(base: str) -> urllib.request.OpenerDirector:
    """Return a browser that has a session."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    form = urllib.parse.urlencode({"user": "reader", "password": PASSWORD, "next": "/"}).encode()
    with browser.open(base + "/login", form, timeout=60) as answer:
        answer.read()
    return browser


def first_page(base: str) -> int:
    """Return the bytes of everything the first page needs."""
    browser = logged_in(base)
    with browser.open(base + "/", timeout=30) as answer:
        page = answer.read()
    return len(page) + sum(
        len(browser.open(base + part, timeout=30).read()) for part in _parts(page.decode())
    )


def _parts(page: str) -> Iterator[str]:
    for piece in page.split('"'):
        if piece.startswith("/static/"):
            yield piece


def _figures(took: list[float]) -> dict[str, float | None]:
    if len(took) < 2:
        return {"p50_ms": None, "p99_ms": None}
    return {
        "p50_ms": round(statistics.median(took), 1),
        "p99_ms": round(statistics.quantiles(took, n=100)[98], 1),
    }


def _say(given: argparse.Namespace, text: str) -> None:
    if not given.json:
        print(text, file=sys.stderr)


if __name__ == "__main__":
    main()
