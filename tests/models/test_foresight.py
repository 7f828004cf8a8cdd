"""Predictions: a key space of their own, converted and never doubled, lifted when they no longer hold."""

from dataclasses import replace

import pytest

from models.facts import Cause, Ending, FaultKey, Finding, Incident, Phase, Prediction
from models.foresight import Foresight
from models.ticket_setting import Setting
from models.ticket_text import closing, severity, ticket, update
from models.words import LANGUAGES
from tests.models.builders import CAMERA, T0

DAY = 86400.0
IR = Prediction(
    "cam-1", "", "ir_light", ("IMG_BLACK",), T0, 0.8, T0 + 20 * DAY, T0 + 10 * DAY, T0 + 30 * DAY,
    "B", "ir-trend 3", (Cause("site.dark", {"lost": 1.0, "of": 2.0}),), "open the housing", "infrared board",
)  # fmt: skip
BLACK = FaultKey("cam-1", "main", "IMG_BLACK")


def of_fault(key=BLACK, at=T0 + DAY):
    return Incident(f"site/{key}", Finding(key, Phase.OPEN, at, at), opened_at=at)


def test_a_prediction_opens_once_and_ends_when_it_no_longer_stands():
    sight = Foresight("site")
    first = sight.take([IR], (), T0)
    assert [one.key for one in first.opened] == ["site/cam-1/ir_light/PREDICTED"]
    again = sight.take([IR], (), T0 + 60)
    assert (again.opened, again.updated, again.closed) == ([], [], [])
    gone = sight.take([], (), T0 + DAY).closed
    assert [(one.ending, one.closed_at) for one in gone] == [(Ending.LIFTED, T0 + DAY)]
    assert not sight.incidents()


def test_the_fault_it_announced_goes_on_from_it_and_no_other_fault_does():
    sight = Foresight("site")
    sight.take([IR], (), T0)
    for key in (FaultKey("cam-2", "main", "IMG_BLACK"), FaultKey("cam-1", "main", "IMG_BLUR")):
        came, true = sight.convert(of_fault(key), T0 + DAY)
        assert (came.goes_on_from, true) == ("", [])
    came, true = sight.convert(of_fault(), T0 + DAY)
    assert came.goes_on_from == "site/cam-1/ir_light/PREDICTED"
    assert [(one.ending, one.explained_by) for one in true] == [(Ending.CONVERTED, came.key)]


def test_it_is_not_opened_again_while_its_fault_is_there():
    sight = Foresight("site")
    sight.take([IR], (), T0)
    sight.convert(of_fault(), T0 + DAY)
    assert not sight.take([IR], {BLACK}, T0 + 2 * DAY).opened
    assert sight.take([IR], (), T0 + 3 * DAY).opened


def test_one_disk_predicted_is_not_the_other_disk_failed():
    disk = replace(IR, part="disk1", component="disk", becomes=("DISK_FAILED",))
    sight = Foresight("site")
    sight.take([disk], (), T0)
    assert not sight.convert(of_fault(FaultKey("cam-1", "disk2", "DISK_FAILED")), T0)[1]
    assert sight.convert(of_fault(FaultKey("cam-1", "disk1", "DISK_FAILED")), T0)[1]


def test_a_better_grade_and_a_much_nearer_date_are_news_and_a_little_is_not():
    sight = Foresight("site")
    sight.take([IR], (), T0)
    assert not sight.take([replace(IR, due_at=T0 + 19 * DAY)], (), T0).updated
    assert sight.take([replace(IR, due_at=T0 + 5 * DAY)], (), T0).updated
    assert sight.take([replace(IR, due_at=T0 + 5 * DAY, grade="A")], (), T0).updated
    assert not sight.take([replace(IR, due_at=T0 + 5 * DAY, grade="A")], (), T0).updated


def test_what_stands_survives_a_restart():
    sight, after = Foresight("site"), Foresight("site")
    sight.take([IR], (), T0)
    after.load(sight.dump())
    assert after.incidents() == sight.incidents()


def test_a_device_that_left_takes_its_predictions_along():
    sight = Foresight("site")
    sight.take([IR], (), T0)
    assert [one.ending for one in sight.keep_devices(set(), T0).closed] == [Ending.REMOVED]


@pytest.mark.parametrize("wrong", [{"grade": "D"}, {"probability": 1.2}])
def test_a_prediction_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=r"no grade|probability"):
        replace(IR, **wrong)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_its_ticket_says_what_when_how_sure_why_and_that_nothing_failed_yet(lang):
    sight = Foresight("site")
    (one,) = sight.take([IR], (), T0).opened
    setting = Setting("Plant", {"cam-1": CAMERA}, lang)
    text = ticket(one, setting)
    assert severity(one, setting.devices) == "S4"
    assert text.subject.startswith("[S4] Plant")
    for said in ("Gate A", "2023-12-04", "80", "ir-trend 3", "open the housing", "infrared board", "B"):
        assert said in text.body
    assert ("infrared light" if lang == "en" else "红外灯") in text.subject
    assert "?" not in text.body + update(one, setting)
    assert "?" not in closing(replace(one, closed_at=T0, ending=Ending.LIFTED), setting)


def test_a_component_nobody_named_reads_as_it_is():
    sight = Foresight("site")
    (one,) = sight.take([replace(IR, component="relay\x07", due_at=None, probability=None)], (), T0).opened
    assert "relay" in ticket(one, Setting("Plant", {"cam-1": CAMERA})).subject
