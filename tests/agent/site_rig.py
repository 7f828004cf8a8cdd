"""An agent in this process that watches a simulated site in this process, and what both say of it."""

import asyncio
import contextlib
import itertools
import os
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from prometheus_client.parser import text_string_to_metric_families

from agent.app import Agent
from agent.config import fetch_access, read_config
from agent.demo.stage import write_site
from agent.helpdesk.tickets import Ticket
from agent.inventory import read_inventory
from simulator.control import truth
from simulator.site import DeviceSpec, OnvifSpec, SiteSpec, SnmpSpec, moved
from simulator.world import World
from tests.agent.pipeline_rig import until

PASSWORD = "camera-Pa55-hidden"
COMMUNITY = "c0mmunity-hidden"
# Everything twenty times as fast as at a real site; the order of things is the same.
FAST: dict[str, Any] = {
    "site": "test",
    "name": "Test site",
    "icmp": False,  # the kernel answers pings to all of 127.0.0.0/8
    "state_dir": "state",
    "web": {"port": 0},
    "stream_workers": 1,
    "stream_window": 1.0,
    "judgement": {"hold_scale": 0.01, "correlate": 1.5, "baseline_samples": 2, "stale_intervals": 6},
    "schedule": {
        "reach": {"every": 0.6, "deadline": 2},
        "onvif_clock": {"every": 0.8, "deadline": 3},
        "onvif_identity": {"every": 1.5},
        "onvif_media": {"every": 1.5},
        "snmp_health": {"every": 0.8, "deadline": 1},
        "snmp_interfaces": {"every": 2, "deadline": 1},
        "snmp_ups": {"every": 0.8, "deadline": 1},
        "stream": {"enabled": False},  # the demo's test and tests/real have streams
    },
}
_numbers = itertools.count()


def own_network() -> str:
    """Return a network that no other test of this or another process is likely to use."""
    return f"127.{90 + next(_numbers) % 30}.{os.getpid() % 250}.0"


def camera(number: int, *, parent: str = "", **more: Any) -> DeviceSpec:
    given: dict[str, Any] = {"onvif": OnvifSpec(auth="both"), "password": PASSWORD, **more}
    return DeviceSpec(f"cam-{number}", "camera", f"127.1.1.{number}", parent=parent, **given)


def switch(**more: Any) -> DeviceSpec:
    snmp = SnmpSpec(role="switch", community=COMMUNITY, ports=8)
    return DeviceSpec("sw-1", "switch", "127.1.1.200", snmp=snmp, **more)


def ups() -> DeviceSpec:
    return DeviceSpec("ups-1", "ups", "127.1.1.201", snmp=SnmpSpec(role="ups", community=COMMUNITY))


def site(*devices: DeviceSpec, network: str = "") -> SiteSpec:
    return moved(SiteSpec("test", devices), network or own_network())


def written(folder: Path, spec: SiteSpec, **settings: Any) -> Path:
    """Write the config of a site as an operator would; return site.yaml."""
    return write_site(folder, spec, {**FAST, **settings})


def agent_of(path: Path) -> Agent:
    config = read_config(path)
    access = fetch_access(config, path)
    return Agent(config, access, read_inventory(config.inventory, access))


@dataclass
class Scene:
    """A running agent and, where there is one, the world it watches."""

    agent: Agent
    world: World | None = None
    reports: list = field(default_factory=list)

    def tickets(self, *, only_open: bool = False) -> list[Ticket]:
        return self.agent.helpdesk.tickets(only_open=only_open)[::-1]

    def titles(self, *, only_open: bool = False) -> list[str]:
        """Return `device/part/CODE` of all tickets, oldest first."""
        return [ticket.key.removeprefix("test/") for ticket in self.tickets(only_open=only_open)]

    def ledger(self, key: str):
        return self.agent.store.incident(f"test/{key}")

    def counts(self) -> dict[str, dict[str, int]]:
        return truth(self.world)["devices"]

    def health(self, device: str) -> str:
        return self.agent.pipeline.watch.health(device).value

    def of(self, device: str, collector: str = "") -> list:
        """Return the reports of a device (by one collector) so far."""
        return [r for r in self.reports if r.device == device and collector in {"", r.collector}]

    async def all_ok(self, seconds: float = 30.0) -> None:
        devices = [device.id for device in self.agent.devices]
        await until(lambda: all(self.health(d) == "ok" for d in devices), seconds=seconds, what="all ok")

    async def ticket(self, title: str, *, seconds: float = 30.0, is_open: bool = True) -> Ticket:
        """Wait for a ticket in that state."""

        def found() -> list[Ticket]:
            return [t for t in self.tickets() if t.key == f"test/{title}" and t.is_open is is_open]

        await until(found, seconds=seconds, what=f"{title} {'open' if is_open else 'resolved'}")
        return found()[0]

    async def metrics(self) -> dict[tuple[str, str, str], float]:
        """Scrape: (name, device, part or code or collector) -> value."""
        page = await asyncio.to_thread(scrape, self.agent.port)
        return dict(samples(page))


@contextlib.asynccontextmanager
async def watching(path: Path) -> AsyncIterator[Scene]:
    """Run an agent over a config; note each report it takes."""
    agent = agent_of(path)
    async with agent:
        scene = Scene(agent)
        take = agent.pipeline.take
        agent.schedule._deliver = lambda report: (scene.reports.append(report), take(report))
        yield scene


@contextlib.asynccontextmanager
async def watched(folder: Path, *devices: DeviceSpec, **settings: Any) -> AsyncIterator[Scene]:
    """Run a world and an agent over it; at the end nothing was written to a device, nor was one crowded."""
    spec = site(*devices)
    async with World(spec) as world, watching(written(folder, spec, **settings)) as scene:
        scene.world = world
        yield scene
        for device, counts in scene.counts().items():
            assert counts.get("writes", 0) == 0, f"the agent wrote to {device}"
            assert counts.get("max_in_flight", 1) <= 1, f"the agent crowded {device}"


def scrape(port: int, path: str = "metrics") -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=20) as answer:
        return answer.read().decode()


def samples(page: str) -> Iterator[tuple[tuple[str, str, str], float]]:
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            labels = sample.labels
            rest = [
                labels[k]
                for k in ("channel", "part", "code", "collector", "state", "severity", "outbox")
                if labels.get(k)
            ]
            yield (sample.name, labels.get("device", ""), "/".join(rest)), sample.value


def changed(path: Path, **settings: Any) -> None:
    """Rewrite keys of a site.yaml."""
    data = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump({**data, **settings}, allow_unicode=True))
