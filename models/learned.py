"""From what switches said to a feeding tree: who hangs on whom, at which port, why, and what disagrees. Pure.

A switch is above a device when it sees one of its MACs on a port that does not lead up to the agent. Of
those above, the nearest is the one with the most switches above itself. Where the agent is not seen (a router
lies between), ports towards other bridges are left out, and LLDP's neighbours order the switches from the
core down.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from models.facts import Device, Kind
from models.links import Links, Ports, Sight

MANY_MACS: Final = 4  # on one port: there is a bridge behind it, though it does not say so


@dataclass(frozen=True, slots=True)
class Hang:
    """Where a device hangs.

    `why`: `fdb` (its MAC was seen there), `lldp` (bridges that are neighbours), or `behind` (it shares a port
    with a switch that tells nothing, so it hangs on that; at which of its ports is not known).
    """

    parent: str
    port: str = ""
    crowd: int = 1  # MACs on that port; 1: the device has it for itself
    why: str = "fdb"
    at: float = 0.0  # when it was seen there last


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What disagrees: `why` is `operator` (the inventory names another parent), `shared_mac` or `ring`."""

    device: str
    why: str
    given: str = ""
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """A device that is now seen elsewhere."""

    device: str
    before: Hang
    after: Hang


@dataclass(frozen=True, slots=True)
class Learned:
    """What follows from all links.

    `hangs`: where each device was seen. `parents`: only what is used: learnt, and the operator gave none.
    """

    hangs: Mapping[str, Hang] = field(default_factory=dict)
    parents: Mapping[str, str] = field(default_factory=dict)
    contradictions: tuple[Contradiction, ...] = ()


Places = dict[str, Sight]  # switch above -> where it sees the device


def learn(links: Links, devices: Mapping[str, Device]) -> Learned:
    """Return what the links say of these devices."""
    known = {id_: ports for id_, ports in links.switches.items() if id_ in devices}
    owners, shared = _owners(links, known, devices)
    above = _above(known, owners)
    depth = {id_: len(above.get(id_, {})) for id_ in known}
    hangs = {}
    for device, places in above.items():
        best = _nearest(places, above, depth, known)
        if best is not None:
            hangs[device] = best
    hangs |= _next_up(hangs, known, owners)
    hangs |= _behind(hangs, known, devices)
    given = {id_: d.parent for id_, d in devices.items() if d.parent in devices and d.parent != id_}
    for device, hang in _by_neighbours(known, owners, given, hangs):
        hangs.setdefault(device, hang)
    parents, rings = _agree(given, hangs)
    return Learned(hangs, parents, (*shared, *rings, *_denied(given, hangs, parents)))


def moves(before: Learned, after: Learned) -> tuple[Move, ...]:
    """Return the devices whose port, seen both times, is another one now."""
    return tuple(
        Move(device, old, new)
        for device, new in after.hangs.items()
        if (old := before.hangs.get(device)) is not None
        and old.port and new.port and (old.parent, old.port) != (new.parent, new.port)
    )  # fmt: skip


def _owners(
    links: Links, known: Mapping[str, Ports], devices: Mapping[str, Device]
) -> tuple[dict[str, str], list[Contradiction]]:
    """Return MAC -> device; a MAC that two devices claim (cloned firmware, a router) tells neither."""
    owners: dict[str, str] = {}
    claimed: dict[str, set[str]] = {}  # by more than one

    def claim(address: str, device: str) -> None:
        first = owners.setdefault(address, device)
        if first != device:
            claimed.setdefault(address, {first}).add(device)

    for device, macs in links.macs.items():
        for address in macs if device in devices else ():
            claim(address, device)
    hosts: dict[str, list[str]] = {}
    for each in devices.values():
        hosts.setdefault(each.host, []).append(each.id)
    for ports in known.values():
        for host, address in ports.addresses.items():
            for device in hosts.get(host, ()):
                claim(address, device)
    for address in claimed:
        del owners[address]
    shared = [
        Contradiction(device, "shared_mac", address, ", ".join(sorted(who - {device})))
        for address, who in sorted(claimed.items())
        for device in sorted(who)
    ]
    return owners, shared


