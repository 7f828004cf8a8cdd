"""A whole site under watch for tests: simulated devices, a real Mosquitto, `siteward run`, a real Prometheus.

The agent is the installed command in a process of its own, with a config as an operator writes it. Some faults are
switched on, so that every panel has something to show.
"""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from agent.demo.show import SETTINGS
from agent.demo.stage import own_network, simulator, write_site
from models.metrics import AGENT_METRICS, METRICS
from simulator.site import SiteSpec, SnmpSpec, load_site, moved
from tests.deploy import boards
from tests.fixtures.mosquitto import mosquitto
from tests.fixtures.prometheus import Prometheus, prometheus

SECRET = "Zq7s"  # begins every secret of the site, and stands nowhere else
FAULTS = {
    "nvr-1": "disk_failed",
    "cam-09": "off",
    "ups-1": "on_battery",
    "cam-10": "wrong_password",
    "cam-11": "clock_offset",
}
CODES = {"DISK_FAILED", "REACH_LOST", "POWER_BATTERY", "AUTH_REFUSED", "CLOCK_OFFSET"}
# What the simulated devices, with these faults, do not say.
SILENT = {
    "cctv_icmp_up": "pings are switched off: the kernel answers them for all of 127.0.0.0/8",
    "cctv_icmp_rtt_seconds": "likewise",
    "cctv_ups_input_volts": "there is no mains while the UPS runs from its battery",
    "cctv_agent_traps_total": "no traps are listened to",
    "cctv_parent_contradicted": "the inventory is right",
    "cctv_port_neighbours": "tables are read within ten minutes",
    # The simulated camera, recorder, switch and UPS do not speak the MIBs of these.
    **dict.fromkeys(
        (
            "cctv_camera_alarm",
            "cctv_casing_open",
            "cctv_channel_ok",
            "cctv_disk_bad_sectors",
            "cctv_disk_life_left_ratio",
            "cctv_disk_pending_sectors",
            "cctv_fan_ok",
            "cctv_fan_speed_rpm",
            "cctv_load_average",
            "cctv_raid_ok",
            "cctv_raid_warning",
            "cctv_temperature_ok",
            "cctv_ups_replace_battery",
            "cctv_ups_test_ok",
        ),
        "no simulated device has such a part",
    ),
}
# What is asked so rarely that its first round may come later than this looks, what the simulated site has no device
# for, and what has to be learnt for days first.
RARELY = (
    "cctv_ptz_", "cctv_recording_", "cctv_certificate_", "cctv_tls_", "cctv_default_account", "cctv_users", "cctv_osd_",
    "cctv_imaging_", "cctv_storage", "cctv_relay", "cctv_digital_input", "cctv_learning_", "cctv_anomaly_", "cctv_un",
    "cctv_event_", "cctv_picture_turning", "cctv_device_reboots", "cctv_snapshot_", "cctv_dhcp", "cctv_link_",
)  # fmt: skip
LISTED = set(METRICS) | set(AGENT_METRICS)
PAGES = "https://cctv.example"
TEXT, OPENMETRICS = "text/plain", "application/openmetrics-text; version=1.0.0"
SECONDS = 60  # within which each step must come about; it takes a few


@dataclass(frozen=True)
class Live:
    """What ran, and what its pages said once all faults had their incidents."""

    site: SiteSpec
    folder: Path
    url: str
    prometheus: Prometheus
    page: str
    openmetrics: str

    def log(self) -> str:
        return (self.folder / "agent.log").read_text(encoding="utf-8")

    def secrets(self) -> set[str]:
        """Return every password, community and key of the site."""
        found = {device.password for device in self.site.devices}
        for device in self.site.devices:
            if device.snmp:
                found |= {getattr(device.snmp, one.name) for one in fields(SnmpSpec) if not one.repr}
        return found - {"", SnmpSpec().community}


def page(url: str, accept: str = TEXT) -> str:
    request = urllib.request.Request(url + "/metrics", headers={"accept": accept})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read().decode()


