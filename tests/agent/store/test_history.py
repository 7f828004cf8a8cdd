import math
from dataclasses import replace

import pytest

from agent.store import Channel, Deed, Intent, Message, Newest, Store
from models.facts import FaultKey, Finding, Incident, Phase
from tests.agent.store.made import INFO, RTT, T0, UP, failed, report, values

FOREVER = (0.0, 4e9)


def ups(store, since=0.0, until=4e9):
    return values(store.history("cam-1", UP.name, "", since, until))


def test_every_change_is_kept(store):
    for minute in range(5):
        store.add_reports([report(T0 + 60 * minute, (RTT, 0.001 * minute))])
    assert values(store.history("cam-1", RTT.name, "", *FOREVER)) == [
        (T0 + 60 * minute, 0.001 * minute) for minute in range(5)
    ]


def test_a_value_that_stays_the_same_is_kept_only_every_ten_minutes(store):
    for minute in range(25):
        store.add_reports([report(T0 + 60 * minute, (UP, 1.0))])
    assert ups(store) == [(T0, 1.0), (T0 + 600, 1.0), (T0 + 1200, 1.0)]


def test_a_gap_in_looking_is_a_gap_in_the_history(store):
    store.add_reports([report(T0, (UP, 1.0))])
    store.add_reports([report(T0 + 86400, (UP, 1.0))])
    assert ups(store) == [(T0, 1.0), (T0 + 86400, 1.0)]


def test_a_failed_check_leaves_no_value_behind(store):
    store.add_reports([report(T0, (UP, 1.0)), failed(T0 + 60)])
    assert ups(store) == [(T0, 1.0)]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_absent_never_zero(store, value):
    store.add_reports([report(T0, (RTT, value))])
    assert store.history("cam-1", RTT.name, "", *FOREVER) == []
    assert store.rollups("cam-1", RTT.name, "", *FOREVER) == []


def test_texts_are_kept_on_change_only_also_across_a_restart(path):
    texts = ["1.0", "1.0", "1.1", "1.1"]
    for day, text in enumerate(texts):
        store = Store.open(path)
        store.add_reports([report(T0 + 86400 * day, (INFO, text, "firmware"))])
        store.close()
    store = Store.open(path)
    assert values(store.history("cam-1", INFO.name, "firmware", *FOREVER)) == [
        (T0, "1.0"),
        (T0 + 2 * 86400, "1.1"),
    ]
    store.close()


def test_a_range_takes_its_beginning_and_not_its_end(store):
    for second in range(5):
        store.add_reports([report(T0 + second, (UP, float(second)))])
    assert ups(store, T0 + 1, T0 + 3) == [(T0 + 1, 1.0), (T0 + 2, 2.0)]
    store.compact(T0 + 7200)
    assert ups(store, T0 + 1, T0 + 3) == [(T0 + 1, 1.0), (T0 + 2, 2.0)]


def test_compaction_changes_no_answer(store):
    for minute in range(180):
        store.add_reports([report(T0 + 60 * minute, (RTT, 0.001 * minute), (UP, 1.0))])
    before = (store.history("cam-1", RTT.name, "", *FOREVER), ups(store))
    now = T0 + 179 * 60
    store.compact(now)
    assert (store.history("cam-1", RTT.name, "", *FOREVER), ups(store)) == before
    store.compact(now)
    assert (store.history("cam-1", RTT.name, "", *FOREVER), ups(store)) == before


def test_old_readings_leave_and_their_rollups_stay(store):
    store.add_reports([report(T0, (UP, 1.0))])
    store.add_reports([report(T0 + 30 * 86400, (UP, 0.0))])
    store.compact(T0 + 30 * 86400 + 1200)
    assert ups(store) == [(T0 + 30 * 86400, 0.0)]
    assert [hour.at for hour in store.rollups("cam-1", UP.name, "", *FOREVER)] == [T0, T0 + 30 * 86400]


def test_a_clock_set_back_loses_nothing(store):
    for at in (T0 + 3600, T0 + 3660, T0, T0 + 60):
        store.add_reports([report(at, (UP, 1.0))])
    assert (T0, 1.0) in ups(store)
    store.compact(T0 + 7200)
    assert [(hour.at, hour.n) for hour in store.rollups("cam-1", UP.name, "", *FOREVER)] == [
        (T0, 2),
        (T0 + 3600, 2),
    ]


def test_devices_metrics_and_parts_do_not_mix(store):
    store.add_reports([
        report(T0, (UP, 1.0), (UP, 0.0, "a")),
        report(T0, (UP, 0.5), device="cam-2"),
    ])  # fmt: skip
    assert ups(store) == [(T0, 1.0)]
    assert values(store.history("cam-1", UP.name, "a", *FOREVER)) == [(T0, 0.0)]
    assert values(store.history("cam-2", UP.name, "", *FOREVER)) == [(T0, 0.5)]
    assert store.history("cam-3", UP.name, "", *FOREVER) == []


def test_newest_has_numbers_that_are_young_and_texts_however_old(store):
    store.add_reports([report(T0, (UP, 1.0), (RTT, 0.1), (INFO, "1.0", "firmware"))])
    store.add_reports([report(T0 + 86400, (UP, 0.0))])
    expected = [Newest(INFO.name, "firmware", T0, "1.0"), Newest(UP.name, "", T0 + 86400, 0.0)]
    assert store.newest("cam-1", T0 + 80000) == expected
    store.compact(T0 + 86400 + 7200)
    assert store.newest("cam-1", T0 + 80000) == expected


NO_UNICODE = "Acme \udcff\ud800"


def test_what_is_no_unicode_is_kept_as_well_as_it_can_be(store):
    at = T0 + 60
    store.add_reports([report(T0, (INFO, NO_UNICODE, "maker"), (UP, 1.0, NO_UNICODE))])
    broken = failed(at)
    broken = replace(broken, error=replace(broken.error, detail=NO_UNICODE))
    store.add_reports([broken])
    store.compact(at)
    assert values(store.history("cam-1", INFO.name, "maker", *FOREVER)) == [(T0, "Acme ??")]
    assert values(store.history("cam-1", UP.name, "Acme ??", *FOREVER)) == [(T0, 1.0)]
    assert store.looks()[0].detail == "Acme ??"


def test_a_part_that_is_no_unicode_can_be_the_root_of_an_incident(store):
    key = FaultKey("nvr-1", NO_UNICODE, "DISK_FAILED")
    broken = Incident(f"site/{key}", Finding(key, Phase.OPEN, T0), (key,), T0)
    intent = Intent(broken.key, Deed.CREATE, T0, {"subject": NO_UNICODE})
    message = Message("a/" + NO_UNICODE, b"", Channel.EVENT, T0)
    state = {"nvr-1": {"part": NO_UNICODE}}
    store.commit_incidents(opened=[broken], intents=[intent], messages=[message], states=state)
    store.commit_incidents(updated=[broken])
    assert store.incident(broken.key).part == "Acme ??"
    (head,) = store.helpdesk_pending(T0)
    store.helpdesk_done(head, ticket="1")
    assert store.incident(broken.key).ticket == "1"
    store.commit_incidents(closed=[replace(broken, closed_at=T0 + 1)])
    assert store.open_incidents() == []
