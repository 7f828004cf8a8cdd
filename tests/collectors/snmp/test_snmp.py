"""The facade: what is learnt once, what is asked each time, and when it is learnt anew."""

import asyncio
import contextlib
import gc
import importlib
import tracemalloc
from pathlib import Path

import pytest
from pysnmp.proto.rfc1902 import Integer32, OctetString, TimeTicks
from pysnmp.proto.rfc1905 import EndOfMibView, NoSuchObject

from collectors.base import NotSupported, Unreachable
from collectors.snmp import Snmp, SnmpHealth, SnmpInterfaces, SnmpUps, show
from collectors.snmp.engine import Engine
from collectors.snmp.gufo_engine import GufoEngine
from collectors.snmp.knowledge import Area
from collectors.snmp.oids import SYS_UPTIME, order
from collectors.snmp.pysnmp_engine import PysnmpEngine
from collectors.snmp.recorded import Recorded
from models.facts import Device, Kind, Secret, SnmpAccess
from tests.collectors.snmp.support import COMMUNITY, answer, asked, device, udp_agent, values

IF = "1.3.6.1.2.1.2.2.1"
NAME = "1.3.6.1.2.1.31.1.1.1.1"
HOUR, DAY = 3600.0, 86_400.0


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def switch_rows(names, *, uptime=500_000):
    """Return a switch whose interfaces have these names, up where the name says so."""
    rows = {SYS_UPTIME: uptime}
    for index, name in names.items():
        rows |= {
            f"{IF}.3.{index}": 6,
            f"{NAME}.{index}": name.encode(),
            f"{IF}.8.{index}": 1 if "up" in name else 2,
        }
    return rows


@pytest.fixture
def clock():
    return Clock()


async def up(snmp, switch):
    return values((await SnmpInterfaces(snmp).collect(switch)).readings, "cctv_port_up")


async def test_renumbered_interfaces_keep_their_names_after_a_restart(clock):
    """ifIndex is not an identity: after a restart index 1 may be another port."""
    engine = Recorded(switch_rows({1: "gi1 up", 2: "gi2"}))
    snmp, switch = Snmp(engine, clock=clock), device(Kind.SWITCH)
    assert await up(snmp, switch) == {"gi1 up": 1, "gi2": 0}
    engine.values = switch_rows({1: "gi2", 2: "gi1 up"}, uptime=100_000)
    assert await up(snmp, switch) == {"gi1 up": 1, "gi2": 0}


async def test_a_restart_seen_by_one_collector_holds_for_the_others(clock):
    engine = Recorded(switch_rows({1: "gi1 up", 2: "gi2"}))
    snmp, switch = Snmp(engine, clock=clock), device(Kind.SWITCH)
    await up(snmp, switch)
    await SnmpHealth(snmp).collect(switch)
    engine.values = switch_rows({1: "gi2", 2: "gi1 up"}, uptime=100_000)
    await SnmpHealth(snmp).collect(switch)
    assert await up(snmp, switch) == {"gi1 up": 1, "gi2": 0}


async def test_a_poll_that_was_on_its_way_while_another_saw_the_restart_uses_the_new_names(clock):
    engine = Recorded(switch_rows({1: "gi1 up", 2: "gi2"}))
    snmp, switch = Snmp(engine, clock=clock), device(Kind.SWITCH)
    await up(snmp, switch)
    await SnmpHealth(snmp).collect(switch)
    held, get = asyncio.Event(), engine.get

    async def slow(*args):
        await held.wait()
        return await get(*args)

    engine.get = slow
    polls = [asyncio.create_task(SnmpHealth(snmp).collect(switch)), asyncio.create_task(up(snmp, switch))]
    await asyncio.sleep(0.01)
    engine.values = switch_rows({1: "gi2", 2: "gi1 up"}, uptime=100_000)
    held.set()
    assert (await asyncio.gather(*polls))[1] == {"gi1 up": 1, "gi2": 0}


async def test_an_uptime_that_wobbles_is_no_restart(clock):
    engine = Recorded(switch_rows({1: "gi1 up"}))
    snmp, switch = Snmp(engine, clock=clock), device(Kind.SWITCH)
    await up(snmp, switch)
    engine.values, engine.requests = switch_rows({1: "gi1 up"}, uptime=499_990), 0
    await up(snmp, switch)
    assert engine.requests == 1


async def test_new_rows_are_seen_within_the_hour_and_not_asked_for_before(clock):
    engine = Recorded(switch_rows({1: "gi1 up"}))
    snmp, switch = Snmp(engine, clock=clock), device(Kind.SWITCH)
    await up(snmp, switch)
    engine.values = switch_rows({1: "gi1 up", 2: "gi2"})
    assert set(await up(snmp, switch)) == {"gi1 up"}
    clock.now += HOUR + 1
    assert set(await up(snmp, switch)) == {"gi1 up", "gi2"}


