"""Who hangs where: from recordings, from small walks, and from the simulated switches over UDP."""

from contextlib import suppress
from dataclasses import replace

import pytest

from collectors.base import NotSupported, Unreachable
from collectors.snmp import Snmp, SnmpInterfaces
from collectors.snmp.recorded import Recorded
from collectors.snmp.topology import SnmpTopology
from models.facts import Failure, Kind, Link, Report, Trouble, Via
from models.metrics import PORT_UP
from models.watch import Watch
from tests.collectors.snmp.support import device
from tests.collectors.snmp.test_recordings import FILES, read
from tests.collectors.snmp.test_simulator import WAYS, running

T0 = 1_700_000_000.0
SWITCH = device(Kind.SWITCH, name="sw-1")
SWITCHES = [file for file in FILES if any(w in file.name for w in ("edgecos", "linksys", "tplink", "zynos"))]
CAMERA_MAC, OTHER_MAC, OWN_MAC = "02:53:00:00:00:01", "02:53:00:00:00:02", "02:53:00:00:00:99"

UPTIME = {"1.3.6.1.2.1.1.3.0": 100_000}
BASE = "1.3.6.1.2.1.17.1.4.1.2"
FDB = "1.3.6.1.2.1.17.4.3.1.2"
VLAN_FDB = "1.3.6.1.2.1.17.7.1.2.2.1.2"
REMOTE = "1.0.8802.1.1.2.1.4.1.1"
LOCAL_ID = "1.0.8802.1.1.2.1.3.7.1.3"


def octets(mac):
    return bytes.fromhex(mac.replace(":", ""))


def arcs(mac):
    return ".".join(str(octet) for octet in octets(mac))


def interfaces(*names, first=49):
    """Ports whose ifIndex begins at 49, as small managed switches count."""
    rows = dict(UPTIME)
    for index, name in enumerate(names, start=first):
        rows[f"1.3.6.1.2.1.2.2.1.3.{index}"] = 6
        rows[f"1.3.6.1.2.1.31.1.1.1.1.{index}"] = name.encode()
        rows[f"1.3.6.1.2.1.2.2.1.8.{index}"] = 1
        rows[f"1.3.6.1.2.1.2.2.1.6.{index}"] = octets(f"02:53:00:00:01:{index:02x}")
    return rows


async def links_of(rows, kind=None):
    answer = await SnmpTopology(Snmp(Recorded(rows))).collect(SWITCH)
    return {link for link in answer.links if kind is None or link.via is kind}


async def test_a_forwarding_table_by_vlan_is_read_with_the_names_of_the_ports():
    rows = interfaces("gi1", "gi2") | {f"{BASE}.1": 49, f"{BASE}.2": 50}
    rows |= {f"{VLAN_FDB}.10.{arcs(CAMERA_MAC)}": 2}
    assert await links_of(rows) == {Link(Via.FDB, CAMERA_MAC, "gi2")}


async def test_without_a_table_by_vlan_the_plain_one_is_read():
    rows = interfaces("gi1", "gi2") | {f"{BASE}.1": 49, f"{FDB}.{arcs(CAMERA_MAC)}": 1}
    assert await links_of(rows) == {Link(Via.FDB, CAMERA_MAC, "gi1")}


async def test_where_no_bridge_port_is_told_the_number_is_an_interface():
    rows = interfaces("gi1", "gi2") | {f"{FDB}.{arcs(CAMERA_MAC)}": 50}
    assert await links_of(rows) == {Link(Via.FDB, CAMERA_MAC, "gi2")}


@pytest.mark.parametrize(
    "mac", ["01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00", "00:00:5e:00:01:07", OWN_MAC]
)
async def test_groups_shared_addresses_and_the_switch_itself_hang_nowhere(mac):
    rows = interfaces("gi1") | {"1.3.6.1.2.1.17.1.1.0": octets(OWN_MAC), f"{FDB}.{arcs(CAMERA_MAC)}": 49}
    assert await links_of(rows | {f"{FDB}.{arcs(mac)}": 49}, Via.FDB) == {Link(Via.FDB, CAMERA_MAC, "gi1")}


