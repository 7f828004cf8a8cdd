"""The schedule: one request in flight per device, no overlap, slots before deadlines, back-off and welcome back."""

import asyncio
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.run import Clocks, run_once
from agent.schedule import LEISURE_SHARE, Schedule, _leisure, phase
from collectors.base import AuthRejected, Unreachable
from models.facts import Answer, Device, Kind, Reading, Report, Trouble
from models.metrics import UPTIME

CLOCKS = Clocks(time.time, time.monotonic)


def device(n: int) -> Device:
    return Device(id=f"d{n}", kind=Kind.CAMERA, host=f"127.0.0.{n}")


class Probe:
    """A collector that takes its time and notes who was being asked at the same time."""

    metrics = (UPTIME,)

    def __init__(self, name="reach", *, slots=0, takes=0.0, error=None):
        self.name, self.slots, self.takes, self.error = name, slots, takes, error
        self.now: Counter[str] = Counter()
        self.most_per_device = self.most_at_once = 0
        self.asked: list[str] = []

    def applies(self, device):
        return True

    async def collect(self, device):
        self.asked.append(device.id)
        self.now[device.id] += 1
        self.most_per_device = max(self.most_per_device, self.now[device.id])
        self.most_at_once = max(self.most_at_once, self.now.total())
        try:
            await asyncio.sleep(self.takes)
        finally:
            self.now[device.id] -= 1
        if self.error:
            raise self.error
        return Answer((Reading(UPTIME, 1.0),))


async def run_for(seconds, collectors, devices, *, every=0.05, deadline=1.0):
    reports: list[Report] = []
    schedule = Schedule(collectors, lambda _: (every, deadline), reports.append, clocks=CLOCKS)
    schedule.set_devices(devices)
    task = asyncio.create_task(schedule.run())
    await asyncio.sleep(seconds)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return schedule, reports


async def test_a_dead_device_becomes_a_report_not_an_exception():
    report = await run_once(Probe(error=Unreachable("no answer")), device(1), deadline=1, clocks=CLOCKS)
    assert (report.error.trouble, report.error.detail, report.readings) == (
        Trouble.UNREACHABLE,
        "no answer",
        (),
    )


async def test_a_device_that_never_ends_is_given_up_at_its_deadline():
    report = await run_once(Probe(takes=30), device(1), deadline=0.05, clocks=CLOCKS)
    assert report.error.trouble is Trouble.DEADLINE
    assert report.took_seconds < 5


async def test_a_bug_of_ours_blames_no_device_and_quotes_no_argument(caplog):
    report = await run_once(Probe(error=ValueError("pw=hunter2")), device(1), deadline=1, clocks=CLOCKS)
    assert report.error.trouble is Trouble.BUG
    assert "hunter2" not in report.error.detail
    assert not report.error.trouble.answered


async def test_one_request_is_in_flight_per_device_over_all_collectors():
    a, b = Probe("reach", takes=0.02), Probe("onvif_clock", takes=0.02)
    b.now = a.now  # shared count
    await run_for(0.4, [a, b], [device(1)], every=0.01)
    assert max(a.most_per_device, b.most_per_device) == 1
    assert a.asked
    assert b.asked


async def test_a_slow_round_is_skipped_not_overlapped():
    slow = Probe(takes=0.12)
    schedule, _ = await run_for(0.5, [slow], [device(1)], every=0.05)
    assert slow.most_per_device == 1
    assert schedule.punctuality["reach"].skipped > 0


async def test_waiting_for_a_slot_does_not_count_against_the_deadline():
    crowded = Probe("stream", slots=1, takes=0.05)
    _, reports = await run_for(0.7, [crowded], [device(n) for n in range(6)], every=0.2, deadline=0.15)
    assert crowded.most_at_once == 1
    assert {report.device for report in reports} == {f"d{n}" for n in range(6)}
    assert all(report.ok for report in reports)


async def test_a_silent_device_is_asked_by_its_liveness_collector_and_rarely_by_others():
    reach = Probe("reach", error=Unreachable("no"))
    media = Probe("onvif_media", error=Unreachable("no"))
    await run_for(1.0, [reach, media], [device(1)], every=0.03)
    assert len(reach.asked) > 3 * len(media.asked)


async def test_one_answer_brings_backed_off_questions_forward():
    reach = Probe("reach", error=Unreachable("no"))
    media = Probe("onvif_media", error=Unreachable("no"))
    reports: list[Report] = []
    schedule = Schedule([reach, media], lambda _: (0.03, 1.0), reports.append, clocks=CLOCKS)
    schedule.set_devices([device(1)])
    task = asyncio.create_task(schedule.run())
    await asyncio.sleep(0.8)
    reach.error = media.error = None
    await asyncio.sleep(0.25)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert sum(r.ok for r in reports if r.collector == "onvif_media") >= 3


