"""The disk fails: the work goes on in memory, the store says so, and it comes home when the disk is back."""

import sqlite3
import time

import pytest

from agent.store import Channel, Deed, Intent, Store, StoreDamaged, StoreSettings, StoreUnwritable
from tests.agent.store.made import RTT, T0, UP, event, incident, report, telemetry, values

FOREVER = (0.0, 4e9)
OFTEN = StoreSettings(retry_seconds=0.05)
NEVER = StoreSettings(retry_seconds=3600.0)


def fill_the_disk(store):
    """Let SQLite itself refuse to grow the file, as on a full disk (SQLITE_FULL)."""
    store._writer.ask(lambda db: db.execute("PRAGMA max_page_count = 1").fetchall())


def make_read_only(store):
    """Let SQLite itself refuse to write (SQLITE_READONLY), also for root."""
    store._writer.ask(lambda db: db.execute("PRAGMA query_only = 1"))


def many(at=T0):
    return [report(at + second, (RTT, float(second))) for second in range(3000)]


def wait_for_the_disk(store):
    until = time.monotonic() + 10
    while store.health().degraded:
        assert time.monotonic() < until, store.health()
        time.sleep(0.02)


@pytest.fixture
def working(path):
    """A store with one open incident, its intent and two messages in it."""
    store = Store.open(path, OFTEN)
    store.commit_incidents(
        opened=[incident()],
        intents=[Intent("site/cam-1/-/REACH_LOST", Deed.CREATE, T0, {"subject": "lost"})],
        messages=[event(1), telemetry(2)],
        states={"cam-1": {"seen": 1}},
    )
    yield store
    store.close()


def test_a_full_disk_is_said_in_words_and_readings_are_counted_as_lost(path):
    store = Store.open(path, NEVER)
    fill_the_disk(store)
    store.add_reports(many())
    health = store.health()
    store.close()
    assert "cannot be written (database or disk is full): check free space" in health.degraded
    assert health.lost_readings == 3000


def test_a_read_only_disk_is_said_in_words(path):
    store = Store.open(path, NEVER)
    make_read_only(store)
    store.commit_incidents(opened=[incident()])
    assert "readonly" in store.health().degraded
    assert [entry.key for entry in store.open_incidents()] == ["site/cam-1/-/REACH_LOST"]
    store.close()


def test_work_goes_on_in_memory_with_what_was_on_the_disk(path):
    store = Store.open(path, NEVER)
    store.commit_incidents(
        opened=[incident()], intents=[Intent("site/cam-1/-/REACH_LOST", Deed.CREATE, T0, {})]
    )
    make_read_only(store)
    store.commit_incidents(opened=[incident("cam-2")], messages=[event(1)], states={"cam-2": {"x": 1}})
    assert {entry.device for entry in store.open_incidents()} == {"cam-1", "cam-2"}
    assert [one.intent.deed for one in store.helpdesk_pending(T0)] == [Deed.CREATE]
    assert len(store.mqtt_pending(Channel.EVENT, 10)) == 1
    assert store.load_states() == {"cam-2": {"x": 1}}
    store.close()


def test_work_done_in_memory_comes_home_when_the_disk_is_back(working, path):
    (create,) = working.helpdesk_pending(T0)
    (first,) = working.mqtt_pending(Channel.EVENT, 10)
    make_read_only(working)
    working.helpdesk_done(create, ticket="17")
    working.mqtt_done([first.id])
    working.commit_incidents(opened=[incident("cam-2")], messages=[event(3)])
    wait_for_the_disk(working)
    working.close()
    store = Store.open(path)
    assert [(entry.device, entry.ticket) for entry in store.open_incidents()] == [
        ("cam-1", "17"),
        ("cam-2", ""),
    ]
    assert store.helpdesk_pending(T0) == []
    assert [one.message.payload for one in store.mqtt_pending(Channel.EVENT, 10)] == [b"3"]
    assert [one.message.payload for one in store.mqtt_pending(Channel.TELEMETRY, 10)] == [b"2"]
    store.close()


def test_ids_given_in_memory_stay_valid_on_the_disk(working):
    make_read_only(working)
    working.add_messages([event(3)])
    (_, third) = working.mqtt_pending(Channel.EVENT, 10)
    wait_for_the_disk(working)
    working.add_messages([event(4)])
    working.mqtt_done([third.id])
    assert [one.message.payload for one in working.mqtt_pending(Channel.EVENT, 10)] == [b"1", b"4"]


def test_history_is_written_again_when_the_disk_is_back(path):
    store = Store.open(path, OFTEN)
    store.add_reports([report(T0, (UP, 1.0))])
    make_read_only(store)
    store.add_reports([report(T0 + 60, (UP, 1.0))])
    wait_for_the_disk(store)
    store.add_reports([report(T0 + 120, (UP, 1.0))])
    store.compact(T0 + 180)
    assert values(store.history("cam-1", UP.name, "", *FOREVER)) == [(T0, 1.0), (T0 + 120, 1.0)]
    (hour,) = store.rollups("cam-1", UP.name, "", *FOREVER)
    assert hour.n == 3, "counted in memory meanwhile, and not lost"
    assert store.coverage(*FOREVER)[0].ok == 3
    store.close()


