"""Plays the demo: builds the stage, switches the faults, and tells what the agent made of them."""

import asyncio
import contextlib
import json
import secrets
import signal
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from rich.console import Console
from rich.live import Live

from agent.app import Agent, StartError
from agent.config import fetch_access, read_config
from agent.demo.plan import ACTS, Act
from agent.demo.repair import Repair, claim_rightly, claim_too_early
from agent.demo.screen import PAINTING, Screen, summary
from agent.demo.stage import Simulator, StageError, own_network, simulator, write_site
from agent.demo.story import Story
from agent.inventory import read_inventory
from agent.sinks.broker import Broker, BrokerError, start_broker
from agent.web.roles import Role
from models.facts import Kind, Phase
from models.words import Lang
from simulator.site import moved
from simulator.sites import demo_site

# The whole day of a site in two minutes: short intervals, and hold times at a hundredth.
SETTINGS: Final[dict[str, Any]] = {
    "site": "demo",
    "name": "Demo site",
    "timezone": "Asia/Shanghai",
    "icmp": False,  # the kernel answers pings to all of 127.0.0.0/8, also for a device that is off
    "state_dir": "state",
    "web": {"port": 0},
    "stream_workers": 5,
    "stream_window": 1.2,
    "retry_refused_login": 12,
    "service": {"profile": "warranty-strict", "poll": 1, "retest_scale": 0.05, "retest_patience": 15},
    "judgement": {"hold_scale": 0.01, "correlate": 8, "baseline_samples": 3},
    "schedule": {
        "reach": {"every": 2, "deadline": 2},
        "onvif_clock": {"every": 3, "deadline": 5},
        "onvif_identity": {"every": 30},
        "onvif_media": {"every": 20},
        "onvif_events": {"every": 3, "deadline": 5},
        "snmp_health": {"every": 3, "deadline": 4},
        "snmp_interfaces": {"every": 5, "deadline": 4},
        "snmp_topology": {"deadline": 6},  # it is asked too when a switch falls silent, and holds up its line
        "snmp_ups": {"every": 3, "deadline": 4},
        "stream_describe": {"every": 60},
        "stream": {"every": 5, "deadline": 15},
        "stream_main": {"every": 300},  # a suspicion is looked into at once all the same
        "stream_gop": {"every": 900},
    },
}


LONGEST_COMMISSIONING: Final = 150.0
LATEST_SENT_BACK: Final = 0.7  # of the demo's length: then the fault goes, whatever was said of it
Shown = contextlib.AbstractContextManager[Callable[[], None]]


@dataclass(slots=True)
class Stage:
    """All that runs."""

    agent: Agent
    simulator: Simulator
    broker: Broker
    folder: Path
    story: Story = field(default_factory=Story)
    began: float = field(default_factory=time.monotonic)
    messages: list[str] = field(default_factory=list)  # topics, as a subscriber heard them

    @property
    def now_s(self) -> float:
        """Seconds since the demo began."""
        return time.monotonic() - self.began


async def play(*, seconds: float, as_json: bool, keep: bool, language: Lang, clips: Path | None) -> int:
    """Play the demo; return 0 when every fault had its ticket and no ticket was false."""
    console = Console(highlight=False)
    _end_on_sigterm()
    if not as_json:
        console.print(PAINTING.of(language))
    try:
        async with _stage(language, clips) as stage:
            await _perform(stage, seconds, _shower(stage, console, language, seconds, as_json=as_json))
            result = await _result(stage)
            if as_json:
                print(json.dumps(result, ensure_ascii=False), flush=True)
            else:
                console.print(summary(stage, result, language))
            if keep:
                await _stay(stage)
    except (StageError, StartError, BrokerError) as err:
        print(f"the demo cannot run: {err}", file=sys.stderr)
        return 1
    except asyncio.CancelledError:
        return 130
    return 1 if result["missed"] or result["false"] else 0


