"""The pipeline under bad luck: clocks that jump, storms, cancellation in the middle, values nobody foresaw."""

import asyncio
import sqlite3
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.batch import Net
from agent.pictures import MOST, Pictures
from models.facts import FaultKey, Finding, Incident, Phase, Picture, Reading, Report
from models.gate import Limits
from models.metrics import CLOCK_OFFSET, DEVICE_INFO, TCP_CONNECT
from tests.agent.pipeline_rig import CAMERA, LOST, T0, Rig, until
from tests.models.builders import ok, reached, unreached


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path)
    yield rig
    rig.store.close()


def cameras(count):
    return [replace(CAMERA, id=f"cam-{n}", host=f"127.9.{n // 250}.{n % 250 + 1}") for n in range(count)]


# ---------------------------------------------------------------- clocks


async def test_a_clock_set_back_an_hour_opens_no_second_ticket(rig):
    rig.off.add("cam-1")
    await rig.poll(90)
    rig.at -= 3600
    await rig.poll(120)
    assert rig.intents() == [("create", LOST)]
    rig.off.clear()
    await rig.poll(120)
    assert rig.intents() == [("create", LOST), ("resolve", LOST)]


async def test_a_fault_that_comes_back_after_the_clock_was_set_back_is_the_same_ticket(rig):
    rig.off.add("cam-1")
    await rig.poll(90)
    rig.off.clear()
    await rig.poll(90)
    rig.at -= 7200  # the incident now ended in the future
    rig.off.add("cam-1")
    await rig.poll(120)
    assert [deed for deed, _ in rig.intents()] == ["create", "resolve", "reopen"]
    assert rig.store.incident(LOST).generation == 1


async def test_states_are_published_again_after_the_clock_was_set_back(rig):
    await rig.poll(20)
    before = rig.store.mqtt_queue(rig.at).pending
    rig.at -= 86400
    await rig.poll(20)
    assert rig.store.mqtt_queue(rig.at).pending > before


# ---------------------------------------------------------------- storms


async def test_a_thousand_devices_lost_at_once_are_one_ticket_and_quick(tmp_path):
    rig = Rig(tmp_path, cameras(1000))
    await rig.poll(20)
    rig.off |= {device.id for device in rig.devices}
    began = time.monotonic()
    await rig.poll(60)
    assert time.monotonic() - began < 30
    assert [(deed, key) for deed, key in rig.intents() if deed == "create"] == [
        ("create", "site/@site/-/SITE_DARK")
    ]
    assert len(rig.store.incident("site/@site/-/SITE_DARK").children) == 1000
    rig.store.close()


async def test_hundreds_of_tickets_in_one_cycle_are_all_written_once(tmp_path):
    devices = cameras(400)
    rig = Rig(tmp_path, devices, limits=Limits(per_day=0))

    def late(device, at):
        return ok(device, "onvif_clock", at, clock_offset_seconds=40.0)

    began = time.monotonic()
    await rig.poll(120, late)
    assert time.monotonic() - began < 30
    keys = [key for deed, key in rig.intents() if deed == "create"]
    assert len(keys) == len(set(keys)) == 400
    assert len(rig.store.open_incidents()) == 400
    rig.store.close()


async def test_a_flapping_device_within_one_cycle_is_one_ticket(rig):
    """Nothing is written for long; then all of it, in order, about one ticket."""
    rig.sql("CREATE TRIGGER stop BEFORE INSERT ON intent BEGIN SELECT RAISE(ABORT, 'no'); END")
    for _ in range(3):
        rig.off.add("cam-1")
        await rig.poll(60)
        rig.off.clear()
        await rig.poll(60)
    rig.off.add("cam-1")
    await rig.poll(60)
    rig.sql("DROP TRIGGER stop")
    await rig.poll(10)
    deeds = [deed for deed, _ in rig.intents()]
    # From its second coming on it is restless: it is one fault that lasts until there is calm.
    assert deeds == ["create", "resolve", "reopen"]
    assert [entry.generation for entry in rig.store.incidents()] == [1]
    assert rig.store.incident(LOST).is_open


# ---------------------------------------------------------------- cancellation


async def test_a_stop_in_the_middle_of_a_cycle_loses_nothing_and_doubles_nothing(rig):
    """The disk is slow when the stop comes: the cycle ends first, then the last one runs."""
    rig.off.add("cam-1")
    for _ in range(5):
        rig.at += 10
        rig.pipeline.take(unreached(CAMERA, rig.at))
    rig.at += 30  # the correlation window passes; the cycle's own tick lets the incident out
    slow = Reading(TCP_CONNECT, 0.5, "80")
    rig.pipeline.take(replace(unreached(CAMERA, rig.at), readings=(slow,)))
    task = asyncio.create_task(rig.pipeline.run())
    with sqlite3.connect(rig.folder / "siteward.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")  # another program holds the database
        await asyncio.sleep(1.5)
        task.cancel()
        await asyncio.sleep(0.5)
        assert not task.done()
        other.execute("COMMIT")
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    assert rig.intents() == [("create", LOST)]
    assert rig.rows("SELECT count(*) FROM message WHERE topic LIKE '%/incident/%'") == [(1,)]
    assert len(rig.store.history("cam-1", TCP_CONNECT.name, "80", 0, 2e9)) == 1
    assert rig.store.health().degraded == ""


