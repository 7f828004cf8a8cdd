"""Datagrams that are no SNMP, or nearly: dropped, and the agent goes on."""

import asyncio
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.snmp import ber, pdu
from tests.simulator.snmp_site import COMMUNITY, Stage, ask, request, value

SYS_NAME = "1.3.6.1.2.1.1.5.0"
STAGE = Stage()
AGENT = STAGE["cam-1"]
GOOD = request("get", SYS_NAME, "1.3.6.1.2.1.2.2.1.10.2")
BULK = request("bulk", SYS_NAME, first=0, second=20)


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_are_dropped(data):
    assert AGENT.handle(data) is None


@pytest.mark.parametrize("message", [GOOD, BULK], ids=["get", "bulk"])
def test_every_truncation_is_dropped(message):
    before = AGENT.dropped
    for size in range(len(message)):
        assert AGENT.handle(message[:size]) is None
    assert AGENT.dropped == before + len(message)


@settings(max_examples=500, deadline=None)
@given(
    st.sampled_from([GOOD, BULK]), st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=4)
)
def test_changed_bytes_raise_nothing(message, changes):
    data = bytearray(message)
    for place, byte in changes:
        data[place % len(data)] = byte
    AGENT.handle(bytes(data))
    assert value(AGENT, SYS_NAME) == b"CAM-1"


def envelope(unit: bytes) -> bytes:
    return ber.element(ber.SEQUENCE, ber.integer(1) + ber.octets(COMMUNITY.encode()) + unit)


@pytest.mark.parametrize(
    "unit",
    [
        pytest.param(pdu.build(pdu.RESPONSE, 1), id="a response"),
        pytest.param(pdu.build(pdu.REPORT, 1), id="a report"),
        pytest.param(pdu.build(0xA7, 1), id="a trap"),
        pytest.param(pdu.build(pdu.GET, 1, bindings=b"\x30\x00"), id="a binding without a name"),
        pytest.param(
            pdu.build(pdu.GET, 1, bindings=ber.element(0x30, b"\x06\x01\x2b")), id="a binding without a value"
        ),
        pytest.param(
            pdu.build(pdu.GET, 1, bindings=ber.element(0x30, b"\x06\x01\x2b\x05\x00\x05\x00")),
            id="two values",
        ),
        pytest.param(pdu.build(pdu.GET, 1, bindings=pdu.binding(b"\x2b\x86", ber.NOTHING)), id="half a name"),
        pytest.param(
            pdu.build(pdu.GET_NEXT, 1, bindings=pdu.binding(b"\xff" * 60_000, ber.NOTHING)),
            id="a name of 60 kB",
        ),
    ],
)
def test_units_that_are_no_requests_are_dropped(unit):
    before = AGENT.dropped
    assert AGENT.handle(envelope(unit)) is None
    assert AGENT.dropped == before + 1


def test_bulk_does_not_exist_in_v1():
    assert AGENT.handle(BULK.replace(b"\x02\x01\x01\x04\x05watch", b"\x02\x01\x00\x04\x05watch")) is None


def test_seven_thousand_names_in_one_datagram_cost_no_more_than_a_refusal():
    names = [SYS_NAME] * 3_000
    assert ask(AGENT, "bulk", *names, second=10_000)[0] == 0
    assert ask(AGENT, "get", *names) == (1, 0, [])


async def test_the_agent_answers_on_its_own_address_after_garbage():
    """The reply comes from the address that was asked, or strict managers would not take it."""
    stage = Stage()
    async with stage.running("cam-1"):
        peer = (stage.host("cam-1"), stage["cam-1"].port)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as manager:
            manager.bind(("127.0.0.1", 0))
            manager.setblocking(False)
            for data in (b"", b"\x00", b"\x30\x82", b"GET / HTTP/1.1\r\n\r\n", bytes(60_000), GOOD):
                manager.sendto(data, peer)
            reply, source = await asyncio.wait_for(
                asyncio.get_running_loop().sock_recvfrom(manager, 65_535), timeout=5
            )
        assert source == peer
        assert len(reply) > len(GOOD)
        assert (stage["cam-1"].answered, stage["cam-1"].dropped) == (1, 5)


async def test_an_agent_can_be_stopped_twice_and_started_again_on_its_port():
    stage = Stage()
    agent = stage["cam-1"]
    for _ in range(2):
        await agent.start()
        port = agent.port
        await agent.stop()
        await agent.stop()
        assert agent.port == port


async def test_two_agents_cannot_have_one_address_and_port():
    stage = Stage()
    async with stage.running("cam-1"):
        spec = stage.site.devices[2]
        twin = stage.agent(spec)
        twin.port = stage["cam-1"].port
        with pytest.raises(OSError, match="in use"):
            await twin.start()
