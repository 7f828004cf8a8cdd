"""Generated sites: switches in a tree, cameras on their ports, recorders, two UPSs. Seeded, pure."""

import random
from dataclasses import dataclass, field, replace

from models.facts import Device, Kind, Secret, SnmpAccess

HOME = "02:aa:00:00:00:01"  # the agent's own MAC
ACCESS = SnmpAccess(community=Secret("generated"))
ROUTER = "02:aa:00:00:00:02"
UPLINK = "up"


@dataclass(frozen=True, slots=True)
class Node:
    """One device as it really is. `port`: of its true parent; `shared`: behind a switch nobody knows of."""

    device: Device
    mac: str
    parent: str = ""
    port: str = ""
    shared: bool = False


@dataclass(slots=True)
class Plan:
    """A whole site. `told`: what the inventory says; the truth is in `nodes`.

    `routed`: a router lies between agent and switches, so that none of them sees the agent's MAC.
    """

    name: str
    routed: bool
    nodes: dict[str, Node] = field(default_factory=dict)
    children: dict[str, list[str]] = field(default_factory=dict)
    says_mac: set[str] = field(default_factory=set)  # devices whose ONVIF tells their MAC; ARP knows the rest
    nameless: set[str] = field(default_factory=set)  # devices whose MAC nobody tells
    mute: set[str] = field(default_factory=set)  # switches that have no tables of neighbours
    routes: set[str] = field(default_factory=set)  # switches that tell their default route
    told: list[Device] = field(default_factory=list)

    def add(self, device: Device, parent: str = "", *, shared_port: str = "") -> None:
        """Hang a device on the next port of its parent, or beside others on `shared_port`."""
        number = len(self.nodes)
        beside = self.children.setdefault(parent, [])
        port = shared_port or f"gi{len(beside) + 2}"
        mac = f"02:bb:{number.to_bytes(4).hex(':')}"
        self.nodes[device.id] = Node(device, mac, parent, port if parent else "", bool(shared_port))
        beside.append(device.id)

    def ids(self, kind: Kind) -> list[str]:
        """Return the devices of a kind."""
        return [id_ for id_, node in self.nodes.items() if node.device.kind is kind]

    def path(self, device: str) -> list[str]:
        """Return a device and all that lies between it and the agent, the nearest first."""
        found = []
        while device:
            found.append(device)
            device = self.nodes[device].parent
        return found

    def below(self, device: str) -> set[str]:
        """Return all that hangs on a device, directly or not."""
        found: set[str] = set()
        queue = list(self.children.get(device, ()))
        while queue:
            one = queue.pop()
            found.add(one)
            queue += self.children.get(one, ())
        return found


def make(name: str, switches: int, devices: int, seed: int, *, routed: bool, operator_share: float) -> Plan:
    """Return a site: a core, a layer between where there are many switches, the rest at the edge.

    Args:
        name: prefix of nothing but the report.
        switches: how many, 2 at least.
        devices: how many devices in all.
        seed: of all that is left to chance.
        routed: whether the agent's MAC is hidden from the switches.
        operator_share: for so many devices the inventory names the right parent.
    """
    chance = random.Random(seed)
    plan = Plan(name, routed)
    edge = _switches(plan, switches)
    for number in (1, 2):
        plan.add(Device(f"ups-{number}", Kind.UPS, f"10.0.0.{number}", snmp=ACCESS), "sw-01")
    for number in range(max(1, devices // 200)):
        id_ = f"nvr-{number + 1}"
        plan.add(Device(id_, Kind.NVR, f"10.0.1.{number}", onvif_port=80, power="ups-1"), "sw-01")
    _cameras(plan, edge, devices - len(plan.nodes), chance)
    plan.says_mac = {i for i, n in plan.nodes.items() if n.device.onvif_port and chance.random() < 0.85}
    plan.nameless = {id_ for id_ in plan.ids(Kind.CAMERA) if chance.random() < 0.02}
    plan.mute = {id_ for id_ in edge if chance.random() < 0.1}
    plan.routes = {id_ for id_ in plan.ids(Kind.SWITCH) if chance.random() < 0.9}
    plan.told = [_row(node, chance, operator_share) for node in plan.nodes.values()]
    return plan


def _switches(plan: Plan, count: int) -> list[str]:
    """Add the switches; return those that cameras hang on. The two UPSs feed every other one."""
    between = min(5, count // 8)
    edge = []
    for number in range(1, count + 1):
        id_, ups = f"sw-{number:02d}", f"ups-{1 + (number % 2 == 0)}"
        above = "" if number == 1 else "sw-01"
        if between and number > 1 + between:
            above = f"sw-{2 + (number - 2 - between) % between:02d}"
        plan.add(Device(id_, Kind.SWITCH, f"10.0.2.{number}", snmp=ACCESS, power=ups), above)
        if number > 1 + between:
            edge.append(id_)
    return edge


def _cameras(plan: Plan, edge: list[str], count: int, chance: random.Random) -> None:
    """Add cameras, evenly; of twenty, one group of two hangs on a switch of its own that nobody manages."""
    while count > 0:
        for switch in edge:
            group = 2 if count > 1 and chance.random() < 0.05 else 1
            port = f"gi{len(plan.children.get(switch, ())) + 2}" if group > 1 else ""
            for _ in range(min(group, count)):
                number = len(plan.nodes)
                host = f"10.{1 + number // 250}.0.{number % 250}"
                plan.add(
                    Device(f"cam-{number:04d}", Kind.CAMERA, host, onvif_port=80), switch, shared_port=port
                )
                count -= 1
            if count <= 0:
                return


def _row(node: Node, chance: random.Random, share: float) -> Device:
    return replace(node.device, parent=node.parent if chance.random() < share else "")
