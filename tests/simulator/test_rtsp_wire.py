"""Messages, packets and logins, without a socket."""

import asyncio
import struct
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.rtsp import carrier, digest, message, nal, rtp


def read(*parts):
    async def go():
        reader = asyncio.StreamReader()
        for part in parts:
            reader.feed_data(part)
        reader.feed_eof()
        return await message.read(reader)

    return asyncio.run(go())


def rebuilt(codec, packets):
    """Put fragments together again as RFC 6184 and RFC 7798 say, knowing nothing of the sender."""
    units, open_unit = [], b""
    for packet in packets:
        fragment = packet[0] & 0x1F == 28 if codec == "h264" else packet[0] >> 1 & 0x3F == 49
        if not fragment:
            units.append(packet)
            continue
        edge, cut = (packet[1], 2) if codec == "h264" else (packet[2], 3)
        if edge & 0x80:
            head = (
                bytes([packet[0] & 0xE0 | edge & 0x1F])
                if codec == "h264"
                else bytes([packet[0] & 0x81 | (edge & 0x3F) << 1, packet[1]])
            )
            open_unit = head
        open_unit += packet[cut:]
        if edge & 0x40:
            units.append(open_unit)
    return units


@given(
    codec=st.sampled_from(["h264", "h265"]),
    kind=st.integers(1, 23),
    size=st.integers(2, 6000),
    seed=st.integers(0, 99),
)
def test_a_unit_survives_being_cut_into_packets(codec, kind, size, seed):
    head = bytes([0x60 | kind]) if codec == "h264" else bytes([kind << 1, 1])
    unit = head + Random(seed).randbytes(size)
    packets = list(rtp.payloads(codec, unit))
    assert max(map(len, packets)) <= rtp.MAX_PAYLOAD
    assert rebuilt(codec, packets) == [unit]


@given(
    st.lists(
        st.binary(min_size=1, max_size=40).map(lambda b: b"\x65" + b.replace(b"\0", b"\1") + b"\x80"),
        max_size=5,
    )
)
def test_units_come_out_of_a_byte_stream_as_they_went_in(units):
    assert nal.split(b"".join(b"\0\0\0\1" + unit for unit in units)) == units


def test_numbers_and_time_stamps_wrap_round():
    sender = rtp.Sender(Random(1))
    sender.sequence = 0xFFFF
    first, second = (sender.packet(b"x", 1e6, last=True) for _ in range(2))
    assert [struct.unpack(">H", packet[2:4])[0] for packet in (first, second)] == [0xFFFF, 0]
    assert (sender.timestamp(2**32 / 90_000 + 1) - sender.timestamp(0)) & 0xFFFFFFFF == 90_000


def test_a_sender_report_tells_time_and_counts():
    sender = rtp.Sender(Random(1))
    sender.packet(b"12345", 0.0, last=True)
    report = sender.report(2.0, 1_700_000_000.5)
    kind, ssrc, seconds, fraction, stamp, packets, octets = struct.unpack(">xBxxIIIIII", report[:28])
    assert (kind, ssrc, packets, octets) == (200, sender.ssrc, 1, 5)
    assert (seconds - 2_208_988_800, fraction / 2**32) == (1_700_000_000, pytest.approx(0.5))
    assert stamp == sender.timestamp(2.0)
    assert len(report) % 4 == 0


def test_a_report_and_its_name_are_whole_words_long():
    report = rtp.Sender(Random(1)).report(0.0, 0.0)
    lengths, at = [], 0
    while at < len(report):
        lengths.append(4 * (struct.unpack(">H", report[at + 2 : at + 4])[0] + 1))
        at += lengths[-1]
    assert (at, len(lengths)) == (len(report), 2)


