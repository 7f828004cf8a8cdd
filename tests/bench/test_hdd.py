"""The disk bench: its figures by hand, and the publisher's form with more and with fewer columns."""

import json

import numpy as np
import pytest

from bench import hdd


def test_the_area_under_the_curve_counts_ties_half():
    score = np.array([0.0, 1.0, 1.0, 2.0])
    truth = np.array([False, True, False, True])
    assert hdd.auc(score, truth) == pytest.approx(3.5 / 4)


def test_the_calibration_error_is_the_mean_gap():
    said = np.repeat([0.1, 0.9], 50)
    happened = np.tile([True, False], 50)
    assert hdd.calibration_error(said, happened) == pytest.approx(0.4)


def write(path, header):
    rng = np.random.default_rng(0)
    lines = [header]
    for drive in range(200):
        dies = 3 + drive % 9 if drive < 12 else 99
        for day in range(min(dies, 12) + 1):
            bad = 50 * max(0, 5 - dies + day) if dies < 99 else 0
            row = [f"2024-03-{day + 1:02d}", f"S{drive}", "M", "4000000000000", str(int(day == dies))]
            row += ["", str(bad), str(1000 + day), str(rng.integers(20, 40)), str(bad // 2), str(bad)]
            lines.append(",".join(row[: header.count(",") + 1]))
    path.write_text("\n".join(lines) + "\n")


HEADER = "date,serial_number,model,capacity_bytes,failure,smart_1_raw,smart_5_raw,smart_9_raw,smart_194_raw"


@pytest.mark.parametrize("header", [HEADER, HEADER + ",smart_187_raw,smart_198_raw"])
def test_the_publishers_form_is_judged(tmp_path, capsys, header):
    write(tmp_path / "days.csv", header)
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    assert hdd.main(["--data", str(tmp_path), "--train-until", "2024-03-07", "--json"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out.splitlines()[-1])
    assert {"recall_at_1pct", "recall_far01", "precision_far01", "auc", "ece", "rivals"} <= set(found)
    assert found["auc"] > 0.8
    assert (187 in found["attributes"]) == ("187" in header)
    assert "other.csv left out: no column" in err


def test_a_folder_without_drives_or_failures_is_refused(tmp_path, capsys):
    assert hdd.main(["--data", str(tmp_path)]) == 2
    assert "no drive-days" in capsys.readouterr().err
    write(tmp_path / "days.csv", HEADER)
    assert hdd.main(["--data", str(tmp_path), "--train-until", "2025-01-01"]) == 2
    assert "no failure after it" in capsys.readouterr().err