def _end_on_sigterm() -> None:
    """End as by Ctrl-C: everything that was started and written is cleared away."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


@contextlib.asynccontextmanager
async def _stage(language: Lang, clips: Path | None) -> AsyncIterator[Stage]:
    network = own_network()
    clip_arguments = ("--clips", str(clips)) if clips else ()
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="siteward-demo-")))
        broker = await asyncio.to_thread(start_broker, "127.0.0.1", 0)
        stack.push_async_callback(asyncio.to_thread, broker.stop)
        simulated = await stack.enter_async_context(
            simulator("--demo", "--network", network, *clip_arguments)
        )
        mqtt = {"host": broker.host, "port": broker.port, "protocol": broker.protocol}
        settings = {**SETTINGS, "language": language, "mqtt": mqtt}
        path = write_site(folder, moved(demo_site(), network), settings)
        config = read_config(path)
        access = fetch_access(config, path)
        agent = Agent(config, access, read_inventory(config.inventory, access))
        heard: list[str] = []
        stack.callback(_listen(broker, heard))
        await stack.enter_async_context(agent)
        yield Stage(agent, simulated, broker, folder, messages=heard)


def _subscribe(client: Client, *_: object) -> None:
    client.subscribe("cctv/v1/#", qos=1)


def _listen(broker: Broker, heard: list[str]) -> Callable[[], object]:
    """Subscribe as a NOC would; return what ends it."""
    version = MQTTProtocolVersion.MQTTv5 if broker.protocol == "5" else MQTTProtocolVersion.MQTTv311
    client = Client(CallbackAPIVersion.VERSION2, client_id="demo-noc", protocol=version)
    client.on_connect = _subscribe
    client.on_message = lambda _client, _data, message: heard.append(message.topic)
    client.connect(broker.host, broker.port)
    client.loop_start()

    def end() -> None:
        client.disconnect()
        client.loop_stop()

    return end


# ---------------------------------------------------------------- the play


async def _perform(
    stage: Stage, seconds: float, shown: contextlib.AbstractContextManager[Callable[[], None]]
) -> None:
    with shown as refresh:
        await _commissioned(stage, refresh)
        acts = [asyncio.create_task(_act(stage, act, seconds)) for act in ACTS]
        try:
            while stage.now_s < seconds:
                await asyncio.sleep(0.25)
                await _look(stage)
                refresh()
                _check(acts)
        finally:
            for task in acts:
                task.cancel()
            await asyncio.gather(*acts, return_exceptions=True)


async def _commissioned(stage: Stage, refresh: Callable[[], None]) -> None:
    """Wait until the agent knows what each picture normally is: a fault must not be learnt as normal.

    A machine that is busy takes longer for it; after a while the demo begins all the same.
    """
    until = time.monotonic() + LONGEST_COMMISSIONING
    while time.monotonic() < until and stage.simulator.runs and _is_learning(stage.agent):
        await asyncio.sleep(0.25)
        refresh()
    stage.began = time.monotonic()


def _is_learning(agent: Agent) -> bool:
    watch = agent.pipeline.watch
    cameras = [device.id for device in agent.devices if device.kind is Kind.CAMERA]
    blurs = [[one for one in watch.findings(id_) if one.key.code == "IMG_BLUR"] for id_ in cameras]
    return any(not found or any(one.phase is not Phase.OK for one in found) for found in blurs)


def _check(acts: Sequence["asyncio.Task[None]"]) -> None:
    """Stop the play when a fault could not be switched: what never happened cannot be missed.

    Raises:
        StageError: the simulator did not do as told, or is gone.
    """
    for task in acts:
        if task.done() and (err := task.exception()) is not None:
            raise StageError(f"the simulator does not switch any more: {err}") from err


async def _act(stage: Stage, act: Act, seconds: float) -> None:
    await asyncio.sleep(act.begin * seconds)
    await stage.simulator.switch(act.device, act.fault, on=True)
    stage.story.begin(act, stage.now_s)
    repair = Repair(act)
    if act.repaired:
        stage.story.repairs.append(repair)
        await claim_too_early(stage, repair, LATEST_SENT_BACK * seconds)
    await asyncio.sleep(max(0.0, act.end * seconds - stage.now_s))
    await stage.simulator.switch(act.device, act.fault, on=False)
    stage.story.end(act, stage.now_s)
    if act.repaired:
        await claim_rightly(stage, repair, seconds)


async def _look(stage: Stage) -> None:
    stage.story.see(await asyncio.to_thread(stage.agent.store.incidents), stage.now_s)


async def _result(stage: Stage) -> dict[str, Any]:
    await _look(stage)
    page = await asyncio.to_thread(_scrape, stage.agent.port)
    return stage.story.as_json(
        devices=len(stage.agent.devices),
        reports=stage.agent.pipeline.reports_taken,
        mqtt_messages=len(stage.messages),
        prometheus_series=sum(1 for line in page.splitlines() if line and not line.startswith("#")),
    )


def _scrape(port: int) -> str:
    url = f"http://127.0.0.1:{port}/metrics"
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


async def _stay(stage: Stage) -> None:
    """Stay up until interrupted; the faults can be switched by hand, the site's pages looked at."""
    password = await asyncio.to_thread(_let_in, stage.agent)
    control = stage.simulator.control
    lines: Sequence[str] = (
        f"pages      http://127.0.0.1:{stage.agent.port}/   user demo, password {password}",
        f"metrics    http://127.0.0.1:{stage.agent.port}/metrics",
        f"broker     {stage.broker.host}:{stage.broker.port}, MQTT {stage.broker.protocol}, topics cctv/v1/#",
        f"simulator  {control}/site, {control}/truth",
        f"a fault    python -m simulator fault cam-05 black on --control {control}",
        f"tickets    siteward tickets -c {stage.folder / 'site.yaml'}",
        "Ctrl-C ends it.",
    )
    print("\n".join(lines), flush=True)
    await asyncio.Event().wait()


def _let_in(agent: Agent) -> str:
    """Make an account that sees everything; return its password, which is good for this demo only."""
    password = secrets.token_urlsafe(9)
    if agent.accounts is not None:
        agent.accounts.add("demo", Role.MANAGER, password, time.time())
    return password


@contextlib.contextmanager
def _shower(stage: Stage, console: Console, language: Lang, seconds: float, *, as_json: bool) -> Any:
    """Yield what refreshes the screen: nothing for JSON, lines where there is no terminal."""
    if as_json:
        yield lambda: None
        return
    screen = Screen(stage, seconds, language)
    if not console.is_terminal:
        yield lambda: screen.print_news(console)
        return
    with Live(console=console, refresh_per_second=4, screen=True) as live:
        yield lambda: live.update(screen.render())
