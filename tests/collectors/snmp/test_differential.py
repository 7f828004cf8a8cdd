"""Random tables in a simulated agent, asked through both engines: the same values, the same errors."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.snmp.client import Client
from collectors.snmp.gufo_engine import GufoEngine
from collectors.snmp.pysnmp_engine import PysnmpEngine
from models.facts import Device, Kind, Secret, SnmpAccess
from simulator.faults import FaultBoard
from simulator.site import DeviceSpec, SiteSpec, SnmpSpec
from simulator.snmp import ber
from simulator.snmp.agent import SnmpAgent
from simulator.snmp.table import Row, Table
from tests.collectors.snmp.support import AUTH_KEY, COMMUNITY, PRIV_KEY

BASE = (1, 3, 6, 1, 4, 1, 99999)
ARC = st.integers(0, 2**32 - 1) | st.integers(0, 20)
OIDS = st.lists(ARC, min_size=1, max_size=6).map(lambda tail: BASE + tuple(tail))
VALUES = st.one_of(
    st.integers(-(2**31), 2**31 - 1).map(ber.integer),
    st.integers(0, 2**32 - 1).map(ber.counter32),
    st.integers(0, 2**32 - 1).map(ber.gauge32),
    st.integers(0, 2**64 - 1).map(ber.counter64),
    st.integers(0, 2**32 - 1).map(lambda ticks: ber.time_ticks(ticks / 100)),
    st.binary(max_size=80).map(ber.octets),
    st.lists(ARC, max_size=8).map(lambda tail: ber.object_id((1, 3, *tail))),
    st.tuples(*[st.integers(0, 255)] * 4).map(lambda four: ber.ip_address(".".join(map(str, four)))),
)
TABLES = st.dictionaries(OIDS, VALUES, min_size=1, max_size=30)

V3 = {
    "version": "3", "user": "watch", "auth_protocol": "SHA", "auth_key": AUTH_KEY,
    "priv_protocol": "AES", "priv_key": PRIV_KEY,
}  # fmt: skip
WAYS = {"v1": {"version": "1"}, "v2c": {}, "v3": V3}


def agent_with(table, way):
    given_ = SnmpSpec(
        port=0, role="camera", community=COMMUNITY, **({} if way.get("version") == "1" else way)
    )
    spec = DeviceSpec("dev-1", "camera", "127.61.10.1", snmp=given_)
    agent = SnmpAgent(spec, FaultBoard({"dev-1": ""}), SiteSpec("test", (spec,)))
    agent._table = Table([Row(oid[:-1], oid[-1:], cell) for oid, cell in table.items()])
    return agent


def asked(agent, way):
    keys = {name: Secret(text) if name.endswith("_key") else text for name, text in way.items()}
    access = SnmpAccess(agent.port, community=Secret(COMMUNITY), **keys)
    return Device("dev-1", Kind.CAMERA, "127.61.10.1", snmp=access)


async def seen(engine, agent, way, names):
    """Return what one engine gets of those names, and of the whole subtree."""
    client = Client(engine, waits=(5.0, 5.0))
    got = await client.get(asked(agent, way), names)
    walk = await client.walk(asked(agent, way), ".".join(map(str, BASE)))
    client.close()
    return got, walk


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@given(table=TABLES, absent=st.lists(OIDS, max_size=4))
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_both_engines_agree_on_any_table(way, table, absent):
    names = [".".join(map(str, oid)) for oid in (*table, *absent)]

    async def both():
        agent = agent_with(table, way)
        await agent.start()
        try:
            return [await seen(engine, agent, way, names) for engine in (GufoEngine(), PysnmpEngine())]
        finally:
            await agent.stop()

    (got, walk), other = asyncio.run(both())
    assert (got, walk) == other
    assert list(walk.rows) == [".".join(map(str, oid)) for oid in sorted(table)] or way.get("version") == "1"
    assert got == walk.rows
    assert walk.cut == ""
