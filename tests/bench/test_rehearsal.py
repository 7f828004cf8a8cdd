"""The rehearsal of the demo's cameras: what it counts, and what it refuses."""

import json

from bench.rehearsal import Run, main


def test_a_label_is_opened_by_two_looks_of_three_and_once():
    run = Run("cam", said=["", "IMG_DIRT", "", "", "IMG_BLUR", "", "IMG_BLUR", "IMG_BLUR"])
    assert list(run.opened()) == [("IMG_BLUR", 6)]


def test_a_camera_of_the_demo_is_played_healthy_and_spoilt(monkeypatch, capsys):
    command = ["rehearsal", "--runs", "1", "--looks", "4", "--cameras", "cam-12", "--json"]
    monkeypatch.setattr("sys.argv", command)
    assert main() == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["runs"], told["looks"], told["faults"], told["missed"]) == (1, 4, 1, 0)
    assert told["looks_until_open"] == {"2": 1}


def test_a_camera_that_the_demo_has_not_is_named(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["rehearsal", "--cameras", "cam-99"])
    assert main() == 2
    assert "cam-99" in capsys.readouterr().err