async def test_the_first_silence_of_a_device_without_ports_is_checked_by_its_other_collectors():
    health = Probe("snmp_health")
    ports = Probe("snmp_interfaces")
    timing = {"snmp_health": (0.5, 1.0), "snmp_interfaces": (2.0, 1.0), "snmp_topology": (9.0, 1.0)}
    slow = Probe("snmp_topology")
    schedule = Schedule([health, ports, slow], timing.__getitem__, lambda _: None, clocks=CLOCKS)
    schedule.set_devices([device(1)])
    schedule.ask_now("d1")
    task = asyncio.create_task(schedule.run())
    await asyncio.sleep(0.1)
    asked_while_well = len(ports.asked)
    health.error = Unreachable("no")
    await asyncio.sleep(0.8)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (asked_while_well, len(ports.asked), len(slow.asked)) == (1, 2, 1)


async def test_an_answer_that_refuses_us_is_no_silence():
    clock = Probe("onvif_media", error=AuthRejected("refused"))
    reach = Probe("reach")
    await run_for(0.5, [reach, clock], [device(1)], every=0.03)
    assert len(clock.asked) > 8


async def test_a_device_that_left_the_inventory_is_asked_no_more_and_a_new_one_is():
    probe = Probe()
    reports: list[Report] = []
    schedule = Schedule([probe], lambda _: (0.03, 1.0), reports.append, clocks=CLOCKS)
    schedule.set_devices([device(1)])
    task = asyncio.create_task(schedule.run())
    await asyncio.sleep(0.15)
    schedule.set_devices([device(2)])
    probe.asked.clear()
    await asyncio.sleep(0.2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert set(probe.asked) == {"d2"}


async def test_asking_now_does_not_start_a_question_twice():
    probe = Probe(takes=0.1)
    schedule = Schedule([probe], lambda _: (30.0, 1.0), lambda _: None, clocks=CLOCKS)
    schedule.set_devices([device(1)])
    task = asyncio.create_task(schedule.run())
    for _ in range(5):
        schedule.ask_now("d1")
        await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert probe.asked == ["d1"]


async def test_no_task_outlives_the_schedule():
    before = asyncio.all_tasks()
    await run_for(0.1, [Probe(takes=5)], [device(n) for n in range(20)])
    assert asyncio.all_tasks() == before


@given(name=st.text(max_size=20), every=st.floats(0.01, 1e6))
def test_a_phase_lies_within_its_interval_and_is_the_same_after_a_restart(name, every):
    assert 0 <= phase(name, "reach", every) <= every
    assert phase(name, "reach", every) == phase(name, "reach", every)


def test_phases_spread_evenly():
    tenths = Counter(int(phase(f"cam-{n}", "reach", 10.0)) for n in range(5000))
    assert len(tenths) == 10
    assert min(tenths.values()) == pytest.approx(500, rel=0.2)


class Pooled(Probe):
    """A collector that shares slots and keeps within lanes."""

    pool, hurries = "streams", True

    def __init__(self, name, lanes, **more):
        super().__init__(name, **more)
        self._lanes = lanes

    def lanes(self, device):
        return self._lanes(device)


async def test_collectors_of_one_pool_share_its_slots():
    both = Counter()

    class Counting(Pooled):
        async def collect(self, device):
            both["now"] += 1
            both["most"] = max(both["most"], both["now"])
            await asyncio.sleep(0.02)
            both["now"] -= 1
            return Answer()

    one, other = (Counting(name, lambda _: (), slots=2) for name in ("stream", "stream_main"))
    await run_for(0.4, [one, other], [device(n) for n in range(8)])
    assert both["most"] == 2


async def test_a_lane_bounds_how_many_are_asked_behind_one_uplink_and_costs_others_no_slot():
    by_uplink = {n: f"uplink sw-{n % 2}" for n in range(8)}
    probe = Pooled("stream", lambda d: [(by_uplink[int(d.id[1:])], 1)], slots=4, takes=0.03)
    await run_for(0.4, [probe], [device(n) for n in range(8)])
    assert probe.most_at_once == 2
    assert len(set(probe.asked)) == 8


async def test_waiting_in_a_lane_is_no_part_of_the_deadline():
    probe = Pooled("stream", lambda _: [("host nvr", 1)], slots=4, takes=0.05)
    _, reports = await run_for(0.5, [probe], [device(n) for n in range(5)], every=5, deadline=0.08)
    asked = [report for report in reports if report.device in {f"d{n}" for n in range(5)}]
    assert all(report.ok for report in asked)


async def test_a_dear_collector_spreads_its_first_round_over_its_interval():
    hurried, leisurely = Pooled("stream", lambda _: ()), Pooled("stream_gop", lambda _: ())
    leisurely.hurries = False
    devices = [device(n) for n in range(40)]
    await run_for(0.3, [hurried, leisurely], devices, every=3600)
    schedule = Schedule([hurried, leisurely], lambda _: (3600, 1.0), lambda _: None, clocks=CLOCKS)
    schedule.set_devices(devices)
    now = time.monotonic()
    dues = {
        name: [job.due - now for *_, job in schedule._heap if job.collector.name == name]
        for name in ("stream", "stream_gop")
    }
    assert max(dues["stream"]) <= 60
    assert max(dues["stream_gop"]) > 1800


def test_what_hardly_changes_is_not_asked_of_all_devices_in_the_first_minute():
    class Slow:
        name, leisurely = "slow", True

    class Quick:
        name = "quick"

    assert (_leisure(Slow()), _leisure(Quick())) == (LEISURE_SHARE, 0.0)