async def test_a_row_that_is_gone_brings_a_new_look_after_five_minutes(clock):
    engine = Recorded(switch_rows({1: "gi1 up", 2: "gi2"}))
    snmp, switch = Snmp(engine, clock=clock), device(Kind.SWITCH)
    await up(snmp, switch)
    engine.values = switch_rows({1: "gi1 up", 7: "gi2"})
    assert await up(snmp, switch) == {"gi1 up": 1}  # absent, not 0
    clock.now += 301
    assert await up(snmp, switch) == {"gi1 up": 1, "gi2": 0}


async def test_a_device_that_just_started_is_looked_at_again_soon(clock):
    """net-snmp shows processor loads only after a minute; disks spin up."""
    engine = Recorded(switch_rows({1: "gi1 up"}, uptime=500))
    snmp, switch = Snmp(engine, clock=clock), device(Kind.SWITCH)
    await up(snmp, switch)
    engine.values = switch_rows({1: "gi1 up", 2: "gi2"}, uptime=31_000)
    clock.now += 305
    assert set(await up(snmp, switch)) == {"gi1 up", "gi2"}


async def test_which_mibs_a_device_has_is_looked_at_again_each_day(clock):
    engine = Recorded({SYS_UPTIME: 100})
    snmp, camera = Snmp(engine, clock=clock), device(Kind.CAMERA)
    await SnmpHealth(snmp).collect(camera)
    assert "HIK-DEVICE-MIB" not in snmp.mibs_of(camera.id)
    engine.values = {
        SYS_UPTIME: 200,
        "1.3.6.1.4.1.39165.1.1.0": b"DS-1",
        "1.3.6.1.4.1.39165.1.7.0": b"5 PERCENT",
    }
    clock.now += DAY + 1
    answer_ = await SnmpHealth(snmp).collect(camera)
    assert values(answer_.readings, "cctv_cpu_used_ratio") == {"": 0.05}


async def test_a_changed_address_or_community_makes_a_new_device(clock):
    engine = Recorded(switch_rows({1: "gi1 up"}))
    snmp = Snmp(engine, clock=clock)
    await up(snmp, device(Kind.SWITCH))
    engine.values = switch_rows({1: "gi9 up"})
    assert set(await up(snmp, device(Kind.SWITCH))) == {"gi1 up"}  # names are learnt once an hour
    assert set(await up(snmp, device(Kind.SWITCH, community=Secret("another")))) == {"gi9 up"}


async def test_forgetting_a_device_learns_it_anew(clock):
    engine = Recorded(switch_rows({1: "gi1 up"}))
    snmp, switch = Snmp(engine, clock=clock), device(Kind.SWITCH)
    await up(snmp, switch)
    engine.values = switch_rows({1: "gi9 up"})
    snmp.forget(switch.id)
    assert set(await up(snmp, switch)) == {"gi9 up"}
    assert snmp.mibs_of("never seen") == ()


async def test_a_dead_device_is_unreachable_to_all_collectors_before_and_after_it_was_known():
    engine = Recorded(None)
    snmp, ups = Snmp(engine), device(Kind.UPS)
    collectors = (SnmpHealth(snmp), SnmpInterfaces(snmp), SnmpUps(snmp))
    for _ in range(2):
        for collector in collectors:
            with pytest.raises(Unreachable):
                await collector.collect(ups)
        engine.values = switch_rows({1: "eth0 up"}) | {"1.3.6.1.2.1.33.1.2.1.0": 2}
        for collector in collectors:
            assert (await collector.collect(ups)).readings
        engine.values = None


async def test_a_device_without_ports_that_dies_is_unreachable_not_unsupported():
    """NotSupported says that it answered, so it must have answered now."""
    engine = Recorded({SYS_UPTIME: 5})
    snmp, camera = Snmp(engine), device()
    with pytest.raises(NotSupported):
        await SnmpInterfaces(snmp).collect(camera)
    engine.values = None
    with pytest.raises(Unreachable):
        await SnmpInterfaces(snmp).collect(camera)


async def test_unreadable_values_are_absent_and_counted_on_and_on():
    engine = Recorded({SYS_UPTIME: 5, "1.3.6.1.4.1.39165.1.1.0": b"DS-1", "1.3.6.1.4.1.39165.1.7.0": b"hot"})
    snmp, camera = Snmp(engine), device()
    counts = []
    for _ in range(3):
        readings = (await SnmpHealth(snmp).collect(camera)).readings
        assert not values(readings, "cctv_cpu_used_ratio")
        counts.append(values(readings, "cctv_unreadable_values_total")["snmp"])
    assert counts == [1, 2, 3]


