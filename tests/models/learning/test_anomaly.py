"""Anomaly scores: one series and a fleet agree, scale does not matter, silence is unknown, a restart is nothing."""

import io

import numpy as np
import pytest

from models.learning import detectors, extremes
from models.learning.anomaly import THRESHOLD, Detectors

START = 1_700_438_400.0


def fleet(rows=750, columns=6, seed=0):
    """Times [rows] and values [rows, columns] of series with a day, noise of their own, and a burst each."""
    rng = np.random.default_rng(seed)
    at = START + 300.0 * np.arange(rows)
    value = 10 * np.sin(2 * np.pi * at / 86400)[:, None] + rng.normal(
        0, 1 + np.arange(columns) % 6, (rows, columns)
    )
    value[700:710] += 90
    return at, value


def run(at, value, found=None, **kwargs):
    found = found or Detectors(value.shape[1])
    every = np.arange(value.shape[1])
    scored = [
        found.take(every, np.full(len(every), t), row, **kwargs) for t, row in zip(at, value, strict=True)
    ]
    return found, np.array([s.score for s in scored]), scored


@pytest.fixture(scope="module")
def plain():
    """The scores of the fleet."""
    return run(*fleet())[1]


def test_one_series_and_a_fleet_score_alike(plain):
    at, value = fleet()
    for number in range(value.shape[1]):
        alone = np.array(list(detectors.scores(zip(at, value[:, number], strict=True))))
        assert np.allclose(plain[:, number], alone, rtol=1e-4, atol=1e-6)


def test_a_few_of_them_in_any_order_at_times_of_their_own_score_like_one_each():
    at, value = fleet(rows=600, columns=9, seed=3)
    value[300:303] *= 1e4  # the quantiles have far to rise
    rng = np.random.default_rng(3)
    own = at[:, None] + rng.integers(0, 250, value.shape)
    found, taken = Detectors(9), [([], []) for _ in range(9)]
    for row in range(len(at)):
        some = rng.permutation(9)[:7]
        scored = found.take(some, own[row, some], value[row, some])
        for series, score in zip(some, scored.score, strict=True):
            taken[series][0].append((own[row, series], value[row, series]))
            taken[series][1].append(score)
    for samples, together in taken:
        assert np.allclose(together, list(detectors.scores(samples)), rtol=1e-4, atol=1e-6)


def test_a_burst_alerts_and_a_quiet_week_hardly_does():
    at, value = fleet(columns=20)
    _, score, _ = run(at, value)
    assert (score[700:712].max(axis=0) > THRESHOLD).all()
    assert (score[400:700] > THRESHOLD).mean() < 0.004


@pytest.mark.parametrize(("factor", "shift"), [(1e-6, 0.0), (1e6, 0.0), (4.0, -64.0), (1.0, 1024.0)])
def test_unit_and_offset_do_not_matter(plain, factor, shift):
    at, value = fleet()
    _, other, _ = run(at, value * factor + shift)
    assert ((plain > THRESHOLD) == (other > THRESHOLD)).mean() > 0.999


def test_what_was_not_measured_has_no_score_and_teaches_nothing():
    found, _, _ = run(*fleet(rows=300))
    before = {name: array.copy() for name, array in found.dump().items()}
    scored = found.take(np.arange(6), np.full(6, START + 1e6), np.full(6, np.nan))
    assert np.isnan(scored.score).all()
    assert all(np.array_equal(before[name], array, equal_nan=True) for name, array in found.dump().items())


def test_a_fault_that_is_open_is_scored_and_not_learnt():
    at, value = fleet(rows=600)
    found, _, _ = run(at, value)
    before = {name: array.copy() for name, array in found.dump().items()}
    scored = found.take(
        np.arange(6), np.full(6, at[-1] + 300), np.full(6, 1e4), frozen=np.ones(6, dtype=bool)
    )
    assert (scored.score > THRESHOLD).all()
    assert all(np.array_equal(before[name], array, equal_nan=True) for name, array in found.dump().items())