@asynccontextmanager
async def watched_site(folder: Path) -> AsyncIterator[Live]:
    """Run it all; leaves no process."""
    path = folder / "simulated.yaml"
    path.write_text(_with_own_secrets((Path(__file__).parents[2] / "simulator/sites/demo.yaml").read_text()))
    network = own_network()
    site = moved(load_site(path), network)
    async with simulator(str(path), "--network", network) as simulated:
        with (
            mosquitto(folder / "broker") as broker,
            _agent(folder, site, broker.port) as url,
            prometheus(folder / "prometheus", _scraping(url)) as scraper,
        ):
            await asyncio.to_thread(_until, lambda: _is_ready(url), "the first round of checks")
            for device, fault in FAULTS.items():
                await simulated.switch(device, fault, on=True)
            await asyncio.to_thread(_come_about, url, scraper)
            yield Live(site, folder, url, scraper, page(url), page(url, OPENMETRICS))


def _come_about(url: str, scraper: Prometheus) -> None:
    """Wait until all that the faults bring about is there, in the agent and in Prometheus."""
    _until(lambda: _codes(scraper) >= CODES, "an incident for each fault")
    _until(lambda: _is_firing(scraper), "an alert")
    _until(lambda: _is_asked_again(url), "a stream check that fails")
    _give_time(lambda: not missing(_named(url)))


def missing(found: set[str]) -> set[str]:
    """Return the metrics that should be on the page and are not.

    How sure the look at a picture is of a fault is told only where it is at all.
    """
    asked = {name for name in LISTED - found - SILENT.keys() if not name.startswith(RARELY)}
    return {name for name in asked if not name.endswith("_confidence_ratio")}


def _with_own_secrets(text: str) -> str:
    text = re.sub(r"simulated-([a-z-]+)", SECRET + r"-\1", text)
    return text.replace("community: simulated", f"community: {SECRET}-community")


def _scraping(url: str) -> dict[str, Any]:
    """Return the delivered prometheus.yml, in a hurry and pointed at the agent."""
    config = yaml.safe_load(boards.PROMETHEUS.read_text(encoding="utf-8"))
    config["global"] |= {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(boards.RULES)]
    config["scrape_configs"][0]["static_configs"][0]["targets"] = [url.removeprefix("http://")]
    return config


@contextmanager
def _agent(folder: Path, site: SiteSpec, broker: int) -> Iterator[str]:
    """Run `siteward run`; yields where it serves. It must end by itself when told to."""
    more = {
        "web": {"base_url": PAGES},
        "mqtt": {"port": broker},
        "judgement": {**SETTINGS["judgement"], "correlate": 1},
    }
    config = write_site(folder, site, {**SETTINGS, **more})
    port_file = folder / "port"
    command = [sys.executable, "-m", "agent", "run", str(config), "--port-file", str(port_file)]
    with (folder / "agent.log").open("wb") as log:
        environment = {**os.environ, "SITEWARD_LOG": "json", "SITEWARD_LOG_LEVEL": "DEBUG"}
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        _until(lambda: port_file.exists() and port_file.read_text(), "the agent's port", process)
        yield f"http://127.0.0.1:{port_file.read_text()}"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, (folder / "agent.log").read_text()[-2000:]
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(10)


def _until(true: Callable[[], object], what: str, process: subprocess.Popen | None = None) -> None:
    until = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < until, f"{what}: not within {SECONDS} s"
        assert process is None or process.poll() is None, f"{what}: the agent ended"
        time.sleep(0.3)


def _give_time(true: Callable[[], object]) -> None:
    """Wait for what a test will say more about when it does not come."""
    until = time.monotonic() + SECONDS / 2
    while not true() and time.monotonic() < until:
        time.sleep(0.3)


def _named(url: str) -> set[str]:
    """Return the names of the series on the page."""
    return set(re.findall(r"^(\w+)\{", page(url), re.MULTILINE))


def _is_ready(url: str) -> bool:
    try:
        urllib.request.urlopen(url + "/readyz", timeout=10).close()
    except OSError:
        return False
    return True


def _is_asked_again(url: str) -> bool:
    """Whether the device that is off was asked for its stream since: until then its last readings stand."""
    off = next(device for device, fault in FAULTS.items() if fault == "off")
    return f'cctv_check_success{{collector="stream",device="{off}",site="demo"}} 0.0' in page(url)


def _codes(scraper: Prometheus) -> set[str]:
    return {series["metric"]["code"] for series in scraper.now("cctv_incident_devices")}


def _is_firing(scraper: Prometheus) -> bool:
    """Whether both grave incidents are alerts that fire."""
    return sum(alert["state"] == "firing" for alert in scraper.get("alerts")["alerts"]) >= 2