async def test_a_stop_right_after_a_commit_writes_nothing_a_second_time(rig):
    """The store has it, and we do not know that yet."""
    commit, committed = rig.store.async_commit_incidents, asyncio.Event()

    async def slow(**changes):
        await commit(**changes)
        committed.set()
        await asyncio.sleep(0.5)

    rig.store.async_commit_incidents = slow
    for _ in range(5):
        rig.at += 10
        rig.pipeline.take(unreached(CAMERA, rig.at))
    rig.at += 30
    rig.pipeline.take(unreached(CAMERA, rig.at))
    task = asyncio.create_task(rig.pipeline.run())
    await asyncio.wait_for(committed.wait(), 10)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert rig.intents() == [("create", LOST)]
    assert rig.rows("SELECT count(*) FROM message WHERE topic LIKE '%/incident/%'") == [(1,)]


async def test_reports_taken_just_before_the_stop_are_in_the_history(rig):
    task = asyncio.create_task(rig.pipeline.run())
    await asyncio.sleep(0)
    rig.pipeline.take(reached(CAMERA, T0))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert len(rig.store.history("cam-1", "cctv_tcp_up", "80", 0, 2e9)) == 1
    assert "cam-1" in rig.store.load_states()


async def test_the_pipeline_goes_on_after_a_cycle_that_failed(rig):
    rig.sql("CREATE TRIGGER stop BEFORE INSERT ON watch BEGIN SELECT RAISE(ABORT, 'no'); END")
    task = asyncio.create_task(rig.pipeline.run())
    await asyncio.sleep(1.3)
    rig.sql("DROP TRIGGER stop")
    rig.pipeline.take(reached(CAMERA, T0))
    try:
        await until(lambda: "cam-1" in rig.store.load_states())
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


# ---------------------------------------------------------------- values nobody foresaw


@pytest.mark.parametrize(
    "value", ["\ud800 half a character", "\x00", float("nan"), float("inf"), 1e308, -0.0]
)
async def test_a_strange_value_of_one_device_costs_the_others_nothing(tmp_path, value):
    rig = Rig(tmp_path, cameras(2))
    is_text = isinstance(value, str)

    def odd(device, at):
        reading = Reading(DEVICE_INFO, value, "model") if is_text else Reading(CLOCK_OFFSET, value)
        return Report("cam-0", "onvif_clock", at, 0.1, (reading,))

    rig.off.add("cam-1")
    await rig.poll(90, odd)
    assert ("create", "site/cam-1/-/REACH_LOST") in rig.intents()
    assert len(rig.store.history("cam-0", "cctv_tcp_up", "80", 0, 2e9)) >= 1
    rig.store.close()


async def test_a_report_that_a_rule_cannot_digest_stops_nobody(tmp_path):
    rig = Rig(tmp_path, cameras(2))

    def broken(device, at):
        return Report("cam-0", "onvif_clock", at, 0.1, (Reading(CLOCK_OFFSET, None),))

    rig.off.add("cam-1")
    await rig.poll(90, broken)
    assert ("create", "site/cam-1/-/REACH_LOST") in rig.intents()
    rig.store.close()


# ---------------------------------------------------------------- the parts, on their own


@given(st.lists(st.sampled_from(["open", "update", "close"]), max_size=12))
def test_net_changes_leave_an_incident_as_its_history_does(steps):
    """Whatever the order of events, the ledger ends up open or closed as the last of them says."""
    net, is_open = Net(), False
    incident = Incident("k", Finding(FaultKey("d", "", "REACH_LOST"), Phase.OPEN, T0))
    for step in steps:
        if step == "open" and not is_open:
            net.open(incident, came_back=False)
            is_open = True
        elif step == "update" and is_open:
            net.update(incident)
        elif step == "close" and is_open:
            net.close(incident)
            is_open = False
    written = [name for name in ("opened", "reopened", "updated", "closed") if "k" in getattr(net, name)]
    assert (bool(written) and written[-1] != "closed") is is_open
    assert len(written) <= 2


def test_pictures_are_bounded_and_the_newest_stay():
    pictures = Pictures()
    for n in range(MOST + 10):
        picture = Picture(b"x", 1, 1, "main")
        pictures.take(Report(f"cam-{n}", "stream", T0 + n, 0.1, pictures=(picture,)))
    assert pictures.of(FaultKey("cam-0", "main", "IMG_BLACK")) is None
    assert pictures.of(FaultKey(f"cam-{MOST + 9}", "main", "IMG_BLACK")).at == T0 + MOST + 9


def test_a_fault_of_the_whole_stream_takes_the_devices_newest_picture():
    pictures = Pictures()
    for at, part in ((T0, "ch1/main"), (T0 + 5, "ch2/main"), (T0 + 1, "ch3/main")):
        pictures.take(Report("nvr", "stream", at, 0.1, pictures=(Picture(b"x", 1, 1, part),)))
    assert pictures.of(FaultKey("nvr", "", "STREAM_LOST")).picture.part == "ch2/main"
    assert pictures.of(FaultKey("nvr", "", "REACH_LOST")) is None
