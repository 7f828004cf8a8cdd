"""The bench of remaining life takes both protocols, and says what is missing."""

import json

import numpy as np

from bench import rul
from models.learning import remaining


def write(path, lengths, seed=0):
    rng = np.random.default_rng(seed)
    rows = []
    for unit, length in enumerate(lengths, start=1):
        worn = np.exp(-(length - np.arange(length)) / 30.0)
        for cycle in range(length):
            sensors = 10 + worn[cycle] * np.arange(21) / 4 + rng.normal(0, 0.05, 21)
            rows.append([unit, cycle + 1, 0, 0, 100, *sensors])
    np.savetxt(path, np.array(rows), fmt="%.4f")


def run(folder, capsys, *more):
    assert rul.main(["--data", str(folder), "--json", *more]) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_without_a_test_file_units_are_split_and_with_one_the_last_cycle_counts(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(remaining, "VOICES", 1)  # the protocol is looked at, not the accuracy
    write(tmp_path / "train_FD001.txt", range(40, 64, 2))
    split = run(tmp_path, capsys)
    assert split["units"] == 12
    assert split["judged"] == sum(range(40, 64, 2))
    write(tmp_path / "test_FD001.txt", [40, 50, 60])
    np.savetxt(tmp_path / "RUL_FD001.txt", [20, 30, 10], fmt="%d")
    official = run(tmp_path, capsys)
    assert official["judged"] == official["units"] == 3
    assert {"rmse", "coverage80", "flagged_new_mode", "rivals"} <= set(official)


def test_a_missing_or_strange_file_is_named(tmp_path, capsys):
    assert rul.main(["--data", str(tmp_path)]) == 2
    assert "train_FD001.txt cannot be read" in capsys.readouterr().err
    (tmp_path / "train_FD001.txt").write_text("1 2 3\n")
    assert rul.main(["--data", str(tmp_path)]) == 2
    assert "expected 26 columns" in capsys.readouterr().err
