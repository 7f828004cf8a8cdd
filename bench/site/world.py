"""What a generated site's devices would answer at a moment, as reports; simulated time, no sockets."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bench.site.faults import BATTERY_ENDS_AFTER, BATTERY_LOW_AFTER, Injected
from bench.site.plan import HOME, ROUTER, UPLINK, Node, Plan
from models.facts import Failure, Kind, Link, Reading, Report, Trouble, Via
from models.metrics import (
    DEVICE_INFO,
    METRICS,
    POE_BUDGET,
    POE_DELIVERING,
    POE_DENIED,
    POE_FAULT,
    POE_POWER,
    POE_THRESHOLD,
    PORT_UP,
    TCP_UP,
    UPS_BATTERY_OK,
    UPS_CHARGE,
    UPS_ON_BATTERY,
    UPTIME,
    Metric,
)

STEP = 10.0  # seconds
EVERY = {
    "reach": 60.0,
    "snmp_health": 60.0,
    "snmp_interfaces": 60.0,
    "snmp_ups": 30.0,
    "snmp_topology": 600.0,
}
AGEING = 300.0  # dot1dTpAgingTime
SUPPLY = METRICS["cctv_power_supply_ok"]


@dataclass(slots=True)
class World:
    """The site in time. `denied`: refusals counted by each port of a switch."""

    plan: Plan
    faults: list[Injected] = field(default_factory=list)
    heard: dict[str, float] = field(default_factory=dict)  # when each device was last on the network
    denied: dict[str, float] = field(default_factory=dict)  # camera -> refusals at its port
    due: dict[float, list[tuple[int, Node, str]]] = field(default_factory=dict)  # turn -> checks

    def reports(self, at: float) -> Iterator[Report]:
        """Yield what the checks that are due at this step would report."""
        dead = self.dead(at)
        unseen = self.unseen(dead)
        self.heard |= dict.fromkeys(self.plan.nodes.keys() - unseen, at)
        self._count_refusals()
        turn = at % max(EVERY.values()) // STEP  # all periods go into the longest
        if turn not in self.due:
            self.due[turn] = list(self._due(at))
        for number, node, collector in self.due[turn]:
            yield self._report(node, collector, at + number % 97 / 10, dead, unseen)

    def _due(self, at: float) -> Iterator[tuple[int, Node, str]]:
        for number, node in enumerate(self.plan.nodes.values()):
            for collector in _collectors(node):
                if (at + number * STEP) % EVERY[collector] < STEP:
                    yield number, node, collector

    def dead(self, at: float) -> set[str]:
        """Return the devices without power, hung, or cut off by their own cable."""
        out: set[str] = set()
        for fault in self.faults:
            if fault.kind == "ups":
                if at - fault.since >= BATTERY_ENDS_AFTER:
                    out |= {i for i, n in self.plan.nodes.items() if n.device.power == fault.device}
                    out.add(fault.device)
            elif fault.victims:
                out |= fault.victims
            else:
                out.add(fault.device)
        return out

    def unseen(self, dead: set[str]) -> set[str]:
        """Return all devices that the agent cannot reach."""
        return dead.union(*map(self.plan.below, dead))

    def _count_refusals(self) -> None:
        for fault in self.faults:
            for camera in fault.victims if fault.kind == "budget" else ():
                self.denied[camera] = self.denied.get(camera, 0.0) + 3

    def _report(self, node: Node, collector: str, at: float, dead: set[str], unseen: set[str]) -> Report:
        id_ = node.device.id
        if id_ in unseen:
            return Report(id_, collector, at, 5.0, error=Failure(Trouble.UNREACHABLE, "no answer"))
        if collector == "snmp_topology" and id_ in self.plan.mute:
            error = Failure(Trouble.NOT_SUPPORTED, "no neighbours")
            return Report(id_, collector, at, 0.1, error=error)
        if collector == "snmp_topology":
            return Report(id_, collector, at, 1.0, links=tuple(self._links(node, at)))
        return Report(id_, collector, at, 0.05, tuple(self._readings(node, collector, at, dead)))

    def _readings(self, node: Node, collector: str, at: float, dead: set[str]) -> Iterator[Reading]:
        if collector == "reach":
            yield Reading(TCP_UP, 1.0, "80")
            if node.device.id in self.plan.says_mac and node.device.id not in self.plan.nameless:
                yield Reading(DEVICE_INFO, node.mac.upper().replace(":", "-"), "mac")
        elif collector == "snmp_health":
            yield Reading(UPTIME, 1e6)
        elif collector == "snmp_ups":
            yield from self._battery(node.device.id, at)
        else:
            yield from self._ports(node.device.id, dead)

    def _battery(self, ups: str, at: float) -> Iterator[Reading]:
        since = min((f.since for f in self.faults if f.kind == "ups" and f.device == ups), default=None)
        on = since is not None
        low = since is not None and at - since >= BATTERY_LOW_AFTER
        yield Reading(UPS_ON_BATTERY, float(on))
        yield Reading(UPS_BATTERY_OK, float(not low))
        yield Reading(UPS_CHARGE, 0.1 if low else 0.9)

    def _ports(self, switch: str, dead: set[str]) -> Iterator[Reading]:
        cut = {fault.device for fault in self.faults if fault.kind == "camera"}  # hung: its port stays up
        cut = cut.union(*(fault.victims for fault in self.faults if fault.kind == "vlan"))
        ports: dict[str, list[str]] = {}
        for child in self.plan.children.get(switch, ()):
            ports.setdefault(self.plan.nodes[child].port, []).append(child)
        fed = 0
        for port, children in ports.items():
            up = any(child not in dead or child in cut for child in children)
            is_fed = up and self.plan.nodes[children[0]].device.kind is Kind.CAMERA
            fed += is_fed
            yield from _port(port, up, is_fed, max(self.denied.get(child, 0.0) for child in children))
        yield from _supply(fed * 7.0, 370.0)

    # ------------------------------------------------------------ neighbours

    def _links(self, switch: Node, at: float) -> Iterator[Link]:
        id_ = switch.device.id
        below = {child: child for child in self.plan.children.get(id_, ())}
        yield Link(Via.SELF, switch.mac)
        for child in below:
            node = self.plan.nodes[child]
            for one in (child, *self.plan.below(child)):
                if at - self.heard.get(one, 0.0) < AGEING:
                    yield Link(Via.FDB, self.plan.nodes[one].mac, node.port)
            if node.device.kind is Kind.SWITCH and self.heard.get(child, 0.0) > at - 2 * STEP:
                yield Link(Via.LLDP, node.mac, node.port, is_bridge=True)
        yield from self._upwards(switch, at)

    def _upwards(self, switch: Node, at: float) -> Iterator[Link]:
        """Yield what is seen towards the agent: itself, unless routed, and a part of all other devices."""
        yield Link(Via.FDB, ROUTER if self.plan.routed else HOME, UPLINK if switch.parent else "gi1")
        if self.plan.routed and switch.device.id in self.plan.routes:
            yield Link(Via.GATEWAY, ROUTER, address="10.0.0.254")
        if switch.parent:
            yield Link(Via.LLDP, self.plan.nodes[switch.parent].mac, UPLINK, is_bridge=True)
            below = self.plan.below(switch.device.id)
            for number, (id_, node) in enumerate(self.plan.nodes.items()):
                elsewhere = id_ not in below and id_ != switch.device.id
                if elsewhere and number % 4 == 0 and at - self.heard.get(id_, 0.0) < AGEING:
                    yield Link(Via.FDB, node.mac, UPLINK)
        else:
            for id_, node in self.plan.nodes.items():
                if id_ not in self.plan.says_mac | self.plan.nameless:
                    yield Link(Via.ARP, node.mac, address=node.device.host)


def _collectors(node: Node) -> tuple[str, ...]:
    if node.device.kind is Kind.SWITCH:
        return ("snmp_health", "snmp_interfaces", "snmp_topology")
    return ("snmp_ups",) if node.device.kind is Kind.UPS else ("reach",)


def _port(port: str, up: bool, fed: bool, denied: float) -> Iterator[Reading]:  # noqa: FBT001 - states, not switches
    values: tuple[tuple[Metric, float], ...] = (
        (PORT_UP, float(up)),
        (POE_DELIVERING, float(fed)),
        (POE_FAULT, 0.0),
        (POE_DENIED, denied),
    )
    for metric, value in values:
        yield Reading(metric, value, port)


def _supply(drawn: float, whole: float) -> Iterator[Reading]:
    values = ((POE_POWER, drawn), (POE_BUDGET, whole), (POE_THRESHOLD, 0.9), (SUPPLY, 1.0))
    for metric, value in values:
        yield Reading(metric, value, "1")