def test_a_restart_in_mid_window_changes_nothing(plain):
    at, value = fleet()
    found, first, _ = run(at[:500], value[:500])
    file = io.BytesIO()
    np.savez(file, **found.dump())
    file.seek(0)
    again = Detectors()
    again.load(dict(np.load(file, allow_pickle=False)))
    _, second, _ = run(at[500:], value[500:], again)
    assert np.array_equal(np.concatenate([first, second]), plain)


def test_state_of_another_make_is_refused():
    state = Detectors(2).dump()
    with pytest.raises(KeyError):
        Detectors().load({name: array for name, array in state.items() if name != "bins"})
    with pytest.raises(ValueError, match="season"):
        Detectors().load({**state, "season": state["season"][:10]})


def test_a_line_that_goes_flat_is_seen_and_a_constant_is_not():
    at, value = fleet(rows=700, columns=2)
    value[500:, 0] = 3.25
    value[:, 1] = 7.0
    _, _, scored = run(at, value)
    still = np.array([s.still for s in scored])
    assert still[499, 0] < 1 < still[530, 0]
    assert not still[:, 1].any()


def test_activity_that_is_missing_at_this_hour_is_seen():
    rng = np.random.default_rng(2)
    at = START + 300.0 * np.arange(288 * 6)
    busy = (at % 86400 >= 8 * 3600) & (at % 86400 < 20 * 3600)
    value = np.where(busy, rng.poisson(30, len(at)), rng.poisson(0.3, len(at))).astype(float)
    dead = (at >= START + 5 * 86400 + 10 * 3600) & (at < START + 5 * 86400 + 16 * 3600)
    value[dead] = rng.poisson(0.01, dead.sum())
    _, _, scored = run(at, value[:, None])
    quiet = np.array([s.quiet[0] for s in scored])
    assert (quiet[dead][36:] < 0.05).mean() > 0.9
    usual = busy & ~dead & (at > START + 3 * 86400)
    assert (quiet[usual] < 0.05).mean() < 0.01


def test_series_can_be_added_and_begun_anew():
    found, _, _ = run(*fleet(rows=400))
    found.grow(2)
    assert len(found) == 8
    found.forget(np.array([0]))
    state = found.dump()
    assert state["seen"].tolist() == [0] + [400 * 300.0] * 5 + [0, 0]


def test_counts_fade_instead_of_running_over(monkeypatch):
    monkeypatch.setattr(detectors, "FADE", 300)
    at, value = fleet(rows=900)
    found, together, _ = run(at, value)
    assert found.dump()["bins_total"].max() < 300
    alone = np.array(list(detectors.scores(zip(at, value[:, 1], strict=True))))
    assert np.allclose(together[:, 1], alone, rtol=1e-4, atol=1e-6)


def test_beyond_all_that_was_ever_seen_is_new_and_the_same_again_is_not():
    at = START + 300.0 * np.arange(900)
    value = 10 * np.sin(2 * np.pi * at / 86400)
    for first in (500, 788):  # and once more at that time of the next day
        value[first : first + 6] += 90.0
    _, _, scored = run(at, value[:, None])
    novel = np.array([s.novel[0] for s in scored])
    assert novel[500] >= 1.0  # the value …
    assert novel[503] >= 1.0  # … and the mean of late
    assert novel[788:794].max() < 0.3
    assert not novel[:288].any()  # within the first day all is new


def test_the_ends_of_a_range_are_held_alike_for_one_and_many_and_come_back_within_years():
    value = np.random.default_rng(4).normal(0, 1, (300, 3)) * [1.0, 1e6, 0.0] + [0.0, 5.0, 7.0]
    low, high = value[0].copy(), value[0].copy()
    alone = [extremes.Range() for _ in range(3)]
    for row in value:
        found, new = extremes.take(low, high, row)
        together = np.zeros(3)
        together[found] = new
        assert together == pytest.approx([one.take(x) for one, x in zip(alone, row, strict=True)], rel=1e-12)
        assert together[2] == 0  # a constant has no range to be beyond
    share = extremes.fading(86400.0)
    width = high - low
    for _ in range(365):
        extremes.fade(low, high, np.arange(3), share)
        alone[0].fade(share)
    assert high - low == pytest.approx(width / np.e, rel=0.01)
    assert (alone[0].low, alone[0].high) == pytest.approx((low[0], high[0]))