def test_a_tally_that_could_not_be_written_is_written_later(path):
    store = Store.open(path, OFTEN)
    store.add_reports([report(T0, (UP, 1.0))])
    make_read_only(store)
    store.compact(T0 + 60)  # takes the tally, fails, and must put it back
    wait_for_the_disk(store)
    store.compact(T0 + 120)
    assert [hour.n for hour in store.rollups("cam-1", UP.name, "", *FOREVER)] == [1]
    store.close()


def test_garbage_instead_of_a_database_is_said_in_words_and_not_touched(path):
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreDamaged, match=r"is damaged \(file is not a database\): move it away or restore"):
        Store.open(path)
    assert path.read_bytes().startswith(b"not a database")


def test_an_agent_with_a_damaged_file_works_in_memory_until_it_is_moved_away(path):
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not a database" * 1000)
    store = Store.open_or_memory(path, OFTEN)
    assert "is damaged" in store.health().degraded
    run = store.begin_run(T0, "1")
    store.commit_incidents(opened=[incident()], messages=[event(1)])
    path.rename(path.with_name("damaged.db"))
    wait_for_the_disk(store)
    store.add_reports([report(T0 + 60, (UP, 1.0))])
    store.close(T0 + 120)
    again = Store.open(path)
    assert [entry.device for entry in again.open_incidents()] == ["cam-1"]
    assert [one.message.payload for one in again.mqtt_pending(Channel.EVENT, 10)] == [b"1"]
    assert again.begin_run(T0 + 200, "1").boot > run.boot
    again.close()


def test_a_file_damaged_while_it_is_used_does_not_stop_the_agent(path):
    store = Store.open(path, NEVER)
    store.add_reports(many())
    store.compact(T0 + 86400)
    store.close()
    size = path.stat().st_size
    with path.open("r+b") as file:  # all but the first page and the schema behind it
        file.seek(size * 2 // 3)
        file.write(b"\xff" * (size - size * 2 // 3))
    store = Store.open(path, NEVER)
    for day in range(2, 5):
        store.add_reports(many(T0 + 86400 * day))
        store.compact(T0 + 86400 * day + 7200)
    store.commit_incidents(opened=[incident()])
    assert [entry.device for entry in store.open_incidents()] == ["cam-1"]
    assert "is damaged" in store.health().degraded
    store.close()


def test_a_folder_that_cannot_be_made_is_said_in_words(tmp_path):
    (tmp_path / "state").write_text("a file, no folder")
    with pytest.raises(StoreUnwritable, match="cannot be written"):
        Store.open(tmp_path / "state" / "siteward.db")
    store = Store.open_or_memory(tmp_path / "state" / "siteward.db", NEVER)
    store.add_reports([report(T0, (UP, 1.0))])
    assert store.history("cam-1", UP.name, "", *FOREVER) == []
    assert store.add_picture("cam-1", _picture(), at=T0, keep_seconds=60) is None
    store.close()


def test_a_fault_of_ours_is_no_fault_of_the_disk(store):
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        store._write(lambda db: db.execute("INSERT INTO nowhere VALUES (1)"))
    assert store.health().degraded == ""
    store.add_reports([report(T0, (UP, 1.0))])
    assert values(store.history("cam-1", UP.name, "", *FOREVER)) == [(T0, 1.0)]


def _picture():
    from models.facts import Picture

    return Picture(b"jpeg", 1, 1)


def test_damage_found_while_opening_is_said_in_words(path):
    store = Store.open(path)
    store.add_reports([report(T0 + n, (RTT, float(n)), device=f"cam-{n}") for n in range(3000)])
    store.close()
    with sqlite3.connect(path) as db:
        page = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'outcome'").fetchone()[0]
        size = db.execute("PRAGMA page_size").fetchone()[0]
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    with pytest.raises(StoreDamaged, match="is damaged"):
        Store.open(path)
    store = Store.open_or_memory(path, NEVER)
    assert "is damaged" in store.health().degraded
    store.add_reports([report(T0, (UP, 1.0))])
    store.close()


def test_memory_holds_all_events_and_a_small_ring_of_telemetry(path, monkeypatch):
    monkeypatch.setattr("agent.store.messages.RING_IN_MEMORY", 10)
    store = Store.open(path, OFTEN)
    store.add_messages([event(n) for n in range(20)])
    make_read_only(store)
    store.add_messages([telemetry(n) for n in range(50)])
    assert len(store.mqtt_pending(Channel.TELEMETRY, 100)) == 10
    assert len(store.mqtt_pending(Channel.EVENT, 100)) == 20
    assert store.mqtt_queue(T0).dropped == 40
    wait_for_the_disk(store)
    store.add_messages([telemetry(n) for n in range(50)])
    assert len(store.mqtt_pending(Channel.TELEMETRY, 100)) == 60
    assert store.mqtt_queue(T0).dropped == 40
    store.close()


def test_history_is_read_from_the_file_that_is_there_now(path):
    store = Store.open(path, OFTEN)
    store.add_reports([report(T0, (UP, 1.0))])
    assert len(store.history("cam-1", UP.name, "", *FOREVER)) == 1
    make_read_only(store)
    for old in path.parent.glob("siteward.db*"):
        if not old.name.endswith(".lock"):
            old.rename(old.with_name("moved-" + old.name))
    store.add_reports([report(T0 + 60, (UP, 0.0))])
    wait_for_the_disk(store)
    store.add_reports([report(T0 + 120, (UP, 1.0))])
    assert values(store.history("cam-1", UP.name, "", *FOREVER)) == [(T0 + 120, 1.0)]
    store.close()
