"""Disks and causes: from readings in the store to a prediction and a suggestion in a ticket, by a real night."""

import contextlib
import shutil
import sqlite3

import numpy as np
import pytest

from agent.files import FORECASTS_FILE
from agent.predictions import arrays, causes, disks, export, seal, taught
from agent.predictions.config import PredictionsConfig
from agent.predictions.daily import Daily
from agent.predictions.events import Epoch, Happened, begins, epochs, happened
from agent.predictions.history import History
from agent.predictions.nightly import Nightly
from agent.predictions.work import night
from agent.service.audit import ACCEPTED
from agent.store import Store
from models.facts import FaultKey

DAY = 86400.0
TODAY = 20_600
LENGTH = 60
NOW = TODAY * DAY + 4 * 3600
BAD, PENDING = disks.SMART[5], disks.SMART[197]
DISKS = [("nvr-1", f"disk{i}") for i in range(24)]
NIGHT = "ir_light|cctv_picture_luma_ratio"


def sectors(number, day):
    """Return (bad, pending) of a disk: the first eight fail one after the other, the ninth is on its way."""
    fails = 18 + 5 * number if number < 8 else LENGTH + 3 if number == 8 else 10_000
    grown = max(0, day - fails + 12)
    return 40.0 * grown**2, 4.0 * grown


def failures():
    return [
        Happened("nvr-1", f"disk{i}", "DISK_FAILED", (TODAY - LENGTH + 18 + 5 * i) * DAY) for i in range(8)
    ]


