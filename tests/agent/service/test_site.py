"""A repair over a simulated site: believed when the agent's own re-test is passed, sent back when it is not."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from typer.testing import Result

from agent.helpdesk.tickets import TicketState
from agent.service.command import order
from agent.service.requests import Request
from simulator.world import World
from tests.agent.cli_rig import process, siteward
from tests.agent.pipeline_rig import until
from tests.agent.site_rig import agent_of, camera, site, watched, watching, written

ROOT = Path(__file__).parents[3]
KEY = "test/cam-1/-/REACH_LOST"
QUICK = {"poll": 1, "retest_scale": 0.05, "retest_patience": 8, "profile": "warranty-strict"}


def state(scene) -> str:
    sheet = scene.agent.store.order(KEY)
    return sheet.order.state.value if sheet else ""


def events(scene) -> list[str]:
    return [line.what for line in scene.agent.store.audit(KEY, 1)]


def said(scene, number: int) -> list[tuple[str, str]]:
    return [(step.what, step.text) for step in scene.agent.helpdesk.ticket(number)[1]]


async def test_a_repair_is_sent_back_while_broken_and_resolved_when_it_is_one(tmp_path):
    async with watched(tmp_path, camera(1), camera(2), service=QUICK) as scene:
        await scene.all_ok()
        scene.world.switch_on("cam-1", "off")
        ticket = await scene.ticket("cam-1/-/REACH_LOST")
        await until(lambda: state(scene) == "registered")
        scene.agent.helpdesk.move(ticket.number, TicketState.RESOLVED, who="Li", text="plugged in again")
        await until(lambda: state(scene) == "repairing", seconds=30, what="sent back")
        await scene.ticket("cam-1/-/REACH_LOST", is_open=True)
        assert any("Still seen:" in text for _, text in said(scene, ticket.number))

        scene.world.switch_off("cam-1", "off")
        scene.agent.helpdesk.move(ticket.number, TicketState.RESOLVED, who="Li", text="now really")
        await until(lambda: state(scene) == "resolved", seconds=60, what="verified")
        await scene.all_ok()
        assert scene.agent.store.order(KEY).order.proof.value == "retest"
        await until(lambda: any("re-test is passed" in text for _, text in said(scene, ticket.number)))
        assert "retest_passed" in events(scene)
        assert {"retest_failed", "retest_passed"} <= set(events(scene))
        assert scene.titles() == ["cam-1/-/REACH_LOST"]
        found = await scene.metrics()
        assert found["cctv_tickets_open", "", "registered"] == 0


async def test_the_command_line_reaches_the_running_agent_and_works_without_one(tmp_path):
    async with watched(tmp_path, camera(1), camera(2), service=QUICK) as scene:
        await scene.all_ok()
        scene.world.switch_on("cam-1", "off")
        ticket = await scene.ticket("cam-1/-/REACH_LOST")
        await until(lambda: state(scene) == "registered")
        number = str(ticket.number)
        moved = ("ticket", number, "--move", "on_site", "--who", "Li Wei", "-c", tmp_path / "site.yaml")
        done = await asyncio.to_thread(
            process, *moved
        )  # as people do; below in this process, which is quicker
        assert (done.returncode, done.stdout.strip()) == (0, f"ticket {number} is on site")
        assert state(scene) == "on_site"
        refused = await cli(tmp_path, number, "--move", "closed", "--who", "Li Wei")
        assert refused.exit_code == 1
        assert "on site cannot become closed" in refused.stderr
        assert (await cli(tmp_path, number, "--repaired")).exit_code == 2  # nobody is named
        assert (await cli(tmp_path, number, "--cause", "GREMLINS", "--who", "Li")).exit_code == 2
        shown = json.loads((await cli(tmp_path, number, "--json")).stdout)["work_order"]
        assert (shown["state"], shown["audit"][-1]["who"]) == ("on_site", "Li Wei")
        assert {clock["clock"] for clock in shown["clocks"]} == {"respond", "arrive", "swap"}
        site_config, devices = scene.agent.config, scene.agent.devices
    done = order(site_config, devices, Request(number, "cause", "Li Wei", "SWITCHED_OFF"))
    assert done.ok, done.said
    text = (await cli(tmp_path, number)).stdout
    assert "SWITCHED_OFF" in text
    assert "arrive" in text


async def cli(folder: Path, *arguments: str) -> Result:
    return await asyncio.to_thread(siteward, "ticket", *arguments, "-c", folder / "site.yaml")


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from models.service.workorder import State
from tests.agent.pipeline_rig import until
from tests.agent.site_rig import watching

KEY = "test/cam-1/-/REACH_LOST"

async def main():
    async with watching(Path(sys.argv[1])) as scene:
        agent = scene.agent
        await until(lambda: agent.store.order(KEY) and agent.store.order(KEY).order.state is State.REGISTERED, seconds=40)
        ticket = agent.store.incident(KEY).ticket
        agent.service.orders.move(ticket, State.VERIFYING, who="Li", why="", now=agent.clocks.wall())
        await asyncio.sleep(2)
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_kill_9_in_the_middle_of_a_retest_leaves_it_to_the_next_life(tmp_path):
    spec = site(camera(1), camera(2))
    path = written(tmp_path, spec, service={**QUICK, "retest_patience": 10})
    async with World(spec) as world:
        world.switch_on("cam-1", "off")
        killed = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", KILLED, str(path)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=False,
            timeout=90,
        )
        assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-2000:]
        world.switch_off("cam-1", "off")
        async with watching(path) as scene:
            await until(lambda: state(scene) == "resolved", seconds=60)
            assert scene.agent.store.order(KEY).order.proof.value == "retest"
            assert events(scene).count("retest_began") == 1


def test_where_no_agent_ever_ran_the_command_says_so(tmp_path):
    path = written(tmp_path, site(camera(1)))
    config = agent_of(path).config
    done = order(config, (), Request("1", "waive", "Li"))
    assert (done.ok, "has not run here" in done.said) == (False, True)
