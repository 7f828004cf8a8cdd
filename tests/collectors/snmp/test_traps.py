"""Traps and informs, sent by net-snmp's own tools: who is believed, what is shown, what is counted."""

import asyncio
import gc
import os
import random
import shutil
import socket
import tracemalloc
from contextlib import asynccontextmanager

import pytest

from collectors.snmp.trap_names import load, meaning, redacted
from collectors.snmp.traps import Limits, TrapReceiver
from models.facts import Device, Kind, Secret
from simulator.faults import FaultBoard
from simulator.site import SiteSpec
from simulator.snmp.agent import SnmpAgent
from tests.collectors.snmp.support import AUTH_KEY, COMMUNITY, PRIV_KEY, device
from tests.collectors.snmp.test_simulator import V3, access, spec

PLENTY = Limits(1e6, 1e6, 1e6, 1e6)
SIGNED = {"version": "3", "user": "sealed", "auth_protocol": "SHA", "auth_key": Secret(AUTH_KEY)}
SEALED = SIGNED | {"priv_protocol": "AES", "priv_key": Secret(PRIV_KEY)}
LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"
V3_ARGS = ("-v3", "-l", "authPriv", "-u", "sealed", "-a", "SHA", "-A", AUTH_KEY, "-x", "AES", "-X", PRIV_KEY)
ENGINE = ("-e", "0x80001f8880aabbccdd")
PORT_7 = ("1.3.6.1.2.1.2.2.1.1.7", "i", "7")


@asynccontextmanager
async def listening(*devices, **options):
    """A receiver on a free port, and the list of what it accepted."""
    got = []
    receiver = TrapReceiver("127.0.0.1", 0, on_trap=got.append, **{"limits": PLENTY} | options)
    await receiver.start()
    receiver.set_devices(devices)
    try:
        yield receiver, got
    finally:
        await receiver.stop()


