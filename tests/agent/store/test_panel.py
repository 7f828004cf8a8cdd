"""Several series at once are what each of them is alone."""

import pytest

from agent.store.records import DAY, HOUR
from models.metrics import TEMPERATURE
from tests.agent.store.made import RTT, T0, report

KEYS = [(RTT.name, ""), (TEMPERATURE.name, "cpu"), (TEMPERATURE.name, "no such part")]


@pytest.mark.parametrize("span", [HOUR, DAY])
def test_a_panel_is_the_rollups_of_each_of_its_series(store, span):
    for minute in range(0, 180, 5):
        for device in ("cam-1", "cam-2"):
            values = (RTT, 0.01 + minute / 1000), (TEMPERATURE, 40.0 + minute, "cpu")
            store.add_reports([report(T0 + 60 * minute, *values, device=device)])
    store.compact(T0 + 2 * DAY)  # days are summed up once they are over
    found = store.panel("cam-1", KEYS, T0, T0 + DAY, span=span)
    assert set(found) == set(KEYS[:2])
    for (metric, part), points in found.items():
        alone = store.rollups("cam-1", metric, part, T0, T0 + DAY, span=span)
        assert points == [(one.at, pytest.approx(one.mean)) for one in alone]
    assert store.panel("no-such", KEYS, T0, T0 + DAY) == {}
    assert store.panel("cam-1", [], T0, T0 + DAY) == {}
