"""Recordings replayed by a simulated agent, its quirks as switches, and the traps it sends."""

import asyncio
import os
import shutil
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from simulator.faults import FAULTS, FaultBoard
from simulator.site import DeviceSpec, SiteError, SiteSpec, SnmpSpec, load_site
from simulator.snmp import ber
from simulator.snmp.agent import SnmpAgent
from simulator.snmp.table import Table
from simulator.snmp.walkfile import WalkError, rows_of
from tests.simulator.snmp_site import COMMUNITY, START, Clock, Stage, own_address, v3

SHARED = Path(__file__).parents[3] / "shared/data/snmp"

TEXT = r"""# made up
.1.3.6.1.2.1.1.1.0 = STRING: "Acme \"SW\"
second line"
.1.3.6.1.2.1.1.2.0 = OID: .1.3.6.1.4.1.8072.3.2.10
.1.3.6.1.2.1.1.3.0 = Timeticks: (4200) 0:00:42.00
iso.3.6.1.2.1.1.5.0 = ""
.1.3.6.1.2.1.2.2.1.6.1 = Hex-STRING: 02 53 00 11
22 33
.1.3.6.1.2.1.2.2.1.8.1 = INTEGER: up(1)
.1.3.6.1.2.1.2.2.1.10.1 = Counter32: 4294967295
.1.3.6.1.2.1.4.20.1.1.127.0.0.1 = IpAddress: 127.0.0.1
.1.3.6.1.2.1.25.1.1.0 = 276532
.1.3.6.1.2.1.31.1.1.1.6.1 = Counter64: 18446744073709551615
.1.3.6.1.4.1.2021.10.1.6.1 = Opaque: Float: 0.500000
.1.3.6.1.4.1.9.1.0 = NULL
.1.3.6.1.4.1.9.2.0 = Gauge32: 7 percent
.1.3.6.1.4.1.9.3.0 = INTEGER: -5
.1.3.6.1.4.1.9.4.0 = No Such Object available on this agent at this OID
"""
RECORD = """1.3.6.1.2.1.1.1.0|4|Acme | SW
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.8072.3.2.10
1.3.6.1.2.1.1.3.0|67|4200
1.3.6.1.2.1.2.2.1.6.1|4x|025300112233
1.3.6.1.2.1.4.20.1.1.127.0.0.1|64|127.0.0.1
1.3.6.1.2.1.2.2.1.14.1|65|12
1.3.6.1.2.1.31.1.1.1.6.1|70|100
1.3.6.1.4.1.9.9.0|2:numeric|made,up
1.3.6.1.4.1.9.2.0|66|7
1.3.6.1.4.1.9.3.0|2|-5
1.3.6.1.4.1.9.3.0|2|6
"""


def table(tmp_path, text, name):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return Table(rows_of(file, START))


def value(table, oid, now=START):
    return table.get(ber.encode_oid(tuple(map(int, oid.split(".")))), now)


def test_the_text_of_a_walk_is_read_with_its_types(tmp_path):
    found = table(tmp_path, TEXT, "device.snmpwalk")
    assert value(found, "1.3.6.1.2.1.1.1.0") == ber.text('Acme "SW"\nsecond line')
    assert value(found, "1.3.6.1.2.1.1.2.0") == ber.object_id((1, 3, 6, 1, 4, 1, 8072, 3, 2, 10))
    assert value(found, "1.3.6.1.2.1.1.3.0") == ber.time_ticks(42)
    assert value(found, "1.3.6.1.2.1.1.5.0") == ber.text("")
    assert value(found, "1.3.6.1.2.1.2.2.1.6.1") == ber.octets(bytes.fromhex("025300112233"))
    assert value(found, "1.3.6.1.2.1.2.2.1.8.1") == ber.integer(1)
    assert value(found, "1.3.6.1.2.1.2.2.1.10.1") == ber.counter32(2**32 - 1)
    assert value(found, "1.3.6.1.2.1.4.20.1.1.127.0.0.1") == ber.ip_address("127.0.0.1")
    assert value(found, "1.3.6.1.2.1.25.1.1.0") == ber.integer(276532)
    assert value(found, "1.3.6.1.2.1.31.1.1.1.6.1") == ber.counter64(2**64 - 1)
    assert value(found, "1.3.6.1.4.1.2021.10.1.6.1").endswith(b"\x9f\x78\x04\x3f\x00\x00\x00")
    assert value(found, "1.3.6.1.4.1.9.2.0") == ber.gauge32(7)
    assert value(found, "1.3.6.1.4.1.9.3.0") == ber.integer(-5)
    assert len(found) == 13


