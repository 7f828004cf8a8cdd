import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bench.years.folder import FolderError, read, same
from bench.years.plan import Nature
from bench.years.score import judge
from bench.years.strip import Failing, Strip, World
from bench.years.walk import Ticket, walk
from bench.years.world import make

TOP = Path(__file__).parents[2]


def write(folder, series, truth):
    (folder / "series.csv").write_text("device,component,metric,at,value\n" + "\n".join(series) + "\n")
    (folder / "truth.csv").write_text("device,component,onset,failure\n" + "\n".join(truth) + "\n")


def test_times_may_be_seconds_or_iso_and_a_day_becomes_its_median(tmp_path):
    write(
        tmp_path,
        ["a,Lens,sharp,86400,1", "a,Lens,sharp,86401,9", "a,Lens,sharp,86402,2", "a,Lens,sharp,259200,x"],
        ["a,lens,1970-01-02T00:00:00Z,1970-01-04"],
    )
    world = read(tmp_path)
    (strip,) = world.strips
    assert (strip.component, strip.devices, world.days) == ("Lens", ("a",), 3)
    np.testing.assert_array_equal(strip.values, [[2.0, np.nan, np.nan]])
    assert world.truth == (Failing("a", "lens", 0.0, 2.0),)


def test_of_hourly_light_the_night_counts_and_of_light_at_noon_the_noon(tmp_path):
    hourly = [
        f"a,IR LEDs,cctv_picture_luma_ratio,{86400 * day + 3600 * hour},{0.2 if hour in (23, 0, 1, 2, 3) else 0.6}"
        for day in range(4)
        for hour in range(24)
    ]
    noon = [f"b,IR LEDs,cctv_picture_luma_ratio,{86400 * day + 43200},0.5" for day in range(4)]
    write(tmp_path, hourly + noon, [])
    (strip,) = read(tmp_path).strips
    np.testing.assert_array_equal(strip.values, [[0.2] * 4, [0.5] * 4])


def test_a_counter_of_a_folder_becomes_what_it_grew_by(tmp_path):
    write(
        tmp_path,
        [f"{name},gizmo,ifInErrors,{86400 * day},{5 * day}" for name in "abc" for day in range(60)],
        [],
    )
    (strip,) = read(tmp_path).strips
    np.testing.assert_array_equal(strip.values[0, 1:], np.full(59, 5.0))


def test_an_empty_truth_and_numeric_names_are_fine(tmp_path):
    write(tmp_path, ["7,x,9,2026-01-01T00:00:00+08:00,1.5"], [])
    world = read(tmp_path)
    assert (world.strips[0].devices, world.strips[0].metric, world.truth) == (("7",), "9", ())


@pytest.mark.parametrize(
    ("series", "says"),
    [("", "no such file"), ("device,at,value\na,1,2\n", "lacks the column component, metric")],
)
def test_what_cannot_be_judged_is_told(tmp_path, series, says):
    if series:
        (tmp_path / "series.csv").write_text(series)
    with pytest.raises(FolderError, match=says):
        read(tmp_path)


def test_names_of_components_may_be_spelled_otherwise():
    assert same("IR LEDs", "ir_light")
    assert same("Widget-A", "widget a")
    assert not same("lens", "fan")
    assert not same("foo", "bar")


def world_of(*truth, days=400):
    strip = Strip("lens", "m", ("a", "b"), np.zeros(2, int), np.ones((2, days)))
    return World((strip,), truth, days, 2)


@pytest.mark.parametrize(
    ("day", "verdict"), [(99, "hit"), (92, "hit"), (80, "early"), (10, "false"), (196, "hit"), (205, "late")]
)
def test_a_ticket_is_judged_by_when_it_came(day, verdict):
    score = judge(world_of(Failing("a", "lens", 100, 200)), [Ticket("a", "lens", day)])
    assert score.counts == {verdict: 1}
    assert score.caught == (verdict == "hit")


def test_a_second_ticket_is_a_duplicate_and_another_component_is_false():
    world = world_of(Failing("a", "lens", 100, 200))
    tickets = [Ticket("a", "lens", 120), Ticket("a", "lens", 150), Ticket("a", "fan", 130)]
    score = judge(world, tickets)
    assert score.counts == {"hit": 1, "duplicate": 1, "false": 1}
    assert score.told()["precision"] == 0.5


def test_what_fails_after_the_last_day_counts_for_precision_only():
    score = judge(world_of(Failing("a", "lens", 350, 450)), [Ticket("a", "lens", 380)])
    assert (score.failures, score.caught, score.counts["hit"]) == (0, 0, 1)


@pytest.mark.parametrize(("left", "verdict"), [(30.0, "undecided"), (5.0, "false")])
def test_what_is_forecast_for_after_the_end_of_a_folder_is_neither_right_nor_wrong(tmp_path, left, verdict):
    days = [f"{name},lens,sharp,{86400 * day},1" for name in "ab" for day in range(400)]
    write(tmp_path, days, [f"b,lens,{86400 * 100},{86400 * 200}"])
    score = judge(read(tmp_path), [Ticket("a", "lens", 370, days_left=left), Ticket("b", "lens", 150)])
    assert score.counts == {"hit": 1, verdict: 1}
    assert score.told()["precision"] == (1.0 if verdict == "undecided" else 0.5)


def test_in_a_folder_without_any_failure_every_prediction_is_false(tmp_path):
    write(tmp_path, [f"a,lens,sharp,{86400 * day},1" for day in range(400)], [])
    score = judge(read(tmp_path), [Ticket("a", "lens", 390, days_left=30.0)])
    assert score.counts == {"false": 1}


def test_the_simulated_fleet_is_repeatable_and_healthy_twins_do_not_fail():
    a, b = (make(sites=1, days=120, seed=4) for _ in range(2))
    np.testing.assert_array_equal(a.strips[0].values, b.strips[0].values)
    assert a.truth == b.truth
    assert not make(sites=1, days=120, seed=4, failing=False).truth


def test_wear_that_halts_stays_away_from_the_end():
    halting = make(
        sites=1, days=400, seed=4, failing=False, nature=Nature(dips=0, steps=0, storms=0, halts=1)
    )
    fan = next(one for one in halting.strips if one.component == "fan").values
    assert 2 < np.nanmax(np.nanmedian(fan[:, -60:], axis=1) - np.nanmedian(fan[:, :21], axis=1)) < 9


def test_most_failures_of_a_small_fleet_are_foreseen():
    world = make(sites=1, days=365, seed=11)
    score = judge(world, walk(world, quiet=True))
    assert score.failures >= 3
    assert score.caught >= 0.6 * score.failures
    assert score.counts["hit"] > score.counts["false"]


def test_the_program_prints_one_line_also_for_a_tiny_folder(tmp_path):
    write(tmp_path, [f"a,lens,sharpness,{86400 * i},{100}" for i in range(40)], [])
    done = subprocess.run(
        [sys.executable, "-m", "bench.fleet", "--data", str(tmp_path), "--json", "--alone"],
        cwd=TOP, capture_output=True, text=True, check=True,
    )  # fmt: skip
    told = json.loads(done.stdout.splitlines()[-1])
    assert {"recall", "precision", "lead_median_d", "lead_p10_d"} <= set(told)
    assert told["healthy_year_tickets"] is None