def history(known=8):
    daily = Daily()
    for day in range(LENGTH):
        found = [sectors(number, day) for number in range(len(DISKS))]
        daily.add(
            TODAY - LENGTH + day,
            {
                name: {row: found[i][k] for i, row in enumerate(DISKS)}
                for k, name in enumerate((BAD, PENDING))
            },
        )
    return History(daily, failures()[:known], {"nvr-1": "nvr"})


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A state folder whose store has the hours of the disks and their failures."""
    folder = tmp_path_factory.mktemp("state")
    Store.open(folder / "siteward.db").close()
    with contextlib.closing(sqlite3.connect(folder / "siteward.db")) as db, db:
        db.execute("INSERT INTO device VALUES (1, 'nvr-1')")
        series = 0
        for number, (_, part) in enumerate(DISKS):
            for place, name in enumerate((BAD, PENDING)):
                series += 1
                db.execute("INSERT INTO series VALUES (?, 1, ?, ?)", (series, name.split("|")[1], part))
                for day in range(LENGTH):
                    value = sectors(number, day)[place]
                    rows = [
                        ((TODAY - LENGTH + day) * 24 + h, series, 1, value, value, value, value, 0.0)
                        for h in (3, 4)
                    ]
                    db.executemany("INSERT INTO rollup_hour VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        for one in failures():
            db.execute(
                "INSERT INTO incident (key, generation, device, part, code, opened_at, closed_at)"
                " VALUES (?, 1, ?, ?, ?, ?, ?)",
                (f"site/{one.part}", one.device, one.part, one.fault, one.at, one.at + DAY),
            )
    return folder


def question(store, folder, **more):
    return {
        "store": str(store / "siteward.db"), "folder": str(folder), "day_offset": 0.0, "now": NOW,
        "devices": ["nvr-1"], "kinds": {"nvr-1": "nvr"}, "blocked": [], "cpu_seconds": 60, **more,
    }  # fmt: skip


@pytest.fixture(scope="module")
def three_nights(store, tmp_path_factory):
    """A folder after the three nights before the last."""
    folder = tmp_path_factory.mktemp("nights")
    for back in (3, 2, 1):
        night(question(store, folder, now=NOW - back * DAY))
    return folder


def test_a_disk_on_its_way_is_predicted_from_the_disks_that_failed_here(store, three_nights, tmp_path):
    answer = night(question(store, shutil.copytree(three_nights, tmp_path / "nights")))
    (one,) = [p for p in answer["predictions"] if p["part"] == "disk8"]
    assert (one["component"], one["becomes"][0]) == ("disk", "DISK_FAILED")
    assert one["probability"] >= 0.5
    told = [detail for detail, _ in one["explanation"]]
    assert {"disk.summary", "disk.sign"} <= set(told)
    assert not [p for p in answer["predictions"] if int(p["part"].removeprefix("disk")) > 8]


def test_a_site_without_failures_says_that_rules_take_over():
    assert disks.train([history(known=4)]) == (None, 4)


def test_a_trained_model_is_used_and_one_that_was_changed_is_refused(store, tmp_path):
    model, known = disks.train([history()])
    key = seal.key_of(tmp_path)
    arrays.save(tmp_path, disks.NAME, model.dump(), {"schema": disks.schema(), "failures": known}, key)
    assert disks.judge(model, history()).failures == 8
    assert not night(question(store, tmp_path))["missing"][1:]  # only causes are missing
    path = tmp_path / f"{disks.NAME}.npz"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(seal.SealError, match="not what its manifest says"):
        arrays.load(tmp_path, disks.NAME, disks.schema(), key)
    with pytest.raises(seal.SealError, match="another version"):
        arrays.load(tmp_path, disks.NAME, "other", key)
    told = [detail for detail, _ in night(question(store, tmp_path, now=NOW + DAY))["missing"]]
    assert told[0] == "foresee.model_refused"


def test_a_new_disk_in_the_bay_is_another_disk():
    one = history()
    lives = [life for life in disks._lives(one) if life[0] == ("nvr-1", "disk0")]
    assert [life[3] for life in lives] == [True, False]


def test_sites_teach_each_other_through_their_exports(tmp_path):
    files = []
    for name, one in (("a", history()), ("b", lights())):
        files.append(tmp_path / f"{name}.parquet")
        export.write(files[-1], name, one.daily, one)
    sites = export.read_sites(files)
    assert [(len(one.happened), one.kinds) for one in sites] == [
        (8, {"nvr-1": "nvr"}), (14, {f"cam-{i}": "camera" for i in range(16)})
    ]  # fmt: skip
    key = seal.key_of(tmp_path)
    said = taught.train(tmp_path, sites, key, now=NOW)
    assert said == ["disks: learnt from 8 failures", "causes: learnt from 14 confirmed cases of camera"]
    assert arrays.load(tmp_path, causes.NAME, causes.schema(), key)[1]["from"] == 14
    disk, cause = taught.cards(tmp_path)
    assert "from 8 cases; npz without pickles, signed manifest" in taught.line(disk)
    assert cause["sites"] == 2


def test_without_training_the_card_says_what_is_used(tmp_path):
    assert "what this site saw itself" in taught.line(taught.cards(tmp_path)[0])


# ---------------------------------------------------------------- causes


def lights(*, confirmed=True):
    """Cameras of which dark ones had their light replaced, and bright ones a curtain drawn before them."""
    daily = Daily()
    for day in range(LENGTH):
        found = {}
        for i in range(16):
            fade = 0.5 ** (max(0, day - 25) / 20) if i % 2 else 1.0
            found[f"cam-{i}", "main"] = 0.4 * fade * (1 + 0.01 * np.sin(day * 3.1 + i))
        daily.add(TODAY - LENGTH + day, {NIGHT: found})
    at = (TODAY - 5) * DAY
    labels = [
        Happened(f"cam-{i}", "main", "IMG_BLACK", at - (i // 2) * DAY, "HARDWARE" if i % 2 else "OBSTRUCTED")
        for i in range(14)
    ]
    return History(daily, labels if confirmed else [], {f"cam-{i}": "camera" for i in range(16)})


def test_a_cause_is_suggested_from_what_was_confirmed_on_devices_of_the_kind():
    models = causes.train([lights()])
    again = causes.load(causes.dump(models))
    told = causes.suggest(again, lights())
    assert told["cam-15"]["IMG_BLACK"][0] == "HARDWARE"
    assert told["cam-14"]["IMG_BLACK"][0] == "OBSTRUCTED"
    assert all(0.5 <= sure <= 1 and cases == 14 for one in told.values() for _, sure, cases in one.values())


def test_without_confirmed_causes_nothing_is_suggested():
    assert causes.train([lights(confirmed=False)]) == {}
    assert causes.suggest({}, lights()) == {}


def test_a_cause_model_of_another_make_is_refused():
    state = causes.dump(causes.train([lights()]))
    with pytest.raises(ValueError, match="do not fit"):
        causes.load({**state, "camera/weight": state["camera/weight"][:, 1:]})


# ---------------------------------------------------------------- epochs


def test_the_ledger_tells_what_begins_an_epoch(tmp_path):
    path = tmp_path / "siteward.db"
    store = Store.open(path)
    store.note_audit(500.0, "Wang", ACCEPTED, "cam-2")
    store.close()
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        incident = (
            "INSERT INTO incident (key, generation, device, part, code, opened_at) VALUES (?,1,?,?,?,?)"
        )
        for code in ("REPLACED", "IMG_BLUR", "PREDICTED"):
            db.execute(incident, (code, "cam-1", "main", code, 100.0))
        for code, part, cause in (
            ("IMG_BLUR", "main", "LENS"), ("PREDICTED", "main/lens", "DIRT"), ("IMG_BLACK", "main", "FALSE")
        ):  # fmt: skip
            db.execute(
                "INSERT INTO work_order VALUES (?,1,'cam-3',?,?,'S3',0,0,NULL,'resolved',0,0,'','retest','',"
                "700.0,?,'',0,'{}')",
                (code, part, code, cause),
            )
        found = epochs(db)
        assert [(one.device, one.fault) for one in happened(db)] == [
            ("cam-1", "IMG_BLUR"),
            ("cam-1", "REPLACED"),
        ]
    by_device = {(one.device, one.at): one.components for one in found}
    assert len(by_device["cam-1", 100.0]) == len(by_device["cam-2", 500.0]) > 5
    assert {one.components for one in found if one.device == "cam-3"} == {
        frozenset({"lens", "sensor"}), frozenset({"lens"})
    }  # fmt: skip


def test_an_epoch_begins_the_day_after_for_its_part_and_component():
    rows = [("cam-1", "main"), ("cam-1", "sub"), ("cam-2", "main")]
    found = [
        Epoch("cam-1", 12.5 * DAY, frozenset({"lens"}), "main"),
        Epoch("cam-2", 99 * DAY, frozenset({"lens"})),
    ]
    one = begins(rows, "lens", found, first=10, days=20, offset=0.0)
    assert one.tolist() == [3, 0, 20]
    assert not begins(rows, "fan", found, first=10, days=20, offset=0.0).any()


async def test_the_agent_takes_predictions_and_suggestions_from_the_night_and_keeps_them_over_a_restart(
    store, three_nights, tmp_path
):
    shutil.copy(store / "siteward.db", tmp_path / "siteward.db")
    shutil.copytree(three_nights, tmp_path / "predictions")

    def nightly():
        return Nightly(
            PredictionsConfig(cpu_seconds=60), tmp_path, day_offset=0.0, devices=lambda: {"nvr-1": "nvr"},
            standing=list, labels=list, hand=lambda found, _now: handed.append(list(found)), clock=lambda: NOW,
        )  # fmt: skip

    handed = []
    job = nightly()
    assert await job.once()
    assert [one.part for one in handed[-1] if one.part == "disk8"] == ["disk8"]
    assert job.suggest(FaultKey("nvr-1", "disk1", "DISK_FAILED")) is None
    folder = tmp_path / "predictions"
    key = seal.key_of(folder)
    book = seal.read(folder / FORECASTS_FILE, key)
    told = {"nvr-1": {"DISK_FAILED": ["DISK", 0.8, 9]}}
    seal.write(folder / FORECASTS_FILE, {**book, "suggestions": told}, key)
    again = nightly()
    again._suggestions = again._last_suggestions()
    assert again.suggest(FaultKey("nvr-1", "disk1", "DISK_FAILED")) == ("DISK", 0.8, 9)
    (folder / FORECASTS_FILE).write_text("{}")
    assert nightly()._last_suggestions() == {}
