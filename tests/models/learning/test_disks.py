"""The disk classifier: learns from few failures, from few attributes, and says when it does not know."""

import io

import numpy as np
import pytest

from models.learning.disks import DiskModel, DriveDays, features
from models.learning.folds import grouped_forward
from models.learning.logistic import Calibration, Logistic


def fleet(drives=250, days=30, failing=24, seed=0, ids=(5, 197, 9, 194)):
    """Drive-days in which most failing drives grow bad sectors first; (rows, last day of each row's drive)."""
    rng = np.random.default_rng(seed)
    drive = np.repeat(np.arange(drives), days)
    day = np.tile(np.arange(days), drives)
    last = np.full(drives, np.inf)
    last[:failing] = rng.integers(6, days, failing)
    left = last[drive] - day
    bad = np.where((left < 10) & (drive % 5 != 0), (10 - np.minimum(left, 10)) ** 2 * 4, 0.0)
    few = (drive % 23 == 0) * 8.0
    smart = {
        5: np.round(bad + few),
        197: np.round(bad / 2),
        9: 5000 + 24.0 * day + drive,
        194: 30 + drive % 9.0,
    }
    rows = day <= last[drive]
    kept = {number: raw[rows] for number, raw in smart.items() if number in ids}
    return DriveDays(drive[rows], day[rows], kept, np.full(rows.sum(), 4e12)), last[drive][rows]


def test_failing_drives_rank_above_the_others_on_later_days():
    rows, last = fleet()
    model = DiskModel.fit(rows, last, until=17)
    later = (rows.day > 17) & (rows.drive % 5 != 0)
    near = later & (last - rows.day <= 3)
    score = model.score(rows)
    assert near.any()
    assert np.median(score[near]) > np.quantile(score[later & np.isinf(last)], 0.99)
    assert model.failures > 3


def test_what_happens_after_the_last_day_is_not_known_while_learning():
    rows, last = fleet()
    blind = np.where(last > 17, np.inf, last)
    with_future, without = DiskModel.fit(rows, last, 17), DiskModel.fit(rows, blind, 17)
    assert np.array_equal(with_future.score(rows), without.score(rows))


@pytest.mark.parametrize("ids", [(5,), (197, 194), (5, 197, 9, 194)])
def test_any_few_attributes_will_do(ids):
    rows, last = fleet(ids=ids)
    model = DiskModel.fit(rows, last, until=17)
    probability = model.probability(rows)
    assert ((probability >= 0) & (probability <= 1)).all()
    near = (rows.day > 17) & (last - rows.day <= 2) & (rows.drive % 5 != 0)
    assert probability[near].mean() > 5 * probability[np.isinf(last)].mean()


def test_more_bad_sectors_never_make_a_disk_healthier():
    rows, last = fleet()
    model = DiskModel.fit(rows, last, until=17)
    one = np.zeros(1, dtype=int)
    odds = [
        model.score(DriveDays(one, one, {5: np.array([n]), 197: np.array([0.0])}, np.array([4e12])))[0]
        for n in (0.0, 1.0, 10.0, 1000.0, 60000.0)
    ]
    assert odds == sorted(odds)


def test_without_any_failure_it_is_what_is_known_of_disks():
    rows, last = fleet()
    model = DiskModel.fit(rows, np.full_like(last, np.inf), until=17)
    score = model.score(rows)
    assert model.failures == 0
    assert np.corrcoef(score, rows.smart[5])[0, 1] > 0.3


def test_a_disk_unlike_all_others_is_outside():
    rows, last = fleet()
    model = DiskModel.fit(rows, last, until=17)
    one = np.zeros(1, dtype=int)

    def outside(smart, capacity=4e12):
        given = {number: np.array([value]) for number, value in smart.items()}
        return bool(model.is_outside(DriveDays(one, one, given, np.array([capacity])))[0])

    assert not outside({5: 0.0, 197: 0.0, 9: 5100.0, 194: 33.0})
    assert outside({9: 5100.0, 194: 33.0}), "none of the counts it learnt from"
    assert outside({5: 0.0, 9: 5100.0, 194: 75.0}), "hotter than any"
    assert outside({5: 0.0, 9: 5100.0, 194: 33.0}, capacity=5e14)
    assert not outside({5: 60000.0, 9: 5100.0, 194: 33.0}), "more bad sectors than any is only worse"


def test_probabilities_hold_on_later_days():
    rows, last = fleet(drives=500, failing=60)
    model = DiskModel.fit(rows, last, until=17)
    later = (rows.day > 17) & (rows.day < 22)
    said, seen = model.probability(rows)[later].mean(), (last - rows.day < 14)[later].mean()
    assert said == pytest.approx(seen, abs=0.05)


def test_a_model_survives_the_disk_and_a_strange_one_is_refused():
    rows, last = fleet()
    model = DiskModel.fit(rows, last, until=17)
    file = io.BytesIO()
    np.savez(file, **model.dump())
    file.seek(0)
    state = dict(np.load(file, allow_pickle=False))
    assert np.array_equal(DiskModel.load(state).probability(rows), model.probability(rows))
    with pytest.raises(ValueError, match="other features"):
        DiskModel.load({**state, "names": state["names"][1:]})
    with pytest.raises(ValueError, match="another number"):
        DiskModel.load({**state, "weight": state["weight"][1:]})


def test_a_sentinel_is_no_count():
    one = np.zeros(1, dtype=int)
    names, table = features(DriveDays(one, one, {197: np.array([65535.0])}, np.array([4e12])))
    assert np.isnan(table[0, names.index("smart_197")])


def test_no_drive_stands_on_both_sides_and_time_goes_forward():
    group, day = np.repeat(np.arange(20), 50), np.tile(np.arange(50), 20)
    splits = list(grouped_forward(group, day, folds=4, purge=7))
    assert len(splits) == 8
    for train, judge in splits:
        assert not set(group[train]) & set(group[judge])
        assert day[judge].min() - day[train].max() > 7


def test_calibration_mends_odds_that_are_too_bold():
    rng = np.random.default_rng(0)
    odds = rng.normal(-2, 1.5, 4000)
    truth = rng.random(4000) < 1 / (1 + np.exp(-odds))
    found = Calibration.fit(odds * 3, truth).probability(odds * 3)
    assert found.mean() == pytest.approx(truth.mean(), abs=0.01)
    assert found[odds > 0].mean() == pytest.approx(truth[odds > 0].mean(), abs=0.05)


def test_what_was_not_measured_says_nothing():
    rows = np.array([[0.0, 1.0], [1.0, np.nan], [np.nan, 3.0], [2.0, 0.0]] * 10)
    model = Logistic.fit(rows, np.array([False, False, True, True] * 10))
    assert np.isfinite(model.log_odds(rows)).all()
    assert model.log_odds(np.array([[np.nan, np.nan]]))[0] == pytest.approx(model.bias)
