"""Only rules that may speak are asked, and leaving the others out changes no verdict."""

from hypothesis import given, settings
from hypothesis import strategies as st

from models.facts import Device, Failure, Kind, Reading, Report, Trouble
from models.metrics import METRICS
from models.rules import ENTRIES, NEEDED, entries_of
from tests.models.builders import T0, Looker

WATCHED = [metric for metric in METRICS.values() if metric.name in NEEDED or metric.name.endswith("_info")]
COLLECTORS = [
    "reach",
    "onvif_events",
    "onvif_media",
    "snmp_health",
    "stream",
    "stream_describe",
    "discovery",
    "ptz_test",
]
readings = st.lists(
    st.builds(
        lambda metric, value, part: Reading(
            metric, str(value) if metric.name.endswith("_info") else value, part
        ),
        st.sampled_from(WATCHED),
        st.sampled_from([0.0, 0.5, 1.0, 2000.0, -4e7]),
        st.sampled_from(["", "1", "main", "sub", "storage:1", "fan:", "serial", "firmware"]),
    ),
    max_size=12,
)
reports = st.lists(
    st.builds(
        lambda collector, told, trouble, at: Report(
            "dev",
            collector,
            T0 - at,
            0.1,
            () if trouble else tuple(told),
            Failure(trouble, "x") if trouble else None,
        ),
        st.sampled_from(COLLECTORS),
        readings,
        st.sampled_from([None, None, None, *Trouble]),
        st.sampled_from([0.0, 10.0, 900.0]),
    ),
    max_size=6,
)


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(list(Kind)), reports)
def test_a_rule_that_is_left_out_had_nothing_to_say(kind, told):
    looker = Looker(Device("dev", kind, "192.0.2.1", onvif_port=80)).take(*told)
    looker.verdicts()  # the looker compares


def test_every_rule_is_there_once_and_names_what_it_looks_at():
    assert len({entry.rule for entry in ENTRIES}) == len(ENTRIES)
    assert all(entry.needs for entry in ENTRIES)


def test_a_device_that_only_answers_pings_is_asked_little():
    assert len(entries_of({"reach", "cctv_icmp_up"})) <= 5
