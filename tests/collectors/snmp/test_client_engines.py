"""Which engine asks a device, and what tells that an agent makes up values."""

import asyncio
import contextlib

import pytest
from pysnmp.proto.rfc1902 import (
    Integer32,
    Null,
    TimeTicks,
)

from collectors.base import BadReply, Unreachable
from collectors.snmp.client import Client
from collectors.snmp.gufo_engine import GufoEngine
from collectors.snmp.oids import SYS_UPTIME
from collectors.snmp.pysnmp_engine import PysnmpEngine
from tests.collectors.snmp.agents import BASE, PATIENT, WAITS, values_agent
from tests.collectors.snmp.support import answer, asked, device, udp_agent


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
