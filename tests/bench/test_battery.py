import json
import subprocess
import sys
from pathlib import Path

import numpy as np

TOP = Path(__file__).parents[2]


def run(folder):
    return subprocess.run(
        [sys.executable, "-m", "bench.battery", "--data", str(folder), "--json"],
        cwd=TOP, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_one_line_of_figures_from_the_cells_that_end(tmp_path):
    noise = np.random.default_rng(1)
    for name, fade in (("a", 0.005), ("b", 0.006), ("never", 0.0001)):
        rows = [f"{k},{1.9 - fade * k + noise.normal(0, 0.004)}" for k in range(150)]
        (tmp_path / f"{name}.csv").write_text("discharge,capacity\n" + "\n".join(rows))
    (tmp_path / "odd.csv").write_text("x,y\n1,2\n")
    done = run(tmp_path)
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["cells"], told["forecasts"]) == (2, 18)
    assert told["mae_at_70pct"] < 8
    assert 0 <= told["coverage80"] <= 1
    assert "never.csv: left out" in done.stderr
    assert "odd.csv: left out" in done.stderr


def test_an_empty_folder_is_told(tmp_path):
    done = run(tmp_path)
    assert done.returncode == 2
    assert "no cell" in done.stderr
