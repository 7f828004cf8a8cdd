"""The bench of inspections: a small year agrees with its truth, and odd sizes are refused in words."""

import subprocess
import sys

import pytest

from bench.inspection import run


def test_a_small_year_agrees_with_its_truth():
    result = run(40, 40, 3, pipeline=False)
    assert result["kpi_max_abs_error"] < 1e-9
    assert result["coverage_abs_error"] < 1e-9
    assert set(result["evidenced_share"]) == {"monthly", "two_monthly", "quarterly", "half_yearly", "yearly"}


@pytest.mark.parametrize("arguments", [["--devices", "1"], ["--days", "2"]])
def test_a_bench_of_nothing_says_so(arguments):
    done = subprocess.run(
        [sys.executable, "-m", "bench.inspection", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "at least 10 devices and 30 days" in done.stderr
