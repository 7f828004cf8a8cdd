"""Generated sites with one fault at a time: one ticket, the right root, the right hint."""

import json
import random

import pytest

from bench.site.faults import KINDS, Injected, inject
from bench.site.plan import make
from bench.site.world import World
from bench.topology import BROKEN, HEALED, T0, WARM_UP, Judge, _let, bench
from models.facts import SITE, Kind

PLAN = make("site", 4, 60, seed=7, routed=False, operator_share=0.0)


def site(name: str = "learned") -> tuple[World, Judge, float]:
    """A site that has been watched for a while and is well."""
    world, judge = World(PLAN), Judge(name, PLAN)
    judge.know(PLAN)
    return world, judge, _let(world, [judge], T0, WARM_UP)


def test_the_whole_tree_is_learnt_from_the_reports_of_a_site_on_which_the_operator_said_nothing():
    _, judge, _ = site()
    told = judge.watch.learned
    right = {id_: node.parent for id_, node in PLAN.nodes.items() if node.parent}
    assert dict(told.parents) == right
    assert told.contradictions == ()
    assert judge.opened == []


@pytest.mark.parametrize("kind", KINDS)
def test_one_fault_makes_one_ticket_with_the_right_root(kind):
    world, judge, at = site()
    fault = inject(kind, PLAN, at, random.Random(3), frozenset())
    world.faults = [fault]
    at = _let(world, [judge], at, BROKEN)
    told = {i.key: i for i in judge.watch.incidents()}
    assert {(i.root.key.device, i.root.key.code) for i in told.values()} <= fault.roots
    assert len(told) == 1
    if fault.cause:
        assert next(iter(told.values())).cause.detail == fault.cause
    world.faults = []
    _let(world, [judge], at, HEALED)
    assert judge.watch.incidents() == ()
    assert {i.key for i in judge.opened if i.key not in judge.explained} == set(told)


def test_a_camera_that_died_before_a_restart_still_has_its_port_after_it():
    world, judge, at = site()
    state = json.loads(json.dumps(judge.watch.dump()))
    again = Judge("learned", PLAN)
    assert again.watch.restore(state) == []
    assert again.watch.learned.hangs == judge.watch.learned.hangs
    hangs = judge.watch.learned.hangs
    camera = next(c for c in PLAN.ids(Kind.CAMERA) if hangs[c].port and hangs[c].crowd == 1)
    roots, scope = frozenset({(camera, "REACH_LOST")}), frozenset({camera})
    world.faults = [Injected("camera", camera, at, frozenset(), roots, scope)]
    _let(world, [again], at, BROKEN)
    [incident] = again.watch.incidents()
    assert (incident.root.key.device, incident.cause.detail) == (camera, "link.up_fed")
    assert SITE in state


def test_links_of_unreadable_state_are_left_out_and_told():
    _, judge, _ = site()
    again = Judge("learned", PLAN).watch
    own = judge.watch.dump(["sw-01"])["sw-01"]
    assert again.restore({"sw-01": {**own, "links": {"ports": {"sights": 3}}}}) == ["sw-01"]


def test_the_bench_reaches_its_aim_on_a_small_site_and_its_peers_do_not():
    told = bench(6, 3, 4, ("learned", "naive"))
    assert told["right_root"] >= 0.95
    assert told["tickets_per_fault"] == pytest.approx(1.0, abs=0.05)
    assert told["naive"]["tickets_per_fault"] > 2


def test_a_fault_that_is_only_held_for_its_restlessness_swallows_no_later_one():
    plan = make("site", 4, 60, seed=11, routed=False, operator_share=0.5)
    (switch,) = plan.mute  # it does not say at which port a camera hangs, so its power may be the reason
    world, judge = World(plan), Judge("learned", plan)
    at = _let(world, [judge], T0, WARM_UP)
    for kind in ("budget", "budget", "budget", "vlan"):
        judge.opened.clear()
        chance = random.Random(1)
        while (fault := inject(kind, plan, at, chance, frozenset())).device != switch:
            pass
        world.faults = [fault]
        at = _let(world, [judge], at, BROKEN)
        world.faults = []
        at = _let(world, [judge], at, HEALED)
        held = [i for i in judge.watch.incidents() if i.root.key.code == "POE_BUDGET"]
    assert [i.root.is_restless for i in held] == [True]
    assert [(i.root.key.device, i.root.key.code) for i in judge.opened] == [(switch, "PORTS_LOST")]
