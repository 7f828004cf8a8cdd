"""Replies that no agent should send, and what both engines make of the same bytes."""

import asyncio
import logging
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pysnmp.proto.rfc1902 import (
    Counter32,
    Counter64,
    Integer32,
    IpAddress,
    ObjectIdentifier,
    OctetString,
    Opaque,
    TimeTicks,
)

from collectors.base import CollectError, Unreachable
from collectors.snmp.client import Client
from collectors.snmp.gufo_engine import GufoEngine
from collectors.snmp.oids import SYS_UPTIME
from collectors.snmp.pysnmp_engine import PysnmpEngine
from tests.collectors.snmp.agents import BASE, ENGINES, values_agent
from tests.collectors.snmp.support import COMMUNITY, answer, device, udp_agent


def mutated(seed, request):
    """Return a reply with a few bytes changed, cut or put in; repeatable by seed."""
    chance = random.Random(seed)
    binds = [
        (SYS_UPTIME, TimeTicks(5)),
        ("1.3.6.1.2.1.1.1.0", OctetString(b"abc\xff")),
        ("1.3.6.1.2.1.1.2.0", ObjectIdentifier("1.3.6.1.4.1.2021")),
        ("1.3.6.1.2.1.31.1.1.1.6.1", Counter64(2**60)),
        ("1.3.6.1.2.1.4.20.1.1.1", IpAddress("192.0.2.1")),
    ]
    data = bytearray(answer(request, binds))
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data))
        change = chance.randrange(3)
        if change == 0:
            data[at] = chance.choice([0, 0x06, 0x30, 0x41, 0x7F, 0x80, 0x84, 0xFF, chance.randrange(256)])
        elif change == 1 and len(data) > 10:
            del data[at : at + chance.randint(1, 8)]
        else:
            data[at:at] = chance.randbytes(chance.randint(1, 8))
    return bytes(data)


@ENGINES
def test_no_datagram_raises_anything_but_a_named_error(engine, caplog, capfd):
    """Malformed replies make gufo panic and pysnmp raise in a callback of the loop: neither gets out."""
    said = []
    seeds = range(250) if engine is GufoEngine else range(25)

    async def all_of_them():
        current = [0]
        # a datagram of its own for each request, and the same client for all
        async with udp_agent(lambda request: [mutated(current[0], request)]) as (port, _):
            client = Client(engine(), waits=(0.02,))
            for seed in seeds:
                current[0] = seed
                try:
                    if seed % 2:
                        await client.get(device(port=port), [SYS_UPTIME])
                    else:
                        await client.walk(device(port=port), "1.3.6.1.2.1", max_seconds=0.2, max_rows=50)
                except CollectError as err:
                    said.append(str(err))
            client.close()

    with caplog.at_level(logging.WARNING):
        asyncio.run(all_of_them())
    assert said
    assert not any(COMMUNITY in one for one in said)
    assert not caplog.records
    assert COMMUNITY not in capfd.readouterr().err


async def test_a_datagram_that_pysnmp_stumbles_over_is_dropped_without_a_log_line(caplog):
    """asyncio would log it with its first bytes, and a community may be among them."""
    client = Client(PysnmpEngine(), waits=(0.2,))
    async with udp_agent(lambda request: [b"\xa2\x81\xa0"]) as (port, _):
        with pytest.raises(Unreachable):
            await client.get(device(port=port), [SYS_UPTIME])
    client.close()
    assert not caplog.records


BINDS = st.lists(
    st.tuples(
        st.integers(1, 2**32 - 1),
        st.one_of(
            st.integers(-(2**31), 2**31 - 1).map(Integer32),
            st.integers(0, 2**32 - 1).map(Counter32),
            st.integers(0, 2**64 - 1).map(Counter64),
            st.binary(max_size=60).map(OctetString),
            st.binary(min_size=4, max_size=4).map(IpAddress),
            st.binary(max_size=20).map(Opaque),
            st.lists(st.integers(0, 2**32 - 1), max_size=8).map(lambda tail: ObjectIdentifier((1, 3, *tail))),
        ),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda bind: bind[0],
)


@given(BINDS)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_both_engines_read_the_same_out_of_the_same_bytes(binds):
    wire = {f"{BASE}.{number}.0": value for number, value in binds}

    async def both():
        async with udp_agent(values_agent(wire)) as (port, _):
            found = []
            for engine in (GufoEngine(), PysnmpEngine()):
                client = Client(engine)
                found.append(await client.get(device(port=port), list(wire)))
                client.close()
            return found

    first, second = asyncio.run(both())
    assert first == second
    assert set(first) == set(wire)
