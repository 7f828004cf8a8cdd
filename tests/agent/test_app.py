"""The whole agent over a simulated site: faults come, tickets follow, devices are left in peace.

One play for all tests, as each fault takes its seconds: many devices, each with its own fault, at the same time.
"""

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from agent.helpdesk.tickets import Ticket
from models.facts import Criticality, Report, Trouble
from models.metrics import METRICS
from simulator.site import OnvifSpec
from tests.agent.pipeline_rig import until
from tests.agent.site_rig import FAST, Scene, camera, scrape, switch, ups, watched

OFF, REFUSED, LATE, IGNORED, NEVER = "cam-5", "cam-6", "cam-7", "cam-8", "cam-9"
BEHIND = ("cam-1", "cam-2", "cam-3", "cam-4")
FAULTS = (
    (OFF, "off"),
    (REFUSED, "wrong_password"),
    (LATE, "clock_offset"),
    (IGNORED, "off"),
    ("ups-1", "on_battery"),
    ("sw-1", "off"),
)
# The switch speaks only SNMP and is found silent only after its deadline: the window must be longer than that.
JUDGEMENT = {**FAST["judgement"], "correlate": 3.5}


@dataclass
class Play:
    """What was seen: before, while the faults lasted, and when they were over."""

    before: dict = field(default_factory=dict)
    during: dict = field(default_factory=dict)
    after: dict = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)  # while the faults lasted
    tickets: list[Ticket] = field(default_factory=list)
    children: tuple[str, ...] = ()
    counts: dict = field(default_factory=dict)
    state: dict[str, str] = field(default_factory=dict)
    ready: str = ""
    stuck: str = "not asked"


@pytest.fixture(scope="module")
def play(tmp_path_factory) -> Play:
    return asyncio.run(perform(tmp_path_factory.mktemp("site")))


async def perform(folder) -> Play:
    cameras = [camera(n, parent="sw-1" if n < 5 else "") for n in range(1, 16)]
    cameras[5] = replace(cameras[5], onvif=OnvifSpec(auth="digest"))
    play = Play()
    async with watched(folder, switch(), ups(), *cameras, judgement=JUDGEMENT) as scene:
        ignore(scene, IGNORED)
        scene.world.switch_on(NEVER, "off")  # from the first second
        await until(lambda: all(scene.health(d.id) == "ok" for d in scene.agent.devices if d.id != NEVER))
        await until(lambda: scene.of("sw-1", "snmp_interfaces") and scene.of(OFF, "onvif_media"))
        play.before = await scene.metrics()
        play.ready = await asyncio.to_thread(scrape, scene.agent.port, "readyz")
        await faults(scene, play)
        play.after, play.tickets, play.counts = await scene.metrics(), scene.tickets(), scene.counts()
        play.stuck = scene.agent.stuck()
    return play


async def faults(scene: Scene, play: Play) -> None:
    mark = len(scene.reports)
    for device, fault in FAULTS:
        scene.world.switch_on(device, fault)
    await asyncio.gather(
        *(scene.ticket(title) for title in (f"{OFF}/-/REACH_LOST", f"{NEVER}/-/REACH_LOST")),
        scene.ticket(f"{REFUSED}/-/AUTH_REFUSED"),
        *(scene.ticket(title) for title in (f"{LATE}/-/CLOCK_OFFSET", "ups-1/-/POWER_BATTERY")),
        scene.ticket("sw-1/-/REACH_LOST"),
        until(lambda: len(scene.of(REFUSED)) > 24),
    )
    play.during, play.reports = await scene.metrics(), scene.reports[mark:]
    play.children = scene.ledger("sw-1/-/REACH_LOST").children
    play.state = {device.id: scene.health(device.id) for device in scene.agent.devices}
    for device, fault in FAULTS:
        scene.world.switch_off(device, fault)
    scene.world.switch_off(NEVER, "off")
    scene.agent.eyes.guard.release(REFUSED)  # an hour has passed
    await until(lambda: not scene.tickets(only_open=True), seconds=40, what="all tickets resolved")
    await scene.all_ok()


def ignore(scene: Scene, device: str) -> None:
    devices = [
        replace(d, criticality=Criticality.IGNORE) if d.id == device else d for d in scene.agent.devices
    ]
    scene.agent.set_devices(devices)


