"""The value layer: dirty values in, a value or a deliberate nothing or Unreadable out."""

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.snmp.values import (
    UNITS,
    How,
    Kind,
    Unreadable,
    decimal,
    mac,
    quantity,
    read,
    share,
    state,
    text,
)

RAW = st.one_of(
    st.integers(-(2**63), 2**64 - 1),
    st.floats(),
    st.binary(max_size=300),
    st.text(max_size=40).map(lambda line: line.encode("utf-8", "surrogatepass")),
    st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,10}){1,20}", fullmatch=True),
)
HOWS = st.builds(
    How,
    kind=st.sampled_from(Kind),
    unit=st.sampled_from(sorted(UNITS)),
    low=st.sampled_from([-math.inf, 0.0]),
    high=st.sampled_from([math.inf, 1.0]),
    sentinels=st.frozensets(st.sampled_from([-1.0, 0.0, 65535.0])),
    states=st.just({1: 1.0, 2: 0.0, 3: None, "running": 1.0}),
    wraps=st.booleans(),
)
PERCENT = How(unit="percent", low=0, high=1)


@given(RAW, HOWS)
def test_whatever_comes_it_is_a_value_nothing_or_unreadable(raw, how):
    try:
        value = read(raw, how)
    except Unreadable:
        return
    if how.kind is Kind.NUMBER and value is not None:
        assert how.low <= value <= how.high
        assert math.isfinite(value)
    elif how.kind is Kind.STATE:
        assert value in {0.0, 1.0, None}
    elif value is not None:
        assert isinstance(value, str)
        assert value.isprintable()
        assert 0 < len(value) <= 255


@given(st.binary(max_size=40))
def test_bytes_without_a_digit_are_never_a_number(raw):
    """0 is never invented out of text."""
    if any(digit in raw for digit in b"0123456789"):
        return
    with contextlib.suppress(Unreadable):
        assert quantity(raw, How()) is None


@given(st.integers(0, 100), st.sampled_from(["", " ", "%", " %", " PERCENT", " percent", "\0", "\0\0junk"]))
def test_a_percentage_in_any_writing_is_a_ratio(number, tail):
    assert quantity(f"{number}{tail}".encode(), PERCENT) == number / 100 == quantity(number, PERCENT)


@given(st.one_of(st.integers(101, 2**64), st.integers(-(2**31), -1)))
def test_a_percentage_outside_its_range_is_unreadable(number):
    with pytest.raises(Unreadable):
        quantity(number, PERCENT)


@pytest.mark.parametrize(
    ("raw", "bytes_"),
    [
        (b"0.0 GB", None),
        (b"59.5 GB", 59.5 * 2**30),
        (b"512 MB", 512 * 2**20),
        (b"1,5 TB", 1.5 * 2**40),
        (b"4096", 4096 * 2**30),
        (7, 7 * 2**30),
    ],
)
def test_a_unit_beside_the_number_wins_over_the_one_expected(raw, bytes_):
    assert quantity(raw, How(unit="gigabytes", sentinels=frozenset({0.0}))) == bytes_


@pytest.mark.parametrize(
    "raw", [b"15 PERCENT", b"20 C", b"1e5", b"0x10", b"--5", b"5 5", b"NaN", b"inf", b"1.2.3"]
)
def test_what_is_no_size_is_unreadable_as_one(raw):
    with pytest.raises(Unreadable):
        quantity(raw, How(unit="bytes"))


@pytest.mark.parametrize("raw", [math.nan, math.inf, -math.inf, "1.3.6.1.4.1", "10.0.0.1"])
def test_infinite_numbers_and_identifiers_are_no_numbers(raw):
    with pytest.raises(Unreadable):
        quantity(raw, How())


@pytest.mark.parametrize("raw", [b"", b"   ", b"\0\0\0", -1, b"-1", b"-1.0", 65535])
def test_empty_texts_and_sentinels_are_nothing(raw):
    assert quantity(raw, How(sentinels=frozenset({-1.0, 65535.0}))) is None


@given(st.integers(2**31, 2**32 - 1))
def test_a_size_beyond_2_31_units_comes_back_from_its_negative(units):
    assert quantity(units - 2**32, How(wraps=True)) == units


STATES = {1: 1.0, 2: 0.0, 3: None, "running": 1.0, "error": 0.0}


@pytest.mark.parametrize(
    ("raw", "value"),
    [(1, 1), (2, 0), (3, None), (b"2", 0), (b"Running", 1), (b" ERROR\0", 0), (b"", None), (b"\0", None)],
)
def test_states_come_as_numbers_and_as_text(raw, value):
    assert state(raw, STATES) == value


@pytest.mark.parametrize("raw", [0, 99, -1, b"rebuilding", b"\xff\x00\x01", 1.5, "1.3.6"])
def test_a_state_nobody_listed_is_unreadable_not_failed(raw):
    with pytest.raises(Unreadable):
        state(raw, STATES)


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b"cam-1\0\0\0", "cam-1"),
        (b"cam-1\0left over", "cam-1"),
        (b"  two \r\n lines ", "two lines"),
        (b"archiv\xe9", "archivé"),
        ("Größe".encode(), "Größe"),
        ("北门".encode(), "北门"),
        (b"", ""),
        (b"\0\0", ""),
        (b"\xad", ""),
        ("cam\u200b-\u202e1".encode(), "cam-1"),
        (7, "7"),
        ("1.3.6.1", "1.3.6.1"),
    ],
)
def test_text_is_one_clean_line(raw, line):
    assert text(raw) == line


@pytest.mark.parametrize("raw", [b"\x01\x02", b"a\x1bb", b"\x85\x91\x07"])
def test_control_characters_are_no_text(raw):
    with pytest.raises(Unreadable):
        text(raw)


def test_long_text_is_cut():
    assert len(text(b"x" * 5000)) == 255


@given(st.binary(min_size=6, max_size=6))
def test_six_bytes_and_all_ways_to_write_them_are_one_hardware_address(raw):
    said = mac(raw)
    assert said == (raw.hex(":") if any(raw) else "")
    for written in (raw.hex(":"), raw.hex("-").upper(), raw.hex(), raw.hex(".")):
        assert mac(written.encode()) == said


@pytest.mark.parametrize(
    "raw", [b"12345", b"1234567", b"00:11:22:33:44", b"zz:11:22:33:44:55", 5, b"\x01" * 7]
)
def test_other_things_are_no_hardware_address(raw):
    with pytest.raises(Unreadable):
        mac(raw)


@given(st.integers(0, 2**40), st.integers(1, 2**40))
def test_a_share_is_between_0_and_1_or_unreadable(part, whole):
    for left in (False, True):
        try:
            assert 0 <= share(part, whole, left=left) <= 1
        except Unreadable:
            assert part > whole


def test_a_share_of_nothing_is_nothing():
    assert share(5, 0, left=False) is None


@pytest.mark.parametrize(
    ("value", "scale", "precision", "celsius"),
    [(415, 9, 1, 41.5), (41500, 8, 0, 41.5), (42, 9, 0, 42), (5, 9, -1, 50)],
)
def test_sensor_values_follow_rfc_3433(value, scale, precision, celsius):
    assert decimal(value, scale, precision) == pytest.approx(celsius)


@given(st.integers(), st.integers())
def test_a_scale_or_precision_the_mib_does_not_have_is_unreadable(scale, precision):
    if 1 <= scale <= 17 and -8 <= precision <= 9:
        return
    with pytest.raises(Unreadable):
        decimal(1, scale, precision)