async def send(receiver, tool, *arguments, after=("", LINK_DOWN, *PORT_7)):
    """Run snmptrap or snmpinform against the receiver; returns its exit code."""
    program = shutil.which(tool)
    assert program, f"the tests need Debian's snmp package: {tool}"
    process = await asyncio.create_subprocess_exec(
        program, *arguments, "-r", "0", "-t", "3", f"127.0.0.1:{receiver.port}", *after,
        env=os.environ | {"MIBS": "", "SNMP_PERSISTENT_DIR": "/nonexistent"},
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    return await process.wait()


async def until(true, seconds=10.0):
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110  what is waited for has no event
            await asyncio.sleep(0.02)


async def throw(receiver, *datagrams):
    """Send raw datagrams; returns when all were judged (or were no notification)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for n, datagram in enumerate(datagrams):
            out.sendto(datagram, ("127.0.0.1", receiver.port))
            if n % 20 == 19:
                await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)


@asynccontextmanager
async def recorded():
    """A UDP socket that keeps what net-snmp sends: real trap datagrams to send again and to damage."""
    kept = []

    class Keep(asyncio.DatagramProtocol):
        def datagram_received(self, data, addr):
            kept.append(data)

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Keep, local_addr=("127.0.0.1", 0))
    transport.port = transport.get_extra_info("sockname")[1]
    try:
        yield transport, kept
    finally:
        transport.close()


class At:
    """Where to send to, in place of a receiver."""

    def __init__(self, port):
        self.port = port


async def datagram(*arguments, after=("", LINK_DOWN, *PORT_7)):
    async with recorded() as (transport, kept):
        await send(At(transport.get_extra_info("sockname")[1]), "snmptrap", *arguments, after=after)
        await until(lambda: kept)
    return kept[0]


# ---------------------------------------------------------------- every version, by net-snmp


@pytest.mark.real
async def test_a_v2c_trap_is_taken_and_its_meaning_is_told():
    async with listening(device(Kind.OTHER, name="sw-1")) as (receiver, got):
        await send(receiver, "snmptrap", "-v2c", "-c", COMMUNITY, after=("4200", LINK_DOWN, *PORT_7))
        await until(lambda: got)
    trap = got[0]
    assert (trap.device, trap.oid, trap.version, trap.uptime_seconds) == ("sw-1", LINK_DOWN, "2c", 42.0)
    assert trap.meaning.name == "linkDown"
    assert trap.variables == (("1.3.6.1.2.1.2.2.1.1.7", 7),)
    assert receiver.counts == {"accepted": 1, "unknown": 0, "refused": 0, "limited": 0}


@pytest.mark.real
async def test_a_v1_trap_is_translated_and_its_community_taken_out():
    async with listening(device(Kind.UPS, version="1")) as (receiver, got):
        after = ("1.3.6.1.2.1.33.2", "127.0.0.1", "6", "1", "77", "1.3.6.1.2.1.33.1.2.3.0", "i", "12")
        await send(receiver, "snmptrap", "-v1", "-c", COMMUNITY, after=after)
        await until(lambda: got)
    assert got[0].oid == "1.3.6.1.2.1.33.2.0.1"
    assert got[0].meaning.name == "upsTrapOnBattery"
    assert ("1.3.6.1.2.1.33.1.2.3.0", 12) in got[0].variables
    assert not any(oid.startswith("1.3.6.1.6.3.18.1.4") for oid, _ in got[0].variables)
    assert COMMUNITY not in repr(got)


@pytest.mark.real
async def test_a_v2c_inform_is_acknowledged():
    async with listening(device()) as (receiver, got):
        assert await send(receiver, "snmpinform", "-v2c", "-c", COMMUNITY) == 0
        assert len(got) == 1


@pytest.mark.real
async def test_a_v3_trap_is_read_though_nobody_told_us_its_engine_id():
    async with listening(device(name="nvr", **SEALED)) as (receiver, got):
        for _ in range(2):
            await send(receiver, "snmptrap", *V3_ARGS, *ENGINE)
        await until(lambda: len(got) == 2)
    assert {(trap.device, trap.version, trap.oid) for trap in got} == {("nvr", "3", LINK_DOWN)}


@pytest.mark.real
async def test_a_v3_inform_is_acknowledged_and_its_handshake_is_not_counted():
    async with listening(device(name="nvr", **SEALED)) as (receiver, got):
        assert await send(receiver, "snmpinform", *V3_ARGS) == 0
        assert [trap.device for trap in got] == ["nvr"]
        assert receiver.counts["refused"] == 0


# ---------------------------------------------------------------- who is not believed


@pytest.mark.real
async def test_a_wrong_community_is_refused():
    async with listening(device()) as (receiver, got):
        await send(receiver, "snmptrap", "-v2c", "-c", "wrong")
        assert await send(receiver, "snmpinform", "-v2c", "-c", "wrong", "-t", "0.3") != 0
        await until(lambda: receiver.counts["refused"] >= 2)
    assert not got


@pytest.mark.real
async def test_a_community_of_another_device_is_refused():
    far = device(name="far", host="127.9.9.9", community=Secret("of-another"))
    async with listening(device(), far) as (receiver, got):
        await send(receiver, "snmptrap", "-v2c", "-c", "of-another")
        await until(lambda: receiver.counts["refused"] == 1)
    assert not got


@pytest.mark.real
@pytest.mark.parametrize(
    "arguments",
    [
        (*V3_ARGS[:-1], "another-pass-phrase"),
        (*V3_ARGS[:8], "another-pass-phrase", *V3_ARGS[9:]),
        ("-v3", "-l", "noAuthNoPriv", "-u", "sealed"),
        ("-v3", "-l", "authNoPriv", *V3_ARGS[3:9]),
        ("-v3", "-l", "noAuthNoPriv", "-u", "nobody"),
    ],
    ids=["wrong privacy key", "wrong authentication key", "unsigned", "not encrypted", "no such user"],
)
async def test_a_v3_trap_by_other_keys_or_a_lower_level_is_refused(arguments):
    async with listening(device(**SEALED)) as (receiver, got):
        await send(receiver, "snmptrap", *arguments, *ENGINE)
        await until(lambda: receiver.counts["refused"] == 1)
        await send(receiver, "snmptrap", *V3_ARGS, *ENGINE)  # the right one is still heard
        await until(lambda: got)
    assert len(got) == 1


@pytest.mark.real
async def test_a_v3_sender_whose_boots_and_time_went_back_is_still_heard():
    """Cloned and reset devices do this. A trap is only a hint: an old one sent again costs a look, no more."""
    async with listening(device(**SEALED)) as (receiver, got):
        for boots in ("7,2000", "3,1000"):
            await send(receiver, "snmptrap", *V3_ARGS, *ENGINE, "-Z", boots)
        await until(lambda: len(got) == 2)


async def test_a_sender_that_is_not_in_the_inventory_is_only_counted():
    async with listening(device(host="127.9.9.9")) as (receiver, got):
        opened = []
        receiver._engine.header = opened.append
        await throw(receiver, b"0", b"", b"x" * 2000)
    assert receiver.counts["unknown"] == 3
    assert opened == []
    assert not got


@pytest.mark.real
async def test_the_agent_address_inside_is_believed_of_trusted_senders_only():
    behind = device(name="behind-nat", host="10.1.2.3")
    after = ("1.3.6.1.4.1.318", "10.1.2.3", "6", "5", "77")
    async with listening(behind, device(name="here"), trusted=["127.0.0.1"]) as (receiver, got):
        await send(receiver, "snmptrap", "-v1", "-c", COMMUNITY, after=after)
        await until(lambda: got)
    assert [trap.device for trap in got] == ["behind-nat"]
    async with listening(behind, device(name="here")) as (receiver, got):
        await send(receiver, "snmptrap", "-v1", "-c", COMMUNITY, after=after)
        await until(lambda: got)
    assert [trap.device for trap in got] == ["here"]


@pytest.mark.real
async def test_a_device_that_left_the_inventory_is_unknown_and_a_new_one_is_heard():
    async with listening(device()) as (receiver, got):
        receiver.set_devices([])
        await send(receiver, "snmptrap", "-v2c", "-c", COMMUNITY)
        await until(lambda: receiver.counts["unknown"] == 1)
        receiver.set_devices([device(name="new", host="localhost")])
        await until(lambda: receiver._senders)
        await send(receiver, "snmptrap", "-v2c", "-c", COMMUNITY)
        await until(lambda: got)
    assert got[0].device == "new"


# ---------------------------------------------------------------- floods and rubbish


@pytest.mark.real
async def test_a_burst_of_300_is_heard_whole_when_it_may_be():
    one = await datagram("-v2c", "-c", COMMUNITY)
    async with listening(device()) as (receiver, got):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            for heard in range(
                60, 301, 60
            ):  # the kernel keeps some 200 for a busy machine, and drops the rest
                for _ in range(60):
                    out.sendto(one, ("127.0.0.1", receiver.port))
                await until(lambda heard=heard: len(got) == heard, 30)
    assert receiver.counts["accepted"] == 300


@pytest.mark.real
async def test_a_burst_of_300_from_one_device_leaves_room_for_the_others():
    one = await datagram("-v2c", "-c", COMMUNITY)
    now = [0.0]
    both = (device(name="loud"), device(name="calm", host="127.0.0.2"))
    async with listening(*both, limits=Limits(), clock=lambda: now[0]) as (receiver, got):
        await throw(receiver, *[one] * 300)
        assert receiver.counts == {"accepted": 20, "unknown": 0, "refused": 0, "limited": 280}
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.bind(("127.0.0.2", 0))
            out.sendto(one, ("127.0.0.1", receiver.port))
        await until(lambda: len(got) == 21)
        assert got[-1].device == "calm"
        now[0] += 2.0
        await throw(receiver, one, one, one)
        assert receiver.counts["accepted"] == 23


@pytest.mark.real
async def test_no_rubbish_ends_the_listening_and_none_of_it_is_logged(caplog):
    rng = random.Random(7)
    good = [await datagram("-v2c", "-c", COMMUNITY), await datagram(*V3_ARGS, *ENGINE)]
    bad = [b"", b"\x30", b"\x30\x80\x00\x00", os.urandom(9000)]
    for datagram_ in good:
        bad += [datagram_[: rng.randrange(len(datagram_))] for _ in range(30)]
        for _ in range(60):
            spoilt = bytearray(datagram_)
            for _ in range(rng.randrange(1, 5)):
                spoilt[rng.randrange(len(spoilt))] = rng.randrange(256)
            bad.append(bytes(spoilt))
    bad += [rng.randbytes(rng.randrange(200)) for _ in range(60)]
    async with listening(device(name="a"), device(name="b", **SEALED)) as (receiver, got):
        await throw(receiver, *bad)
        got.clear()
        last = b"the last one"  # its text tells it from damaged ones that could still be read
        await send(
            receiver, "snmptrap", "-v2c", "-c", COMMUNITY, after=("", LINK_DOWN, "1.3.9", "s", "the last one")
        )
        await until(lambda: any(("1.3.9", last) in trap.variables for trap in got), 30)
        assert sum(receiver.counts.values()) >= 0.9 * len(bad)
    assert COMMUNITY not in caplog.text
    assert "Traceback" not in caplog.text
    assert COMMUNITY not in repr(got)


@pytest.mark.real
async def test_memory_stays_flat_over_traps_and_refusals():
    good = await datagram("-v2c", "-c", COMMUNITY)
    engines = [
        await datagram(*V3_ARGS[:-1], "another-pass", "-e", f"0x80001f8880aabb{n:04x}") for n in range(5)
    ]
    async with listening(device(name="a"), device(name="b", **SEALED)) as (receiver, got):

        async def round_():
            before = sum(receiver.counts.values())
            await throw(receiver, *([good] * 30 + engines))
            await until(lambda: sum(receiver.counts.values()) == before + 35, 30)
            got.clear()
            gc.collect()
            return tracemalloc.get_traced_memory()[0]

        tracemalloc.start()
        try:
            await round_()
            first = await round_()
            last = [await round_() for _ in range(2)][-1]
        finally:
            tracemalloc.stop()
        assert receiver.counts["refused"] == 20
        assert len(receiver._engine._keys) == 0
    # 60 v2c traps leave nothing; pysnmp keeps some 600 bytes of each of the 10 v3 messages for 300 s
    assert last - first < 70 * 1_000


async def test_a_port_that_is_taken_is_told():
    async with listening() as (receiver, _):
        with pytest.raises(OSError, match="in use"):
            await TrapReceiver("127.0.0.1", receiver.port, on_trap=print).start()


@pytest.mark.real
async def test_a_fault_of_ours_in_taking_a_trap_is_logged_and_the_next_one_heard(caplog):
    async with listening(device()) as (receiver, got):
        receiver._on_trap = lambda trap: 1 / 0
        await send(receiver, "snmptrap", "-v2c", "-c", COMMUNITY)
        await until(lambda: receiver.counts["accepted"] == 1)
        receiver._on_trap = got.append
        await send(receiver, "snmptrap", "-v2c", "-c", COMMUNITY)
        await until(lambda: got)
    assert "trap not taken device=dev-1" in caplog.text


# ---------------------------------------------------------------- meanings and redaction


@pytest.mark.parametrize(
    ("oid", "name"),
    [
        ("1.3.6.1.6.3.1.1.5.1", "coldStart"),
        ("1.3.6.1.2.1.33.2.3", "upsTrapAlarmEntryAdded"),
        ("1.3.6.1.2.1.33.2.0.3", "upsTrapAlarmEntryAdded"),
        ("1.3.6.1.4.1.318.0.5", "upsOnBattery"),
        ("1.3.6.1.4.1.368.4.2.0.1", "axisVideoAlarmNew"),
        ("1.3.6.1.4.1.1004849.2.11.11.1", "motionDetect"),
        ("1.3.6.1.4.1.1004849.2.11.2", "deviceStatus"),
    ],
)
def test_a_notification_that_a_mib_defines_has_its_name(oid, name):
    assert meaning(oid).name == name


def test_a_notification_that_no_mib_defines_has_no_meaning():
    assert meaning("1.3.6.1.4.1.39165.1.99") is None
    assert meaning("1") is None


def test_a_list_of_meanings_with_a_mistake_is_refused():
    with pytest.raises(ValueError, match="no OID"):
        load("[{source: x, at: 1.3, traps: {a: [name, words]}}]")


def test_secrets_are_blanked_wherever_they_stand():
    shown = redacted(
        [("1.3.6.1.6.3.18.1.4.0", b"hush"), ("1.3.6.1.2.1.1.1.0", b"my hush is hush"), ("1.2.3", 5)],
        [b"hush"],
    )
    assert shown == (("1.3.6.1.2.1.1.1.0", b"my *** is ***"), ("1.2.3", 5))


# ---------------------------------------------------------------- and from the simulated site


@pytest.mark.parametrize("way", [{}, V3], ids=["v2c", "v3 authPriv"])
async def test_a_simulated_ups_that_loses_mains_is_heard(way):
    async with listening() as (receiver, got):
        box = spec("ups", "ups", 9, trap_to=f"127.0.0.1:{receiver.port}", **way)
        board = FaultBoard({"ups": ""})
        agent = SnmpAgent(box, board, SiteSpec("test", (box,)))
        await agent.start()
        receiver.set_devices([Device("ups", Kind.UPS, box.address, snmp=access(box.snmp, agent.port))])
        board.switch_on("ups", "on_battery")
        await until(lambda: got)
        await agent.stop()
    assert (got[0].device, got[0].meaning.name) == ("ups", "upsTrapOnBattery")
