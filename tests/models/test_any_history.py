"""Whatever happens to a site, in whatever order, with restarts and clock jumps: the incidents stay sound."""

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from models.facts import SITE, Kind
from models.watch import Changes
from tests.models.builders import Polled, camera

TREE = {"core": "", "sw-a": "core", "sw-b": "core", "ring-1": "ring-2", "ring-2": "ring-1"}
CAMS = {f"a-{n}": "sw-a" for n in range(3)} | {f"b-{n}": "sw-b" for n in range(3)} | {"lone": ""}
SITE_OF_ALL = [
    replace(camera(id_, parent), kind=Kind.SWITCH if id_.startswith("sw-") else Kind.CAMERA)
    for id_, parent in {**TREE, **CAMS}.items()
]
IDS = [device.id for device in SITE_OF_ALL]

events = st.lists(
    st.one_of(
        st.tuples(st.just("switch"), st.sets(st.sampled_from(IDS), min_size=1)),
        st.tuples(st.just("run"), st.integers(1, 25)),
        st.tuples(st.just("jump"), st.sampled_from([-5000.0, -30.0, 30.0, 5000.0])),
        st.tuples(st.just("restart"), st.none()),
        st.tuples(st.just("remove"), st.sampled_from(IDS)),
        st.tuples(st.just("mute"), st.sets(st.sampled_from(IDS), max_size=3)),
    ),
    max_size=14,
)


class Ledger:
    """What a helpdesk would hold: it refuses anything that is not in order."""

    def __init__(self) -> None:
        self.open: set[str] = set()

    def take(self, changes: Changes) -> None:
        for incident in changes.closed:
            assert incident.key in self.open, "closed what was not open"
            assert incident.ending is not None
            self.open.remove(incident.key)
        for incident in changes.opened:
            assert incident.key not in self.open, "opened twice"
            self.open.add(incident.key)
        for incident in changes.updated:
            assert incident.key in self.open, "updated what was not open"
        for incident in changes.closed:
            assert not incident.explained_by or incident.explained_by in self.open


def happen(polled: Polled, what: str, value: object) -> Polled:
    if what == "switch":
        polled.off ^= value
    elif what == "run":
        polled.run(10.0 * value)
    elif what == "jump":
        polled.at += value
    elif what == "mute":
        polled.mute = value
    elif what == "remove":
        polled.devices = tuple(d for d in polled.devices if d.id != value)
        polled.log.append(polled.watch.replace_devices(polled.devices, polled.at))
    elif what == "restart":
        fresh = Polled(polled.devices)
        fresh.watch.restore(json.loads(json.dumps(polled.watch.dump())))
        polled.watch = fresh.watch
    return polled


def check(polled: Polled, ledger: Ledger) -> None:
    for changes in polled.log:
        ledger.take(changes)
    polled.log.clear()
    incidents = polled.watch.incidents()
    assert {i.key for i in incidents} == ledger.open
    children = [child for i in incidents for child in i.children]
    assert len(children) == len(set(children)), "a child of two incidents"
    assert not {i.root.key for i in incidents} & set(children), "an incident and a child at once"


def lost(polled: Polled) -> set[str]:
    return {f.key.device for f in polled.watch.findings() if f.key.code == "REACH_LOST" and f.phase == "open"}


@settings(deadline=None, max_examples=60)
@given(events)
def test_incidents_stay_sound_and_in_the_end_tell_the_truth(history):
    polled, ledger = Polled(SITE_OF_ALL).run(30), Ledger()
    for what, value in history:
        check(happen(polled, what, value), ledger)

    polled.mute = set()
    check(polled.run(1500), ledger)
    told = {i.root.key.device for i in polled.watch.incidents()}
    told |= {child.device for i in polled.watch.incidents() for child in i.children}
    assert lost(polled) == polled.off & {d.id for d in polled.devices}
    assert lost(polled) <= told, "a loss that nobody was told"

    polled.off.clear()
    check(polled.run(300), ledger)
    assert ledger.open == set(), "all is well and something is still open"
    assert SITE not in {f.key.device for f in polled.watch.findings()}
