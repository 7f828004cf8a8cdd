"""Why a device is silent, by its switch port; whose fault a loss is; and what the ticket says of it."""

from dataclasses import replace

import pytest

from models.blame import Blame, grown
from models.dossier import Dossier, Judgement
from models.facts import Cause, Device, FaultKey, Finding, Health, Incident, Kind, Phase, Verdict
from models.faults import FAULTS
from models.messages import MESSAGES
from models.rules import link
from models.rules.link import Port
from models.thresholds import Thresholds
from models.ticket_setting import Setting
from models.ticket_text import ticket
from tests.models.builders import CAMERA, SWITCH, T0, UPS, Looker, ok

SILENT = Port("sw-1", "gi7", 1, None, None, None, None, None, None, False)
DOWN = {"up": False, "on": True, "delivering": False, "fault": False, "denied": False}


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ({}, None),
        ({"up": True, "delivering": True}, "link.up_fed"),
        ({"up": True, "delivering": False}, "link.up"),
        ({"up": True, "delivering": True, "crowd": 3}, "link.up_shared"),
        (DOWN, "link.down_unfed"),
        ({"up": False, "delivering": True}, "link.down_fed"),
        ({"up": False}, "link.down"),
        ({**DOWN, "on": False}, "link.off"),
        ({**DOWN, "denied": True}, "link.denied"),
        ({**DOWN, "supply_ok": False}, "link.supply"),
        ({**DOWN, "fault": True}, "link.power_fault"),
        ({**DOWN, "full": True, "denied": None}, "link.full"),
        ({**DOWN, "full": True}, "link.down_unfed"),  # it counts refusals, and this port was not refused
        ({"up": True, "delivering": True, "denied": True, "supply_ok": False}, "link.up_fed"),
    ],
)
def test_what_a_port_says_of_a_silent_camera(seen, said):
    told = link.cause(CAMERA, replace(SILENT, **seen))
    assert (told.detail if told else None) == said
    if told:
        assert told.facts == {"switch": "sw-1", "port": "gi7", "others": float(seen.get("crowd", 1) - 1)}
        assert said in MESSAGES


@pytest.mark.parametrize(("up", "said"), [(True, "link.switch_up"), (False, "link.switch_down")])
def test_what_a_port_says_of_a_silent_switch(up, said):
    assert link.cause(SWITCH, replace(SILENT, up=up)).detail == said


def looking(*reports):
    dossier = Dossier(SWITCH, Judgement(Thresholds(), _HOLDS, lambda _c: 300.0, 3))
    for report in reports:
        dossier.take(report)
    return dossier.view(reports[-1].at)


_HOLDS = {code: fault.hold for code, fault in FAULTS.items()}


def ports(at, **values):
    return ok(SWITCH, "snmp_interfaces", at, **{name: (value, "gi7") for name, value in values.items()})


def test_what_the_switch_said_before_the_device_fell_silent_is_no_evidence():
    view = looking(ports(T0, port_up=1, poe_delivering=1))
    assert link.port(view, "gi7", 1, since=T0).up is True
    assert link.port(view, "gi7", 1, since=T0 + 1).up is None


def test_a_refusal_is_remembered_from_shortly_before_the_loss():
    view = looking(
        ports(T0, poe_denied_total=1), ports(T0 + 60, poe_denied_total=4), ports(T0 + 120, poe_denied_total=4)
    )
    assert link.port(view, "gi7", 1, since=T0 + 90).denied is True
    assert link.port(view, "gi7", 1, since=T0 + 60 + link.BEFORE_SECONDS + 1).denied is False
    assert link.port(view, "gi8", 1, since=T0).denied is None


def poe(*reports):
    return Looker(SWITCH, stale=300.0).take(*reports)


def test_ports_that_are_refused_power_are_a_fault_as_long_as_it_goes_on():
    look = poe(ports(T0, poe_denied_total=7))
    assert look.says("POE_BUDGET") == "good"  # whatever it counted before we looked
    assert look.take(ports(T0 + 60, poe_denied_total=9)).says("POE_BUDGET", at=T0 + 60) == "bad"
    assert look.take(ports(T0 + 120, poe_denied_total=9)).says("POE_BUDGET", at=T0 + 120) == "good"


def test_counters_that_began_anew_refuse_nobody():
    assert (
        poe(ports(T0, poe_denied_total=9), ports(T0 + 60, poe_denied_total=1)).says("POE_BUDGET", at=T0 + 60)
        == "good"
    )


def test_much_power_drawn_is_no_fault_by_itself():
    full = ok(SWITCH, "snmp_interfaces", T0, poe_power_watts=(369, "1"), poe_budget_watts=(370, "1"))
    assert poe(full, ports(T0, poe_denied_total=0)).says("POE_BUDGET") == "good"