async def test_collectors_say_whom_they_apply_to():
    snmp = Snmp(Recorded({}))
    ups, plain = device(Kind.UPS), Device("x", Kind.UPS, "127.0.0.1")
    assert [c(snmp).applies(ups) for c in (SnmpHealth, SnmpInterfaces, SnmpUps)] == [True, True, True]
    assert [c(snmp).applies(plain) for c in (SnmpHealth, SnmpInterfaces, SnmpUps)] == [False, False, False]
    assert not SnmpUps(snmp).applies(device(Kind.CAMERA))


async def test_several_collectors_at_once_look_at_a_device_once():
    engine = Recorded(switch_rows({1: "gi1 up"}))
    snmp, ups = Snmp(engine), device(Kind.UPS)
    await asyncio.gather(*(snmp.ask(ups, Area.INTERFACES) for _ in range(5)))
    first = engine.requests
    assert first < 10
    await asyncio.gather(*(snmp.ask(ups, Area.INTERFACES) for _ in range(5)))
    assert engine.requests - first == 5


async def test_a_table_the_device_is_deaf_to_costs_the_others_nothing():
    """An agent that hangs on one table and answers all else."""
    rows = {
        SYS_UPTIME: TimeTicks(5),
        f"{IF}.3.1": Integer32(6),
        f"{NAME}.1": OctetString(b"eth0"),
        f"{IF}.8.1": Integer32(1),
    }

    def answers(request):
        kind, oids, bulk = asked(request)
        if kind == "GetRequestPDU":
            return [answer(request, [(oid, rows.get(oid, NoSuchObject(""))) for oid in oids])]
        if oids[0].startswith("1.3.6.1.2.1.105"):
            return []
        after = sorted((oid for oid in rows if order(oid) > order(oids[0])), key=order)
        return [
            answer(request, [(oid, rows[oid]) for oid in after[: bulk or 1]] or [(oids[0], EndOfMibView(""))])
        ]

    snmp = Snmp("gufo")
    snmp._client._waits = (0.2, 0.2)
    async with udp_agent(answers) as (port, requests):
        switch = device(Kind.SWITCH, port=port)
        assert await up(snmp, switch) == {"eth0": 1}
        requests.clear()
        await up(snmp, switch)
        assert len(requests) == 1
    snmp.close()


# ------------------------------------------------------------------------------ secrets, read-only, memory


async def test_the_tap_sees_values_and_no_secret():
    seen = []
    snmp = Snmp(Recorded(switch_rows({1: "gi1 up"})), tap=lambda *value: seen.append(value))
    await SnmpInterfaces(snmp).collect(device(Kind.SWITCH))
    lines = [show(oid, value) for _, oid, value in seen]
    assert f'.{NAME}.1 = STRING: "gi1 up"' in lines
    assert {who for who, _, _ in seen} == {"dev-1"}
    assert not any(COMMUNITY in line for line in lines)


def test_no_engine_can_write():
    """Read-only by construction: there is no operation that could change a device."""
    allowed = {"get", "walk", "forget", "close", "name"}
    for engine in (Engine, GufoEngine, PysnmpEngine, Recorded):
        public = {name for name in vars(engine) if not name.startswith("_")}
        assert public <= allowed, engine


@pytest.mark.parametrize("module", ["gufo_engine", "pysnmp_engine"])
def test_the_sources_of_the_engines_do_not_mention_set(module):
    source = Path(importlib.import_module(f"collectors.snmp.{module}").__file__).read_text()
    assert "set_cmd" not in source
    assert "send_set" not in source


def entries(what):
    """Return how many threads (task) or open files (fd) this process has."""
    return len(list(Path(f"/proc/self/{what}").iterdir()))


async def test_a_thousand_devices_need_no_threads_and_few_descriptors():
    engine = GufoEngine(sessions=50)
    threads, files = entries("task"), entries("fd")
    answers = lambda request: [answer(request, [(SYS_UPTIME, TimeTicks(5))])]  # noqa: E731 - one line says it
    async with udp_agent(answers) as (port, _):
        for number in range(1000):
            await engine.get(device(name=f"cam-{number}", port=port), [SYS_UPTIME], 5.0)
        assert entries("fd") - files <= 50 + 5
    assert entries("task") == threads
    engine.close()
    gc.collect()
    assert entries("fd") <= files + 2


async def test_memory_is_flat_over_thousands_of_polls_and_timeouts():
    engine = Recorded(switch_rows({n: f"gi{n}" for n in range(8)}))
    snmp, switch = Snmp(engine), device(Kind.SWITCH)

    async def polls(count):
        for number in range(count):
            engine.values = (
                None if number % 10 == 9 else switch_rows({n: f"gi{n}" for n in range(8)}, uptime=number)
            )
            with contextlib.suppress(Unreachable):
                await up(snmp, switch)

    await polls(200)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    await polls(1000)
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 200_000


def test_secrets_are_not_in_the_repr_of_what_is_kept():
    access = SnmpAccess(community=Secret(COMMUNITY))
    assert COMMUNITY not in repr(access)
    assert COMMUNITY not in repr(vars(Snmp(Recorded({}))))
