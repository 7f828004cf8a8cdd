"""The picture bench: what it confirms is what the agent would open; odd input is said clearly."""

import json

import numpy as np
import pytest

from bench.picture.__main__ import main
from bench.picture.confirm import confirmed
from bench.picture.scenes import Scene, load, scenes
from bench.picture.score import agreed, figures, single
from bench.picture.trial import Case, Outcome, Result
from models.diagnosis import Diagnosis

VALUES = {"looks": 9.0, "anchors": 0.6, "match": 0.9}


def look(label: str, sure: float = 0.8) -> tuple[Diagnosis, dict[str, float]]:
    return Diagnosis(label, sure, told={label: sure} if label else {}), VALUES


@pytest.mark.parametrize(
    ("labels", "opened"),
    [
        (("IMG_BLUR",) * 3, "IMG_BLUR"),
        (("IMG_BLUR", "", "IMG_BLUR"), "IMG_BLUR"),
        (("", "IMG_DIRT", "IMG_DIRT"), "IMG_DIRT"),
        (("IMG_BLUR", "", ""), ""),
        (("IMG_BLUR", "IMG_FOG", ""), ""),
        (("", "", ""), ""),
    ],
)
def test_what_is_confirmed_is_what_the_agent_opens(labels, opened):
    assert confirmed([look(label) for label in labels]) == opened


def test_a_name_is_held_while_the_next_look_is_half_sure_as_the_agent_does():
    assert confirmed([look("IMG_BLUR"), look("IMG_BLUR", 0.4)]) == "IMG_BLUR"
    assert confirmed([look("IMG_BLUR", 0.4), look("IMG_BLUR", 0.4)]) == ""


def test_figures_count_windows_and_trials():
    right = ("IMG_BLUR",)
    outcomes = [
        Outcome(
            "a", Case("blurred", "high", 1.0), "h264 constant", right, ("IMG_BLUR", "", "IMG_FOG"), "IMG_BLUR"
        ),
        Outcome("a", Case("clean", "", 0.0), "h264 constant", (), ("", "IMG_DIRT", ""), ""),
    ]
    result = Result("a", outcomes, 0, 30.0, 8.0, 0.5, 1000)
    one, two = figures([result], single), figures([result], agreed)
    assert one["recall_medium_high"] == pytest.approx(2 / 3, abs=1e-3)
    assert one["label_medium_high"] == pytest.approx(1 / 3, abs=1e-3)
    assert one["false_per_clean_window"] == pytest.approx(1 / 3, abs=1e-3)
    assert (two["recall_medium_high"], two["label_medium_high"], two["false_per_clean_window"]) == (
        1.0,
        1.0,
        0.0,
    )
    assert json.loads(json.dumps(one))["per_scene"]["a"]["structure"] == 0.5


def test_a_folder_without_clips_and_a_file_that_is_none_are_said_clearly(tmp_path, monkeypatch, capsys):
    with pytest.raises(FileNotFoundError, match="no video file"):
        scenes(tmp_path)
    monkeypatch.setattr("sys.argv", ["bench.picture", "--clips", str(tmp_path / "none"), "--json"])
    assert main() == 2
    assert "is no folder" in capsys.readouterr().err
    (tmp_path / "broken.mp4").write_bytes(b"no clip")
    with pytest.raises(ValueError, match="no picture could be read"):
        load(tmp_path / "broken.mp4")


def test_a_clip_of_one_picture_gives_all_windows():
    scene = Scene("one", [np.zeros((540, 640), np.uint8)])
    assert [len(window) for window in scene.windows(3, 4, learn=False)] == [4, 4, 4]
