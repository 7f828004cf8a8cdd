"""What the watch keeps at hand of a whole site: who feeds whom, and what stands at the moment."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from models.correlate import LOST
from models.facts import Criticality, Device, FaultKey, Finding, Kind, Phase
from models.learned import Learned
from models.topology import Topology


@dataclass(frozen=True, slots=True)
class Tree:
    """Who feeds whom: over the network (`below`: what hangs directly on each), and with power (`fed`)."""

    topology: Topology
    below: Mapping[str, Collection[str]]
    fed: Mapping[str, Collection[str]]
    switches: frozenset[str] = frozenset()
    placeless: frozenset[str] = frozenset()  # nobody knows where it hangs, and nothing hangs on it

    @classmethod
    def of(cls, devices: Mapping[str, Device], learned: Learned) -> "Tree":
        """Return it by what the inventory says and what the site taught."""
        counted = {id_: device for id_, device in devices.items() if counts(device)}
        topology = Topology(devices.values(), learned.parents)
        below = _grouped((topology.parent(id_), id_) for id_ in counted)
        fed = _grouped((device.power, id_) for id_, device in counted.items())
        apart = {id_ for id_ in counted if not topology.parent(id_) and id_ not in below and id_ not in fed}
        # Where no parent is known at all, that a device has none tells nothing.
        switches = frozenset(id_ for id_, device in counted.items() if device.kind is Kind.SWITCH)
        return cls(topology, below, fed, switches, frozenset(apart if below else ()))


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for group, member in pairs:
        if group:
            groups.setdefault(group, []).append(member)
    return groups


class Index:
    """What the correlator asks of all devices that count, kept up to date by each change of phase."""

    def __init__(self, devices: set[str] | None = None) -> None:
        self.devices = devices or set()
        self.standing: dict[FaultKey, Finding] = {}
        self.lost: dict[str, Finding] = {}
        self.alive: set[str] = set()

    def note(self, finding: Finding) -> None:
        """Take in a finding whose phase changed."""
        key, phase = finding.key, finding.phase
        self.standing.pop(key, None)
        if phase in {Phase.OPEN, Phase.RECOVERING}:
            self.standing[key] = finding
        if key.code == LOST:
            self.lost.pop(key.device, None)
            self.alive.discard(key.device)
            if phase is Phase.OK:
                self.alive.add(key.device)
            elif phase is not Phase.UNKNOWN:
                self.lost[key.device] = finding


def counts(device: Device) -> bool:
    """Whether a device is watched at all."""
    return device.criticality is not Criticality.IGNORE
