"""The curve in a ticket, what else was checked, and the warranty."""

from dataclasses import replace
from datetime import date

import pytest

from agent.curve import draw
from agent.store.records import Point
from models.facts import FaultKey
from models.service.warranty import Warranty
from models.ticket_setting import Setting
from models.ticket_text import ticket
from models.words import LANGUAGES
from tests.agent.pipeline_rig import CAMERA, T0, Rig, black, bright
from tests.agent.store.made import incident

LATE = FaultKey("cam-1", "", "CLOCK_OFFSET")


def test_a_curve_is_a_png_and_too_little_to_draw_is_none():
    points = [Point(T0 + 600 * n, float(n)) for n in range(20)]
    drawn = draw(LATE, points, T0 + 6000)
    assert drawn.jpeg.startswith(b"\x89PNG")
    assert 1000 < len(drawn.jpeg) < 60_000
    assert draw(LATE, points[:1], T0) is None
    assert draw(FaultKey("cam-1", "", "REACH_LOST"), points, T0) is None


async def test_a_fault_with_a_number_behind_it_has_its_curve_on_the_ticket(tmp_path):
    rig = Rig(tmp_path)
    await rig.poll(100, bright())
    await rig.poll(300, black())
    names = [body for (body,) in rig.rows("SELECT body FROM intent WHERE deed = 'attach'")]
    assert sum("cam-1-curve.png" in body for body in names) == 1
    (text,) = rig.rows("SELECT body FROM intent WHERE deed = 'create'")
    assert "Checked too, nothing found" in text[0]
    rig.store.close()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("until", "word"), [("2030-01-01", ("in warranty", "保修期内")), ("2020-01-01", ("out", "过保"))]
)
def test_a_ticket_says_whether_the_device_is_in_warranty(lang, until, word):
    warranty = {"cam-1": Warranty(date.fromisoformat(until), "acceptance")}
    setting = Setting("Plant", {"cam-1": CAMERA}, lang, warranty=warranty, today=date(2025, 6, 1))
    body = ticket(incident(), setting).body
    assert word[lang != "en"] in body
    assert until in body
    assert "Warranty" not in ticket(incident(), replace(setting, warranty={}, lang="en")).body
