"""Against net-snmp's snmpd, an agent nobody here wrote: v1, v2c and v3, both engines."""

import asyncio
import os
import re

import pytest

from collectors.base import AuthRejected, Unreachable
from collectors.snmp import Snmp, SnmpHealth, SnmpInterfaces
from collectors.snmp.client import Client
from collectors.snmp.gufo_engine import GufoEngine
from collectors.snmp.pysnmp_engine import PysnmpEngine
from models.facts import Kind, Secret
from tests.collectors.snmp.support import AUTH_KEY, COMMUNITY, PRIV_KEY, device, snmpd, values

pytestmark = pytest.mark.real

SYSTEM = [f"1.3.6.1.2.1.1.{n}.0" for n in (1, 2, 4, 5, 6, 7)]
SIGNED = {"auth_protocol": "SHA", "auth_key": Secret(AUTH_KEY)}
SEALED = SIGNED | {"priv_protocol": "AES", "priv_key": Secret(PRIV_KEY)}
WAYS = {
    "v1": {"version": "1"},
    "v2c": {},
    "v3 noAuth": {"version": "3", "user": "plain"},
    "v3 auth SHA": {"version": "3", "user": "signed", **SIGNED},
    "v3 authPriv SHA AES": {"version": "3", "user": "sealed", **SEALED},
    "v3 authPriv SHA-256 AES": {"version": "3", "user": "sealed256", **SEALED, "auth_protocol": "SHA-256"},
}
WRONG = {
    "no such user": {"version": "3", "user": "nobody"},
    "wrong authentication key": {
        "version": "3", "user": "sealed", **SEALED, "auth_key": Secret("another-pass-phrase"),
    },
    "wrong authentication protocol": {"version": "3", "user": "sealed", **SEALED, "auth_protocol": "SHA-256"},
    "level too low": {"version": "3", "user": "sealed"},
}  # fmt: skip


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    with snmpd(tmp_path_factory.mktemp("snmpd")) as port:
        yield port


@pytest.fixture(params=[GufoEngine, PysnmpEngine], ids=["gufo", "pysnmp"])
async def client(request):
    client = Client(request.param(), waits=(2.0, 4.0))
    yield client
    client.close()


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_every_version_and_level_reads_the_same(port, client, way):
    host = device(Kind.OTHER, port=port, **way)
    found = await client.get(host, SYSTEM)
    assert found["1.3.6.1.2.1.1.5.0"] == b"snmpd-under-test"
    walk = await client.walk(host, "1.3.6.1.2.1.2.2.1.3")
    assert 24 in walk.rows.values()  # the loopback interface
    assert walk.cut == ""


async def test_both_engines_agree_on_all_that_stands_still(port):
    """Names, types and bytes of four groups; counters move, so they are left out."""
    host = device(Kind.OTHER, port=port)
    found = []
    for engine in (GufoEngine(), PysnmpEngine()):
        client = Client(engine, waits=(2.0, 4.0))
        bases = ("1.3.6.1.2.1.1", "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1", "1.3.6.1.6.3.16")
        walks = [(await client.walk(host, base)).rows for base in bases]
        found.append({oid: value for rows in walks for oid, value in rows.items()})
        client.close()
    moving = re.compile(
        r"1\.3\.6\.1\.2\.1\.(1\.3\.0|2\.2\.1\.1\d\..*|2\.2\.1\.(9|20|21)\..*|31\.1\.1\.1\.\d+\..*)"
    )
    still = [{oid: value for oid, value in rows.items() if not moving.fullmatch(oid)} for rows in found]
    assert still[0] == still[1]
    assert set(found[0]) == set(found[1])
    assert {type(value) for value in found[0].values()} == {int, bytes, str}


async def test_a_wrong_community_is_silence(port):
    """v1 and v2c cannot say "wrong community": the agent does not answer."""
    client = Client(GufoEngine(), waits=(0.3,))
    with pytest.raises(Unreachable) as caught:
        await client.get(device(port=port, community=Secret("wrong-community")), SYSTEM)
    assert "wrong-community" not in str(caught.value)


@pytest.mark.parametrize("way", WRONG.values(), ids=WRONG)
async def test_wrong_v3_access_is_refused(port, client, way):
    with pytest.raises(AuthRejected) as caught:
        await client.get(device(port=port, **way), SYSTEM)
    chain = f"{caught.value!r} {caught.value.__cause__!r}"
    assert PRIV_KEY not in chain
    assert "pass-phrase" not in chain


@pytest.mark.parametrize("engine", [GufoEngine, PysnmpEngine], ids=["gufo", "pysnmp"])
async def test_a_wrong_privacy_key_is_refused_though_the_agent_only_falls_silent(port, engine):
    """It told its engine id and then ignored us: only what we encrypt can be at fault."""
    way = {"version": "3", "user": "sealed", **SEALED, "priv_key": Secret("another-pass-phrase")}
    client = Client(engine(), waits=(0.5,))
    with pytest.raises(AuthRejected, match="encrypt"):
        await client.get(device(port=port, **way), SYSTEM)


async def test_a_v3_device_that_was_known_and_dies_is_unreachable_not_refusing(tmp_path):
    """Its engine id is remembered: silence then says nothing about our keys."""
    client = Client(GufoEngine(sessions=1), waits=(2.0, 2.0))
    with snmpd(tmp_path) as port:
        host = device(port=port, **WAYS["v3 authPriv SHA AES"])
        await client.get(host, SYSTEM)
        other = device(name="other", port=port, **WAYS["v3 authPriv SHA AES"])
        await client.get(other, SYSTEM)  # takes the only socket that is kept
    client._waits = (0.2,)
    for dead in (host, other):
        with pytest.raises(Unreachable):
            await client.get(dead, SYSTEM)
    client.close()


async def test_an_agent_that_restarts_is_read_again_without_a_word(tmp_path):
    """Its engine boots and time are others than those we know."""
    client = Client(GufoEngine(), waits=(1.0, 3.0))
    for _ in range(2):
        with snmpd(tmp_path) as port:
            # each run has a port of its own: the device's engine id stays, as when one box restarts
            host = device(port=port, **WAYS["v3 authPriv SHA AES"])
            assert await client.get(host, SYSTEM)
    client.close()


async def test_many_devices_are_asked_at_once(port):
    client = Client(GufoEngine(sessions=16), waits=(5.0, 5.0))
    hosts = [device(name=f"cam-{n}", port=port, **WAYS["v3 authPriv SHA AES"]) for n in range(100)]
    found = await asyncio.gather(*(client.get(host, SYSTEM) for host in hosts))
    assert all(one == found[0] for one in found)
    client.close()


@pytest.mark.parametrize("engine", ["gufo", "pysnmp"])
async def test_the_collectors_read_a_real_host(port, engine):
    snmp = Snmp(engine)
    host = device(Kind.NVR, port=port)
    health = (await SnmpHealth(snmp).collect(host)).readings
    assert values(health, "cctv_uptime_seconds")[""] >= 0
    assert values(health, "cctv_device_info")["sysname"] == "snmpd-under-test"
    sizes = values(health, "cctv_disk_size_bytes")
    assert sizes["/"] == pytest.approx(os.statvfs("/").f_blocks * os.statvfs("/").f_frsize)
    assert values(health, "cctv_unreadable_values_total") == {"snmp": 0}
    assert COMMUNITY not in repr(health)
    ports = (await SnmpInterfaces(snmp).collect(host)).readings
    assert set(values(ports, "cctv_port_up").values()) <= {0.0, 1.0}
    assert "lo" not in values(ports, "cctv_port_up")
    assert engine == snmp.engine_of(host)
    snmp.close()