async def test_what_a_switch_has_at_port_nought_is_the_switch():
    rows = interfaces("gi1") | {
        f"{BASE}.1": 49,
        f"{FDB}.{arcs(OTHER_MAC)}": 0,
        f"{FDB}.{arcs(CAMERA_MAC)}": 1,
    }
    assert await links_of(rows) == {Link(Via.FDB, CAMERA_MAC, "gi1")}


def neighbour(port, mac, *, capable=b"\x20\x00", kind=4):
    cells = {4: kind, 5: octets(mac), 6: 5, 7: b"eth0", 9: b"far", 11: capable, 12: capable}
    return {f"{REMOTE}.{column}.0.{port}.1": value for column, value in cells.items()}


@pytest.mark.parametrize(
    "local",
    [
        {f"{LOCAL_ID}.2": b"gi2"},  # the number means nothing, the name does
        {f"{LOCAL_ID}.2": b"50"},  # the name is the ifIndex
        {f"{LOCAL_ID}.2": octets("02:53:00:00:01:32")},  # the name is the port's MAC
        {f"{LOCAL_ID}.2": b"what", f"{BASE}.2": 50},  # the number is the bridge's
        {"1.0.8802.1.1.2.1.3.7.1.4.2": b"gi2"},  # only the description tells
    ],
    ids=["name", "ifIndex", "mac", "bridge port", "description"],
)
async def test_the_port_of_a_neighbour_is_found_however_the_switch_counts(local):
    rows = interfaces("gi1", "gi2") | neighbour(2, OTHER_MAC) | local
    assert await links_of(rows) == {Link(Via.LLDP, OTHER_MAC, "gi2", is_bridge=True, name="far")}


async def test_a_camera_that_speaks_lldp_is_no_bridge():
    rows = interfaces("gi1") | neighbour(49, CAMERA_MAC, capable=b"\x01\x00")
    assert [link.is_bridge for link in await links_of(rows)] == [False]


async def test_an_address_table_tells_whose_mac_an_address_has():
    rows = interfaces("gi1") | {"1.3.6.1.2.1.4.22.1.2.7.192.0.2.44": octets(CAMERA_MAC)}
    assert await links_of(rows) == {Link(Via.ARP, CAMERA_MAC, address="192.0.2.44")}


async def test_the_router_of_the_default_route_is_told_with_its_mac():
    arp = {
        "1.3.6.1.2.1.4.22.1.2.7.192.0.2.1": octets(OTHER_MAC),
        "1.3.6.1.2.1.4.22.1.2.7.192.0.2.9": octets(CAMERA_MAC),
    }
    route = {"1.3.6.1.2.1.4.21.1.7.0.0.0.0": "192.0.2.1"}
    newer = {"1.3.6.1.2.1.4.24.4.1.4.0.0.0.0.0.0.0.0.0.192.0.2.1": "192.0.2.1"}
    for rows in (route, newer):
        found = await links_of(interfaces("gi1") | arp | rows, Via.GATEWAY)
        assert found == {Link(Via.GATEWAY, OTHER_MAC, address="192.0.2.1")}


@pytest.mark.parametrize(
    "row", [{f"{FDB}.1.2.3": 1}, {f"{FDB}.2.83.0.0.0.999": 49}, {f"{REMOTE}.5": b"x"}, {f"{REMOTE}.99.1": 3}]
)
async def test_a_row_that_is_no_row_harms_no_other(row):
    rows = interfaces("gi1") | {f"{FDB}.{arcs(CAMERA_MAC)}": 49}
    assert await links_of(rows | row, Via.FDB) == {Link(Via.FDB, CAMERA_MAC, "gi1")}


async def test_a_switch_without_neighbours_says_so():
    with pytest.raises(NotSupported):
        await links_of(interfaces("gi1"))


async def test_a_silent_switch_is_unreachable():
    with pytest.raises(Unreachable):
        await links_of(None)


