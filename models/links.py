"""Who hangs on which port of which switch: learnt from what switches say, kept after a device went silent.

    Report.links ─▶ Links (a memory for each switch) ─▶ learn ─▶ Learned: device -> Hang, and what disagrees

A switch forgets an address about 300 s after it fell silent (dot1dTpAgingTime, RFC 4188), so what it said
last is remembered until it says otherwise. The port behind which the agent itself is seen is the way up; all
other ports lead down. Pure; holds no clock.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from models.facts import Link, Report, Via
from models.macs import mac

SIGHTS_LIMIT: Final = 4096  # per switch; more is no switch of a camera network
MACS_LIMIT: Final = 8  # per device


@dataclass(frozen=True, slots=True)
class Sight:
    """The port at which a MAC was seen, and when last (Unix seconds)."""

    port: str
    at: float


@dataclass(slots=True)
class Ports:
    """What one switch has said.

    Attributes:
        sights: MAC -> where it was seen last; without the MACs on the way up.
        crowd: port -> how many MACs were on it when it last had any.
        bridges: port -> MACs of neighbours there that call themselves bridges.
        addresses: IP address -> MAC, from its ARP table.
        up: the port behind which the agent is, or the router towards it; "" when neither was ever seen.
        at: when it was asked last.
    """

    sights: dict[str, Sight] = field(default_factory=dict)
    crowd: dict[str, int] = field(default_factory=dict)
    bridges: dict[str, list[str]] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    up: str = ""
    at: float = 0.0

    def take(self, links: Iterable[Link], home: frozenset[str], at: float) -> bool:
        """Take in all that it says at one moment; return whether it says anything new."""
        seen = [(link, mac(link.mac)) for link in links]
        placed = {(found, link.port) for link, found in seen if found and link.port}
        self.at = at
        # Behind a router the agent's frames, like all answers to it, go by the switch's own gateway.
        routers = {found for link, found in seen if link.via is Via.GATEWAY}
        ways = [{port for found, port in placed if found in macs} for macs in (home, routers)]
        up = next((min(ports) for ports in ways if ports), self.up)
        crowd = Counter(port for _, port in placed)
        told = (
            _grew({**self.crowd, up: crowd[up]}, crowd),  # how many are on the way up is of no account
            _grew(self.bridges, _bridges(seen)),  # a neighbour that died is remembered as what it was
            _grew(self.addresses, {link.address: mac for link, mac in seen if link.via is Via.ARP and mac}),
            up != self.up,
        )
        self.up = up
        self.crowd |= crowd
        _cut(self.bridges)
        _cut(self.addresses)
        return self._place(placed, at) or any(told)

    def _place(self, placed: Iterable[tuple[str, str]], at: float) -> bool:
        """Note where MACs are seen; return whether one is new, or seen elsewhere."""
        is_new = False
        for found, port in placed:
            known = self.sights.pop(found, None)  # to the end: what was seen last is forgotten last
            if port != self.up:
                self.sights[found] = Sight(port, at)
            is_new |= (known.port if known is not None else self.up) != port
        _cut(self.sights)
        return is_new

    def where(self, address: str) -> Sight | None:
        """Return where a MAC was seen last, unless that is the way up."""
        sight = self.sights.get(address)
        return sight if sight is not None and sight.port != self.up else None

    def dump(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "sights": {address: [sight.port, sight.at] for address, sight in self.sights.items()},
            "crowd": dict(self.crowd),
            "bridges": {port: list(macs) for port, macs in self.bridges.items()},
            "addresses": dict(self.addresses),
            "up": self.up,
            "at": self.at,
        }


@dataclass(slots=True)
class Links:
    """All that switches said of neighbours, and the MACs that devices said are theirs.

    `home`: the agent's own MACs. `is_new`: something else came since `learn` was last asked; `is_renewed`: at
    least the same again, so that what was seen where last may be another thing.
    """

    home: frozenset[str] = frozenset()
    switches: dict[str, Ports] = field(default_factory=dict)
    macs: dict[str, list[str]] = field(default_factory=dict)
    is_new: bool = False
    is_renewed: bool = False

    def take(self, report: Report) -> None:
        """Take in the links of a report; one that has none, or failed, leaves what is known as it is."""
        if not report.links or not report.ok:
            return
        ports = self.switches.setdefault(report.device, Ports())
        self.is_new |= ports.take(report.links, self.home, report.at)
        self.is_renewed = True
        for link in report.links:
            if link.via is Via.SELF:
                self.note_mac(report.device, link.mac)

    def note_mac(self, device: str, text: str) -> None:
        """Note a MAC that a device says is its own, in any spelling."""
        found, known = mac(text), self.macs.get(device, [])
        if found and (not known or known[-1] != found):
            kept = [address for address in known if address != found][1 - MACS_LIMIT :]
            self.macs[device] = [*kept, found]
            self.is_new = True

    def forget(self, device: str) -> None:
        """Drop what is known of a device: it left the inventory."""
        self.switches.pop(device, None)
        self.macs.pop(device, None)
        self.is_new = True

    def dump(self, device: str) -> dict[str, Any]:
        """Return what is to be remembered of one device as plain data; empty when nothing is."""
        out: dict[str, Any] = {}
        if device in self.macs:
            out["macs"] = list(self.macs[device])
        if device in self.switches:
            out["ports"] = self.switches[device].dump()
        return out

    def load(self, device: str, data: Mapping[str, Any]) -> None:
        """Take up what `dump` gave.

        Raises:
            KeyError, TypeError, ValueError, AttributeError: the data is of another make; nothing was taken.
        """
        macs = [found for text in data.get("macs", []) if (found := mac(text))]
        ports = _ports(data["ports"]) if "ports" in data else None
        if macs:
            self.macs[device] = macs
        if ports is not None:
            self.switches[device] = ports
        self.is_new = True


def _ports(data: Mapping[str, Any]) -> Ports:
    return Ports(
        {str(address): Sight(str(port), float(at)) for address, (port, at) in data["sights"].items()},
        {str(port): int(count) for port, count in data["crowd"].items()},
        {str(port): [str(address) for address in macs] for port, macs in data["bridges"].items()},
        {str(address): str(owner) for address, owner in data["addresses"].items()},
        str(data["up"]),
        float(data["at"]),
    )


def _bridges(seen: Iterable[tuple[Link, str]]) -> dict[str, list[str]]:
    """Return port -> MACs of the neighbours there that call themselves bridges."""
    found: dict[str, list[str]] = {}
    for link, address in seen:
        if link.via is Via.LLDP and link.is_bridge and link.port:
            found.setdefault(link.port, []).append(address)
    return found


def _grew(known: dict[str, Any], told: Mapping[str, Any]) -> bool:
    """Take over what is told; return whether any of it is new."""
    is_new = any(key not in known or known[key] != value for key, value in told.items())
    known.update(told)
    return is_new


def _cut(known: dict[str, Any]) -> None:
    for key in list(known)[: max(0, len(known) - SIGHTS_LIMIT)]:
        del known[key]
