"""The benchmark's scoring rules against figures worked out by hand, and the bench against odd folders."""

import json
from math import exp

import numpy as np
import pytest

from bench import nab
from bench.nab_rules import PROFILES, CorpusError, Gains, Series, probation, read_corpus, scaled_sigmoid

STANDARD, LOW_FP, LOW_FN = PROFILES


def series(rows=100, windows=((50, 59),)):
    return Series("a.csv", np.arange(rows) * 300.0, np.zeros(rows), tuple(windows))


def alerts(rows, *at):
    found = np.zeros(rows)
    found[list(at)] = 1.0
    return found


def gained(profile, *at, **kwargs):
    one = series(**kwargs)
    gains = Gains([alerts(len(one.at), *at)], [one], profile)
    return gains.normalised(gains.at(0, 1.0))


def sigmoid(x):
    return 2 / (1 + exp(5 * x)) - 1


def test_the_scaled_sigmoid_has_its_published_values():
    assert scaled_sigmoid(np.array([-1.0, -0.5, 0.0, 1.0, 3.5])) == pytest.approx(
        [0.98661, 0.84828, 0.0, -0.98661, -1.0], abs=1e-5
    )


@pytest.mark.parametrize("profile", PROFILES)
def test_silence_is_0_and_the_first_row_of_the_window_is_100(profile):
    assert gained(profile) == 0
    assert gained(profile, 50) == pytest.approx(100)
    assert gained(profile, 50, 51, 59) == pytest.approx(100), "more alerts in a window change nothing"


def test_a_late_hit_earns_less():
    late = sigmoid(-(59 - 57 + 1) / 10) / sigmoid(-1)
    assert gained(STANDARD, 57) == pytest.approx(100 * (late + 1) / 2)
    assert gained(LOW_FN, 57) == pytest.approx(100 * (late + 2) / 3)


def test_a_false_alert_costs_by_profile_and_by_distance():
    assert gained(STANDARD, 30) == pytest.approx(-100 * 0.11 / 2)
    assert gained(LOW_FP, 30) == pytest.approx(-100 * 0.22 / 2)
    assert gained(LOW_FN, 30) == pytest.approx(-100 * 0.11 / 3)
    assert gained(STANDARD, 62) == pytest.approx(100 * 0.11 * sigmoid(3 / 9) / 2)


def test_probation_counts_nothing():
    assert probation(100) == 15
    assert probation(1_000_000) == 750
    assert gained(STANDARD, 14) == 0
    assert gained(STANDARD, 15) < 0


def test_thresholds_come_from_the_other_files():
    one, other = series(), series(windows=((20, 29),))
    gains = Gains([alerts(100, 50) * 5, alerts(100, 20) * 3 + alerts(100, 70) * 2], [one, other], STANDARD)
    score, chosen = gains.on_others([[0], [1]])
    assert chosen == [3.0, 5.0]
    assert score == pytest.approx(50), "the second file's hit lies below the first file's threshold"
    assert gains.optimal() == pytest.approx(100)


def test_a_corpus_is_read_with_its_windows(tmp_path):
    write(tmp_path)
    (found,) = read_corpus(tmp_path)
    assert found.name == "real/a.csv"
    assert found.windows == ((2, 4),)


def write(folder, rows=60):
    (folder / "data" / "real").mkdir(parents=True)
    (folder / "labels").mkdir()
    lines = [f"2024-01-01 00:{i:02d}:00,{i % 7}" for i in range(rows)]
    (folder / "data" / "real" / "a.csv").write_text("\n".join(["timestamp,value", *lines]) + "\n")
    windows = [["2024-01-01 00:02:00.000000", "2024-01-01 00:04:00.000000"]]
    labels = {"real/a.csv": windows, "real/not_here.csv": windows}
    (folder / "labels" / "combined_windows.json").write_text(json.dumps(labels))


def test_a_folder_that_is_no_corpus_is_said_to_be_none(tmp_path, capsys):
    with pytest.raises(CorpusError, match="combined_windows"):
        read_corpus(tmp_path)
    assert nab.main(["--data", str(tmp_path)]) == 2
    assert "combined_windows.json" in capsys.readouterr().err


def test_a_corpus_of_one_tiny_file_is_scored(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(nab, "SERIES", 50)
    write(tmp_path)
    assert nab.main(["--data", str(tmp_path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {"standard", "low_fp", "low_fn", "ms_per_1000", "ms_per_1000_vectorised", "rivals"} <= set(found)