def test_a_recording_of_snmpsim_is_read_with_its_types(tmp_path):
    found = table(tmp_path, RECORD, "device.snmprec")
    assert value(found, "1.3.6.1.2.1.1.1.0") == ber.text("Acme | SW")
    assert value(found, "1.3.6.1.2.1.2.2.1.6.1") == ber.octets(bytes.fromhex("025300112233"))
    assert value(found, "1.3.6.1.2.1.4.20.1.1.127.0.0.1") == ber.ip_address("127.0.0.1")
    assert value(found, "1.3.6.1.4.1.9.3.0") == ber.integer(-5)
    assert len(found) == 9


def test_uptime_and_octet_counters_run_on_and_wrap_and_all_else_stands_still(tmp_path):
    found = table(tmp_path, TEXT, "device.walk")
    later = START + 10
    assert value(found, "1.3.6.1.2.1.1.3.0", later) == ber.time_ticks(52)
    assert value(found, "1.3.6.1.2.1.2.2.1.10.1", later) == ber.counter32(1_249_999)
    assert value(found, "1.3.6.1.2.1.31.1.1.1.6.1", later) == ber.counter64(1_249_999)
    assert value(found, "1.3.6.1.4.1.9.2.0", later) == ber.gauge32(7)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.walk", "SNMPv2-MIB::sysName.0 = STRING: x", "line 1"),
        ("a.walk", ".1.3.6.1.1 = INTEGER: many", "line 1: no number"),
        ("a.snmprec", "1.3.6.1.1|2|many", "line 1"),
        ("a.snmprec", "sysName.0|4|x", "no numeric OID"),
    ],
)
def test_a_recording_that_cannot_be_replayed_says_where(tmp_path, name, text, problem):
    with pytest.raises(WalkError, match=problem):
        table(tmp_path, text, name)


@pytest.mark.parametrize(
    "file", sorted(SHARED.rglob("*.snmp[rw]*")) if SHARED.is_dir() else [], ids=lambda f: f.name
)
def test_every_shared_recording_can_be_replayed(file):
    found = Table(rows_of(file, START))
    assert len(found) > 5
    for row in found._layout.contents:
        assert found.get(row, START + 5)


