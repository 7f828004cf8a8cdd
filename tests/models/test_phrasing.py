from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.messages import MESSAGES, render
from models.phrasing import LONGEST, Phrasing, ahead, clean, percent, size, span, when
from models.words import LANGUAGES
from tests.models.builders import T0


@pytest.mark.parametrize(
    ("seconds", "en", "zh"),
    [
        (0, "0 s", "0秒"),
        (0.42, "0.4 s", "0.4秒"),
        (40, "40 s", "40秒"),
        (59.7, "1 min", "1分钟"),
        (3600, "1 h", "1小时"),
        (3725, "1 h 2 min", "1小时2分钟"),
        (3605, "1 h", "1小时"),
        (90061, "1 d 1 h", "1天1小时"),
    ],
)
def test_a_length_of_time_is_told_in_its_two_largest_units(seconds, en, zh):
    assert (span(seconds, "en"), span(seconds, "zh_CN")) == (en, zh)


def test_a_clock_is_ahead_or_behind():
    assert [ahead(40, "en"), ahead(-40, "en")] == ["40 s ahead", "40 s behind"]
    assert [ahead(40, "zh_CN"), ahead(-40, "zh_CN")] == ["快40秒", "慢40秒"]


def test_a_moment_is_told_in_local_time_and_in_utc():
    assert when(T0, ZoneInfo("UTC")) == "2023-11-14 22:13:20 UTC"
    assert when(T0, ZoneInfo("Asia/Shanghai")) == "2023-11-15 06:13:20+08:00 (2023-11-14 22:13:20 UTC)"


@pytest.mark.parametrize(("count", "text"), [(0, "0 B"), (4e12, "4 TB"), (999_600, "1 MB"), (5e17, "500 PB")])
def test_a_capacity_is_told_as_on_the_disk(count, text):
    assert size(count) == text


def test_a_ratio_is_told_in_percent():
    assert render("power.battery_charge", "en", charge=0.876) == "running from the battery; charge 87.6 %"


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (0, "0 %"),
        (6.46e-8, "< 0.01 %"),
        (0.0123456, "1.23 %"),
        (0.9996, "99.96 %"),
        (0.999999, "> 99.99 %"),
        (1, "100 %"),
        (12.34, "1,234 %"),
    ],
)
def test_a_trace_is_not_nothing_and_almost_is_not_all(ratio, text):
    assert percent(ratio, "en") == text
    assert percent(ratio, "zh_CN") == text.replace(" %", "%")


def test_a_fact_that_is_missing_or_of_the_wrong_kind_leaves_a_gap_and_no_error():
    assert render("clock.offset", "en") == "its clock is ?"
    assert render("clock.offset", "en", offset="soon") == "its clock is ?"
    assert render("reach.silent_since", "en", asked="onvif", last_sign=1e30).endswith("last sign of life ?")


def test_an_unknown_message_is_an_error():
    with pytest.raises(KeyError):
        render("no.such", "en")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("key", MESSAGES)
def test_every_message_can_be_said_without_any_fact(key, lang):
    assert "{" not in render(key, lang)


def test_a_placeholder_reaches_a_fact_and_nothing_inside_it():
    text = Phrasing("en").vformat("{offset.__class__} {offset[0]}", (), {"offset": "secret"})
    assert text == "? ?"


def test_foreign_text_becomes_one_printable_line_without_a_login():
    text = clean("first\nsecond\x1b[31m\trtsp://viewer:Pa55@10.0.0.1/main \u202e")
    assert text == "first second [31m rtsp://10.0.0.1/main"


@given(st.text())
def test_foreign_text_is_never_long_and_never_breaks_a_line(text):
    line = clean(text)
    assert len(line) <= LONGEST
    assert line.isprintable()
