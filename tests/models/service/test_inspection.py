"""Checklists: read as data, judged by evidence, never passed for lack of it."""

import pytest

from models.facts import Device, Kind, Phase
from models.service.figures import Share
from models.service.inspection import Evidence, Outcome, Seen, Value, evidenced, inspect, judge
from models.service.plans import Item, Plan, PlanError, Query, parse
from models.words import Words

CAM = Device("cam-1", Kind.CAMERA, "h")
KNOWN = {"faults": frozenset({"IMG_BLUR", "REACH_LOST", "REC_GAP"}), "metrics": frozenset({"m"})}
ASK = Words("ask", "问")


def one(query: Query, **evidence) -> tuple[str, str, str]:
    entry = judge(Item("i", ASK, (Kind.CAMERA,), (query,)), "cam-1", Evidence(100.0, **{**KNOWN, **evidence}))
    return entry.outcome.value, entry.detail, entry.ticket


def seen(phase: Phase, code="IMG_BLUR") -> dict:
    return {"seen": {"cam-1": [Seen(code, "main", phase, 50.0, 90.0)]}}


BLUR = Query(faults=("IMG_BLUR",))


def test_a_fault_that_was_looked_for_and_is_not_there_is_passed():
    assert one(BLUR, **seen(Phase.OK)) == ("passed", "inspect.no_fault", "")


def test_an_open_fault_fails_with_its_ticket():
    wanted = ("failed", "inspect.fault", "7")
    assert one(BLUR, **seen(Phase.OPEN), tickets={("cam-1", "IMG_BLUR"): "7"}) == wanted
    assert one(BLUR, **seen(Phase.RECOVERING), tickets={("cam-1", "IMG_BLUR"): "7"}) == wanted


@pytest.mark.parametrize(
    ("evidence", "why"),
    [
        ({}, "inspect.not_looked"),
        (seen(Phase.UNKNOWN), "inspect.not_looked"),
        (seen(Phase.PENDING), "inspect.pending"),
        (seen(Phase.OK, "REACH_LOST"), "inspect.not_looked"),
        ({"silent": {"cam-1": ("inspect.unreachable", {})}}, "inspect.unreachable"),
        ({**seen(Phase.OK), "agent_since": 10.0}, "inspect.agent_down"),
        ({**seen(Phase.OK), "faults": frozenset()}, "inspect.no_collector"),
    ],
)
def test_what_was_not_seen_is_not_passed(evidence, why):
    assert one(BLUR, **evidence) == ("not_measured", why, "")


def test_a_fault_of_the_family_fails_the_item_and_not_looking_for_it_is_no_obstacle():
    both = Query(faults=("REACH_LOST",), also=("IMG_*",))
    well, spoilt = (
        seen(Phase.OK, "REACH_LOST")["seen"]["cam-1"],
        seen(Phase.OPEN, "IMG_HAZE")["seen"]["cam-1"],
    )
    assert one(both, seen={"cam-1": well})[:2] == ("passed", "inspect.no_fault")
    assert one(both, seen={"cam-1": well + spoilt})[:2] == ("failed", "inspect.fault")
    assert one(both, seen={"cam-1": spoilt})[:2] == ("failed", "inspect.fault")
    assert one(both, **seen(Phase.OK, "IMG_HAZE"))[:2] == ("not_measured", "inspect.not_looked")
    unsure = [*well, *seen(Phase.UNKNOWN, "IMG_HAZE")["seen"]["cam-1"]]
    assert one(both, seen={"cam-1": unsure})[0] == "passed"
    assert (
        one(Query(faults=("REACH_LOST",), also=("IMAGE_*",)), seen={"cam-1": well})[1]
        == "inspect.no_collector"
    )
    begun = [*well, *seen(Phase.PENDING, "IMG_HAZE")["seen"]["cam-1"]]
    assert one(both, seen={"cam-1": begun})[1] == "inspect.pending"


def test_a_fault_that_stands_fails_a_value_that_is_well():
    query = Query(metric="m", at_most=9.0, also=("REC_*",))
    assert one(query, **VALUES)[0] == "passed"
    assert one(query, **VALUES, **seen(Phase.OPEN, "REC_GAP"))[:2] == ("failed", "inspect.fault")
    assert one(query, **VALUES, **seen(Phase.OPEN, "REC_GAP"), agent_since=10.0)[0] == "passed"


VALUES = {"values": {("m", "last", 7): {"cam-1": [Value("a", 4.0, 9.0), Value("b", 6.0, 9.0)]}}}


def test_each_part_must_be_within_the_bounds():
    assert one(Query(metric="m", at_most=6.0), **VALUES)[0] == "passed"
    assert one(Query(metric="m", at_most=5.0), **VALUES)[0] == "failed"
    assert one(Query(metric="m", at_most=5.0))[:2] == ("not_measured", "inspect.no_value")
    assert one(Query(metric="other", at_most=5.0))[:2] == ("not_measured", "inspect.no_collector")


def test_a_delta_needs_its_baseline():
    query = Query(metric="m", baseline_at_least=0.5)
    assert one(query, **VALUES)[1] == "inspect.no_baseline"
    assert one(query, **VALUES, baseline={("cam-1", "m", "a"): 5.0})[1] == "inspect.as_delivered"
    assert one(query, **VALUES, baseline={("cam-1", "m", "a"): 9.0})[1] == "inspect.drifted"


