"""From the store's hours to a prediction in the pipeline's hands, through the real worker process."""

import asyncio
import json
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from typer.testing import CliRunner

from agent.cli import app
from agent.predictions import daily as days
from agent.predictions import export, model, seal
from agent.predictions.config import PredictionsConfig
from agent.predictions.daily import Daily
from agent.predictions.forecast import forecast, from_data, to_data
from agent.predictions.nightly import Nightly, feedback
from agent.predictions.train import errors_of, train
from agent.predictions.work import night
from agent.store import Store
from models.facts import PREDICTED, FaultKey
from models.learning.conformal import Band
from models.learning.gate import Gate

NIGHT = "ir_light|cctv_picture_luma_ratio"
DAY = 86400.0
TODAY = 20_600  # days since 1970
LENGTH = 120
NOW = TODAY * DAY + 4 * 3600
CAMERAS = [f"cam-{i}" for i in range(8)]


def fading(row, day):
    """Return the brightness of a camera; that of cam-3 fades from day 40 to half in 100 days."""
    wear = 0.5 ** max(0.0, (day - 40) / 100) if row == 3 else 1.0
    return 0.35 * wear * (1 + 0.02 * np.sin(day * 7.3 + row))


def filled(until=LENGTH, first=TODAY - LENGTH):
    daily = Daily()
    for day in range(until):
        daily.add(first + day, {NIGHT: {(name, "main"): fading(i, day) for i, name in enumerate(CAMERAS)}})
    return daily


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """A state folder whose store has the hours of 120 days: bright by day, fading by night."""
    folder = tmp_path_factory.mktemp("state")
    Store.open(folder / "siteward.db").close()
    with sqlite3.connect(folder / "siteward.db") as db:
        for i, name in enumerate(CAMERAS):
            db.execute("INSERT INTO device VALUES (?, ?)", (i + 1, name))
            db.execute("INSERT INTO series VALUES (?, ?, 'cctv_picture_luma_ratio', 'main')", (i + 1, i + 1))
            for day in range(LENGTH):
                for hour in range(24):
                    value = fading(i, day) if hour in {23, 0, 1, 2, 3} else 0.6
                    at = (TODAY - LENGTH + day) * 24 + hour
                    row = (at, i + 1, 2, value, value, 2 * value, value, at * 3600.0)
                    db.execute("INSERT INTO rollup_hour VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    return folder


def question(history, folder, **more):
    return {
        "store": str(history / "siteward.db"), "folder": str(folder), "day_offset": 0.0, "now": NOW,
        "devices": CAMERAS, "blocked": [], "cpu_seconds": 60, **more,
    }  # fmt: skip


def nights(history, folder, count, **more):
    """Return the answers of several nights, the newest last."""
    return [
        night(question(history, folder, now=NOW - (count - 1 - back) * DAY, **more)) for back in range(count)
    ]


@pytest.fixture(scope="module")
def fortnight(history, tmp_path_factory):
    """A folder after 14 nights, and what they answered."""
    folder = tmp_path_factory.mktemp("fortnight")
    return folder, nights(history, folder, 14)


@pytest.fixture
def after(fortnight, tmp_path):
    """A copy of that folder."""
    return shutil.copytree(fortnight[0], tmp_path / "nights")


def test_the_hours_that_count_become_a_day(history, tmp_path):
    night(question(history, tmp_path))
    daily = days.load(tmp_path / days.DAILY_FILE)
    assert (daily.first, daily.days) == (TODAY - LENGTH, LENGTH)
    row = daily.rows[NIGHT].index(("cam-3", "main"))
    assert daily.values[NIGHT][row, 30] == pytest.approx(fading(3, 30), rel=1e-5)


def test_a_fading_light_becomes_one_prediction_with_its_reasons(fortnight):
    answers = fortnight[1]
    assert all([p["device"] for p in answer["predictions"]] == ["cam-3"] for answer in answers[6:])
    (one,) = map(from_data, answers[-1]["predictions"])
    assert (one.device, one.part, one.component, one.becomes) == ("cam-3", "main", "ir_light", ("IMG_BLACK",))
    assert one.earliest < one.due_at < one.latest
    assert abs(one.due_at - (TODAY - LENGTH + 140) * DAY) < 15 * DAY
    assert one.explanation[0].detail == "wear.summary"
    assert one.model == model.DEFAULT_ID


def test_an_open_fault_ends_its_prediction(history, after):
    answer = night(question(history, after, now=NOW + DAY, blocked=[["cam-3", "IMG_BLACK"]]))
    assert not answer["predictions"]
    assert not answer["ranked"]


def test_the_same_night_twice_changes_nothing(history, after):
    book = after / "forecasts.json"
    before = json.loads(json.loads(book.read_text())["body"])["gate"]
    assert len(night(question(history, after))["predictions"]) == 1
    assert json.loads(json.loads(book.read_text())["body"])["gate"] == before


async def test_the_agent_forecasts_in_a_process_of_its_own_and_hands_it_on(history, fortnight):
    shutil.copytree(fortnight[0], history / "predictions")
    handed = []
    job = Nightly(
        PredictionsConfig(cpu_seconds=60), history, day_offset=0.0, devices=lambda: dict.fromkeys(CAMERAS, "camera"),
        standing=lambda: [FaultKey("cam-1", "", "REACH_LOST")], labels=list,
        hand=lambda found, now: handed.append((list(found), now)), clock=lambda: NOW + DAY,
    )  # fmt: skip
    assert await job.once()
    ((found, now),) = handed
    assert ([one.device for one in found], now) == (["cam-3"], NOW + DAY)


async def test_a_night_that_fails_hands_on_nothing(tmp_path, caplog):
    job = Nightly(
        PredictionsConfig(cpu_seconds=60), tmp_path, day_offset=0.0, devices=lambda: dict.fromkeys(CAMERAS, "camera"),
        standing=list, labels=list, hand=lambda *_: pytest.fail("handed"), clock=lambda: NOW,
    )  # fmt: skip
    assert not await asyncio.wait_for(job.once(), 60)
    assert "has the agent run yet" in caplog.text


def test_days_and_predictions_survive_their_files(tmp_path):
    daily = filled(until=60)
    days.save(tmp_path / "d.npz", daily)
    again = days.load(tmp_path / "d.npz")
    np.testing.assert_allclose(again.values[NIGHT], daily.values[NIGHT], rtol=1e-6)
    assert again.rows == daily.rows
    gate = Gate(devices=8)
    found = forecast(filled(), gate, model=model.Model(), now=NOW)
    told = [*found.standing, *found.ranked]
    assert told
    assert [from_data(json.loads(json.dumps(to_data(one)))) for one in told] == told


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 nonsense", b"\x80\x04K\x01."])
def test_a_damaged_day_file_is_begun_anew(tmp_path, damage):
    (tmp_path / "d.npz").write_bytes(damage)
    assert days.load(tmp_path / "d.npz").days == 0


def test_a_model_is_used_only_as_this_site_wrote_it(tmp_path):
    key = seal.key_of(tmp_path)
    assert model.load(tmp_path, key).why_default == "nothing was trained yet"
    model.save(tmp_path, model.Model("wear/1 x", {"lens": Band(0.5, 1.5, 9)}, 1.0, 1, 2, {"lens": 9}, 3), key)
    assert model.load(tmp_path, key).band("lens").high == 1.5
    path = tmp_path / model.MODEL_FILE
    good = path.read_text()
    path.write_text(good.replace("1.5", "9.5"))
    assert "was changed" in model.load(tmp_path, key).why_default
    path.write_text(good)
    assert "not written by this site" in model.load(tmp_path, b"x" * 32).why_default
    path.write_text(good[:40])
    assert "damaged" in model.load(tmp_path, key).why_default


def test_a_model_for_other_components_is_refused(tmp_path, monkeypatch):
    key = seal.key_of(tmp_path)
    model.save(tmp_path, model.Model("wear/1 x"), key)
    monkeypatch.setattr(model, "schema_hash", lambda: "another")
    assert "another version" in model.load(tmp_path, key).why_default


def test_the_key_stays_and_is_for_the_agent_alone(tmp_path):
    assert seal.key_of(tmp_path) == seal.key_of(tmp_path)
    assert (tmp_path / seal.KEY_FILE).stat().st_mode & 0o777 == 0o600


def test_histories_of_many_sites_train_one_model_with_any_executor(tmp_path):
    files = []
    for number in range(6):
        path = tmp_path / f"{number}.parquet"
        export.write(path, f"site-{number}", filled())
        files.append(path)
    values, span, sites = export.read(files)
    assert (sites, span) == (6, (TODAY - LENGTH, TODAY - 1))
    told = []
    with ThreadPoolExecutor(2) as executor:
        made = train(
            values, span, sites, executor=executor, now=NOW, progress=lambda *row: told.append(row)
        )  # fmt: skip
    assert told == [(1, 1, NIGHT)]
    assert made.units == {"ir_light": 6}
    assert made.bands["ir_light"].low < 1 < made.bands["ir_light"].high


def test_errors_of_a_straight_fade_are_small():
    errors = errors_of(NIGHT, filled().values[NIGHT])
    assert len(errors) == 1
    assert abs(np.median(errors[0])) < 0.3


def test_what_is_no_export_is_refused(tmp_path):
    (tmp_path / "x.parquet").write_text("no")
    with pytest.raises(export.ExportError, match=r"x\.parquet"):
        export.read([tmp_path / "x.parquet"])


def test_confirmed_causes_become_feedback():
    labels = [
        (PREDICTED, "s/cam-1/main/lens/PREDICTED", "DIRT"),
        (PREDICTED, "s/cam-2/main/lens/PREDICTED", "FALSE"),
        (PREDICTED, "s/cam-2/main/lens/PREDICTED", "CABLE"),
        ("IMG_BLUR", "s/cam-2/main/IMG_BLUR", "DIRT"),
    ]
    assert feedback(labels) == {"lens": (1, 1, 1)}


# ---------------------------------------------------------------- commands


@pytest.fixture
def site(tmp_path, fortnight):
    shutil.copytree(fortnight[0], tmp_path / "var" / "predictions")
    (tmp_path / "devices.csv").write_text("id,kind,host\ncam-3,camera,192.0.2.3\n")
    path = tmp_path / "site.yaml"
    path.write_text("site: test\n")
    return path


def run(*args):
    return CliRunner().invoke(app, [str(arg) for arg in args])


@pytest.mark.parametrize(
    ("lang", "says"), [("en", "brightness at night went from"), ("zh_CN", "夜间画面亮度由交付时")]
)
def test_the_list_explains_itself(site, lang, says):
    done = run("predictions", "-c", site, "--lang", lang)
    assert done.exit_code == 0
    assert "cam-3 main" in done.output
    assert says in done.output
    assert json.loads(run("predictions", "-c", site, "--json").output)["predictions"][0]["device"] == "cam-3"


def test_export_train_and_the_card(site, tmp_path):
    out = tmp_path / "h.parquet"
    assert run("export", out, "-c", site).exit_code == 0
    card = run("models", "-c", site).output
    assert "shipped: nothing was trained yet" in card
    assert "simulated fleets" in card
    done = run("train", out, "-c", site, "--workers", 1)
    assert done.exit_code == 0, done.output
    assert json.loads(run("models", "-c", site, "--json").output)["sites"] == 1


def test_without_a_forecast_it_says_so(tmp_path):
    (tmp_path / "site.yaml").write_text("site: test\n")
    for command in (("predictions",), ("export", tmp_path / "x")):
        done = run(*command, "-c", tmp_path / "site.yaml")
        assert done.exit_code == 1
        assert "yet" in done.output


LOADED = """
import sys, agent.cli
commands = {"cv2", "numpy", "av", "matplotlib"} & sys.modules.keys()
import agent.app
print(*commands, *{"sklearn", "pyarrow", "skops", "scipy"} & sys.modules.keys())
"""


def test_commands_start_without_pictures_and_the_agent_without_the_libraries_of_training():
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
