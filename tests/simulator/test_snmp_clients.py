"""The agents asked by the two libraries that the product uses, gufo_snmp and pysnmp."""

import asyncio

import pytest
from gufo.snmp import Aes128Key, Sha1Key, Sha256Key, SnmpAuthError, SnmpVersion, User
from gufo.snmp.aio import SnmpSession
from pysnmp.hlapi.v3arch import asyncio as hlapi

from tests.simulator.snmp_site import AUTH_KEY, COMMUNITY, PRIV_KEY, Stage, walk
from tests.simulator.snmp_site import v3 as access

SYS_NAME = "1.3.6.1.2.1.1.5.0"
HC_OUT = "1.3.6.1.2.1.31.1.1.1.10.2"
DIGESTS = {"SHA": Sha1Key, "SHA256": Sha256Key}
PROTOCOLS = {"SHA": hlapi.usmHMACSHAAuthProtocol, "SHA256": hlapi.usmHMAC192SHA256AuthProtocol}


def gufo(stage: Stage, name: str, **options) -> SnmpSession:
    return SnmpSession(addr=stage.host(name), port=stage[name].port, timeout=3.0, **options)


def gufo_user(auth: str, password: str = AUTH_KEY) -> User:
    key = DIGESTS[auth](password.encode())
    return User("ops", auth_key=key, priv_key=Aes128Key(PRIV_KEY.encode()))


async def rows(session: SnmpSession, root: str, *, bulk: bool) -> dict[str, object]:
    found = session.getbulk(root) if bulk else session.getnext(root)
    return {oid: value async for oid, value in found}


@pytest.mark.parametrize("name", ["sw-1", "nvr-1", "cam-2", "ups-1"])
async def test_gufo_walks_the_same_by_getnext_and_by_getbulk(name):
    stage = Stage()
    async with stage.running(name), gufo(stage, name, community=COMMUNITY) as session:
        by_bulk = await rows(session, "1.3.6.1", bulk=True)
        one_by_one = await rows(session, "1.3.6.1", bulk=False)
    assert by_bulk == one_by_one
    assert set(by_bulk) == set(walk(stage[name], "1.3.6.1"))


async def test_gufo_reads_numbers_and_text_as_they_are():
    stage = Stage()
    async with stage.running("cam-1"), gufo(stage, "cam-1", community=COMMUNITY) as session:
        seen = await session.get_many([SYS_NAME, HC_OUT])
    assert seen == {SYS_NAME: b"CAM-1", HC_OUT: walk(stage["cam-1"], HC_OUT[:-2])[HC_OUT]}


async def test_gufo_reads_v1():
    stage = Stage()
    async with stage.running("cam-1"):
        session = gufo(stage, "cam-1", community=COMMUNITY, version=SnmpVersion.v1)
        assert await session.get(SYS_NAME) == b"CAM-1"


@pytest.mark.parametrize("auth", ["SHA", "SHA256"])
async def test_gufo_reads_v3(auth):
    stage = Stage(**access(auth))
    async with stage.running("nvr-1"), gufo(stage, "nvr-1", user=gufo_user(auth)) as session:
        assert await session.get(SYS_NAME) == b"NVR-1"
        assert set(await rows(session, "1.3.6.1", bulk=True)) == {
            oid for oid in oids_of(stage, "nvr-1") if oid.startswith("1.3.6.1.")
        }


def oids_of(stage: Stage, name: str) -> set[str]:
    return {".".join(map(str, oid)) for oid in stage[name]._table._layout.oids}


async def test_gufo_is_told_that_its_password_is_wrong():
    stage = Stage(**access())
    async with stage.running("cam-1"):
        with pytest.raises(SnmpAuthError):
            async with gufo(stage, "cam-1", user=gufo_user("SHA", "a wrong password")) as session:
                await session.get(SYS_NAME)


async def test_silence_is_a_timeout():
    stage = Stage()
    stage.board.switch_on("cam-1", "off")
    async with stage.running("cam-1"):
        session = SnmpSession(
            addr=stage.host("cam-1"), port=stage["cam-1"].port, community=COMMUNITY, timeout=0.3
        )
        with pytest.raises(TimeoutError):
            await session.get(SYS_NAME)


async def pysnmp_get(stage: Stage, name: str, credentials: object, *oids: str):
    engine = hlapi.SnmpEngine()
    try:
        target = await hlapi.UdpTransportTarget.create(
            (stage.host(name), stage[name].port), timeout=2, retries=1
        )
        wanted = [hlapi.ObjectType(hlapi.ObjectIdentity(oid)) for oid in oids]
        return await hlapi.get_cmd(engine, credentials, target, hlapi.ContextData(), *wanted, lookupMib=False)
    finally:
        engine.close_dispatcher()


async def test_pysnmp_reads_v2c():
    stage = Stage()
    async with stage.running("cam-1"):
        trouble, status, _, found = await pysnmp_get(
            stage, "cam-1", hlapi.CommunityData(COMMUNITY, mpModel=1), SYS_NAME, HC_OUT
        )
    assert (trouble, int(status)) == (None, 0)
    assert [str(name) for name, _ in found] == [SYS_NAME, HC_OUT]
    assert type(found[1][1]).__name__ == "Counter64"


@pytest.mark.parametrize("auth", ["SHA", "SHA256"])
async def test_pysnmp_reads_v3(auth):
    stage = Stage(**access(auth))
    user = hlapi.UsmUserData("ops", AUTH_KEY, PRIV_KEY, PROTOCOLS[auth], hlapi.usmAesCfb128Protocol)
    async with stage.running("ups-1"):
        trouble, status, _, found = await pysnmp_get(stage, "ups-1", user, SYS_NAME)
    assert (trouble, int(status), bytes(found[0][1])) == (None, 0, b"UPS-1")


async def test_pysnmp_is_told_that_its_password_is_wrong():
    stage = Stage(**access())
    user = hlapi.UsmUserData(
        "ops", "a wrong password", PRIV_KEY, PROTOCOLS["SHA"], hlapi.usmAesCfb128Protocol
    )
    async with stage.running("cam-1"):
        trouble, *_ = await pysnmp_get(stage, "cam-1", user, SYS_NAME)
    assert "digest" in str(trouble).lower()


async def test_both_libraries_read_the_same_of_a_whole_device():
    """The two share no code; what they agree on is what we sent."""
    stage = Stage()
    oids = sorted(oid for oid in walk(stage["ups-1"], "1.3.6.1.2.1"))[:30]
    async with stage.running("ups-1"), gufo(stage, "ups-1", community=COMMUNITY) as session:
        by_gufo = await session.get_many(oids)
        _, _, _, found = await pysnmp_get(stage, "ups-1", hlapi.CommunityData(COMMUNITY, mpModel=1), *oids)
    for name, value in found:
        seen = by_gufo[str(name)]
        assert seen == (bytes(value) if isinstance(seen, bytes) else type(seen)(value))


async def test_a_hundred_managers_at_once_are_all_answered():
    stage = Stage()
    names = list(stage.agents)
    async with stage.running(*names):

        async def ask(name: str) -> object:
            async with gufo(stage, name, community=COMMUNITY) as session:
                return await session.get(SYS_NAME)

        answers = await asyncio.gather(*(ask(names[n % len(names)]) for n in range(100)))
    assert answers == [names[n % len(names)].upper().encode() for n in range(100)]
