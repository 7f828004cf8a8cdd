"""How tables are walked: sizes, loops, caps of rows and time, silence in the middle."""

import asyncio
import contextlib

import pytest
from pysnmp.proto.rfc1902 import (
    Integer32,
)

from collectors.snmp.client import Client
from collectors.snmp.recorded import Recorded
from models.facts import Kind
from tests.collectors.snmp.agents import TABLE, rows_agent
from tests.collectors.snmp.support import answer, asked, device, udp_agent


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
