"""An agent that was down is not a camera that was down."""

from agent.store import DAY, HOUR, Coverage, Store, StoreSettings
from models.facts import Trouble
from tests.agent.store.made import T0, failed, report

FOREVER = (0.0, 4e9)


def looks(store, first, last, *, every=60.0, make=report):
    at = first
    while at <= last:
        store.add_reports([make(at)])
        at += every


def test_a_day_of_looking_is_a_day_of_coverage(store):
    looks(store, T0, T0 + DAY, every=600.0)
    store.compact(T0 + DAY + 2 * HOUR)
    (day,) = store.coverage(T0, T0 + DAY, span=DAY)
    assert day == Coverage(T0, "cam-1", "reach", DAY, DAY, 144, 0, 0)
    assert [hour.observed for hour in store.coverage(T0, T0 + DAY)] == [HOUR] * 24


def test_an_outage_is_observed_time_that_was_not_good(store):
    looks(store, T0, T0 + 1200)
    looks(store, T0 + 1260, T0 + 1800, make=failed)
    store.compact(T0 + 1800)
    (hour,) = store.coverage(*FOREVER)
    assert (hour.observed, hour.good, hour.ok, hour.failed) == (1800.0, 1200.0, 21, 10)


def test_time_in_which_the_agent_was_down_is_not_observed(path):
    for begin in (T0, T0 + 2400):
        store = Store.open(path)
        store.begin_run(begin, "1")
        looks(store, begin, begin + 600)
        store.close(begin + 600)
    store = Store.open(path)
    (hour,) = store.coverage(*FOREVER)
    assert (hour.observed, hour.ok, hour.failed) == (1200.0, 22, 0)
    assert [(run.boot, run.started, run.seen, run.clean) for run in store.runs(*FOREVER)] == [
        (1, T0, T0 + 600, True),
        (2, T0 + 2400, T0 + 3000, True),
    ]
    store.close()


def test_a_hole_longer_than_the_limit_is_not_observed(path):
    store = Store.open(path, StoreSettings(gaps={"seldom": 4000.0}))
    for at in (T0, T0 + 3000):
        store.add_reports([report(at), report(at, collector="seldom")])
    store.compact(T0 + 3000)
    observed = {row.collector: row.observed for row in store.coverage(*FOREVER)}
    store.close()
    assert observed == {"reach": 0.0, "seldom": 3000.0}


def test_a_fault_of_ours_observes_nothing_and_blames_nobody(store):
    store.add_reports([report(T0), failed(T0 + 60, Trouble.BUG), report(T0 + 120)])
    store.compact(T0 + 120)
    (hour,) = store.coverage(*FOREVER)
    assert (hour.observed, hour.good, hour.ok, hour.failed, hour.blind) == (60.0, 60.0, 2, 0, 1)


def test_a_check_over_the_hour_counts_in_both_hours(store):
    store.add_reports([report(T0 + HOUR - 20), report(T0 + HOUR + 40)])
    store.compact(T0 + 2 * HOUR)
    assert [(hour.at, hour.observed) for hour in store.coverage(*FOREVER)] == [
        (T0, 20.0),
        (T0 + HOUR, 40.0),
    ]


def test_the_moments_an_outcome_changed_are_kept(store):
    for report_ in (report(T0), report(T0 + 60), failed(T0 + 120), failed(T0 + 180), report(T0 + 240)):
        store.add_reports([report_])
    found = [(look.at, look.trouble) for look in store.outcomes("cam-1", *FOREVER)]
    assert found == [(T0, ""), (T0 + 120, "unreachable"), (T0 + 240, "")]


def test_the_newest_look_says_what_went_wrong(store):
    store.add_reports([report(T0)])
    store.add_reports([failed(T0 + 120, Trouble.AUTH)])
    (look,) = store.looks("cam-1")
    assert (look.at, look.trouble, look.detail) == (T0 + 120, "auth", "no answer")