def test_only_switches_are_asked():
    topology = SnmpTopology(Snmp(Recorded({})))
    assert topology.applies(SWITCH)
    assert not topology.applies(device(Kind.CAMERA))


@WAYS
async def test_the_simulated_switch_tells_who_hangs_where_with_the_names_of_its_port_readings(way):
    async with running(way) as (snmp, devices, _):
        ports = await SnmpInterfaces(snmp).collect(devices["sw"])
        answer = await SnmpTopology(snmp).collect(devices["sw"])
        named = {reading.part for reading in ports.readings if reading.metric is PORT_UP}
        seen = {(link.via, link.port) for link in answer.links if link.port}
        assert seen == {(via, port) for via in (Via.FDB, Via.LLDP) for port in ("gi1", "gi2")}
        assert {port for _, port in seen} <= named


async def test_the_simulated_switch_forgets_a_neighbour_at_once_and_its_mac_only_later():
    async with running({}) as (snmp, devices, board):
        topology = SnmpTopology(snmp)
        before = (await topology.collect(devices["sw"])).links
        board.switch_on("cam", "off")
        after = (await topology.collect(devices["sw"])).links
        assert {link for link in before if link not in after} == {
            link for link in before if link.via is Via.LLDP and link.port == "gi2"
        }


@pytest.mark.skipif(not SWITCHES, reason="no recordings beside the repository (../shared/data/snmp)")
@pytest.mark.parametrize("file", SWITCHES, ids=lambda file: file.stem)
async def test_recorded_switches_tell_who_hangs_where(file):
    """Every row of the forwarding table is found, on a port that the port readings know, but own addresses."""
    rows, snmp = read(file), Snmp(Recorded(read(file)))
    answer = await SnmpTopology(snmp).collect(SWITCH)
    told = {".".join(oid.rsplit(".", 6)[1:]) for oid in rows if oid.startswith(VLAN_FDB)}
    found = {arcs(link.mac) for link in answer.links if link.via is Via.FDB}
    assert found <= told
    assert len(found) >= 0.8 * len(told)
    with suppress(NotSupported):
        named = {r.part for r in (await SnmpInterfaces(snmp).collect(SWITCH)).readings if r.metric is PORT_UP}
        ports = {link.port for link in answer.links if link.port}
        assert len(ports & named) >= 0.8 * len(ports)
    lldp = {oid for oid in rows if oid.startswith(f"{REMOTE}.5.")}
    assert len({link for link in answer.links if link.via is Via.LLDP}) >= 0.5 * len(lldp)


async def test_a_camera_without_power_is_told_with_its_port_after_its_address_was_learnt_over_udp():
    """Switch asked over UDP, judged by the watch: nobody told it the camera's parent."""
    async with running({}) as (snmp, devices, board):
        camera, switch = replace(devices["cam"], snmp=None, onvif_port=80), devices["sw"]
        watch = Watch("site", [camera, switch], hold_scale=0.1, correlate_seconds=20.0)
        topology, interfaces = SnmpTopology(snmp), SnmpInterfaces(snmp)

        async def look(collector, at):
            answer = await collector.collect(switch)
            watch.observe(Report("sw", collector.name, at, 0.1, answer.readings, links=answer.links))
            return answer

        links = (await look(topology, T0)).links
        [seen] = {link.mac for link in links if link.port == "gi2"}
        watch.note_addresses({camera.host: seen.upper()})
        watch.tick(T0 + 1)
        assert watch.learned.parents == {"cam": "sw"}
        board.switch_on("cam", "off")
        for at in range(0, 60, 10):
            silence = Failure(Trouble.UNREACHABLE, "no answer")
            watch.observe(Report("cam", "reach", T0 + at, 1.0, error=silence))
            await look(interfaces, T0 + at + 5)
            watch.tick(T0 + at + 6)
        [incident] = watch.incidents()
        assert (incident.root.key.device, incident.cause.detail) == ("cam", "link.down_unfed")
        assert incident.cause.facts["port"] == "gi2"
