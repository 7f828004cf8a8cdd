"""Who hangs where, learnt from what switches say."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.facts import Device, Kind, Link, Report, Via
from models.learned import Hang, learn, moves
from models.links import SIGHTS_LIMIT, Links
from models.macs import mac
from models.topology import Topology
from tests.models.builders import T0

HOME = "02:aa:00:00:00:01"
MACS = {
    name: f"02:bb:00:00:00:{number:02x}"
    for number, name in enumerate(("sw-1", "sw-2", "sw-3", "a", "b", "c"))
}


def switch(id_: str, **more) -> Device:
    return Device(id_, Kind.SWITCH, f"host-{id_}", **more)


def camera(id_: str, **more) -> Device:
    return Device(id_, Kind.CAMERA, f"host-{id_}", **more)


DEVICES = {d.id: d for d in (*map(switch, ("sw-1", "sw-2", "sw-3")), *map(camera, "abc"))}


def fdb(port: str, *names: str) -> list[Link]:
    return [Link(Via.FDB, MACS.get(name, name), port) for name in names]


def bridge(port: str, name: str) -> Link:
    return Link(Via.LLDP, MACS[name], port, is_bridge=True)


def said(switch_id: str, *links: Link, at: float = T0) -> Report:
    return Report(switch_id, "snmp_topology", at, 1.0, links=(Link(Via.SELF, MACS[switch_id]), *links))


def linked(*reports: Report, home: str = HOME, known: tuple[str, ...] = ("a", "b", "c")) -> Links:
    links = Links(frozenset({home} - {""}))
    for name in known:
        links.note_mac(name, MACS[name])
    for report in reports:
        links.take(report)
    return links


def tree(core: list[str] = (), edge: list[str] = ()) -> tuple[Report, Report]:
    """sw-1 at the agent, sw-2 on its port 2; a and b on ports 3 and 4 of sw-2, c on port 9 of sw-1."""
    return (
        said("sw-1", *fdb("1", HOME), *fdb("2", "sw-2", "a", "b"), *fdb("9", "c"), *core),
        said("sw-2", *fdb("up", HOME, "sw-1", "c"), *fdb("3", "a"), *fdb("4", "b"), *edge),
    )


def parents(links: Links, devices=DEVICES) -> dict[str, str]:
    return dict(learn(links, devices).parents)


def test_the_lowest_switch_that_sees_a_device_is_its_parent_and_the_way_up_is_none():
    assert parents(linked(*tree())) == {"sw-2": "sw-1", "a": "sw-2", "b": "sw-2", "c": "sw-1"}
    hang = learn(linked(*tree()), DEVICES).hangs["a"]
    assert (hang.port, hang.crowd, hang.why) == ("3", 1, "fdb")


@pytest.mark.parametrize("order", [0, 1])
def test_which_switch_is_asked_first_does_not_matter(order):
    first, second = tree()
    reports = (first, second) if order else (second, first)
    assert parents(linked(*reports)) == parents(linked(*tree()))


def test_a_port_with_two_macs_is_known_to_be_shared():
    hangs = learn(linked(said("sw-1", *fdb("1", HOME), *fdb("5", "a", "b"))), DEVICES).hangs
    assert (hangs["a"].crowd, hangs["b"].crowd) == (2, 2)


def test_a_device_that_fell_silent_hangs_where_it_was_seen_last():
    later = said("sw-2", *fdb("up", HOME, "sw-1"), *fdb("4", "b"), at=T0 + 600)
    assert learn(linked(*tree(), later), DEVICES).hangs["a"] == Hang("sw-2", "3", 1, "fdb", T0)


def test_where_a_dead_device_hung_outlives_a_restart():
    links, again = linked(*tree()), Links(frozenset({HOME}))
    for device in DEVICES:
        again.load(device, json.loads(json.dumps(links.dump(device))))
    again.take(said("sw-2", *fdb("up", HOME, "sw-1"), *fdb("4", "b"), at=T0 + 600))
    assert learn(again, DEVICES).hangs["a"] == Hang("sw-2", "3", 1, "fdb", T0)


@pytest.mark.parametrize(
    "data", [{"ports": {}}, {"ports": 3}, {"ports": {"sights": {"x": 1}}}, {"macs": [3]}]
)
def test_state_of_another_make_is_refused_and_takes_nothing(data):
    links = Links()
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        links.load("sw-1", data)
    assert links.dump("sw-1") == {}


def test_a_device_that_moved_is_where_it_was_seen_last_and_the_move_is_told():
    links = linked(*tree())
    before = learn(links, DEVICES)
    links.take(
        said("sw-1", *fdb("1", HOME), *fdb("2", "sw-2", "b"), *fdb("9", "c"), *fdb("7", "a"), at=T0 + 60)
    )
    after = learn(links, DEVICES)
    assert (after.hangs["a"].parent, after.hangs["a"].port) == ("sw-1", "7")
    assert [(m.device, m.before.port, m.after.port) for m in moves(before, after)] == [("a", "3", "7")]


def test_the_operator_wins_and_is_told_what_the_switches_see():
    devices = {**DEVICES, "a": camera("a", parent="sw-3")}
    learned = learn(linked(*tree()), devices)
    assert "a" not in learned.parents
    assert [(c.device, c.why, c.given, c.seen) for c in learned.contradictions] == [
        ("a", "operator", "sw-3", "sw-2")
    ]
    assert Topology(devices.values(), learned.parents).parent("a") == "sw-3"


def test_a_recorder_that_feeds_its_own_cameras_is_no_contradiction():
    devices = {**DEVICES, "a": camera("a", parent="b")}
    learned = learn(linked(*tree()), devices)
    assert learned.contradictions == ()
    assert Topology(devices.values(), learned.parents).parent("a") == "b"


def test_the_operator_s_parent_that_is_not_in_the_inventory_is_none():
    devices = {**DEVICES, "a": camera("a", parent="gone")}
    assert Topology(devices.values(), learn(linked(*tree()), devices).parents).parent("a") == "sw-2"


def test_a_mac_that_two_devices_claim_tells_neither():
    links = linked(*tree())
    links.note_mac("b", MACS["a"])
    learned = learn(links, DEVICES)
    assert "a" not in learned.hangs
    assert {(c.device, c.why) for c in learned.contradictions} == {("a", "shared_mac"), ("b", "shared_mac")}


def test_a_device_that_tells_no_mac_is_found_by_its_address():
    arp = [Link(Via.ARP, MACS["a"], address="host-a")]
    links = linked(*tree(core=arp), known=("b", "c"))
    assert parents(links)["a"] == "sw-2"


def test_a_router_that_answers_for_many_addresses_is_none_of_them():
    arp = [Link(Via.ARP, MACS["c"], address=f"host-{name}") for name in "ab"]
    assert {"a", "b"}.isdisjoint(parents(linked(*tree(core=arp), known=())))


def test_what_shares_a_port_with_a_switch_that_tells_nothing_hangs_on_that():
    links = linked(said("sw-1", *fdb("1", HOME), *fdb("2", "sw-2", "a", "b"), *fdb("9", "c")))
    links.note_mac("sw-2", MACS["sw-2"])
    learned = learn(links, DEVICES)
    assert {d: learned.parents[d] for d in "abc"} == {"a": "sw-2", "b": "sw-2", "c": "sw-1"}
    assert (learned.hangs["a"].port, learned.hangs["a"].why) == ("", "behind")


# ---------------------------------------------------------------- behind a router


def routed(*, lldp: bool = True) -> Links:
    """sw-1 is the core of sw-2 and sw-3; nobody sees the agent."""
    neighbours = {
        "sw-1": [bridge("2", "sw-2"), bridge("3", "sw-3")],
        "sw-2": [bridge("up", "sw-1")],
        "sw-3": [bridge("up", "sw-1")],
    }
    reports = [
        said("sw-1", *fdb("2", "sw-2", "a"), *fdb("3", "sw-3", "b")),
        said("sw-2", *fdb("up", "sw-1", "sw-3", "b"), *fdb("5", "a")),
        said("sw-3", *fdb("up", "sw-1", "sw-2", "a"), *fdb("5", "b")),
    ]
    if lldp:
        reports = [
            Report(r.device, r.collector, r.at, 1, links=(*r.links, *neighbours[r.device])) for r in reports
        ]
    return linked(*reports, home="")


def test_where_the_agent_is_not_seen_lldp_orders_the_switches_from_the_core_down():
    assert parents(routed()) == {"sw-2": "sw-1", "sw-3": "sw-1", "a": "sw-2", "b": "sw-3"}


def test_the_operator_says_which_switch_is_on_top():
    devices = {**DEVICES, "sw-1": switch("sw-1", parent="sw-2")}
    assert parents(routed(), devices)["sw-3"] == "sw-1"
    assert "sw-2" not in parents(routed(), devices)


def test_without_lldp_ports_towards_other_switches_are_left_out():
    assert parents(routed(lldp=False)) == {"a": "sw-2", "b": "sw-3"}


def test_behind_a_router_the_way_up_is_the_switch_s_own_gateway():
    router = "02:aa:00:00:00:02"
    gateway = Link(Via.GATEWAY, router, address="192.0.2.1")
    core, edge = tree()
    reports = [
        Report(
            r.device,
            r.collector,
            r.at,
            1,
            links=(gateway, *(replace(n, mac=router) if n.mac == HOME else n for n in r.links)),
        )
        for r in (core, edge)
    ]
    assert parents(linked(*reports, home="")) == {"sw-2": "sw-1", "a": "sw-2", "b": "sw-2", "c": "sw-1"}
    assert parents(linked(*tree())) == parents(linked(*reports, home=""))


def test_two_switches_of_which_none_is_the_core_stay_unordered():
    links = linked(said("sw-1", bridge("2", "sw-2")), said("sw-2", bridge("2", "sw-1")), home="")
    assert parents(links) == {}


def test_a_port_with_many_macs_leads_to_a_bridge_that_does_not_say_so():
    crowd = [f"02:cc:00:00:00:{n:02x}" for n in range(9)]
    assert "a" not in parents(linked(said("sw-1", *fdb("5", "a", *crowd)), home=""))


# ---------------------------------------------------------------- whatever they say

NAMES = st.sampled_from([*MACS, HOME])
LINKS = st.builds(
    lambda name, port, via, is_bridge: Link(via, MACS.get(name, name), port, is_bridge=is_bridge),
    NAMES, st.sampled_from(["1", "2", "3", ""]), st.sampled_from([Via.FDB, Via.LLDP]), st.booleans(),
)  # fmt: skip
REPORTS = st.builds(
    lambda id_, links, at: said(id_, *links, at=T0 + at),
    st.sampled_from(["sw-1", "sw-2", "sw-3"]), st.lists(LINKS, max_size=8), st.floats(-1e3, 1e3),
)  # fmt: skip
GIVEN = st.dictionaries(st.sampled_from(list(DEVICES)), st.sampled_from([*DEVICES, "gone"]), max_size=3)


@given(st.lists(REPORTS, max_size=6), GIVEN, st.booleans())
def test_whatever_switches_say_nobody_feeds_itself_and_the_operator_wins(reports, said_parents, is_routed):
    devices = {
        id_: Device(id_, d.kind, d.host, parent=said_parents.get(id_, "")) for id_, d in DEVICES.items()
    }
    learned = learn(linked(*reports, home="" if is_routed else HOME), devices)
    plain, topology = Topology(devices.values()), Topology(devices.values(), learned.parents)
    for id_, device in devices.items():
        assert id_ not in list(topology.ancestors(id_))
        if plain.parent(id_):
            assert topology.parent(id_) == plain.parent(id_)
        assert id_ not in learned.parents or device.parent not in devices or device.parent == id_


@given(st.lists(REPORTS, max_size=6))
def test_what_is_remembered_says_the_same_after_a_restart(reports):
    links, again = linked(*reports), Links(frozenset({HOME}))
    for device in DEVICES:
        again.load(device, json.loads(json.dumps(links.dump(device))))
    assert learn(again, DEVICES) == learn(links, DEVICES)


@given(st.lists(REPORTS, max_size=6))
def test_no_device_hangs_on_the_port_that_leads_up(reports):
    links = linked(*reports)
    for hang in learn(links, DEVICES).hangs.values():
        if hang.why == "fdb":
            assert hang.port != links.switches[hang.parent].up


def test_a_flood_of_addresses_is_bounded_and_the_newest_stay():
    links = linked()
    for start in range(0, 3 * SIGHTS_LIMIT, SIGHTS_LIMIT):
        flood = [
            f"06:{n >> 16 & 255:02x}:00:{n >> 8 & 255:02x}:{n & 255:02x}:01"
            for n in range(start, start + SIGHTS_LIMIT)
        ]
        links.take(said("sw-1", *fdb("5", *flood)))
    links.take(said("sw-1", *fdb("6", "a")))
    assert len(links.switches["sw-1"].sights) == SIGHTS_LIMIT
    assert links.switches["sw-1"].where(MACS["a"]) is not None


@pytest.mark.parametrize(
    "text", ["0A-1B-2C-3D-4E-5F", "0a1b.2c3d.4e5f", "0a1b2c3d4e5f", "a:1b:2c:3d:4e:5f", " 0A:1B:2C:3D:4E:5F "]
)
def test_a_mac_is_read_in_every_spelling(text):
    assert mac(text) == "0a:1b:2c:3d:4e:5f"


@pytest.mark.parametrize(
    "text",
    ["", "0a:1b:2c:3d:4e", "0a:1b-2c:3d:4e:5f", "gg:1b:2c:3d:4e:5f", "00:00:00:00:00:00", "01:00:5e:00:00:01",
     "00:00:5e:00:01:0a", "00:00:0c:07:ac:01"],
)  # fmt: skip
def test_what_tells_no_device_from_another_is_no_mac(text):
    assert mac(text) == ""


def test_the_neighbour_on_the_way_up_is_the_parent_though_a_higher_switch_sees_it_as_well():
    """A switch between that does not know its own way up blocks its trunks; what hangs on it says who it is."""
    top, between, edge = (Device(f"sw-{n}", Kind.SWITCH, f"192.0.2.{n}") for n in (1, 2, 3))
    macs = {device.id: f"02:00:00:00:00:0{n}" for n, device in enumerate((top, between, edge), 1)}
    router = "02:00:00:00:00:fe"
    links = Links()
    said = {
        "sw-1": [Link(Via.SELF, macs["sw-1"]), Link(Via.FDB, router, "gi1"), Link(Via.GATEWAY, router),
                 Link(Via.FDB, macs["sw-2"], "gi2"), Link(Via.FDB, macs["sw-3"], "gi2")],
        "sw-2": [Link(Via.SELF, macs["sw-2"]), Link(Via.FDB, macs["sw-3"], "gi5"),
                 Link(Via.LLDP, macs["sw-3"], "gi5", is_bridge=True), Link(Via.FDB, macs["sw-1"], "up"),
                 Link(Via.LLDP, macs["sw-1"], "up", is_bridge=True)],
        "sw-3": [Link(Via.SELF, macs["sw-3"]), Link(Via.FDB, router, "up"), Link(Via.GATEWAY, router),
                 Link(Via.LLDP, macs["sw-2"], "up", is_bridge=True)],
    }  # fmt: skip
    for device, told in said.items():
        links.take(Report(device, "snmp_topology", T0, 0.1, links=tuple(told)))
    learned = learn(links, {device.id: device for device in (top, between, edge)})
    assert (learned.parents["sw-3"], learned.hangs["sw-3"].port) == ("sw-2", "gi5")
    assert learned.parents["sw-2"] == "sw-1"
