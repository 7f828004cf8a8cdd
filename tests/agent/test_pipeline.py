"""The pipeline: what follows from reports, written down once, together, and not lost."""

from dataclasses import replace

import pytest

from agent.batch import REPEAT_FAULT_SECONDS
from agent.store import Channel, StoreError
from models.facts import Criticality, Reading, Report
from models.metrics import TCP_CONNECT
from models.watch import Condition
from tests.agent.pipeline_rig import CAMERA, LOST, SWITCH, T0, Rig, black, bright
from tests.models.builders import reached


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path)
    yield rig
    rig.store.close()


async def lost(rig: Rig) -> None:
    """Take the camera's power and wait for its incident."""
    await rig.poll(30)
    rig.off.add("cam-1")
    await rig.poll(60)


async def back(rig: Rig) -> None:
    rig.off.clear()
    await rig.poll(60)


async def test_a_report_becomes_history(rig):
    rig.pipeline.take(Report("cam-1", "reach", T0, 0.1, (Reading(TCP_CONNECT, 0.012, "80"),)))
    await rig.pipeline.cycle()
    found = rig.store.history("cam-1", TCP_CONNECT.name, "80", T0 - 1, T0 + 1)
    assert [(point.at, point.value) for point in found] == [(T0, 0.012)]


async def test_a_report_becomes_a_state_message_that_says_how_the_device_is(rig):
    await rig.poll(10)
    topic, body = rig.published(Channel.TELEMETRY)[-1]
    assert topic == "cctv/v1/site/cam-1/state"
    assert body["health"] == rig.watch.health("cam-1").value == "ok"
    assert {r["metric"] for r in body["readings"]} == {"cctv_icmp_up", "cctv_tcp_up"}


async def test_a_state_is_published_once_a_minute_and_when_a_fault_changes(rig):
    await rig.poll(60)
    quiet = len(rig.published(Channel.TELEMETRY))
    assert quiet <= 3  # the first one, when it turned out to be well, and after a minute
    rig.off.add("cam-1")
    await rig.poll(20)
    assert rig.published(Channel.TELEMETRY)[-1][1]["checks"][0]["trouble"] == "unreachable"


async def test_a_lost_camera_becomes_ledger_row_ticket_and_messages(rig):
    await lost(rig)
    entry = rig.store.incident(LOST)
    assert (entry.is_open, entry.generation, entry.device, entry.code) == (True, 1, "cam-1", "REACH_LOST")
    assert rig.intents() == [("create", LOST)]
    incidents = [body for topic, body in rig.published() if "/incident/" in topic]
    assert [(body["key"], body["status"]) for body in incidents] == [(LOST, "open")]
    phases = [body["phase"] for topic, body in rig.published() if topic.endswith("cam-1/event")]
    assert phases == ["ok", "pending", "open"]


async def test_the_ticket_names_site_device_fault_and_severity(rig):
    await lost(rig)
    (intent,) = rig.store.helpdesk_pending(rig.at)
    body = intent.intent.body
    assert "Gate A" in body["subject"]
    assert "Test site" in body["subject"] + body["body"]
    assert body["severity"] == "S3"
    assert body["fields"] == {"site": "Test site", "device": "cam-1", "part": "", "fault": "REACH_LOST"}