def test_a_camera_that_was_hardly_observed_is_not_judged_by_its_online_rate():
    def online(good: float, observed: float) -> str:
        return one(Query(online=0.98), online={7: {"cam-1": Share(good, observed, 100.0)}})[1]

    assert [online(99, 100), online(90, 100), online(50, 50), online(10, 50)] == [
        "inspect.online", "inspect.offline", "inspect.collecting", "inspect.collecting",
    ]  # fmt: skip
    assert one(Query(online=0.98))[1] == "inspect.not_observed"


def test_the_worst_query_decides():
    item = Item("i", ASK, (Kind.CAMERA,), (BLUR, Query(metric="m", at_most=5.0)))
    assert judge(item, "cam-1", Evidence(1.0, **KNOWN, **VALUES, **seen(Phase.OK))).outcome is Outcome.FAILED
    assert judge(item, "cam-1", Evidence(1.0, **KNOWN, **seen(Phase.OK))).outcome is Outcome.NOT_MEASURED


def test_a_sampled_function_test_keeps_its_draw():
    cameras = [Device(f"cam-{n}", Kind.CAMERA, "h") for n in range(10)]
    plan = Plan("p", ASK, 1, (Item("walk", ASK, (Kind.CAMERA,), manual=ASK, sample=0.25),))
    entries, draws = inspect(plan, cameras, Evidence(0.0), seed="s")
    assert len(entries) == 3
    assert draws[0].is_true
    assert [entry.device for entry in entries] == list(draws[0].chosen)
    assert {entry.outcome for entry in entries} == {Outcome.MANUAL}


def test_an_item_about_what_only_some_devices_have_asks_only_those():
    item = Item("presets", ASK, (Kind.CAMERA,), (BLUR,), where_told="m")
    cameras = [CAM, Device("cam-2", Kind.CAMERA, "h")]
    told = Evidence(1.0, **KNOWN, told={"m": frozenset({"cam-2"})})
    entries, _ = inspect(Plan("p", ASK, 1, (item,)), cameras, told, seed="")
    assert [entry.device for entry in entries] == ["cam-2"]
    assert inspect(Plan("p", ASK, 1, (item,)), cameras, Evidence(1.0, **KNOWN), seed="") == ([], [])


def test_an_item_about_equipment_that_is_not_there_has_no_entry():
    plan = Plan("p", ASK, 1, (Item("ups", ASK, (Kind.UPS,), (BLUR,)), Item("site", ASK, manual=ASK)))
    entries, _ = inspect(plan, [CAM], Evidence(0.0), seed="")
    assert [(entry.item, entry.device) for entry in entries] == [("site", "")]
    assert evidenced(entries) == 0.0
    assert evidenced([]) is None


GOOD = {
    "plan": "monthly", "name": {"en": "Monthly", "zh": "月检"}, "every_months": 1,
    "items": [
        {"id": "a", "ask": {"en": "a", "zh": "甲"}, "equipment": ["camera"], "evidence": {"faults": ["IMG_BLUR"]}},
        {"id": "b", "ask": {"en": "b", "zh": "乙"}, "manual": {"en": "hands", "zh": "人工"}},
    ],
}  # fmt: skip


def test_a_plan_is_read_as_data():
    plan = parse(GOOD, "x.yaml")
    assert [item.id for item in plan.items] == ["a", "b"]
    assert plan.faults == {"IMG_BLUR"}
    assert plan.items[0].equipment == (Kind.CAMERA,)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"every_months": 0}, "every_months: must be a whole number"),
        ({"every": 1}, "unknown key 'every'"),
        ({"items": []}, "must be a list of checklist items"),
        ({"name": "x"}, "name: needs its text as en: and zh:"),
        ({"items": [{"id": "a", "ask": {"en": "a", "zh": "b"}}]}, "needs either `evidence`, or `manual`"),
        ({"items": [{**GOOD["items"][0], "evidence": {"metric": "m"}}]}, "says no bound"),
        (
            {"items": [{**GOOD["items"][0], "evidence": {"metric": "m", "at_least": "x"}}]},
            "at_least: must be a number",
        ),
        ({"items": [{**GOOD["items"][0], "equipment": "boat"}]}, "no 'boat'; choose of camera"),
        ({"items": [{**GOOD["items"][0], "evidence": {"faults": [1]}}]}, "faults: must be fault codes"),
        (
            {"items": [{**GOOD["items"][0], "evidence": {"online": 0.9, "also": [""]}}]},
            "also: must be fault codes",
        ),
        ({"items": [GOOD["items"][0], GOOD["items"][0]]}, "stands twice"),
        ({"items": [{**GOOD["items"][1], "sample": 3}]}, "must be a share"),
    ],
)
def test_a_plan_with_a_mistake_says_where(change, said):
    with pytest.raises(PlanError, match=r"x\.yaml") as refused:
        parse({**GOOD, **change}, "x.yaml")
    assert any(said in problem for problem in refused.value.problems), refused.value.problems


@pytest.mark.parametrize("data", [None, [], "x", {"items": [3]}, {"plan": 3, "items": {"a": 1}}])
def test_what_is_no_plan_is_refused_in_words(data):
    with pytest.raises(PlanError):
        parse(data, "x.yaml")
