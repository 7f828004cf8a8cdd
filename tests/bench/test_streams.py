"""The stream benches: their figures from their rows, their cameras, their clips and server."""

import subprocess
import sys
from collections import Counter

import pytest

from bench.glance import report
from bench.replay import Tape
from bench.stream_cost import DAY, GLANCE, MAIN, SUB, WHOLE, Clip, Ours, figures, make, rows_of
from bench.stream_sweep import KINDS, cameras
from models import metrics


def test_figures_are_ratios_of_the_rows_and_none_where_a_row_is_missing():
    rows = [
        {"clip": "264-1080p", "way": MAIN, "cpu_ms": 20.0},
        {"clip": "264-1080p", "way": "cv2.VideoCapture, 10 s", "cpu_ms": 1000.0},
    ]
    found = figures(rows)
    assert found["ratio_vs_videocapture_1080p"] == 0.02
    assert found["ratio_vs_ffmpeg_filters_1080p"] is None
    assert found["ms_1080p_keyframe"] == 20.0
    assert found["ms_substream"] is None


def test_a_day_s_average_counts_glances_and_whole_looks_as_they_come():
    rows = rows_of("264-360p", SUB, [(GLANCE, 0.004)] * 7 + [(WHOLE, 0.020)])
    assert {row["way"]: row["cpu_ms"] for row in rows} == {
        SUB: 4.0, f"{SUB}: {GLANCE}": 4.0, f"{SUB}: {WHOLE}": 20.0, f"{SUB}: {DAY}": 6.0,
    }  # fmt: skip
    assert figures(rows)["ms_substream_day"] == 6.0


def test_a_glance_is_judged_by_the_windows_in_which_the_whole_look_sees_a_fault():
    counts = {
        "clean": Counter(all=4, asked=1), "fog high": Counter(all=3, asked=3), "web medium": Counter(all=1, asked=0),
        "spent": Counter(looks=2, us=5000),
    }  # fmt: skip
    found = report(counts)
    assert (found["handed_over_faulty"], found["handed_over_clean"]) == (0.75, 0.25)
    assert found["missed"] == {"web medium": 1}
    assert found["glance_ms"] == 2.5
    assert report({})["handed_over_faulty"] is None


def test_one_camera_in_twenty_is_broken_and_each_in_its_own_way():
    found = cameras(300)
    assert len({camera.address for camera in found}) == 300
    broken = [camera.broken for camera in found if camera.broken]
    assert len(broken) == 15
    assert {broken.count(kind) for kind in KINDS} == {5}
    assert [camera.broken for camera in cameras(5)] == [""] * 5


@pytest.mark.parametrize(("codec", "number"), [("libx264", 264), ("libx265", 265)])
def test_a_clip_is_played_and_looked_at_as_it_was_made(tmp_path, codec, number):
    path = make(tmp_path, Clip("small", codec, 320, 180, 200_000), 4)
    tape = Tape(path)
    assert (tape.form.width, tape.form.height, len(tape.frames)) == (320, 180, 100)
    words = [sys.executable, "-m", "bench.replay", str(tmp_path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        port = server.stdout.readline().strip()
        values = Ours(2)(f"{port}/small").values
        server.terminate()
    assert values[metrics.STREAM_CODEC.name] == number
    assert values[metrics.STREAM_WIDTH.name] == 320
    assert values[metrics.STREAM_LOST.name] == 0