@pytest.mark.parametrize(("state", "said"), [(1, "good"), (0, "bad")])
def test_a_faulty_supply_of_a_switch_is_a_fault(state, said):
    assert (
        poe(ok(SWITCH, "snmp_interfaces", T0, power_supply_ok=(state, "1"))).says("POE_SUPPLY", "1") == said
    )


def test_a_supply_of_anything_else_is_not_its_business():
    look = Looker(UPS).take(ok(UPS, "snmp_health", T0, power_supply_ok=(0, "1")))
    assert look.says("POE_SUPPLY", "1") == ""


# ---------------------------------------------------------------- whose fault


def finding(device: str, code: str, phase=Phase.OPEN) -> Finding:
    return Finding(FaultKey(device, "", code), phase, T0, T0)


FED = [Device(f"sw-{n}", Kind.SWITCH, f"host-{n}", power="ups-1") for n in range(4)]


def blame(lost: list[str], *codes: str, lack=lambda _d: None):
    devices = {d.id: d for d in (*FED, UPS, CAMERA)}
    standing = {f.key: f for f in (finding("ups-1", code) for code in codes)}
    suspected = {device: finding(device, "REACH_LOST", Phase.PENDING) for device in lost}
    return Blame(devices, {"ups-1": [d.id for d in FED]}, standing, suspected, lack)


def blamed(device: str, lost: list[str], *codes: str) -> str:
    key = blame(lost, *codes).of(device)
    return f"{key.device} {key.code}" if key else ""


def test_one_device_lost_while_the_battery_holds_is_its_own_fault():
    assert blamed("sw-0", ["sw-0"], "POWER_BATTERY") == ""


def test_half_of_what_a_ups_feeds_lost_while_on_battery_is_the_ups():
    assert blamed("sw-0", ["sw-0", "sw-1"], "POWER_BATTERY") == "ups-1 POWER_BATTERY"


def test_a_battery_near_its_end_explains_each_loss():
    assert blamed("sw-0", ["sw-0"], "POWER_BATTERY", "POWER_BATTERY_LOW") == "ups-1 POWER_BATTERY_LOW"


def test_a_ups_that_fell_silent_on_its_battery_explains_itself_and_all_it_feeds():
    assert blamed("ups-1", ["ups-1"], "POWER_BATTERY") == "ups-1 POWER_BATTERY"
    assert blamed("sw-0", ["ups-1", "sw-0"], "POWER_BATTERY") == "ups-1 POWER_BATTERY"


def test_a_ups_that_dies_without_a_word_explains_its_loads_only_when_all_are_lost():
    assert blamed("sw-0", ["ups-1", "sw-0"]) == ""
    assert blamed("sw-0", ["ups-1", *(d.id for d in FED)]) == "ups-1 REACH_LOST"


def test_with_mains_nobody_blames_the_ups():
    assert blamed("sw-0", [d.id for d in FED]) == ""
    assert blamed("stranger", ["stranger"]) == ""


def test_a_switch_without_power_to_give_is_blamed_only_while_its_fault_stands():
    key = FaultKey("ups-1", "", "POE_BUDGET")
    assert blame(["cam-1"], "POE_BUDGET", lack=lambda _d: key).of("cam-1") == key
    assert blame(["cam-1"], lack=lambda _d: key).of("cam-1") is None


def test_mains_lost_becomes_battery_nearly_empty():
    low, lost = finding("ups-1", "POWER_BATTERY_LOW"), finding("ups-1", "POWER_BATTERY")
    assert grown({low.key: low, lost.key: lost}) == {lost.key: low.key}
    assert grown({lost.key: lost}) == grown({low.key: low}) == {}


# ---------------------------------------------------------------- in the ticket


@pytest.mark.parametrize(
    ("lang", "head"), [("en", "Probably:  port gi7 of sw-1"), ("zh_CN", "sw-1端口gi7链路正常")]
)
def test_the_ticket_says_what_the_port_says(lang, head):
    verdict = Verdict("cam-1", FAULTS["REACH_LOST"], Health.BAD, "", "reach.silent", {"asked": "reach"}, T0)
    root = Finding(FaultKey("cam-1", "", "REACH_LOST"), Phase.OPEN, T0, T0, verdict)
    cause = Cause("link.up_fed", {"switch": "sw-1", "port": "gi7", "others": 0.0})
    setting = Setting("Site", {"cam-1": CAMERA}, lang)
    body = ticket(Incident("site/cam-1/-/REACH_LOST", root, (), T0, cause=cause), setting).body
    assert head in body
    plain = ticket(Incident("site/cam-1/-/REACH_LOST", root, (), T0), setting).body
    assert head not in plain
    assert set(plain.splitlines()) < set(body.splitlines())
