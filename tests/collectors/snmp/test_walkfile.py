"""Recorded walks: what `probe --raw` prints can be read again, and so can what net-snmp prints."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.snmp import walkfile

OID = "1.3.6.1.4.1.99999.1"


@given(st.one_of(st.integers(-(2**31), 2**64 - 1), st.binary(max_size=60), st.just("1.3.6.1.4.1.8072")))
def test_what_is_shown_is_read_back(value):
    assert walkfile.read([walkfile.show(OID, value)]) == {OID: value}


def test_an_address_is_shown_as_one():
    assert walkfile.show(OID, "192.0.2.7").endswith("IpAddress: 192.0.2.7")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("INTEGER: up(1)", 1),
        ("INTEGER: -1", -1),
        ("Counter64: 18446744073709551615", 2**64 - 1),
        ("Timeticks: (8640000) 1 day, 0:00:00.00", 8640000),
        ("276532", 276532),
        ("Gauge32: 100", 100),
        ('STRING: "a \\"b\\" c"', b'a "b" c'),
        ("STRING: Disk 1", b"Disk 1"),
        ('""', b""),
        ("Hex-STRING: 00 1B 44 11 3A B7 ", bytes.fromhex("001b44113ab7")),
        ("OID: .1.3.6.1.4.1.8072", "1.3.6.1.4.1.8072"),
        ("IpAddress: 192.0.2.1", "192.0.2.1"),
    ],
)
def test_the_words_of_net_snmp_are_understood(written, value):
    assert walkfile.read([f".{OID} = {written}"]) == {OID: value}


@pytest.mark.parametrize(
    "written",
    ["NULL", "No Such Instance currently exists at this OID", "No more variables left in this MIB View"],
)
def test_what_is_not_there_has_no_value(written):
    assert walkfile.read([f".{OID} = {written}"]) == {}


def test_a_value_may_go_on_in_the_next_line():
    lines = [f'.{OID} = STRING: "one', 'two"', f".{OID}.2 = Hex-STRING: 00 01", "02 03 ", "# a remark", ""]
    assert walkfile.read(lines) == {OID: b"one\ntwo", f"{OID}.2": bytes(range(4))}


@pytest.mark.parametrize(
    "line", ["hello", f".{OID} = INTEGER: many", f".{OID} = Hex-STRING: 0G", ".1..3 = INTEGER: 1"]
)
def test_a_line_that_cannot_be_read_is_named_by_its_number(line):
    with pytest.raises(ValueError, match="line 2"):
        walkfile.read(["# first", line])
