"""How devices are asked: agents on loopback that misbehave in every way the field knows."""

import asyncio
import contextlib
import logging
import random
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pysnmp.proto.rfc1902 import (
    Counter32,
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
from pysnmp.proto.rfc1905 import EndOfMibView, NoSuchInstance, NoSuchObject

from collectors.base import BadReply, CollectError, NotSupported, Unreachable
from collectors.snmp.client import Client
from collectors.snmp.gufo_engine import GufoEngine
from collectors.snmp.oids import SYS_UPTIME, order
from collectors.snmp.pysnmp_engine import PysnmpEngine
from collectors.snmp.recorded import Recorded
from models.facts import Kind
from tests.collectors.snmp.support import COMMUNITY, answer, asked, device, request_id, udp_agent

BASE = "1.3.6.1.4.1.99999"
TABLE = f"{BASE}.1"
END = ("1.3.6.1.4.1.99999.2.0", Integer32(0))
PATIENT = (5.0, 5.0)  # for agents that answer, on however busy a machine
WAITS = (0.1, 0.3)  # for agents that do not

ENGINES = pytest.mark.parametrize("engine", [GufoEngine, PysnmpEngine], ids=["gufo", "pysnmp"])


@pytest.fixture(params=[GufoEngine, PysnmpEngine], ids=["gufo", "pysnmp"])
async def client(request):
    client = Client(request.param(), waits=PATIENT)
    yield client
    client.close()


@pytest.fixture(params=[GufoEngine, PysnmpEngine], ids=["gufo", "pysnmp"])
async def impatient(request):
    client = Client(request.param(), waits=WAITS)
    yield client
    client.close()


def rows_agent(count, *, limit=10_000, per_reply=10_000):
    """Return an agent with a table of `count` rows that refuses GETBULK above `limit`."""
    rows = [(f"{TABLE}.{n}", Integer32(n)) for n in range(1, count + 1)]

    def answers(request):
        kind, oids, bulk = asked(request)
        if bulk > limit:
            return [answer(request, [], status=1)]
        after = [row for row in [*rows, END] if order(row[0]) > order(oids[0])]
        wanted = 1 if kind == "GetNextRequestPDU" else min(bulk, per_reply)
        return [answer(request, after[:wanted] or [(oids[0], EndOfMibView(""))])]

    return answers


def values_agent(found):
    def answers(request):
        return [answer(request, [(oid, found.get(oid, NoSuchObject(""))) for oid in asked(request)[1]])]

    return answers


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


async def test_a_table_is_walked_to_its_end(client):
    async with udp_agent(rows_agent(60)) as (port, requests):
        walk = await client.walk(device(Kind.SWITCH, port=port), TABLE)
    assert walk.cut == ""
    assert list(walk.rows.values()) == list(range(1, 61))
    assert len(requests) == 3


async def test_fewer_rows_than_asked_for_are_legal(client):
    async with udp_agent(rows_agent(30, per_reply=4)) as (port, _):
        assert len((await client.walk(device(Kind.SWITCH, port=port), TABLE)).rows) == 30


async def test_an_empty_table_is_no_error(client):
    async with udp_agent(rows_agent(0)) as (port, requests):
        assert (await client.walk(device(port=port), TABLE)).rows == {}
    assert len(requests) == 2  # a GETNEXT sees that it was not the size that was refused


async def test_an_agent_silent_to_large_bulks_is_asked_for_smaller_ones_from_then_on(impatient):
    """Quirk 4; the size that worked is remembered."""

    def answers(request):
        return [] if asked(request)[2] > 6 else rows_agent(9)(request)

    async with udp_agent(answers) as (port, requests):
        switch = device(Kind.SWITCH, port=port)
        assert len((await impatient.walk(switch, TABLE)).rows) == 9
        sizes = [asked(request)[2] for request in requests]
        assert sizes[:4] == [25, 25, 0, 12]  # 0: one GETNEXT, to see that it is the size
        requests.clear()
        await impatient.walk(switch, TABLE)
        assert {asked(request)[2] for request in requests} == {6}


async def test_cameras_are_asked_for_ten_rows_at_most(client):
    async with udp_agent(rows_agent(30)) as (port, requests):
        await client.walk(device(Kind.CAMERA, port=port), TABLE)
    assert max(asked(request)[2] for request in requests) == 10


@pytest.mark.parametrize("bad", [f"{TABLE}.2", f"{TABLE}.1"], ids=["the same again", "backwards"])
async def test_a_looping_table_ends_and_keeps_its_rows(client, bad):
    """Quirk 5."""

    def answers(request):
        _, oids, _ = asked(request)
        first = [(f"{TABLE}.1", Integer32(1)), (f"{TABLE}.2", Integer32(2))]
        return [answer(request, first if oids[0] == TABLE else [(bad, Integer32(9))])]

    async with udp_agent(answers) as (port, requests):
        walk = await client.walk(device(port=port), TABLE)
    assert walk.rows == {f"{TABLE}.1": 1, f"{TABLE}.2": 2}
    assert walk.cut in {"order", ""}  # pysnmp's page may end the walk by itself
    assert len(requests) < 5


async def test_a_table_without_end_stops_at_the_cap_of_rows(client):
    def answers(request):
        _, oids, bulk = asked(request)
        last = int(oids[0].rpartition(".")[2]) if oids[0] != TABLE else 0
        return [answer(request, [(f"{TABLE}.{last + n}", Integer32(1)) for n in range(1, max(bulk, 1) + 1)])]

    async with udp_agent(answers) as (port, _):
        walk = await client.walk(device(port=port), TABLE, max_rows=100)
    assert (len(walk.rows), walk.cut) == (100, "rows")


async def test_a_table_that_dribbles_stops_at_the_cap_of_time(client):
    async def late(request, send):
        await asyncio.sleep(0.1)
        send(rows_agent(500, per_reply=1)(request)[0])

    loop = asyncio.get_running_loop()

    class Slow(asyncio.DatagramProtocol):
        def connection_made(self, transport):
            self.transport, self.tasks = transport, []

        def datagram_received(self, data, addr):
            self.tasks.append(loop.create_task(late(data, lambda reply: self.transport.sendto(reply, addr))))

    transport, _ = await loop.create_datagram_endpoint(Slow, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    walk = await client.walk(device(port=port), TABLE, max_seconds=2)
    transport.close()
    assert walk.cut == "time"
    assert 1 <= len(walk.rows) <= 20


async def test_a_walk_whose_cancellation_is_lost_stops_all_the_same():
    """As `asyncio.wait_for` of Python 3.11 loses it, when a reply comes at the same moment."""

    class Deaf(Recorded):
        async def walk(self, _device, base, _bulk, _wait):
            for number in range(1, 100_000):
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.sleep(0.01)
                yield f"{base}.{number}", number

    walk = await Client(Deaf({})).walk(device(port=1), TABLE, max_seconds=0.2)
    assert walk.cut == "time"


async def test_a_device_that_falls_silent_in_the_middle_keeps_what_came(impatient):
    def answers(request):
        _, oids, _ = asked(request)
        return [answer(request, [(f"{TABLE}.1", Integer32(1))])] if oids[0] == TABLE else []

    async with udp_agent(answers) as (port, _):
        walk = await impatient.walk(device(port=port), TABLE, max_seconds=20)
    assert (walk.rows, walk.cut) == ({f"{TABLE}.1": 1}, "silence")


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


# ------------------------------------------------------------------------------ the second engine


async def test_a_device_answering_from_another_address_is_heard_by_the_second_engine():
    """Quirk 3: gufo's sockets are connected and never see such a reply."""
    client = Client(GufoEngine(), second=PysnmpEngine(), waits=WAITS)
    agent = values_agent({SYS_UPTIME: TimeTicks(5), f"{BASE}.1.0": Integer32(1)})
    async with udp_agent(agent, answer_from="127.9.9.9") as (port, requests):
        nvr = device(port=port)
        assert await client.get(nvr, [SYS_UPTIME, f"{BASE}.1.0"]) == {SYS_UPTIME: 5, f"{BASE}.1.0": 1}
        assert client.engine_of(nvr) == "pysnmp"
        requests.clear()
        await client.get(nvr, [SYS_UPTIME])
        assert len(requests) == 1  # remembered: gufo is not tried again
        client.forget(nvr.id)
        assert client.engine_of(nvr) == "gufo"
    client.close()


async def test_alone_the_first_engine_does_not_hear_it():
    client = Client(GufoEngine(), waits=WAITS)
    async with udp_agent(values_agent({SYS_UPTIME: TimeTicks(5)}), answer_from="127.9.9.9") as (port, _):
        with pytest.raises(Unreachable):
            await client.get(device(port=port), [SYS_UPTIME])


async def test_the_second_engine_is_not_bothered_by_a_device_that_was_heard_before():
    """A site that goes dark must not load the dear engine: it is for devices never heard."""

    class Counted(PysnmpEngine):
        asked = 0

        async def get(self, *args):
            Counted.asked += 1
            return await super().get(*args)

    client = Client(GufoEngine(), second=Counted(), waits=(0.1,))
    alive = iter([True])

    def answers(request):
        return values_agent({SYS_UPTIME: TimeTicks(5)})(request) if next(alive, False) else []

    async with udp_agent(answers) as (port, _):
        for expected in (None, Unreachable, Unreachable):
            if expected is None:
                await client.get(device(port=port), [SYS_UPTIME])
            else:
                with pytest.raises(expected):
                    await client.get(device(port=port), [SYS_UPTIME])
        assert Counted.asked == 0
        for _ in range(3):
            with pytest.raises(Unreachable):
                await client.get(device(name="never-heard", port=port), [SYS_UPTIME])
        assert Counted.asked == 1
    client.close()


async def test_a_device_that_was_heard_and_then_answers_from_another_address_is_heard_again():
    """It got a second address, or a new one: after a few silent polls the second engine is asked."""
    client = Client(GufoEngine(), second=PysnmpEngine(), waits=(0.2,))
    home = values_agent({SYS_UPTIME: TimeTicks(5)})
    moved = []
    loop = asyncio.get_running_loop()
    elsewhere, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.9.9.9", 0))

    class Mover(asyncio.DatagramProtocol):
        def connection_made(self, transport):
            self.transport = transport

        def datagram_received(self, data, addr):
            sender = elsewhere if moved else self.transport
            for reply in home(data):
                sender.sendto(reply, addr)

    agent, _ = await loop.create_datagram_endpoint(Mover, local_addr=("127.0.0.1", 0))
    camera = device(port=agent.get_extra_info("sockname")[1])
    assert await client.get(camera, [SYS_UPTIME])
    moved.append(True)
    for _ in range(3):
        with pytest.raises(Unreachable):
            await client.get(camera, [SYS_UPTIME])
    assert await client.get(camera, [SYS_UPTIME]) == {SYS_UPTIME: 5}
    assert client.engine_of(camera) == "pysnmp"
    for transport in (agent, elsewhere):
        transport.close()
    client.close()


async def test_a_dark_site_is_not_tried_through_the_second_engine_all_at_once():
    class Counted(PysnmpEngine):
        asked = 0

        async def get(self, *args):
            Counted.asked += 1
            raise Unreachable("dark")

    client = Client(GufoEngine(), second=Counted(), waits=(0.02,))
    async with udp_agent(values_agent({SYS_UPTIME: TimeTicks(5)})) as (port, _):
        site = [device(name=f"cam-{n}", port=port) for n in range(20)]
        for camera in site:
            await client.get(camera, [SYS_UPTIME])
    for _ in range(6):
        for camera in site:
            with pytest.raises(Unreachable):
                await client.get(camera, [SYS_UPTIME])
    assert Counted.asked <= 3  # one in five seconds, however many are dark
    client.close()


async def test_the_inventory_may_say_which_engine_a_device_wants():
    client = Client(GufoEngine(), second=PysnmpEngine(), waits=PATIENT)
    async with udp_agent(values_agent({SYS_UPTIME: TimeTicks(5)})) as (port, _):
        for engine in ("gufo", "pysnmp"):
            camera = device(name=engine, port=port, engine=engine)
            assert await client.get(camera, [SYS_UPTIME]) == {SYS_UPTIME: 5}
            assert client.engine_of(camera) == engine
    client.close()


async def test_a_device_that_wants_the_first_engine_never_goes_over_to_the_second():
    client = Client(GufoEngine(), second=PysnmpEngine(), waits=(0.1,))
    async with udp_agent(values_agent({SYS_UPTIME: TimeTicks(5)}), answer_from="127.9.9.9") as (port, _):
        camera = device(port=port, engine="gufo")
        for _ in range(5):
            with pytest.raises(Unreachable):
                await client.get(camera, [SYS_UPTIME])
    client.close()


# ------------------------------------------------------------------------------ values beside an error


def liar(number, *, limit=10):
    """Return an agent that says tooBig above `limit` names, with a number beside each instead of nothing."""
    found = {SYS_UPTIME: TimeTicks(500), f"{BASE}.1.0": Integer32(7)}

    def answers(request):
        oids = asked(request)[1]
        if len(oids) > limit:
            return [answer(request, [(oid, Integer32(number)) for oid in oids], status=1)]
        return values_agent(found)(request)

    return answers


MANY = [SYS_UPTIME, *(f"{BASE}.{n}.0" for n in range(1, 15))]


async def test_numbers_beside_an_error_are_seen_by_a_value_where_there_is_none():
    """The default engine hides the error status; the second shows it."""
    client = Client(GufoEngine(), second=PysnmpEngine(), waits=PATIENT)
    async with udp_agent(liar(42)) as (port, _):
        camera = device(port=port)
        assert await client.get(camera, MANY, prove=True) == {SYS_UPTIME: 500, f"{BASE}.1.0": 7}
        assert client.engine_of(camera) == "pysnmp"
    client.close()


async def test_an_agent_that_begins_to_lie_in_mid_life_is_seen_within_a_few_polls():
    """It was proven honest when it was met; a new firmware fills in numbers beside every error."""
    honest, lies = liar(42), [False]

    def answers(request):
        if not lies[0]:
            return honest(request)
        return [answer(request, [(oid, Integer32(42)) for oid in asked(request)[1]], status=5)]

    client = Client(GufoEngine(), second=PysnmpEngine(), waits=PATIENT)
    async with udp_agent(answers) as (port, _):
        camera, few = device(port=port), [SYS_UPTIME, f"{BASE}.1.0"]
        assert await client.get(camera, few, prove=True) == {SYS_UPTIME: 500, f"{BASE}.1.0": 7}
        lies[0] = True
        for _ in range(8):
            with contextlib.suppress(BadReply):
                await client.get(camera, few)
        assert client.engine_of(camera) == "pysnmp"
        with pytest.raises(BadReply, match="error and no values"):
            await client.get(camera, few)
    client.close()


@pytest.mark.parametrize(
    "status", [1, 2, 5, 6, 13], ids=["tooBig", "noSuchName", "genErr", "noAccess", "resource"]
)
@pytest.mark.parametrize("engine", [GufoEngine, PysnmpEngine], ids=["gufo", "pysnmp"])
async def test_an_error_in_mid_life_is_a_named_error_and_no_values_and_passes(engine, status):
    bad = [False]

    def answers(request):
        binds = [(oid, Null("")) for oid in asked(request)[1]]
        return [answer(request, binds, status=status, index=1)] if bad[0] else liar(42)(request)

    client = Client(engine(), waits=PATIENT)
    async with udp_agent(answers) as (port, _):
        camera, few = device(port=port), [SYS_UPTIME, f"{BASE}.1.0"]
        whole = {SYS_UPTIME: 500, f"{BASE}.1.0": 7}
        assert await client.get(camera, few) == whole
        bad[0] = True
        with pytest.raises(BadReply, match=f"{camera.id} answers SNMP with an error"):
            await client.get(camera, few)
        bad[0] = False
        assert await client.get(camera, few) == whole
    client.close()


@pytest.mark.parametrize("second", [None, PysnmpEngine], ids=["alone", "with a second"])
async def test_zeros_beside_an_error_are_never_believed(second):
    client = Client(GufoEngine(), second=second and second(), waits=PATIENT)
    async with udp_agent(liar(0)) as (port, _):
        assert await client.get(device(port=port), MANY) == {SYS_UPTIME: 500, f"{BASE}.1.0": 7}
    client.close()


async def test_the_proof_is_no_value_and_costs_an_honest_agent_nothing(client):
    async with udp_agent(liar(42)) as (port, requests):
        found = await client.get(device(port=port), [SYS_UPTIME, f"{BASE}.1.0"], prove=True)
    assert found == {SYS_UPTIME: 500, f"{BASE}.1.0": 7}
    assert len(requests) == 1


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


# ------------------------------------------------------------------------------ wild replies


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
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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
