from datetime import UTC

import numpy as np
import pytest

from models.learning.components import COMPONENTS
from models.learning.explain import Evidence, explain
from models.learning.odds import Feedback, card, corrected, probability
from models.learning.signs import FEATURES
from models.learning.trend import Outlook
from models.messages import MESSAGES, render
from models.quantities import QUANTITIES

TREND = Outlook(
    row=0, days_left=40.0, slope=0.01, depleted=0.4, significance=8.0, window=56, now=0.26, base=0.35,
    siblings=0.05,
)  # fmt: skip


def text(evidence, lang="en"):
    return [render(cause.detail, lang, UTC, **cause.facts) for cause in explain(evidence)]


def test_an_explanation_gives_the_numbers_and_what_was_ruled_out():
    evidence = Evidence(
        "cctv_picture_luma_ratio", TREND, siblings=29, measured=80, of=90,
        also={"cctv_picture_contrast_ratio": True}, feedback=Feedback(confirmed=3, no_fault=1),
    )  # fmt: skip
    said = text(evidence)
    assert said[0] == (
        "brightness at night went from 0.35 at hand-over to 0.26: 40 % of the way to the end of life"
    )
    assert "over the last 56 days it moves 7 % of that way a week, 8.0 times what chance would do" in said
    assert "29 other devices of the kind at the site: 5 % of the way; this one stands apart" in said
    assert "contrast at night says the same" in said
    assert any(line.startswith("unlikely by the numbers: season and weather") for line in said)
    assert "earlier predictions of this kind: 3 confirmed, 1 without a fault, 0 another part" in said


def test_alone_it_says_that_season_could_not_be_ruled_out():
    said = text(Evidence("cctv_picture_luma_ratio", TREND))
    assert any("season and weather could not be" in line for line in said)


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_no_number_is_missing_in_any_language(lang):
    for outlook in (TREND, Outlook(0, 0.0, 0.0, 1.2, 0.0, 0, 0.1, 0.35, float("nan"))):
        evidence = Evidence(
            "cctv_picture_luma_ratio", outlook, siblings=9, measured=5, of=9,
            also={"cctv_picture_contrast_ratio": False}, feedback=Feedback(1, 1, 1),
        )  # fmt: skip
        assert not [line for line in text(evidence, lang) if "?" in line or "nan" in line]


@pytest.mark.parametrize("component", COMPONENTS.values(), ids=lambda one: one.key)
def test_each_component_has_a_name_an_action_and_named_quantities(component):
    assert f"component.{component.key}" in MESSAGES
    assert f"wear.do.{component.key}" in MESSAGES
    assert {measure.metric for measure in component.measures} <= set(QUANTITIES)


def test_the_probability_grows_with_evidence_and_its_card_says_where_it_is_from():
    table = np.zeros((3, len(FEATURES)))
    for row, share in enumerate((0.1, 0.4, 0.8)):
        for name, value in {
            "significance": 12,
            "level": 1,
            "level with season": 1,
            "above record": 1,
        }.items():
            table[row, FEATURES.index(name)] = share * value
    low, middle, high = probability(table)
    assert 0 < low < middle < high < 1
    assert "simulated fleets" in card()["from"]
    assert card()["brier_skill"] > 0.5


def test_feedback_moves_probabilities():
    bad = Feedback(no_fault=12)
    assert corrected(0.8, bad) < 0.6
    assert corrected(0.8, Feedback(confirmed=12)) > 0.8
    assert corrected(0.8, Feedback()) == pytest.approx(0.8)
