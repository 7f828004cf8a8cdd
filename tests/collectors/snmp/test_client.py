"""How devices are asked: agents on loopback that misbehave in every way the field knows."""

import asyncio
from itertools import pairwise

import pytest
from pysnmp.proto.rfc1902 import (
    Counter64,
    Gauge32,
    Integer32,
    IpAddress,
    Null,
    ObjectIdentifier,
    OctetString,
    Opaque,
    TimeTicks,
)
from pysnmp.proto.rfc1905 import NoSuchInstance, NoSuchObject

from collectors.base import BadReply, NotSupported, Unreachable
from collectors.snmp.client import Client
from collectors.snmp.gufo_engine import GufoEngine
from collectors.snmp.oids import SYS_UPTIME
from models.facts import Kind
from tests.collectors.snmp.agents import BASE, PATIENT, TABLE, WAITS, values_agent
from tests.collectors.snmp.support import answer, asked, device, request_id, udp_agent


async def test_every_type_arrives_as_the_same_python_value(client):
    found = {
        f"{BASE}.1.0": (Integer32(-5), -5),
        f"{BASE}.2.0": (Counter64(2**64 - 1), 2**64 - 1),
        f"{BASE}.3.0": (OctetString(b"\xe9\x00x"), b"\xe9\x00x"),
        f"{BASE}.4.0": (OctetString(b""), b""),
        f"{BASE}.5.0": (IpAddress("192.0.2.7"), "192.0.2.7"),
        f"{BASE}.6.0": (ObjectIdentifier("1.3.6.1.4.1.8072"), "1.3.6.1.4.1.8072"),
        f"{BASE}.7.0": (TimeTicks(2**32 - 1), 2**32 - 1),
        f"{BASE}.8.0": (Gauge32(7), 7),
        f"{BASE}.9.0": (Opaque(b"\x9f\x78\x04\x42\xf6\x00\x00"), b"\x9f\x78\x04\x42\xf6\x00\x00"),
    }
    none = {f"{BASE}.20.0": NoSuchObject(""), f"{BASE}.21.0": NoSuchInstance("")}
    wire = {oid: given for oid, (given, _) in found.items()} | none
    async with udp_agent(values_agent(wire)) as (port, _):
        assert await client.get(device(port=port), list(wire)) == {
            oid: value for oid, (_, value) in found.items()
        }


async def test_a_hundred_oids_are_asked_thirty_at_a_time(client):
    found = {f"{BASE}.{n}.0": Integer32(n) for n in range(100)}
    async with udp_agent(values_agent(found)) as (port, requests):
        assert len(await client.get(device(port=port), list(found))) == 100
    assert [len(asked(request)[1]) for request in requests] == [30, 30, 30, 10]


async def test_an_agent_that_finds_thirty_too_big_is_asked_for_less_from_then_on(client):
    found = {f"{BASE}.{n}.0": Integer32(n) for n in range(30)}

    def answers(request):
        big = len(asked(request)[1]) > 10
        return [answer(request, [], status=1)] if big else values_agent(found)(request)

    async with udp_agent(answers) as (port, requests):
        nvr = device(port=port)
        assert len(await client.get(nvr, list(found))) == 30
        requests.clear()
        assert len(await client.get(nvr, list(found))) == 30
        assert [len(asked(request)[1]) for request in requests] == [10, 10, 10]


async def test_one_missing_oid_in_v1_does_not_hide_the_others(client):
    """Quirk 6: v1 refuses the whole GET with noSuchName."""
    found = {f"{BASE}.{n}.0": Integer32(n) for n in range(12)}

    def answers(request):
        oids = asked(request)[1]
        if any(oid not in found for oid in oids):
            return [answer(request, [(oid, Null("")) for oid in oids], status=2, index=1)]
        return [answer(request, [(oid, found[oid]) for oid in oids])]

    async with udp_agent(answers) as (port, _):  # the message shape of v1 and v2c is the same
        assert len(await client.get(device(port=port), [*found, f"{BASE}.99.0"])) == 12


