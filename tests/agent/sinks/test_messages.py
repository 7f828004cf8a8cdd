import json
import math

import pytest

from agent.sinks import messages
from agent.sinks.messages import Envelope
from agent.store import Channel
from models.facts import FaultKey, Finding, Health, Phase, Reading, Verdict
from models.faults import FAULTS
from models.metrics import METRICS, Type
from tests.agent.store.made import INFO, RTT, T0, UP, failed, incident, report

SITE = "s1"


@pytest.fixture
def envelope():
    return Envelope(SITE, boot=7)


def body(message):
    return json.loads(message.payload)


def test_every_payload_is_stamped_and_numbered(envelope):
    made = [messages.state(envelope, "cam-1", [report(T0)], at=T0 + 0.25) for _ in range(3)]
    made.append(messages.incident(envelope, incident(), at=T0))
    assert [body(message)["seq"] for message in made] == [1, 2, 3, 4]
    first = body(made[0])
    assert (first["schema"], first["site"], first["boot"]) == (1, SITE, 7)
    assert first["at"] == "2023-11-14T00:00:00.250Z"


def test_a_state_has_values_with_unit_and_quality(envelope):
    readings = [(UP, 1.0), (RTT, 0.002), (INFO, "Acme", "maker")]
    message = messages.state(envelope, "cam-1", [report(T0, *readings)], at=T0, health="ok")
    assert (message.channel, message.retain) == (Channel.TELEMETRY, True)
    assert body(message)["health"] == "ok"
    found = [(r["metric"], r["part"], r["value"], r["unit"], r["quality"]) for r in body(message)["readings"]]
    assert found == [
        ("cctv_icmp_up", "", 1.0, "", "good"),
        ("cctv_icmp_rtt_seconds", "", 0.002, "seconds", "good"),
        ("cctv_device_info", "maker", "Acme", "", "good"),
    ]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_not_known_is_null_and_says_so(envelope, value):
    (reading,) = body(messages.state(envelope, "cam-1", [report(T0, (RTT, value))], at=T0))["readings"]
    assert (reading["value"], reading["quality"]) == (None, "unknown")


def test_a_failed_check_is_told_with_its_trouble_and_without_values(envelope):
    told = body(messages.state(envelope, "cam-1", [failed(T0)], at=T0))
    assert told["readings"] == []
    assert told["checks"] == [
        {"collector": "reach", "at": messages.iso(T0), "ok": False, "trouble": "unreachable"}
    ]


def test_the_details_of_a_failure_stay_at_home(envelope):
    """They are for the technician on site; a reply may quote what a device said."""
    assert b"no answer" not in messages.state(envelope, "cam-1", [failed(T0)], at=T0).payload


def test_an_event_tells_fault_phase_and_facts(envelope):
    fault = FAULTS["REACH_LOST"]
    verdict = Verdict("cam-1", fault, Health.BAD, detail="silent", facts={"seconds": math.inf, "tries": 3.0})
    finding = Finding(FaultKey("cam-1", "", fault.code), Phase.OPEN, T0, T0, verdict)
    message = messages.finding_event(envelope, finding, at=T0 + 1)
    told = body(message)
    assert (message.channel, message.retain) == (Channel.EVENT, False)
    assert (told["fault"], told["phase"], told["severity"]) == ("REACH_LOST", "open", fault.severity.value)
    assert told["facts"] == {"seconds": None, "tries": 3.0}


def test_an_incident_is_retained_and_ends_as_closed(envelope):
    opened = messages.incident(envelope, incident(children=("cam-2",)), at=T0, ticket="17")
    assert (opened.channel, opened.retain) == (Channel.EVENT, True)
    told = body(opened)
    assert (told["status"], told["closed_at"], told["ticket"]) == ("open", None, "17")
    assert told["children"] == ["cam-2/-/REACH_LOST"]
    closed = body(messages.incident(envelope, incident(closed_at=T0 + 60), at=T0 + 60))
    assert (closed["status"], closed["closed_at"]) == ("closed", messages.iso(T0 + 60))


def test_birth_and_will_differ_in_one_word():
    birth, will = (messages.status(SITE, 7, T0, online=online, version="1") for online in (True, False))
    assert birth.topic == will.topic == "cctv/v1/s1/agent/status"
    assert birth.retain
    assert will.retain
    assert {**body(birth), "status": "offline"} == body(will)


def test_every_metric_that_has_a_unit_says_it():
    """A new metric with a new unit must be added to the list, or its unit would be silently empty."""
    counts = {
        "info", "sharpness", "sources", "neighbours", "sectors", "average", "day", "elements", "level", "position",
        "inputs", "relays", "storages", "users", "gaps", "codec", "looks", "unfit",
    }  # fmt: skip
    for metric in METRICS.values():
        last = metric.name.removesuffix("_total").rsplit("_", 1)[1]
        is_yes_or_no = metric.help.startswith(("1 when ", "1 while ", "1 for "))
        if metric.type is Type.GAUGE and not is_yes_or_no and last not in counts:
            assert messages.unit(metric) == last, metric.name


def test_a_reading_of_a_check_that_failed_before_its_end_is_uncertain(envelope):
    half = report(T0, (RTT, 0.1), trouble=failed(T0).error.trouble)
    (reading,) = body(messages.state(envelope, "cam-1", [half], at=T0))["readings"]
    assert (reading["value"], reading["quality"]) == (0.1, "uncertain")


def test_text_that_is_no_unicode_does_not_stop_the_message(envelope):
    made = messages.state(envelope, "cam-1", [report(T0)], at=T0)
    broken = report(T0)
    object.__setattr__(broken, "readings", (Reading(INFO, "Acme \udcff", "maker"),))
    assert made.payload
    assert b"Acme" in messages.state(envelope, "cam-1", [broken], at=T0).payload
