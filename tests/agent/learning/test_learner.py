"""The agent's learner: fed from reports, held while a fault is open, exact over restarts, shown to people."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from agent.cli import app
from agent.files import LEARNING_FILE, LEARNING_SUMMARY_FILE
from agent.learning import memory
from agent.learning.batch import Register, gather
from agent.learning.learner import Learner
from agent.run import Clocks
from agent.snapshot import Snapshot
from models import metrics
from models.facts import Device, Failure, Kind, Reading, Report, Trouble
from models.watch import Watch

START = 1_700_438_400.0
DEVICES = [Device(f"cam-{i}", Kind.CAMERA, f"192.0.2.{i}") for i in range(10)]


class Now:
    at = START

    def __call__(self):
        return self.at


def report(device, at, value, *, error=None, metric=metrics.CPU_USED):
    readings = () if error else (Reading(metric, value),)
    return Report(device, "snmp", at, 0.1, readings, error)


@pytest.fixture
def site(tmp_path):
    return make(tmp_path)


def make(folder):
    now, snapshot = Now(), Snapshot()
    watch = Watch("site", DEVICES)
    learner = Learner(snapshot, watch, folder, clocks=Clocks(now, now), ahead=lambda _at: 0.0)
    learner.set_devices(DEVICES)
    return now, snapshot, watch, learner


async def live(site, days, value, every=3600.0):
    now, snapshot, _, learner = site
    for _ in range(int(days * 86400 / every)):
        now.at += every
        for number, device in enumerate(DEVICES):
            snapshot.take(report(device.id, now.at, value(number, now.at)))
        await learner.round()


def steady(number, at):
    return 0.3 + 0.01 * number + 0.02 * np.sin(at / 700 + number * 7) + 0.01 * np.cos(at * (number + 1))


async def test_what_is_learnt_grows_with_time_and_is_shown(site, tmp_path):
    await live(site, 3.5, steady)
    (first, *_) = site[3].standings()
    assert first.progress == pytest.approx(0.5, abs=0.02)
    names = {sample.metric.name for sample in site[3].samples()}
    assert "cctv_learning_progress_ratio" in names
    assert "cctv_unlike_siblings_score" not in names, "nobody knows its day yet"
    assert (first.state, first.days) == ("collecting", pytest.approx(3.5, abs=0.1))
    summary = json.loads((tmp_path / LEARNING_SUMMARY_FILE).read_text())
    assert len(summary["devices"]) == len(DEVICES)


async def test_a_new_device_is_held_against_what_its_kind_usually_shows(site):
    now, snapshot, _, learner = site
    for _ in range(40):
        now.at += 2400
        for device, value in (("cam-1", 45.0), ("cam-2", 99.0)):
            snapshot.take(report(device, now.at, value, metric=metrics.TEMPERATURE))
        await learner.round()
    told = {one.device: [u.why for u in one.unusual] for one in learner.standings()}
    assert told["cam-2"] == ["class"]
    assert not told["cam-1"]


async def test_a_series_unlike_its_past_and_a_device_unlike_its_siblings_are_evidence(site):
    await live(site, 8, lambda n, at: 0.9 + steady(0, at) / 10 if n == 7 else steady(n, at))
    now, snapshot, watch, learner = site
    unlike = {one.device: one.unlike for one in learner.standings()}
    assert unlike["cam-7"] > 1 > max(score for device, score in unlike.items() if device != "cam-7")
    now.at += 1200
    snapshot.take(report("cam-3", now.at, 0.99))
    await learner.round()
    (one,) = [s for s in learner.standings() if s.device == "cam-3"]
    assert [u.metric for u in one.unusual] == ["cctv_cpu_used_ratio"]
    assert abs(one.unusual[0].z) > 6
    assert not watch.incidents(), "a score opens no ticket"


async def test_a_restart_changes_nothing(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    whole, broken = make(tmp_path / "one"), make(tmp_path / "two")
    await live(whole, 2, steady)
    await live(broken, 1, steady)
    broken[3]._save_safely()
    again = make(tmp_path / "two")
    again[3].restore()
    again[0].at = broken[0].at
    await live(again, 1, steady)
    one, two = whole[3]._baselines.dump(), again[3]._baselines.dump()
    assert all(np.array_equal(one[name], two[name], equal_nan=True) for name in one)
    one, two = whole[3]._detectors.dump(), again[3]._detectors.dump()
    assert all(np.array_equal(one[name], two[name], equal_nan=True) for name in one)


async def test_what_is_normal_outlives_an_update_that_changes_the_scores(tmp_path, monkeypatch):
    site = make(tmp_path)
    await live(site, 0.2, steady)
    monkeypatch.setattr(memory, "MAKE", "siteward-learning-2")
    site[3]._save_safely()
    monkeypatch.undo()
    again = make(tmp_path)
    again[3].restore()
    one, two = site[3]._baselines.dump(), again[3]._baselines.dump()
    assert all(np.array_equal(one[name], two[name], equal_nan=True) for name in one)
    assert not again[3]._detectors.dump()["seen"].any()
    assert len(again[3]._detectors) == len(again[3]._baselines)


async def test_a_damaged_or_strange_state_is_begun_anew_and_said_so(tmp_path, caplog):
    (tmp_path / LEARNING_FILE).write_bytes(b"no zip at all")
    site = make(tmp_path)
    site[3].restore()
    assert "begun anew" in caplog.text
    await live(site, 0.1, steady)
    memory.save(tmp_path / LEARNING_FILE, {"names": np.array(["a"])})
    make(tmp_path)[3].restore()
    assert caplog.text.count("begun anew") == 2


async def test_a_device_that_left_is_forgotten_and_its_number_given_to_another(site):
    await live(site, 0.2, steady)
    learner = site[3]
    learner.set_devices(DEVICES[1:])
    await learner.round()
    assert "cam-0" not in {one.device for one in learner.standings()}
    assert learner._register.free == [0]
    assert np.isnan(learner._baselines.level[0])


def test_what_failed_or_was_taken_before_is_not_learnt_twice():
    register, taken = Register(), {}
    one = report("cam-0", START, 0.5)
    failed = report("cam-1", START, 0.5, error=Failure(Trouble.UNREACHABLE, "silent"))
    counter = report("cam-2", START, 5.0, metric=metrics.PORT_IN)
    grows = report("cam-3", START, 5.0, metric=metrics.UPTIME)
    odd = report("cam-4", START, float("nan"))
    batch = gather(register, [one, failed, counter, grows, odd], taken, {"cam-0"})
    assert batch.value.tolist() == [0.5]
    assert batch.frozen.tolist() == [True]
    assert not len(gather(register, [one], taken, set()))


async def test_while_a_fault_is_open_nothing_is_learnt(site, monkeypatch):
    await live(site, 1, steady)
    learner = site[3]
    before = learner._baselines.level.copy()
    finding = type(
        "F",
        (),
        {"key": type("K", (), {"device": "cam-2"}), "phase": __import__("models.facts").facts.Phase.OPEN},
    )
    monkeypatch.setattr(site[2], "findings", lambda: (finding,))
    await live(site, 0.2, lambda n, at: 0.9)
    after = learner._baselines.level
    assert after[2] == before[2]
    assert (after[[0, 1, 3]] != before[[0, 1, 3]]).all()
    assert next(one for one in learner.standings() if one.device == "cam-2").frozen


def test_the_command_shows_it_and_says_when_there_is_nothing(tmp_path):
    site = tmp_path / "site.yaml"
    (tmp_path / "devices.csv").write_text("id,kind,host\ncam-1,camera,192.0.2.1\n")
    site.write_text(f"site: demo\ninventory: devices.csv\nstate_dir: {tmp_path}\n")
    run = CliRunner().invoke
    nothing = run(app, ["learning", "-c", str(site)])
    assert nothing.exit_code == 1
    assert "nothing is learnt yet" in nothing.output
    unusual = {
        "metric": "cctv_cpu_used_ratio",
        "part": "",
        "at": START,
        "score": 2.0,
        "z": 9.0,
        "why": "level",
    }
    one = {"device": "cam-1", "progress": 0.43, "series": 12, "frozen": True, "unlike": None, "unlike_by": ""}
    one |= {"state": "collecting", "days": 3.01}
    one["normal"] = [{"metric": "cctv_picture_luma_ratio", "part": "main", "low": 0.2, "high": 0.4}]
    (tmp_path / LEARNING_SUMMARY_FILE).write_text(
        json.dumps({"at": START, "devices": [{**one, "unusual": [unusual]}]})
    )
    shown = run(app, ["learning", "-c", str(site)], env={"COLUMNS": "220"})
    assert shown.exit_code == 0, shown.output
    assert "collecting, 3.0 days (43" in shown.output
    assert "held: a fault is open" in shown.output
    chinese = run(app, ["learning", "-c", str(site), "--lang", "zh_CN"], env={"COLUMNS": "160"})
    assert "已3.0天" in chinese.output
    assert "偏离正常水平" in chinese.output
    listed = run(app, ["devices", "-c", str(site)], env={"COLUMNS": "200"})
    assert "collecting, 3.0 days" in listed.output, listed.output
    (row,) = json.loads(run(app, ["devices", "-c", str(site), "--json"]).output)
    assert row["learning"]["state"] == "collecting"
    asked = run(app, ["probe", "cam-1", "-c", str(site)], env={"COLUMNS": "200"})
    assert "usually 0.2 to 0.4" in asked.output, asked.output
    assert json.loads(run(app, ["learning", "-c", str(site), "--json"]).output)["devices"][0]["series"] == 12


async def test_a_proven_repair_and_an_accepted_change_begin_an_epoch(tmp_path):
    now, snapshot = Now(), Snapshot()
    mended = []
    learner = Learner(
        snapshot, Watch("site", DEVICES), tmp_path, clocks=Clocks(now, now), ahead=lambda _at: 0.0,
        repaired=lambda _since: {mended.pop()} if mended else set(),
    )  # fmt: skip
    learner.set_devices(DEVICES)
    await live((now, snapshot, None, learner), 0.2, steady)
    mended.append("cam-3")
    learner.begin_epoch("cam-5")
    await live((now, snapshot, None, learner), 0.1, steady)
    began = learner._baselines.dump()["epoch"]
    assert [int(i) for i in np.flatnonzero(np.isfinite(began))] == [3, 5]


async def test_what_is_usual_is_told_once_a_day_is_known(tmp_path):
    now, snapshot, _, learner = make(tmp_path)
    rng = np.random.default_rng(0)
    for _ in range(int(7.3 * 86400 / 3600)):
        now.at += 3600.0
        value = 0.3 + rng.normal(0, 0.01)
        snapshot.take(report("cam-1", now.at, value, metric=metrics.MEMORY_USED))
        await learner.round()
    one = next(one for one in learner.standings() if one.device == "cam-1")
    assert one.state == "day"
    (usual,) = one.normal
    assert usual.metric == "cctv_memory_used_ratio"
    assert 0.2 < usual.low < 0.29 <= usual.high - 0.02 < 0.38