def _above(known: Mapping[str, Ports], owners: Mapping[str, str]) -> dict[str, Places]:
    """Return device -> the switches that see it on a port that leads down."""
    above: dict[str, Places] = {}
    for switch, ports in known.items():
        blocked = {ports.up} if ports.up else _trunks(ports, owners, known)
        for address, sight in ports.sights.items():
            device = owners.get(address, switch)
            if device == switch or sight.port in blocked:
                continue
            places = above.setdefault(device, {})
            if switch not in places or places[switch].at < sight.at:
                places[switch] = sight
    return above


def _trunks(ports: Ports, owners: Mapping[str, str], known: Mapping[str, Ports]) -> frozenset[str]:
    """Return the ports behind which there is another bridge, where the way up is not known."""
    crowded = {port for port, count in ports.crowd.items() if count > MANY_MACS}
    switches = {sight.port for address, sight in ports.sights.items() if owners.get(address) in known}
    return frozenset(crowded | switches | set(ports.bridges))


def _nearest(
    places: Places, above: Mapping[str, Places], depth: Mapping[str, int], known: Mapping[str, Ports]
) -> Hang | None:
    """Return the lowest of the switches above; what a newer sight further up denies is out of date."""
    deepest = max(depth[switch] for switch in places)
    order = [switch for switch in places if depth[switch] == deepest]
    if len(order) > 1 or _is_denied(order[0], places, above.get(order[0], {})):
        order = sorted(
            places, key=lambda s: (-depth[s], known[s].crowd.get(places[s].port, 1), -places[s].at, s)
        )
    for switch in order:
        if not _is_denied(switch, places, above.get(switch, {})):
            sight = places[switch]
            return Hang(switch, sight.port, known[switch].crowd.get(sight.port, 1), "fdb", sight.at)
    return None


def _is_denied(switch: str, places: Places, higher: Places) -> bool:
    """Whether a switch further up has since seen the device on another port than this switch."""
    return any(
        top in places and places[top].port != sight.port and places[top].at > places[switch].at
        for top, sight in higher.items()
    )


def _next_up(
    hangs: Mapping[str, Hang], known: Mapping[str, Ports], owners: Mapping[str, str]
) -> dict[str, Hang]:
    """Return the parents of switches whose one neighbour on the way up says by LLDP who it is.

    That is nearer than any switch that only sees them: one between may not know its own way up.
    """
    found = {}
    for switch, ports in known.items():
        above = (
            {owners.get(address, "") for address in ports.bridges.get(ports.up, ())} if ports.up else set()
        )
        other = above.pop() if len(above) == 1 else ""
        if other not in known or other == switch or other == getattr(hangs.get(switch), "parent", ""):
            continue
        port = next((p for p, macs in known[other].bridges.items() if switch in map(owners.get, macs)), "")
        found[switch] = Hang(other, port, known[other].crowd.get(port, 1), "lldp", ports.at)
    return found


def _behind(
    hangs: Mapping[str, Hang], known: Mapping[str, Ports], devices: Mapping[str, Device]
) -> dict[str, Hang]:
    """Return what hangs on switches that tell nothing: all that shares a port with just one of those."""
    mute: dict[tuple[str, str], list[str]] = {}
    for device, hang in hangs.items():
        if devices[device].kind is Kind.SWITCH and device not in known:
            mute.setdefault((hang.parent, hang.port), []).append(device)
    out = {}
    for device, hang in hangs.items():
        between = mute.get((hang.parent, hang.port), [])
        if len(between) == 1 and device not in between:
            out[device] = Hang(between[0], why="behind", at=hang.at)
    return out


# ---------------------------------------------------------------- switches that do not see the agent


