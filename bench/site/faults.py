"""Faults of a generated site: what each breaks, and which incident it should become."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from bench.site.plan import Plan
from models.facts import Kind

BATTERY_LOW_AFTER = 300.0  # seconds after mains was lost
BATTERY_ENDS_AFTER = 540.0


@dataclass(frozen=True, slots=True)
class Injected:
    """One fault.

    Attributes:
        kind: switch, uplink, cable, budget, ups, camera, or vlan (many behind one switch: its ports stay up).
        device: the camera, switch or UPS that is hit.
        since: when it began, Unix seconds.
        victims: the ports' devices that are refused power, or are in the VLAN that is gone.
        roots: (device, fault code) of the incidents that are right.
        scope: all devices it can take down.
        cause: the message that the ticket should give as probable cause, "" where any will do.
    """

    kind: str
    device: str
    since: float
    victims: frozenset[str]
    roots: frozenset[tuple[str, str]]
    scope: frozenset[str]
    cause: str = ""


def inject(kind: str, plan: Plan, at: float, chance: random.Random, busy: frozenset[str]) -> Injected:
    """Return a fault of that kind that begins now and touches nothing of `busy`."""
    while True:
        fault = _MAKERS[kind](plan, at, chance)
        if not fault.scope & busy:
            return fault


def _lone_camera(plan: Plan, chance: random.Random) -> str:
    return chance.choice([id_ for id_ in plan.ids(Kind.CAMERA) if not plan.nodes[id_].shared])


def _camera(plan: Plan, at: float, chance: random.Random) -> Injected:
    return _of_device("camera", _lone_camera(plan, chance), at, "link.up_fed")


def _cable(plan: Plan, at: float, chance: random.Random) -> Injected:
    return _of_device("cable", _lone_camera(plan, chance), at, "link.down_unfed")


def _of_device(kind: str, device: str, at: float, cause: str) -> Injected:
    roots = frozenset({(device, "REACH_LOST")})
    return Injected(kind, device, at, frozenset(), roots, frozenset({device}), cause)


def _switch(plan: Plan, at: float, chance: random.Random) -> Injected:
    return _of_switch("switch", chance.choice(plan.ids(Kind.SWITCH)), plan, at)


def _uplink(plan: Plan, at: float, chance: random.Random) -> Injected:
    return _of_switch("uplink", chance.choice(plan.ids(Kind.SWITCH)[1:]), plan, at)


def _of_switch(kind: str, device: str, plan: Plan, at: float) -> Injected:
    cause = "link.switch_down" if plan.nodes[device].parent else ""
    roots = frozenset({(device, "REACH_LOST")})
    return Injected(kind, device, at, frozenset(), roots, frozenset({device, *plan.below(device)}), cause)


def _budget(plan: Plan, at: float, chance: random.Random) -> Injected:
    switch, victims = _some_ports(plan, chance, 2)
    return Injected("budget", switch, at, victims, frozenset({(switch, "POE_BUDGET")}), victims | {switch})


def _vlan(plan: Plan, at: float, chance: random.Random) -> Injected:
    switch, victims = _some_ports(plan, chance, 4)
    roots = frozenset({(switch, "PORTS_LOST")})
    cause = "" if switch in plan.mute else "link.group_up"
    return Injected("vlan", switch, at, victims, roots, victims | {switch}, cause)


def _some_ports(plan: Plan, chance: random.Random, least: int) -> tuple[str, frozenset[str]]:
    """Return a switch with at least four cameras, and those on some of its ports."""
    cameras = set(plan.ids(Kind.CAMERA))
    hung = {
        switch: [c for c in plan.children.get(switch, ()) if c in cameras] for switch in plan.ids(Kind.SWITCH)
    }
    switch = chance.choice([switch for switch, found in hung.items() if len(found) >= 4])
    ports = sorted({plan.nodes[camera].port for camera in hung[switch]})
    cut = set(chance.sample(ports, min(len(ports), chance.randint(least, 8))))
    return switch, frozenset(camera for camera in hung[switch] if plan.nodes[camera].port in cut)


def _ups(plan: Plan, at: float, chance: random.Random) -> Injected:
    ups = chance.choice(plan.ids(Kind.UPS))
    fed = {id_ for id_, node in plan.nodes.items() if node.device.power == ups}
    scope = fed.union({ups}, *(plan.below(id_) for id_ in fed))
    roots = frozenset({(ups, "POWER_BATTERY"), (ups, "POWER_BATTERY_LOW")})
    return Injected("ups", ups, at, frozenset(), roots, frozenset(scope))


_MAKERS: dict[str, Callable[[Plan, float, random.Random], Injected]] = {
    "switch": _switch,
    "uplink": _uplink,
    "cable": _cable,
    "budget": _budget,
    "ups": _ups,
    "camera": _camera,
    "vlan": _vlan,
}
KINDS = tuple(_MAKERS)
