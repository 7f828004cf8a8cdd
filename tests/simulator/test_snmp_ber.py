"""The codec against another one (pyasn1), and against bytes that are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder
from pyasn1.type import univ

from simulator.snmp import ber

oids = st.tuples(st.integers(0, 2), st.integers(0, 39)).flatmap(
    lambda top: st.lists(st.integers(0, 2**32 - 1), max_size=20).map(lambda rest: (*top, *rest))
)


@given(st.integers(-(2**63), 2**63 - 1))
def test_another_program_reads_our_integers(number):
    assert int(decoder.decode(ber.integer(number))[0]) == number


@given(st.integers(-(2**63), 2**63 - 1))
def test_an_integer_takes_as_few_bytes_as_it_can(number):
    """The first nine bits are never all equal (X.690, 8.3.2)."""
    content = ber.integer(number)[2:]
    assert len(content) == 1 or (content[0], content[1] >> 7) not in {(0x00, 0), (0xFF, 1)}


@given(st.integers(-(2**63), 2**64 - 1))
def test_an_integer_comes_back(number):
    data = ber.integer(number)
    assert ber.read_integer(data, 0, len(data)) == (number, len(data))


@given(oids)
def test_object_identifiers_are_encoded_as_another_program_does(oid):
    assert ber.object_id(oid) == encoder.encode(univ.ObjectIdentifier(oid))


@given(oids)
def test_an_object_identifier_comes_back(oid):
    assert ber.decode_oid(ber.encode_oid(oid)) == oid


@given(st.binary(max_size=300))
def test_octets_of_any_length_are_read_by_another_program(content):
    assert bytes(decoder.decode(ber.octets(content))[0]) == content


@given(st.binary(max_size=300))
def test_octets_come_back(content):
    data = ber.octets(content)
    assert ber.read_octets(data, 0, len(data)) == (content, len(data))


@given(st.binary(max_size=60))
def test_no_bytes_make_the_decoder_raise_anything_but_its_own_error(data):
    for read in (ber.read_integer, ber.read_octets, ber.header):
        try:
            read(data, 0, len(data))
        except ber.BerError:
            continue
    try:
        ber.decode_oid(data)
    except ber.BerError:
        return


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x02", id="a tag alone"),
        pytest.param(b"\x02\x05\x01", id="longer than what is there"),
        pytest.param(b"\x02\x80\x01\x00\x00", id="indefinite length"),
        pytest.param(b"\x02\x85\x00\x00\x00\x00\x01\x07", id="a length of five bytes"),
        pytest.param(b"\x02\x82\x01", id="a length cut off"),
        pytest.param(b"\x02\x00", id="an integer of no bytes"),
        pytest.param(b"\x02\x0a" + b"\x01" * 10, id="an integer of ten bytes"),
        pytest.param(b"\x04\x01\x01", id="another type"),
    ],
)
def test_what_is_no_integer_is_refused(data):
    with pytest.raises(ber.BerError):
        ber.read_integer(data, 0, len(data))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\x2b\x86", id="ends inside an arc"),
        pytest.param(b"\x2b\x80\x01", id="padded arc"),
        pytest.param(b"\x2b\x90\x80\x80\x80\x00", id="arc of 2^32"),
        pytest.param(b"\x2b" + b"\x01" * 128, id="129 arcs and one"),
        pytest.param(b"\xff" * 60_000, id="an arc as long as a datagram"),
    ],
)
def test_what_is_no_object_identifier_is_refused(content):
    with pytest.raises(ber.BerError):
        ber.decode_oid(content)


@pytest.mark.parametrize(
    ("encode", "number", "shown"),
    [
        (ber.counter32, 2**32 + 5, 5),
        (ber.counter64, 2**64 + 5, 5),
        (ber.gauge32, 2**32 + 5, 2**32 - 1),
        (ber.gauge32, -5, 0),
        (ber.time_ticks, 42_949_672.96 + 1, 100),
    ],
)
def test_counters_and_times_wrap_and_gauges_stick(encode, number, shown):
    assert int.from_bytes(encode(number)[2:], "big") == shown


def test_a_length_that_reaches_into_the_neighbour_is_refused():
    """The element would be whole if only the datagram counted, but it must end inside what holds it."""
    with pytest.raises(ber.BerError):
        ber.header(b"\x30\x02\x04\x05abcde", 2, 4)