async def test_where_uptime_is_known_a_part_that_is_missing_costs_one_request(client):
    """With sysUpTime in each part an empty reply can only be a refusal: nothing needs to be asked again."""
    async with udp_agent(values_agent({SYS_UPTIME: TimeTicks(5)})) as (port, requests):
        camera = device(port=port)
        await client.get(camera, [SYS_UPTIME])
        requests.clear()
        assert await client.get(camera, [f"{BASE}.{n}.0" for n in range(20)]) == {SYS_UPTIME: 5}
        assert len(requests) == 1


@pytest.mark.parametrize("ask", ["get", "walk"])
async def test_a_silent_device_is_unreachable(impatient, ask):
    async with udp_agent(lambda request: []) as (port, requests):
        with pytest.raises(Unreachable):
            await getattr(impatient, ask)(device(port=port), [SYS_UPTIME] if ask == "get" else TABLE)
    assert len(requests) >= 2  # one lost datagram alone does not make a device silent


async def test_one_lost_datagram_is_no_outage(impatient):
    lost = iter([True])

    def answers(request):
        return [] if next(lost, False) else values_agent({SYS_UPTIME: TimeTicks(5)})(request)

    async with udp_agent(answers) as (port, _):
        assert await impatient.get(device(port=port), [SYS_UPTIME]) == {SYS_UPTIME: 5}


async def test_a_closed_port_is_unreachable(impatient):
    async with udp_agent(lambda request: []) as (port, _):
        pass
    with pytest.raises(Unreachable):
        await impatient.get(device(port=port), [SYS_UPTIME])


async def test_a_name_without_an_address_is_unreachable(client):
    with pytest.raises(Unreachable, match="has no address"):
        await client.get(device(host="no-such-host.invalid"), [SYS_UPTIME])


async def test_a_device_without_snmp_access_is_not_asked(client):
    camera = device()
    with pytest.raises(NotSupported):
        await client.get(type(camera)("c", Kind.CAMERA, "127.0.0.1"), [SYS_UPTIME])


async def test_requests_have_random_ids_of_31_bits():
    """Who cannot read our requests cannot forge a reply."""
    client = Client(GufoEngine(), waits=PATIENT)
    async with udp_agent(values_agent({SYS_UPTIME: TimeTicks(5)})) as (port, requests):
        for _ in range(12):
            await client.get(device(port=port), [SYS_UPTIME])
    client.close()
    ids = [request_id(request) for request in requests]
    assert all(0 <= one < 2**31 for one in ids)
    assert len({after - before for before, after in pairwise(ids)}) > 6


async def test_replies_to_other_requests_are_not_ours(impatient):
    """A late or forged reply has another request id: silence."""

    def answers(request):
        return [answer(request, [(SYS_UPTIME, TimeTicks(666))], request_id=n) for n in (1, 2)]

    async with udp_agent(answers) as (port, _):
        with pytest.raises(Unreachable):
            await impatient.get(device(port=port), [SYS_UPTIME])


async def test_a_stray_reply_before_the_right_one_is_passed_over(client):
    def answers(request):
        good = answer(request, [(SYS_UPTIME, TimeTicks(5))])
        return [answer(request, [(SYS_UPTIME, TimeTicks(666))], request_id=1), good]

    async with udp_agent(answers) as (port, _):
        assert await client.get(device(port=port), [SYS_UPTIME]) == {SYS_UPTIME: 5}


async def test_stray_replies_without_end_do_not_hold_up_the_deadline():
    """gufo starts its own timeout anew with each stray datagram; ours does not."""
    client = Client(GufoEngine(), waits=WAITS)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    class Flood(asyncio.DatagramProtocol):
        def connection_made(self, transport):
            self.transport = transport

        def datagram_received(self, data, addr):
            self.task = loop.create_task(
                self.flood(answer(data, [(SYS_UPTIME, TimeTicks(1))], request_id=1), addr)
            )

        async def flood(self, reply, addr):
            while not stop.is_set():
                self.transport.sendto(reply, addr)
                await asyncio.sleep(0.02)

    transport, _ = await loop.create_datagram_endpoint(Flood, local_addr=("127.0.0.1", 0))
    async with asyncio.timeout(10):
        with pytest.raises(Unreachable):
            await client.get(device(port=transport.get_extra_info("sockname")[1]), [SYS_UPTIME])
    stop.set()
    await asyncio.sleep(0.05)
    transport.close()


