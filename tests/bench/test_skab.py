"""The bench of several sensors: counts by hand, and odd folders."""

import json

import numpy as np

from bench import skab


def write(folder, *, rows=1000, onset=600, labelled=True):
    rng = np.random.default_rng(0)
    lines = ["datetime;A;B" + (";anomaly;changepoint" if labelled else "")]
    for i in range(rows):
        bad = onset <= i < onset + 200
        values = [f"2020-01-01 00:00:{i % 60:02d}", f"{rng.normal() + 9 * bad:.3f}", f"{rng.normal():.3f}"]
        lines.append(";".join([*values, *([f"{float(bad)}", "0.0"] if labelled else [])]))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{'run' if labelled else 'clean'}.csv").write_text("\n".join(lines) + "\n")


def test_a_run_is_learnt_from_its_clean_part_and_judged_on_the_rest(tmp_path, capsys):
    write(tmp_path / "valve1")
    write(tmp_path / "anomaly-free", onset=5000, labelled=False)
    (tmp_path / "other.csv").write_text("nothing;here\n")
    assert skab.main(["--data", str(tmp_path), "--json"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out.splitlines()[-1])
    assert found["f1"] > 0.9
    assert found["runs"] == 1
    assert found["rivals"]["all_ones"] == {"f1": 0.5, "far": 100.0, "mar": 0.0}
    assert found["far_of_clean_runs"] < 1
    assert "other.csv left out" in err


def test_a_folder_without_a_labelled_run_is_refused(tmp_path, capsys):
    assert skab.main(["--data", str(tmp_path)]) == 2
    assert "none with a labelled anomaly" in capsys.readouterr().err