def test_the_digest_is_that_of_the_standard():
    """The example of RFC 2617, section 3.5."""
    fields = {
        "realm": "testrealm@host.com",
        "nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        "uri": "/dir/index.html",
        "qop": "auth",
        "nc": "00000001",
        "cnonce": "0a4f113b",
    }
    assert digest.response("Mufasa", "Circle Of Life", "GET", fields) == "6629fae49393a05397450978507c4ef1"


@given(st.text(max_size=200))
def test_no_made_up_header_opens_the_gate(text):
    gate = digest.Gate("service", "rosebud", realm="r", clock=lambda: 0.0)
    gate.challenge()
    assert gate.judge("DESCRIBE", text or "x") is digest.Login.REFUSED


def test_an_old_nonce_is_stale_and_a_used_one_too():
    now = [0.0]
    gate = digest.Gate("u", "p", realm="r", clock=lambda: now[0])
    nonce = digest.parse(gate.challenge())["nonce"]

    def header(count):
        fields = {
            "username": "u",
            "realm": "r",
            "nonce": nonce,
            "uri": "/",
            "qop": "auth",
            "nc": count,
            "cnonce": "1",
        }
        fields["response"] = digest.response("u", "p", "PLAY", fields)
        return "Digest " + ",".join(f'{k}="{v}"' for k, v in fields.items())

    assert gate.judge("PLAY", header("00000001")) is digest.Login.GRANTED
    assert gate.judge("PLAY", header("00000001")) is digest.Login.STALE
    now[0] = digest.NONCE_SECONDS + 1
    assert gate.judge("PLAY", header("00000002")) is digest.Login.STALE


def test_a_request_is_read_with_its_body():
    got = read(b"\r\nGET_PARAMETER rtsp://h/main/ RTSP/1.0\r\nCSeq: 7\r\nContent-Length: 3\r\n\r\nabc")
    assert (got.method, got.path, got.headers["cseq"], got.body) == ("GET_PARAMETER", "/main", "7", b"abc")


def test_a_packet_between_requests_is_told_apart():
    assert read(b"$\x01\x00\x02hi") == message.Woven(1, b"hi")


@pytest.mark.parametrize(
    "junk",
    [
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="http"),
        pytest.param(b"PLAY\r\n\r\n", id="no address"),
        pytest.param(b"PLAY rtsp://h/ RTSP/1.0\r\nContent-Length: x\r\n\r\n", id="length no number"),
        pytest.param(b"PLAY rtsp://h/ RTSP/1.0\r\nContent-Length: -1\r\n\r\n", id="length negative"),
        pytest.param(b"PLAY rtsp://h/ RTSP/1.0\r\nContent-Length: 9999999\r\n\r\n", id="body too large"),
        pytest.param(b"PLAY rtsp://[h/ RTSP/1.0\r\n\r\n", id="address broken"),
        pytest.param(b"PLAY rtsp://h/ RTSP/1.0\r\n" + b"A: b\r\n" * 100, id="headers without end"),
        pytest.param(b"P" * 100_000, id="line without end"),
    ],
)
def test_what_is_no_rtsp_is_called_so(junk):
    with pytest.raises(message.Malformed):
        read(junk)


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_or_malformed_or_an_end(junk):
    try:
        got = read(junk)
    except message.Malformed:
        return
    assert got is None or isinstance(got, message.Request | message.Woven)


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("RTP/AVP/TCP;unicast;interleaved=2-3", [carrier.Wish(True, (2, 3))]),
        ("RTP/AVP;unicast;client_port=5000-5001", [carrier.Wish(False, (5000, 5001))]),
        ("RTP/AVP/UDP;unicast;client_port=5000", [carrier.Wish(False, (5000, 5001))]),
        ("RTP/AVP;multicast", []),
        ("RTP/AVP;unicast;client_port=70000-70001", []),
        ("RTP/SAVP;unicast;client_port=5000-5001,RTP/AVP/TCP;unicast", [carrier.Wish(True, None)]),
        ("", []),
    ],
)
def test_transports_we_can_do_are_picked_out(header, wanted):
    assert carrier.wishes(header) == wanted
