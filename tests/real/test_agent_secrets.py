"""No secret leaves the agent: not in a log at its loudest, a message, a metric, a database, a ticket, a process."""

import base64
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest
import yaml

from simulator.site import OnvifSpec, RtspSpec, SnmpSpec
from tests.agent.cli_rig import process, simulated
from tests.agent.site_rig import FAST, camera, changed, scrape, site, written
from tests.fixtures.mosquitto import mosquitto
from tests.real.agent_process import Subscriber, running, wait

pytestmark = pytest.mark.real

# With what a URL must escape, so that every spelling is looked for.
PASSWORDS = {"cam-1": "Kw7/p@ss:one#hidden", "cam-2": "Kw8+p@ss two?hidden", "cam-3": "Kw9-pass-three-hidden"}
COMMUNITY, AUTH, PRIV, BROKER = "c0mm-hidden", "auth-key-hidden", "priv-key-hidden", "broker-pass-hidden"
SMALL = RtspSpec(main=(640, 360), sub=(640, 360), fps=8)  # smaller, and the clock on the screen is too bright
SCHEDULE = {**FAST["schedule"], "stream": {"every": 2, "deadline": 12}}


@dataclass
class Leaks:
    """Everything the agent said, by where it said it."""

    said: dict[str, bytes] = field(default_factory=dict)


def spellings() -> list[bytes]:
    plain = [*PASSWORDS.values(), COMMUNITY, AUTH, PRIV, BROKER]
    basic = [base64.b64encode(f"service:{password}".encode()).decode() for password in PASSWORDS.values()]
    forms = [form for text in (*plain, *basic) for form in (text, quote(text), quote(text, safe=""))]
    return [form.encode() for form in dict.fromkeys(forms)]


@pytest.fixture(scope="module")
def leaks(tmp_path_factory) -> Leaks:
    folder = tmp_path_factory.mktemp("secrets")
    v3 = SnmpSpec(
        role="camera", version="3", user="monitor", auth_protocol="SHA", auth_key=AUTH, priv_protocol="AES",
        priv_key=PRIV,
    )  # fmt: skip
    v2 = SnmpSpec(role="camera", community=COMMUNITY)
    spec = site(
        camera(1, rtsp=SMALL, snmp=v2, password=PASSWORDS["cam-1"]),
        camera(2, rtsp=SMALL, snmp=v3, password=PASSWORDS["cam-2"], onvif=OnvifSpec(auth="digest")),
        camera(3, rtsp=SMALL, password=PASSWORDS["cam-3"], onvif=OnvifSpec(auth="wsse")),
    )
    with simulated(spec) as sim, mosquitto(folder / "broker", ["max_queued_messages 0"]) as broker:
        path = written(folder, sim.world.site, schedule=SCHEDULE, stream_workers=2)
        (folder / "secrets" / "broker").write_text(BROKER)
        password = "${file:secrets/broker}"
        changed(path, mqtt={"host": broker.host, "port": broker.port, "user": "agent", "password": password})
        return watch(sim, path, Subscriber(broker.port))


def watch(sim, path: Path, noc: Subscriber) -> Leaks:
    leaks = Leaks()
    with running(path, SITEWARD_LOG_LEVEL="DEBUG") as agent:
        wait(lambda: all(("cctv_stream_fps", f"cam-{n}", "sub") in agent.metrics() for n in (1, 2, 3)))
        with (
            sim.fault("cam-1", "wrong_password"),
            sim.fault("cam-2", "stream_stall"),
            sim.fault("cam-3", "black"),
        ):
            agent.wait_ticket("cam-1/-/AUTH_REFUSED")
            wait(lambda: [t for t in agent.tickets() if "/STREAM_" in t.key], what="a ticket about a stream")
            agent.wait_ticket("cam-3/sub/IMG_BLACK")
            leaks.said["metrics"] = scrape(agent.port).encode()
            leaks.said["processes"] = b"\n".join(processes(agent))
            refused = process("probe", "cam-1", "-c", path, "--raw", SITEWARD_LOG_LEVEL="DEBUG")
            leaks.said["probe of a refusing camera"] = (refused.stdout + refused.stderr).encode()
        with sim.fault("cam-2", "off"):
            agent.wait_ticket("cam-2/-/REACH_LOST")
        for device in ("cam-1", "cam-2", "cam-3"):
            done = process("probe", device, "-c", path, "--raw")
            leaks.said[f"probe of {device}"] = (done.stdout + done.stderr).encode()
        for ticket in agent.tickets():
            done = process("ticket", ticket.number, "-c", path)
            leaks.said[f"ticket {ticket.number}"] = (done.stdout + done.stderr).encode()
        assert agent.end() == 0
    effective = process("check-config", path, "--print-effective")
    leaks.said["effective config"] = effective.stdout.encode()
    leaks.said["log"] = agent.log.encode()
    with noc.listening():
        wait(lambda: [b["status"] for b in noc.bodies("agent/status")][-1:] == ["offline"])
    leaks.said["messages"] = b"\n".join(topic.encode() + b" " + payload for topic, payload in noc.heard)
    state = [file for file in (path.parent / "state").rglob("*") if file.is_file()]
    leaks.said["file names"] = "\n".join(map(str, state)).encode()
    leaks.said |= {f"file {file.name}": file.read_bytes() for file in state}
    return leaks


def processes(agent):
    """Yield what every user of the machine sees of the agent and its children, and what their owner sees."""
    for one in (psutil.Process(agent.process.pid), *agent.children()):
        yield "\0".join(one.cmdline()).encode()
        yield repr(one.environ()).encode()


def test_there_was_enough_to_leak(leaks):
    """The search below proves nothing unless the places are full and the log is at its loudest."""
    assert b"DEBUG" in leaks.said["log"]
    assert b"AUTH_REFUSED" in leaks.said["file siteward.db"]
    assert b"NotAuthorized" in leaks.said["probe of a refusing camera"]
    assert b"GetDeviceInformation" in leaks.said["probe of cam-1"]
    assert b"AUTH_REFUSED" in leaks.said["messages"]
    assert len(leaks.said["messages"]) > 10_000
    assert any(name.endswith(".jpg") for name in leaks.said)
    assert sum(name.startswith("ticket ") for name in leaks.said) >= 4
    assert leaks.said["processes"].count(b"stream") >= 1


@pytest.mark.parametrize("secret", spellings(), ids=lambda s: s.decode())
def test_no_secret_is_anywhere(leaks, secret):
    assert [where for where, text in leaks.said.items() if secret in text] == []


def test_pictures_are_for_their_owner_only(leaks):
    names = leaks.said["file names"].decode().splitlines()
    pictures = [Path(name) for name in names if name.endswith(".jpg")]
    assert {file.stat().st_mode & 0o077 for file in pictures} == {0}
    assert {file.parent.stat().st_mode & 0o077 for file in pictures} == {0}
    assert not [file.name for file in pictures if "cam-" in file.name]


def test_the_effective_config_names_where_the_secrets_are(leaks):
    found = yaml.safe_load(leaks.said["effective config"])
    assert found["mqtt"]["password"] == "${file:secrets/broker}"
