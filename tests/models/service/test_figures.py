"""KPIs: value, coverage, verdict."""

import pytest

from models.service.figures import KPIS, Figure, Share, Verdict, coverage_of, mean_of_ratios, pooled
from models.words import LANGUAGES

DAY = 86400.0
ONLINE = KPIS["online_rate"]


def test_a_mean_over_cameras_weighs_each_alike():
    half = Share(good=DAY / 2, seen=DAY, expected=DAY)
    whole = Share(good=DAY, seen=DAY, expected=DAY)
    assert mean_of_ratios(ONLINE, [half, whole]).value == 0.75
    assert pooled(ONLINE, [half, whole]).denominator == 48.0


def test_a_camera_that_was_never_seen_lowers_the_coverage_and_not_the_rate():
    seen, unseen = Share(DAY, DAY, DAY), Share(0, 0, DAY)
    figure = mean_of_ratios(ONLINE, [seen, unseen])
    assert figure.value == 1.0
    assert figure.coverage == 0.5
    assert figure.verdict is Verdict.COLLECTING


@pytest.mark.parametrize(
    ("coverage", "good", "wanted"),
    [
        (0.949, 1.0, "collecting"),
        (0.95, 1.0, "pass"),
        (0.949, 0.0, "collecting"),
        (1.0, 0.97, "fail"),
        (None, 1.0, "not_measured"),
    ],
)
def test_under_95_percent_coverage_nothing_is_judged(coverage, good, wanted):
    assert Figure(ONLINE, good, 1.0, coverage=coverage).verdict == wanted


def test_nothing_to_count_is_neither_pass_nor_fail():
    assert Figure(KPIS["timeliness"], coverage=1.0).verdict is Verdict.NO_DATA


def test_targets_lie_where_the_contract_says():
    def verdict(code: str, value: float) -> str:
        return Figure(KPIS[code], value, 1.0, coverage=1.0).verdict.value

    assert (verdict("repeat_faults", 0.0), verdict("repeat_faults", 0.01)) == ("pass", "fail")
    assert (verdict("complaint_rate", 0.0299), verdict("complaint_rate", 0.03)) == ("pass", "fail")
    assert (verdict("online_rate", 0.98), verdict("online_rate", 0.9799)) == ("pass", "fail")


def test_a_contract_may_have_a_target_of_its_own():
    assert Figure(ONLINE, 0.985, 1.0, coverage=1.0, target=0.99).verdict is Verdict.FAIL


def test_what_was_seen_beyond_what_was_expected_does_not_hide_a_gap():
    assert coverage_of([Share(0, 2 * DAY, DAY), Share(0, 0, DAY)]) == 0.5
    assert coverage_of([]) is None


def test_every_kpi_has_its_words():
    for kpi in KPIS.values():
        assert all(words.of(lang) for words in (kpi.name, kpi.formula, kpi.counts) for lang in LANGUAGES)