def _by_neighbours(
    known: Mapping[str, Ports],
    owners: Mapping[str, str],
    given: Mapping[str, str],
    hangs: Mapping[str, Hang],
) -> Iterator[tuple[str, Hang]]:
    """Yield a parent for each switch that has none, along LLDP's neighbours from the core down."""
    edges = _edges(known, owners)
    told: set[str] = set()
    for start in sorted(edges):
        group = _reached([start], edges) - told
        told |= group
        root = _core(group, edges, given, hangs, known)
        if start in group and root:
            yield from _down(root, edges)


def _edges(known: Mapping[str, Ports], owners: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return switch -> neighbour -> the switch's port towards it ("": only the neighbour told)."""
    edges: dict[str, dict[str, str]] = {}
    for switch, ports in known.items():
        for port, macs in ports.bridges.items():
            for other in {owners.get(address, "") for address in macs} & (known.keys() - {switch}):
                edges.setdefault(switch, {})[other] = port
                edges.setdefault(other, {}).setdefault(switch, "")
    return edges


def _reached(start: Iterable[str], edges: Mapping[str, Mapping[str, str]]) -> set[str]:
    seen, queue = set(start), deque(start)
    while queue:
        for other in edges.get(queue.popleft(), {}):
            if other not in seen:
                seen.add(other)
                queue.append(other)
    return seen


def _core(
    group: set[str],
    edges: Mapping[str, Mapping[str, str]],
    given: Mapping[str, str],
    hangs: Mapping[str, Hang],
    known: Mapping[str, Ports],
) -> str:
    """Return the switch from which a group is fed; "" when nobody can say.

    That is the one that the operator, or the way up to the agent, puts on top; else the one with the most
    neighbours, if it is alone in that.
    """
    tops = {top for switch in group if (top := _top(switch, given)) != switch and top in group}
    tops |= {switch for switch in group if known[switch].up and switch not in hangs and switch not in given}
    if tops:
        return min(tops) if len(tops) == 1 else ""
    degrees = Counter({switch: len(edges[switch]) for switch in group}).most_common(2)
    if len(degrees) < 2 or degrees[0][1] == degrees[1][1]:
        return ""
    return degrees[0][0]


def _top(switch: str, given: Mapping[str, str]) -> str:
    seen: set[str] = set()
    while switch in given and switch not in seen:
        seen.add(switch)
        switch = given[switch]
    return switch


def _down(root: str, edges: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, Hang]]:
    seen, queue = {root}, deque([root])
    while queue:
        switch = queue.popleft()
        for other, port in sorted(edges[switch].items()):
            if other not in seen:
                seen.add(other)
                queue.append(other)
                yield other, Hang(switch, port, why="lldp")


# ---------------------------------------------------------------- with what the operator says


def _agree(given: Mapping[str, str], hangs: Mapping[str, Hang]) -> tuple[dict[str, str], list[Contradiction]]:
    """Return the parents to use beside the operator's; one that would close a ring is left out and told."""
    tree, used, rings = dict(given), dict[str, str](), list[Contradiction]()
    feeders = set(given.values())  # only what feeds something can close a ring
    for device, hang in sorted(hangs.items()):
        if device in given:
            continue
        if device == hang.parent or (device in feeders and device in _chain(hang.parent, tree)):
            rings.append(Contradiction(device, "ring", "", hang.parent))
        else:
            tree[device] = used[device] = hang.parent
            feeders.add(hang.parent)
    return used, rings


def _denied(
    given: Mapping[str, str], hangs: Mapping[str, Hang], used: Mapping[str, str]
) -> Iterator[Contradiction]:
    """Yield where the operator's parent is not on the way that the switches see.

    A parent that the switches cannot see (a recorder that feeds its own cameras) hangs on the one they do.
    """
    tree = {**used, **given}
    for device, parent in sorted(given.items()):
        hang = hangs.get(device)
        if hang is not None and hang.parent not in _chain(parent, tree):
            yield Contradiction(device, "operator", parent, hang.parent)


def _chain(device: str, tree: Mapping[str, str]) -> set[str]:
    seen: set[str] = set()
    while device and device not in seen:
        seen.add(device)
        device = tree.get(device, "")
    return seen
