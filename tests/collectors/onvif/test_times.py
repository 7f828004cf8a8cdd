"""The device's clock: odd values are absent, nothing raises."""

import calendar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.onvif.times import system_time, zone_seconds
from collectors.onvif.xml import parse
from tests.collectors.onvif.fake_device import date_and_time, envelope, moment

NOON = calendar.timegm((2024, 2, 29, 12, 0, 5))


def told(inside):
    return system_time(parse(envelope(date_and_time(inside)))[0][0][0])


def utc(**given):
    parts = {"Hour": 12, "Minute": 0, "Second": 5, "Year": 2024, "Month": 2, "Day": 29} | given
    time = "".join(f"<tt:{k}>{parts[k]}</tt:{k}>" for k in ("Hour", "Minute", "Second"))
    date = "".join(f"<tt:{k}>{parts[k]}</tt:{k}>" for k in ("Year", "Month", "Day"))
    return told(f"<tt:UTCDateTime><tt:Time>{time}</tt:Time><tt:Date>{date}</tt:Date></tt:UTCDateTime>").utc


def test_utc_is_read():
    assert told(moment(NOON)).utc == NOON


def test_a_leap_second_is_read():
    assert utc(Minute=59, Second=60) == utc(Minute=59, Second=59) + 1


@pytest.mark.parametrize(
    "odd",
    [{"Minute": 61}, {"Month": 13}, {"Day": 30}, {"Year": 0}, {"Year": 10**9}, {"Hour": ""}, {"Hour": "x"},
     {"Day": "nan"},
     {"Hour": -1}, {"Second": 61}, {"Year": "1e400"}],
    ids=str,
)  # fmt: skip
def test_an_impossible_time_is_absent(odd):
    assert utc(**odd) is None


@pytest.mark.parametrize(
    ("zone", "hours"), [("CST-8", 8), ("UTC5:0", -5), ("&lt;+03&gt;-3", 3), ("UTC", None)]
)
def test_local_time_and_zone_stand_in_for_utc(zone, hours):
    inside = moment(NOON, "LocalDateTime") + f"<tt:TimeZone><tt:TZ>{zone}</tt:TZ></tt:TimeZone>"
    assert told(inside).utc == (None if hours is None else NOON - hours * 3600)


def test_summer_time_is_taken_off():
    inside = moment(NOON, "LocalDateTime") + "<tt:TimeZone><tt:TZ>CET-1CEST</tt:TZ></tt:TimeZone>"
    body = date_and_time(inside).replace(">false<", ">true<")
    assert system_time(parse(envelope(body))[0][0][0]).utc == NOON - 7200


@pytest.mark.parametrize(
    ("kind", "ntp"), [("NTP", True), ("Manual", False), ("ntp", True), ("GPS", None), ("", None)]
)
def test_what_sets_the_clock(kind, ntp):
    body = date_and_time(moment(NOON)).replace(">NTP<", f">{kind}<")
    assert system_time(parse(envelope(body))[0][0][0]).ntp is ntp


@given(st.text())
def test_no_time_zone_raises(zone):
    zone_seconds(zone)