@pytest.mark.real
async def test_a_device_of_the_site_file_replays_its_recording_to_net_snmp(tmp_path):
    (tmp_path / "device.walk").write_text(TEXT, encoding="utf-8")
    (tmp_path / "site.yaml").write_text(
        f"name: t\ndevices:\n- {{id: d, kind: switch, address: {own_address()}, "
        f"snmp: {{port: 21161, community: {COMMUNITY}, walk: device.walk}}}}\n"
    )
    site = load_site(tmp_path / "site.yaml")
    agent = SnmpAgent(site.devices[0], FaultBoard({"d": ""}), site)
    await agent.start()
    try:
        program = shutil.which("snmpwalk")
        assert program, "the tests need Debian's snmp package"
        process = await asyncio.create_subprocess_exec(
            program, "-v2c", "-c", COMMUNITY, "-On", "-Ct", f"{site.devices[0].address}:{agent.port}", ".1",
            env=os.environ | {"MIBS": ""}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        shown = (await process.communicate())[0].decode("latin-1")
    finally:
        await agent.stop()
    for line in (
        ".1.3.6.1.2.1.1.2.0 = OID: .1.3.6.1.4.1.8072.3.2.10",
        ".1.3.6.1.2.1.2.2.1.8.1 = INTEGER: 1",
        ".1.3.6.1.4.1.9.2.0 = Gauge32: 7",
        ".1.3.6.1.4.1.9.3.0 = INTEGER: -5",
    ):
        assert line in shown


def test_a_site_file_with_an_unknown_quirk_or_trap_target_is_refused(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text(
        "name: t\ndevices:\n- {id: d, kind: switch, address: 127.1.2.3, snmp: {quirks: [off], trap_to: 10.0.0.1:162}}\n"
    )
    with pytest.raises(SiteError) as caught:
        load_site(path)
    assert "quirks[0]" in str(caught.value)
    assert "trap_to" in str(caught.value)


# ---------------------------------------------------------------- quirks, at the table


def test_an_agent_without_quirks_is_the_same_after_one_was_switched_on_and_off():
    stage = Stage()
    agent, request = stage["nvr-1"], _get("1.3.6.1.4.1.50001.1.240.0")
    before = agent.handle(request)
    stage.board.switch_on("nvr-1", "snmp_sentinels", at=START)
    assert agent.handle(request) != before
    stage.board.switch_off("nvr-1", "snmp_sentinels")
    assert agent.handle(request) == before


@pytest.mark.parametrize("quirk", [name for name in FAULTS if name.startswith("snmp_")])
@pytest.mark.parametrize("way", [{}, v3()], ids=["v2c", "v3"])
def test_no_quirk_makes_an_agent_stumble(quirk, way):
    stage = Stage(quirks=(quirk,), **way)
    for agent in stage.agents.values():
        for datagram in (
            _get("1.3.6.1.2.1.1.3.0"),
            _bulk("1.3.6.1", 30),
            _bulk("1.3.6.1.2.1.2.2.1.2", 3),
            b"x",
        ):
            agent.handle(datagram)
    stage.clock.now += 100
    stage.board.switch_on("sw-1", "off", at=stage.clock.now)
    stage.board.switch_off("sw-1", "off")
    assert stage["sw-1"].handle(_bulk("1.3.6.1", 30)) is not None or quirk in {
        "snmp_silent", "snmp_v1_only", "snmp_bulk_silent",
    } or way  # fmt: skip


def _get(oid):
    return _request(0xA0, oid, 0, 0)


def _bulk(oid, rows):
    return _request(0xA5, oid, 0, rows)


def _request(kind, oid, first, second):
    binding = ber.element(ber.SEQUENCE, ber.object_id(tuple(map(int, oid.split(".")))) + ber.NOTHING)
    unit = ber.integer(7) + ber.integer(first) + ber.integer(second) + ber.element(ber.SEQUENCE, binding)
    head = ber.integer(1) + ber.octets(COMMUNITY.encode())
    return ber.element(ber.SEQUENCE, head + ber.element(kind, unit))


# ---------------------------------------------------------------- traps, read by another program's code


@asynccontextmanager
async def told(way, *, role="switch"):
    """Yield (board, datagrams) of a switch or UPS that sends its traps here; it runs on a standing clock."""
    got = []

    class Keep(asyncio.DatagramProtocol):
        def datagram_received(self, data, addr):
            got.append(data)

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Keep, local_addr=("127.0.0.1", 0))
    target = f"127.0.0.1:{transport.get_extra_info('sockname')[1]}"
    snmp = SnmpSpec(port=0, role=role, community=COMMUNITY, trap_to=target, **way)
    box = DeviceSpec("box", role, own_address(), snmp=snmp)
    cam = DeviceSpec("cam", "camera", own_address(), parent="box")
    site = SiteSpec("t", (box, replace(cam, id="cam-0", address=own_address()), cam))
    board = FaultBoard({"box": "", "cam": "box", "cam-0": "box"})
    agent = SnmpAgent(box, board, site, clock=Clock())
    await agent.start()
    try:
        yield board, got
    finally:
        await agent.stop()
        transport.close()


def read_v2c(datagram):
    from pyasn1.codec.ber import decoder
    from pysnmp.proto import api

    module = api.PROTOCOL_MODULES[api.SNMP_VERSION_2C]
    message, rest = decoder.decode(datagram, asn1Spec=module.Message())
    assert not rest
    assert bytes(module.apiMessage.get_community(message)) == COMMUNITY.encode()
    unit = module.apiMessage.get_pdu(message)
    assert type(unit).__name__ == "SNMPv2TrapPDU"
    return {str(oid): value.prettyPrint() for oid, value in module.apiPDU.get_varbinds(unit)}


async def until(true):
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110  what is waited for has no event
            await asyncio.sleep(0.01)


async def test_a_switch_tells_of_the_port_whose_device_went_off_and_came_back():
    async with told({}) as (board, got):
        board.switch_on("cam", "off")
        board.switch_off("cam", "off")
        await until(lambda: len(got) == 2)
    down, up = map(read_v2c, got)
    assert down["1.3.6.1.6.3.1.1.4.1.0"] == "1.3.6.1.6.3.1.1.5.3"
    assert up["1.3.6.1.6.3.1.1.4.1.0"] == "1.3.6.1.6.3.1.1.5.4"
    assert down["1.3.6.1.2.1.2.2.1.8.2"] == "2"  # the second port


async def test_a_box_without_power_tells_nothing_and_then_that_it_started():
    async with told({}) as (board, got):
        board.switch_on("box", "off")
        board.switch_on("cam", "off")
        board.switch_off("box", "off")
        await until(lambda: got)
        await asyncio.sleep(0.05)
    assert [read_v2c(one)["1.3.6.1.6.3.1.1.4.1.0"] for one in got] == ["1.3.6.1.6.3.1.1.5.1"]


async def test_a_ups_tells_when_mains_goes_and_comes():
    async with told({}, role="ups") as (board, got):
        board.switch_on("box", "on_battery")
        board.switch_on("box", "on_battery", strength=2)
        board.switch_off("box", "on_battery")
        await until(lambda: len(got) == 2)
    assert [read_v2c(one)["1.3.6.1.6.3.1.1.4.1.0"] for one in got] == [
        "1.3.6.1.2.1.33.2.1",
        "1.3.6.1.2.1.33.2.4",
    ]


async def test_a_v3_box_signs_and_encrypts_what_it_tells():
    """Read with its keys in tests/collectors/snmp/test_traps.py; here: nothing of it stands in the clear."""
    async with told(v3(), role="ups") as (board, got):
        board.switch_on("box", "on_battery")
        await until(lambda: got)
    assert ber.encode_oid((1, 3, 6, 1, 2, 1, 33, 2, 1)) not in got[0]
    assert b"ops" in got[0]
