"""Rollups say the same as counting the readings one by one, whatever comes in, also over a restart."""

import itertools
import math
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.store import DAY, HOUR, Rollup, Store, StoreSettings
from tests.agent.store.made import RTT, T0, report

FOREVER = (0.0, 4e9)
VALUES = st.one_of(
    st.sampled_from([0.0, 1.0, 1.0, 1.0, -1.0]),
    st.floats(-1e12, 1e12),
    st.sampled_from([math.nan, math.inf]),
)
# Seconds to the next reading: mostly a minute, sometimes a night, sometimes the clock is set back.
STEPS = st.one_of(st.just(60.0), st.floats(0.001, 4000.0), st.floats(-4000.0, 30000.0))
SERIES = st.lists(st.tuples(STEPS, VALUES), min_size=1, max_size=60)


def expected(readings, span, offset=0.0):
    """Recompute from all readings, in the order in which they came in."""
    spans = {}
    for at, value in readings:
        if math.isfinite(value):
            spans.setdefault((at // HOUR * HOUR + offset) // span, []).append((at, value))
    return [_sum_up(index * span - offset, spans[index]) for index in sorted(spans)]


def _sum_up(at, rows):
    newest = max(moment for moment, _ in rows)
    last = [value for moment, value in rows if moment == newest][-1]
    numbers = [value for _, value in rows]
    return Rollup(at, len(rows), min(numbers), max(numbers), math.fsum(numbers), last)


def same(found, wanted):
    assert [(r.at, r.n, r.min, r.max, r.last) for r in found] == [
        (r.at, r.n, r.min, r.max, r.last) for r in wanted
    ]
    for one, other in zip(found, wanted, strict=True):
        scale = max(abs(one.min), abs(one.max)) * one.n
        assert math.isclose(one.sum, other.sum, rel_tol=1e-9, abs_tol=1e-9 * scale)


def stamped(series):
    moments = itertools.accumulate((step for step, _ in series), initial=T0 + 5 * DAY)
    return [(at, value) for at, (_, value) in zip(moments, series, strict=False)]


@settings(max_examples=80, deadline=None)
@given(series=SERIES, restart=st.integers(0, 60), offset=st.sampled_from([0.0, 8 * HOUR, -5 * HOUR]))
def test_hours_and_days_are_what_one_gets_by_counting_all_readings(series, restart, offset):
    readings = stamped(series)
    with tempfile.TemporaryDirectory() as folder:
        path, how = Path(folder) / "s.db", StoreSettings(day_offset=offset)
        store = Store.open(path, how)
        for number, (at, value) in enumerate(readings):
            if number == restart:
                store.close(at)
                store = Store.open(path, how)
            store.add_reports([report(at, (RTT, value))])
        store.compact(T0 + 60 * DAY)
        hours = store.rollups("cam-1", RTT.name, "", *FOREVER)
        days = store.rollups("cam-1", RTT.name, "", *FOREVER, span=DAY)
        store.close()
    same(hours, expected(readings, HOUR))
    same(days, expected(readings, DAY, offset))


def test_days_are_summed_up_once_they_are_over(store):
    store.add_reports([report(T0 + 60, (RTT, 1.0)), report(T0 + DAY - 1, (RTT, 3.0))])
    store.compact(T0 + DAY + 60)
    assert store.rollups("cam-1", RTT.name, "", *FOREVER, span=DAY) == []
    store.compact(T0 + DAY + HOUR)
    days = store.rollups("cam-1", RTT.name, "", *FOREVER, span=DAY)
    assert days == [Rollup(T0, 2, 1.0, 3.0, 4.0, 3.0)]
    assert days[0].mean == 2.0


def test_a_range_takes_the_spans_that_begin_in_it(store):
    for hour in range(4):
        store.add_reports([report(T0 + hour * HOUR, (RTT, float(hour)))])
    store.compact(T0 + 5 * HOUR)

    def begun(since, until):
        return [hour.at for hour in store.rollups("cam-1", RTT.name, "", since, until)]

    assert begun(T0 + HOUR, T0 + 3 * HOUR) == [T0 + HOUR, T0 + 2 * HOUR]
    assert begun(T0 + HOUR + 1, T0 + 3 * HOUR + 1) == [T0 + 2 * HOUR, T0 + 3 * HOUR]