async def test_what_follows_from_a_fault_is_written_together_or_not_at_all(rig):
    """The last of the writes is refused: then nothing of them may be there, also not the watch state."""
    rig.sql(
        "CREATE TRIGGER no_events BEFORE INSERT ON message WHEN NEW.topic LIKE '%incident%' "
        "BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    await lost(rig)
    assert (rig.store.incident(LOST), rig.intents()) == (None, [])
    assert rig.store.load_states().get("@site", {"cases": []})["cases"] == []
    assert [i.key for i in rig.watch.incidents()] == [LOST]  # it is known, and waits to be written


async def test_changes_that_could_not_be_written_are_written_later_and_once(rig):
    rig.sql("CREATE TRIGGER stop BEFORE INSERT ON intent BEGIN SELECT RAISE(ABORT, 'no'); END")
    await lost(rig)
    assert rig.intents() == []
    rig.sql("DROP TRIGGER stop")
    await rig.poll(30)
    assert rig.intents() == [("create", LOST)]
    incidents = [body for topic, body in rig.published() if "/incident/" in topic]
    assert len(incidents) == 1
    assert rig.pipeline.incident_counts == {"opened": 1, "reopened": 0, "updated": 0, "closed": 0}


async def test_a_ticket_opened_and_over_while_nothing_could_be_written_is_told_in_order(rig):
    rig.sql("CREATE TRIGGER stop BEFORE INSERT ON intent BEGIN SELECT RAISE(ABORT, 'no'); END")
    await lost(rig)
    await back(rig)
    rig.sql("DROP TRIGGER stop")
    await rig.poll(10)
    assert rig.intents() == [("create", LOST), ("resolve", LOST)]
    assert not rig.store.incident(LOST).is_open


async def test_history_that_cannot_be_written_holds_back_no_ticket(rig):
    rig.sql("CREATE TRIGGER stop BEFORE INSERT ON fresh BEGIN SELECT RAISE(ABORT, 'no'); END")
    await lost(rig)
    assert rig.intents() == [("create", LOST)]


async def test_a_fault_that_is_over_resolves_its_ticket(rig):
    await lost(rig)
    await back(rig)
    assert rig.intents() == [("create", LOST), ("resolve", LOST)]
    assert rig.store.incident(LOST).closed_at is not None
    assert rig.published()[-1][1]["status"] == "closed"


async def test_more_children_become_a_comment(tmp_path):
    cameras = [replace(CAMERA, id=f"cam-{n}", host=f"127.9.0.{n}", parent="sw-1") for n in (1, 2, 3)]
    rig = Rig(tmp_path, [SWITCH, *cameras])
    await rig.poll(30)
    rig.off |= {"sw-1", "cam-1"}
    await rig.poll(60)
    rig.off |= {"cam-2", "cam-3"}
    await rig.poll(90)
    key = "site/sw-1/-/REACH_LOST"
    assert {k for _, k in rig.intents()} == {key}
    assert [deed for deed, _ in rig.intents()][:2] == ["create", "comment"]
    assert len(rig.store.incident(key).children) == 3
    rig.store.close()


async def test_the_same_fault_within_thirty_days_reopens_its_ticket(rig):
    await lost(rig)
    await back(rig)
    rig.at += REPEAT_FAULT_SECONDS - 3600
    await lost(rig)
    entry = rig.store.incident(LOST)
    assert [deed for deed, _ in rig.intents()] == ["create", "resolve", "reopen"]
    assert (entry.generation, entry.reopened, entry.is_open) == (1, 1, True)
    assert rig.pipeline.incident_counts["reopened"] == 1


async def test_the_same_fault_after_thirty_days_is_a_new_ticket(rig):
    await lost(rig)
    await back(rig)
    rig.at += REPEAT_FAULT_SECONDS + 3600
    await lost(rig)
    assert [deed for deed, _ in rig.intents()] == ["create", "resolve", "create"]
    assert rig.store.incident(LOST).generation == 2


async def test_a_reopened_ticket_can_be_made_anew_from_its_intent(rig):
    """Where there is no ticket to reopen, the helpdesk needs all of it."""
    await lost(rig)
    await back(rig)
    await lost(rig)
    body = rig.store.helpdesk_of(LOST, 1)[-1].intent.body
    assert "Gate A" in body["subject"]
    assert body["fields"]["device"] == "cam-1"


async def test_a_device_to_be_ignored_gets_no_ticket(tmp_path):
    rig = Rig(tmp_path, [replace(CAMERA, criticality=Criticality.IGNORE)])
    await lost(rig)
    assert rig.watch.health("cam-1") is Condition.FAULT
    assert (rig.intents(), rig.store.incidents()) == ([], [])
    rig.store.close()


async def test_without_a_broker_no_message_is_kept(tmp_path):
    rig = Rig(tmp_path, publish=False)
    await lost(rig)
    assert rig.intents() == [("create", LOST)]
    assert rig.published(Channel.TELEMETRY) == rig.published(Channel.EVENT) == []
    rig.store.close()


# ---------------------------------------------------------------- pictures


async def test_a_black_picture_is_attached_before_and_after(rig):
    await rig.poll(20, bright())
    await rig.poll(120, black())
    await rig.poll(120, bright())
    assert [deed for deed, _ in rig.intents()] == ["create", "attach", "attach", "attach", "resolve"]
    first, _curve, second = (rig.store.picture(n) for n in attached(rig))
    assert (first.path.read_bytes(), second.path.read_bytes()) == (b"jpeg main 0.02", b"jpeg main 0.9")


async def test_the_intact_picture_is_attached_beside_the_one_of_the_fault(rig):
    def compared(device, at):
        report = black()(device, at)
        return replace(report, pictures=tuple(replace(one, before=b"intact") for one in report.pictures))

    await rig.poll(120, compared)
    pictures = [rig.store.picture(number).path.read_bytes() for number in attached(rig)]
    assert pictures == [b"jpeg main 0.02", b"intact"]


async def test_a_lost_device_gets_no_picture_though_one_is_there(rig):
    await rig.poll(20, bright())
    await lost(rig)
    assert rig.intents() == [("create", LOST)]


async def test_no_picture_is_kept_when_pictures_are_switched_off(tmp_path):
    rig = Rig(tmp_path, keep_pictures=False)
    await rig.poll(120, black())
    assert [deed for deed, _ in rig.intents()] == ["create"]
    assert list((tmp_path / "evidence").glob("*")) == []
    rig.store.close()


async def test_a_channel_is_never_shown_with_the_picture_of_another(rig):
    newer = bright("ch2/main")
    await rig.poll(120, black("ch1/main"), lambda device, at: newer(device, at + 1))
    pictures = [rig.store.picture(number) for number in attached(rig)]
    assert [(p.part, p.path.read_bytes()) for p in pictures] == [("ch1/main", b"jpeg ch1/main 0.02")]


async def test_a_removed_camera_gets_no_picture_of_its_repair(rig):
    await rig.poll(120, black())
    rig.pipeline.set_devices([SWITCH])
    await rig.pipeline.cycle()
    assert [deed for deed, _ in rig.intents()] == ["create", "attach", "resolve"]


def attached(rig: Rig) -> list[int]:
    waiting = rig.store.helpdesk_of("site/cam-1/main/IMG_BLACK", 1)
    waiting += rig.store.helpdesk_of("site/cam-1/ch1/main/IMG_BLACK", 1)
    return [one.intent.body["picture"] for one in waiting if one.intent.deed == "attach"]


# ---------------------------------------------------------------- inventory and restart


async def test_a_device_that_leaves_the_inventory_ends_its_ticket_and_its_series(rig):
    await lost(rig)
    rig.pipeline.set_devices([SWITCH])
    await rig.pipeline.cycle()
    assert [deed for deed, _ in rig.intents()] == ["create", "resolve"]
    assert rig.snapshot.reports() == []
    assert "cam-1" not in rig.store.load_states()


async def test_a_report_of_a_device_that_is_gone_leaves_no_trace(rig):
    rig.pipeline.take(reached(SWITCH, T0))
    await rig.pipeline.cycle()
    assert (rig.snapshot.reports(), rig.pipeline.reports_taken, rig.store.looks()) == ([], 0, [])


async def test_a_device_removed_while_the_agent_was_down_ends_its_ticket_at_the_next_start(rig):
    await lost(rig)
    after = rig.again([SWITCH])
    await after.pipeline.cycle()
    assert [deed for deed, _ in after.intents()] == ["create", "resolve"]
    after.store.close()


async def test_an_open_incident_survives_a_restart_without_a_second_ticket(rig):
    await lost(rig)
    after = rig.again()
    assert [incident.key for incident in after.watch.incidents()] == [LOST]
    after.off.add("cam-1")
    await after.poll(120)
    assert after.intents() == [("create", LOST)]
    after.off.clear()
    await after.poll(60)
    assert after.intents() == [("create", LOST), ("resolve", LOST)]
    after.store.close()


async def test_a_fault_that_ended_while_the_agent_was_down_resolves_its_ticket(rig):
    await lost(rig)
    after = rig.again()
    await after.poll(60)
    assert after.intents() == [("create", LOST), ("resolve", LOST)]
    after.store.close()


async def test_a_kill_before_the_first_word_of_a_fault_was_written_loses_only_time(rig):
    rig.sql("CREATE TRIGGER stop BEFORE INSERT ON intent BEGIN SELECT RAISE(ABORT, 'no'); END")
    await lost(rig)
    rig.sql("DROP TRIGGER stop")
    after = rig.again()
    after.off.add("cam-1")
    await after.poll(60)
    assert after.intents() == [("create", LOST)]
    after.store.close()


async def test_a_kill_between_two_writes_forgets_no_ticket(tmp_path):
    """The watch state on the disk never knows of an incident that the ledger does not have yet."""
    cameras = [replace(CAMERA, id=f"cam-{n}", host=f"127.9.0.{n}") for n in (1, 2)]
    rig = Rig(tmp_path, cameras)
    rig.sql("CREATE TRIGGER stop BEFORE INSERT ON intent BEGIN SELECT RAISE(ABORT, 'no'); END")
    await lost(rig)
    rig.off.add("cam-2")
    await rig.poll(60)
    rig.sql("DROP TRIGGER stop")
    rig.sql(
        "CREATE TRIGGER stop BEFORE INSERT ON intent WHEN NEW.key LIKE '%cam-2%' "
        "BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    await rig.poll(10)
    assert rig.intents() == [("create", LOST)]
    rig.sql("DROP TRIGGER stop")
    after = rig.again()
    after.off |= {"cam-1", "cam-2"}
    await after.poll(90)
    assert after.intents() == [("create", LOST), ("create", "site/cam-2/-/REACH_LOST")]
    after.store.close()


async def test_changes_wait_while_the_ledger_cannot_be_read(rig):
    def unreadable(_key):
        raise StoreError("the disk is gone for a moment")

    read, rig.store.incident = rig.store.incident, unreadable
    await lost(rig)
    assert rig.intents() == []
    rig.store.incident = read
    await rig.poll(10)
    assert rig.intents() == [("create", LOST)]


async def test_an_unreadable_watch_state_makes_no_second_ticket(rig):
    await lost(rig)
    rig.sql("UPDATE watch SET data = '{\"cases\": 7}'")
    after = rig.again()
    assert set(after.unread) == {"@site", "cam-1"}
    after.off.add("cam-1")
    await after.poll(120)
    assert [deed for deed, _ in after.intents()] == ["create"]
    assert after.store.incident(LOST).generation == 1
    after.store.close()


async def test_a_ticket_with_hands_on_it_hears_of_the_end_and_is_not_resolved_by_it(tmp_path):
    """Until the re-test is passed, or the original is back, the end of the fault is a comment."""
    from agent.service.config import ServiceConfig
    from agent.service.terms import Terms
    from agent.service.workorder import Orders
    from models.service.workorder import State

    rig = Rig(tmp_path)
    await rig.poll(60)
    rig.off = {"cam-1"}
    await rig.poll(120)
    assert ("create", LOST) in rig.intents()
    orders = Orders(rig.store, Terms.of(ServiceConfig(), {CAMERA.id: CAMERA}.get))
    orders.reconcile(rig.at)
    rig.sql(f"UPDATE incident SET ticket = '7' WHERE key = '{LOST}'")
    orders.reconcile(rig.at)
    orders.move("7", State.SWAPPED, who="Li", why="spare installed", now=rig.at)
    rig.off = set()
    await rig.poll(120)
    assert rig.store.incident(LOST).closed_at is not None
    assert "resolve" not in [deed for deed, _ in rig.intents()]
    assert rig.intents()[-1] == ("comment", LOST)
    rig.store.close()


def test_after_a_repair_any_picture_of_the_device_taken_since_will_do_its_own_stream_first():
    from agent.pictures import Pictures
    from models.facts import FaultKey

    pictures = Pictures()
    pictures.take(bright("main")(CAMERA, T0))
    pictures.take(bright("sub")(CAMERA, T0 + 5))
    lost = FaultKey("cam-1", "", "REACH_LOST")
    assert pictures.newest(lost, T0).at == T0 + 5
    assert pictures.newest(FaultKey("cam-1", "main", "IMG_BLACK"), T0).at == T0
    assert pictures.newest(FaultKey("cam-1", "main", "IMG_BLACK"), T0 + 1) is None
    assert pictures.newest(FaultKey("cam-2", "", "REACH_LOST"), T0) is None