@pytest.mark.parametrize("garbage", [b"hello", b"\x30\x82\xff\xff", b"\0" * 100, bytes(range(256))])
async def test_garbage_is_a_bad_reply(garbage):
    client = Client(GufoEngine(), waits=WAITS)
    async with udp_agent(lambda request: [garbage]) as (port, _):
        with pytest.raises(BadReply):
            await client.get(device(port=port), [SYS_UPTIME])


def truncated(request):
    return [answer(request, [(SYS_UPTIME, TimeTicks(5))])[:-3]]


async def test_a_truncated_reply_is_a_named_error(impatient):
    async with udp_agent(truncated) as (port, _):
        with pytest.raises((BadReply, Unreachable)):  # pysnmp passes over what it cannot decode
            await impatient.get(device(port=port), [SYS_UPTIME])


async def test_garbage_and_then_sense_is_read():
    """A new socket after garbage: the next try knows nothing of it."""
    first = iter([b"hello"])

    def answers(request):
        return [next(first, None) or answer(request, [(SYS_UPTIME, TimeTicks(5))])]

    async with udp_agent(answers) as (port, _):
        assert await Client(GufoEngine(), waits=PATIENT).get(device(port=port), [SYS_UPTIME]) == {
            SYS_UPTIME: 5
        }


# ------------------------------------------------------------------------------ one at a time


async def test_one_request_is_in_flight_per_device():
    flying = most = 0
    loop = asyncio.get_running_loop()

    class Agent(asyncio.DatagramProtocol):
        def connection_made(self, transport):
            self.transport = transport

        def datagram_received(self, data, addr):
            nonlocal flying, most
            flying += 1
            most = max(most, flying)
            loop.call_later(0.02, self.reply, data, addr)

        def reply(self, data, addr):
            nonlocal flying
            flying -= 1
            self.transport.sendto(answer(data, [(oid, Integer32(1)) for oid in asked(data)[1]]), addr)

    transport, _ = await loop.create_datagram_endpoint(Agent, local_addr=("127.0.0.1", 0))
    client = Client(GufoEngine())
    camera = device(port=transport.get_extra_info("sockname")[1])
    await asyncio.gather(*(client.get(camera, [f"{BASE}.{n}.0"]) for n in range(8)))
    transport.close()
    assert most == 1


async def test_who_waits_behind_silence_does_not_wait_for_it_again():
    client = Client(GufoEngine(), waits=(0.3,))
    async with udp_agent(lambda request: []) as (port, requests):
        tries = (client.get(device(port=port), [SYS_UPTIME]) for _ in range(5))
        results = await asyncio.gather(*tries, return_exceptions=True)
    assert all(isinstance(result, Unreachable) for result in results)
    assert len(requests) == 1


async def test_a_silent_device_does_not_hold_up_another():
    client = Client(GufoEngine(), waits=(5.0,))
    async with (
        udp_agent(lambda request: []) as (dead, _),
        udp_agent(values_agent({SYS_UPTIME: TimeTicks(5)})) as (alive, _),
    ):
        waiting = asyncio.create_task(client.get(device(name="dead", port=dead), [SYS_UPTIME]))
        await asyncio.sleep(0)
        async with asyncio.timeout(2):
            await client.get(device(name="alive", port=alive), [SYS_UPTIME])
        assert not waiting.done()
        waiting.cancel()


async def test_a_cancelled_request_does_not_spoil_the_next():
    answers = values_agent({f"{BASE}.1.0": Integer32(1), f"{BASE}.2.0": Integer32(2)})
    deaf = [True]
    client = Client(GufoEngine(), waits=(5.0,))
    async with udp_agent(lambda request: [] if deaf[0] else answers(request)) as (port, _):
        camera = device(port=port)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await client.get(camera, [f"{BASE}.1.0"])
        deaf[0] = False
        assert await client.get(camera, [f"{BASE}.2.0"]) == {f"{BASE}.2.0": 2}