def test_each_fault_is_one_ticket_and_there_is_no_other(play):
    assert sorted(ticket.key for ticket in play.tickets) == sorted(
        f"test/{title}"
        for title in (
            f"{NEVER}/-/REACH_LOST",
            f"{OFF}/-/REACH_LOST",
            f"{REFUSED}/-/AUTH_REFUSED",
            f"{LATE}/-/CLOCK_OFFSET",
            "ups-1/-/POWER_BATTERY",
            "sw-1/-/REACH_LOST",
        )
    )


def test_every_ticket_is_resolved_when_its_fault_is_over(play):
    assert {ticket.state for ticket in play.tickets} == {"resolved"}


def test_a_dead_switch_takes_its_cameras_as_children(play):
    assert {child.split("/")[0] for child in play.children} == set(BEHIND)


def test_a_camera_that_is_off_is_down_and_up_again(play):
    assert [page["cctv_device_up", OFF, ""] for page in (play.before, play.during, play.after)] == [1, 0, 1]


def test_a_wrong_password_is_sent_at_most_twice_over_many_polls(play):
    assert sum(report.device == REFUSED for report in play.reports) > 15
    assert 1 <= play.counts[REFUSED]["refused_logins"] <= 2


def test_nobody_else_was_ever_refused(play):
    assert {d for d, counts in play.counts.items() if counts.get("refused_logins")} == {REFUSED}


def test_a_refused_camera_still_tells_what_needs_no_login(play):
    clocks = [r for r in play.reports if (r.device, r.collector) == (REFUSED, "onvif_clock")]
    assert any(r.metric.name == "cctv_clock_offset_seconds" for r in clocks[-1].readings)


def test_a_wrong_clock_is_measured(play):
    assert play.during["cctv_clock_offset_seconds", LATE, ""] == pytest.approx(40, abs=2)
    assert "40" in next(ticket.body for ticket in play.tickets if LATE in ticket.key)


def test_a_device_to_be_ignored_is_watched_without_a_ticket(play):
    assert play.state[IGNORED] == "fault"
    assert not [ticket for ticket in play.tickets if IGNORED in ticket.key]


def test_devices_without_a_fault_stay_well(play):
    assert {play.state[f"cam-{n}"] for n in range(10, 16)} == {"ok"}


def test_nothing_was_written_to_a_device(play):
    assert {counts["writes"] for counts in play.counts.values() if "writes" in counts} == {0}


def test_no_device_had_two_requests_at_once(play):
    assert {counts["max_in_flight"] for counts in play.counts.values() if "max_in_flight" in counts} == {1}


@pytest.mark.parametrize("device", [OFF, "sw-1", "cam-1"])
def test_a_device_that_is_off_gives_no_reading_but_that_it_is_down(play, device):
    """Unknown is absent: it has no clock offset of 0 and no port counters of 0."""
    silent = [r for r in play.reports if r.device == device and r.error][2:]
    assert silent
    troubles = {r.error.trouble for r in silent}
    # What it is known not to have is told from memory, without asking; that is no sign of life.
    assert troubles <= {Trouble.UNREACHABLE, Trouble.DEADLINE, Trouble.NOT_SUPPORTED}
    assert troubles & {Trouble.UNREACHABLE, Trouble.DEADLINE}
    readings = {(x.metric.name, x.value) for r in silent for x in r.readings}
    assert readings <= {("cctv_tcp_up", 0.0)}


@pytest.mark.parametrize("device", [OFF, "sw-1", "cam-1"])
def test_the_metrics_of_a_device_that_is_off_are_absent_and_not_0(play, device):
    then = {name for name, of, _ in play.before if of == device and name in METRICS}
    now = {name for name, of, _ in play.during if of == device and name in METRICS}
    assert len(then) > 2
    assert now <= {"cctv_tcp_up"}
    assert play.during.get(("cctv_tcp_up", device, "8080"), 0) == 0


def test_the_agent_tells_how_it_is_itself(play):
    assert play.ready == "ok\n"
    assert play.stuck == ""
    assert play.after["cctv_agent_store_ok", "", ""] == 1
    assert play.after["cctv_agent_devices", "", ""] == 17
    assert play.after["cctv_device_health", OFF, "ok"] == 1
    assert play.after["cctv_outbox_pending", "", "helpdesk"] == 0


def test_incidents_are_counted(play):
    opened = [value for (name, *_), value in play.during.items() if name == "cctv_incidents_open"]
    assert sum(opened) == 6
    assert sum(v for (name, *_), v in play.after.items() if name == "cctv_incidents_open") == 0
