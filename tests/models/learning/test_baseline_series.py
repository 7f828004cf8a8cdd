"""The normal of a series: reads the clock, is not fooled by faults, and survives gaps, jumps and restarts."""

import io
import itertools

import numpy as np
import pytest

from models import metrics
from models.facts import Kind
from models.learning.baseline import DAY, HOUR, Baselines, Settings
from models.learning.priors import learn_priors
from models.learning.shipped import table, usual

MONDAY = 1_700_438_400.0  # 2023-11-20 00:00 UTC
ONE = np.array([0])


def days(number, every=600.0, seed=0):
    """A series with day, weekend and noise: (at, value)."""
    at = MONDAY + np.arange(0, number * DAY, every)
    rng = np.random.default_rng(seed)
    weekend = ((at - MONDAY) // DAY % 7) >= 5
    value = 50 + 10 * np.sin(2 * np.pi * at / DAY) - 6 * weekend + rng.normal(0, 1, len(at))
    return at, value


def run(at, value, base=None, **kwargs):
    """Feed one series sample by sample; return the baselines and z, unusual of each."""
    base = base or Baselines(1)
    z, unusual = [], []
    for moment, number in zip(at, value, strict=True):
        judged = base.take(ONE, np.array([moment]), np.array([number]), **kwargs)
        z.append(judged.z[0])
        unusual.append(bool(judged.unusual[0]))
    return base, np.array(z), np.array(unusual)


def with_fault(at, value, day=23.25, hours=6.0, size=25.0):
    inside = (at >= MONDAY + day * DAY) & (at < MONDAY + day * DAY + hours * HOUR)
    return np.where(inside, value + size, value), inside


def test_a_quiet_month_is_usual_and_a_fault_is_not():
    at, value = days(28, every=1200.0)
    value, inside = with_fault(at, value)
    _, _, unusual = run(at, value)
    assert unusual[inside].mean() > 0.95
    assert not unusual[~inside].any()


def test_the_weekend_is_learnt_as_a_weekend():
    at, value = days(56, every=3600.0)
    base, z, _ = run(at, value)
    last_weekend = at >= MONDAY + 54 * DAY
    assert np.abs(np.mean(z[last_weekend])) < 1.0
    assert base.weekly()[0]


VARIANTS = list(itertools.product((1, 2, 3), (0.0, 0.25), (1e-6, 1.0, 1e9), (-1e4, 0.0, 273.15)))


@pytest.mark.parametrize("seed", [0, 7])
def test_thinned_resampled_rescaled_and_shifted_give_the_same_verdicts(seed):
    """Each variant is a series of its own beside the plain one; what is left out was not measured."""
    rng = np.random.default_rng(seed)
    at, plain = days(26, every=900.0, seed=seed)
    plain, _ = with_fault(at, plain)
    columns = [plain]
    for thin, drop, scale, shift in VARIANTS:
        kept = (np.arange(len(at)) % thin == 0) & (rng.random(len(at)) >= drop)
        columns.append(np.where(kept, (plain + shift) * scale, np.nan))
    values = np.stack(columns, axis=1)
    base, every = Baselines(values.shape[1]), np.arange(values.shape[1])
    unusual = np.array(
        [base.take(every, np.full(len(every), t), row).unusual for t, row in zip(at, values, strict=True)]
    )
    wanted = by_hour(at, unusual[:, 0])
    assert len(wanted) >= 6
    for number in every[1:]:
        seen = np.isfinite(values[:, number])
        looked = {int(hour) for hour in at[seen] // HOUR}
        assert by_hour(at[seen], unusual[seen, number]) == wanted & looked, VARIANTS[number - 1]


def by_hour(at, unusual):
    """The hours in which most samples were unusual."""
    hours = np.floor(at / HOUR)
    return {int(h) for h in np.unique(hours[unusual]) if unusual[hours == h].mean() > 0.5}


def test_sampling_faster_does_not_learn_faster():
    slow, _, _ = run(*days(3, every=1800.0))
    fast, _, _ = run(*days(3, every=300.0))
    assert fast.progress()[0] == pytest.approx(slow.progress()[0], abs=0.01) == pytest.approx(3 / 7, abs=0.02)


def test_a_fault_is_not_learnt_while_it_is_open():
    at, value = days(14, every=1200.0)
    base, _, _ = run(at, value)
    before = base.dump()["level"].copy()
    for moment in MONDAY + 14 * DAY + np.arange(0, 2 * DAY, 600):
        judged = base.take(ONE, np.array([moment]), np.array([0.0]), frozen=np.array([True]))
        assert judged.z[0] < -6
    assert base.dump()["level"] == before


def test_one_wild_value_moves_next_to_nothing():
    base, _, _ = run(*days(14, every=1200.0))
    other = Baselines()
    other.load(base.dump())
    other.take(ONE, np.array([MONDAY + 14 * DAY]), np.array([1e12]))
    base.take(ONE, np.array([MONDAY + 14 * DAY]), np.array([50.0]))
    assert abs(other.level[0] - base.level[0]) < 1.0


def test_a_restart_changes_nothing_to_the_last_bit():
    at, value = days(12, every=1200.0)
    whole, z, _ = run(at, value)
    half = len(at) // 2
    first, z_first, _ = run(at[:half], value[:half])
    file = io.BytesIO()
    np.savez(file, **first.dump())
    file.seek(0)
    again = Baselines()
    again.load(dict(np.load(file, allow_pickle=False)))
    _, z_second, _ = run(at[half:], value[half:], again)
    assert np.array_equal(np.concatenate([z_first, z_second]), z, equal_nan=True)
    assert all(
        np.array_equal(a, b, equal_nan=True)
        for a, b in zip(again.dump().values(), whole.dump().values(), strict=True)
    )


def test_state_of_another_make_is_refused():
    state = Baselines(3).dump()
    with pytest.raises(KeyError):
        Baselines().load({k: v for k, v in state.items() if k != "mad"})
    with pytest.raises(ValueError, match="3 series"):
        Baselines().load({**state, "hour": state["hour"][:, :2]})


def test_missing_values_teach_nothing_and_say_nothing():
    base, _, _ = run(*days(10, every=1200.0))
    before = {k: v.copy() for k, v in base.dump().items()}
    judged = base.take(ONE, np.array([MONDAY + 10 * DAY]), np.array([np.nan]))
    assert np.isnan(judged.z[0])
    assert not judged.unusual[0]
    assert all(np.array_equal(before[k], v, equal_nan=True) for k, v in base.dump().items())


def test_after_a_gap_of_a_week_a_sample_speaks_for_an_hour_only():
    base, _, _ = run(*days(10, every=1200.0))
    learnt = base.learnt()[0]
    base.take(ONE, np.array([MONDAY + 17 * DAY]), np.array([50.0]))
    assert base.learnt()[0] - learnt == HOUR


def test_a_clock_that_jumps_back_neither_learns_twice_nor_stops():
    at, value = days(10, every=1200.0)
    base, _, _ = run(at, value)
    learnt = base.learnt()[0]
    base.take(ONE, np.array([at[-1] - DAY]), np.array([50.0]))
    assert base.learnt()[0] == learnt
    base.take(ONE, np.array([at[-1] - DAY + 600]), np.array([50.0]))
    assert base.learnt()[0] == learnt + 600


def test_a_new_epoch_finds_its_level_and_keeps_the_day():
    at, value = days(28, every=1200.0)
    base, _, _ = run(at, value)
    base.begin_epoch(ONE, at[-1])
    later, more = days(32, every=1200.0, seed=5)
    since = later > at[-1]
    _, z, unusual = run(later[since], more[since] + 200, base)
    assert not unusual.any()
    assert np.abs(z[-72:]).mean() < 2.0


def test_a_shift_that_lasts_three_days_is_a_new_normal():
    at, value = days(36, every=1200.0)
    moved = np.where(at >= MONDAY + 28 * DAY, value + 40, value)
    base, accepted = Baselines(1), []
    for moment, number in zip(at, moved, strict=True):
        judged = base.take(ONE, np.array([moment]), np.array([number]))
        accepted += [moment] if judged.accepted[0] else []
    assert len(accepted) == 1
    assert 3.0 <= (accepted[0] - MONDAY) / DAY - 28 < 3.1
    assert abs(judged.z[0]) < 4


def test_a_constant_series_calls_a_flip_between_neighbours_usual():
    at, _ = days(20, every=1200.0)
    value = np.where(np.arange(len(at)) % 37 == 0, 41.0, 40.0)
    _, z, unusual = run(at, value)
    assert not unusual.any()
    assert np.nanmax(np.abs(z[700:])) <= 2.5


def test_the_scale_never_falls_below_the_floor():
    at, _ = days(20, every=1200.0)
    base = Baselines(1, floor=0.5)
    run(at, np.full(len(at), 7.0), base)
    assert base.scale()[0] == 0.5


def test_local_days_are_the_sites_days():
    at, value = days(14, every=1200.0)
    east, _, _ = run(at, value, ahead=8 * HOUR)
    plain, _, _ = run(at, value)
    assert np.allclose(np.roll(plain.hours()[:, 0], 8), east.hours()[:, 0], atol=0.6)


def test_a_young_series_listens_to_its_siblings():
    at, value = days(10, every=1200.0)
    rng = np.random.default_rng(3)
    base, four = Baselines(5), np.arange(4)
    for moment, number in zip(at, value, strict=True):
        base.take(four, np.full(4, moment), number + rng.normal(0, 1, 4))
    ready = base.progress() >= 1.0
    assert ready.tolist() == [True] * 4 + [False]
    priors = learn_priors(np.zeros(5, dtype=int), base.level, base.hours(), base.scale(), ready)
    new, noon = np.array([4]), MONDAY + 10 * DAY + 6 * HOUR
    fresh = base.take(new, np.array([noon]), np.array([60.0]), priors=priors)
    assert fresh.expected[0] == pytest.approx(60, abs=4)
    assert abs(fresh.z[0]) < 3
    assert fresh.known[0] == 0.0, "siblings do not make it ready"
    assert not fresh.unusual[0]


def test_a_class_of_two_has_no_opinion():
    of = np.array([0, 0, -1])
    priors = learn_priors(of, np.ones(3), np.zeros((24, 3)), np.ones(3), np.array([True, True, True]))
    judged = Baselines(3).take(np.arange(3), np.full(3, MONDAY), np.ones(3), priors=priors)
    assert np.isnan(judged.expected).all()


HOT = usual("camera", "cctv_temperature_celsius")


def opinion(level, ready, shipped=HOT):
    size = len(level)
    return learn_priors(
        np.zeros(size, dtype=int),
        np.array(level),
        np.zeros((24, size)),
        np.ones(size),
        np.array(ready),
        shipped=[shipped],
    )


def test_what_comes_with_the_program_is_blended_with_siblings_by_their_number():
    none = opinion([60.0, 60.0, 60.0], [False] * 3)
    one, two = (opinion([60.0, 60.0, 60.0], [True] * n + [False] * (3 - n)) for n in (1, 2))
    three = opinion([60.0, 60.0, 60.0], [True] * 3)
    assert none.level[0] == HOT.level
    assert [p.level[0] for p in (one, two, three)] == pytest.approx(
        [HOT.level + share * (60 - HOT.level) for share in (1 / 4, 2 / 5, 1.0)]
    )
    assert none.scale[0] > one.scale[0] > two.scale[0] > three.scale[0]
    assert np.isnan(opinion([60.0], [True], shipped=None).level[0])


def test_what_comes_with_the_program_speaks_at_first_and_is_silent_once_a_series_knows_its_week():
    at = MONDAY + 1200.0 * np.arange(8 * 72)
    base, priors = Baselines(1), opinion([np.nan], [False])
    judged = [base.take(ONE, np.array([t]), np.array([60.0 + (t // 1200) % 3]), priors=priors) for t in at]
    assert judged[0].expected[0] == HOT.level
    assert judged[0].scale[0] == HOT.scale
    away = [abs(one.expected[0] - 61.0) for one in judged]
    assert away[0] > away[36] > away[144]
    assert away[-1] < 0.5
    assert judged[-1].scale[0] < 2.0


@pytest.mark.parametrize(("value", "unlike"), [(60.0, False), (99.0, True)])
def test_a_series_that_is_still_learning_is_held_against_its_class_from_its_second_day(value, unlike):
    at = MONDAY + 1200.0 * np.arange(9 * 72)
    base, priors = Baselines(1), opinion([np.nan], [False])
    judged = [base.take(ONE, np.array([t]), np.array([value]), priors=priors).unlike_class[0] for t in at]
    assert not any(judged[:70])
    assert judged[80] == unlike
    assert not judged[-1], "it knows itself by then"


def test_what_comes_with_the_program_is_of_known_kinds_and_metrics_and_says_where_it_is_from():
    known = {one.name for one in vars(metrics).values() if isinstance(one, metrics.Metric)}
    for (kind, metric), one in table().items():
        assert kind in set(Kind)
        assert metric in known
        assert one.scale > 0
        assert one.source


def test_series_can_be_added_and_given_to_others():
    base, _, _ = run(*days(8))
    base.grow(np.array([0.1, 0.2]))
    assert len(base) == 3
    assert base.progress().tolist() == [1.0, 0.0, 0.0]
    base.forget(ONE)
    assert np.isnan(base.level[0])


def test_no_sample_makes_the_state_infinite():
    base = Baselines(2, Settings())
    both = np.arange(2)
    for i, number in enumerate([1e308, -1e308, np.inf, 0.0, np.nan, 5e-324]):
        base.take(both, np.full(2, MONDAY + i * 600), np.array([number, 1.0]))
    assert np.isfinite(base.level).all()
