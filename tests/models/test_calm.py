"""A device that says what it said before need not be judged anew: that changes no opinion."""

from hypothesis import given, settings
from hypothesis import strategies as st

from models.dossier import Dossier, Judgement
from models.facts import Device, Failure, Kind, Phase, Reading, Report, Trouble
from models.faults import FAULTS
from models.metrics import CLOCK_OFFSET, DISK_OK, ICMP_UP, METRICS, TCP_UP
from models.rules import NEEDED
from models.thresholds import Thresholds
from tests.models.builders import T0

CAMERA = Device("dev", Kind.CAMERA, "192.0.2.1", onvif_port=80)
STEP = 30.0
COLLECTORS = ["reach", "onvif_clock", "onvif_events", "stream", "stream_describe", "snmp_health", "discovery"]
WATCHED = [metric for metric in METRICS.values() if metric.name in NEEDED]


class Eager(Dossier):
    """Judges everything at every report."""

    def _is_as_before(self, said, at):
        return False


def dossier(kind=Dossier, device=CAMERA):
    holds = {code: fault.hold.scaled(0.1) for code, fault in FAULTS.items()}
    return kind(device, Judgement(Thresholds(), holds, lambda _collector: 200.0, 3))


readings = st.builds(
    lambda metric, value, part: Reading(metric, str(value) if metric.name.endswith("_info") else value, part),
    st.sampled_from(WATCHED),
    st.sampled_from([0.0, 1.0, 25.0]),
    st.sampled_from(["", "main", "sub", "signal_loss:1", "serial", "firmware"]),
)
tellings = st.tuples(
    st.sampled_from(COLLECTORS),
    st.lists(readings, max_size=4),
    st.sampled_from([None, None, None, None, *Trouble]),
)
lives = st.lists(tellings, min_size=1, max_size=4).flatmap(
    lambda few: st.lists(st.sampled_from(few), min_size=4, max_size=30)  # the same again and again
)


def report(telling, at):
    collector, said, trouble = telling
    error = Failure(trouble, trouble.value) if trouble else None
    return Report("dev", collector, at, 0.1, () if trouble else tuple(said), error)


@settings(deadline=None, max_examples=60)
@given(lives, st.sampled_from([Kind.CAMERA, Kind.NVR, Kind.SWITCH]))
def test_what_is_not_judged_anew_would_have_been_judged_the_same(told, kind):
    device = Device("dev", kind, "192.0.2.1", onvif_port=80)
    lazy, eager = dossier(device=device), dossier(Eager, device)
    for number, telling in enumerate(told):
        one = report(telling, T0 + number * STEP)
        changed = [(f.key, f.phase) for f in lazy.take(one)], [(f.key, f.phase) for f in eager.take(one)]
        assert sorted(changed[0]) == sorted(changed[1])
    lazy.catch_up()
    assert newest(lazy) == newest(eager)


def newest(one):
    """Return where each fault stands, and the evidence of those that are seen to be absent."""
    return {key: (life.phase, life.phase is Phase.OK and life.verdict) for key, life in one.lives.items()}


def told(at, offset, disk=1.0):
    seen = (Reading(ICMP_UP, 1), Reading(TCP_UP, 1, "80"), Reading(CLOCK_OFFSET, offset))
    return Report("dev", "onvif_clock", at, 0.1, (*seen, Reading(DISK_OK, disk, "1")))


def test_a_device_at_rest_is_asked_by_no_rule_and_a_new_word_by_those_that_it_is_for():
    one, asked = dossier(), []
    for number in range(4):
        one.take(told(T0 + number * STEP, 0.2))
    one._verdicts = lambda view: asked.append(view.at) or {}
    one.take(told(T0 + 4 * STEP, 0.2))
    one.take(told(T0 + 5 * STEP, 0.3))
    assert not asked
    one.take(told(T0 + 6 * STEP, 9.0))
    assert asked == [T0 + 6 * STEP]


def test_evidence_is_as_new_as_the_device_told_it():
    one = dossier()
    for number in range(8):
        one.take(told(T0 + number * STEP, 0.2))
    one.catch_up()
    verdicts = {key.code: life.verdict.at for key, life in one.lives.items() if life.phase is Phase.OK}
    assert verdicts["CLOCK_OFFSET"] == verdicts["DISK_FAILED"] == T0 + 7 * STEP
