"""Recording by channel: stopped, gaps, retention; and a recorder that cannot tell."""

import pytest

from models.facts import Reading, Report
from models.metrics import (
    CERT_EXPIRES,
    COMPLETENESS,
    DEFAULT_ACCOUNTS,
    LONGEST_GAP,
    RECORDING_ACTIVE,
    RECORDING_MISSING,
    RECORDING_OLDEST,
    RETENTION,
    RETENTION_GOAL,
    TLS_PINNED,
    USERS,
)
from tests.models.builders import CAMERA, NVR, T0, Looker

DAY = 86400.0


def told(at=T0, collector="onvif_recording", **channels):
    """`ch1={RETENTION: 5.0}`: a report of a recorder."""
    readings = tuple(Reading(m, v, part) for part, values in channels.items() for m, v in values.items())
    return Report(NVR.id, collector, at, 0.1, readings)


def seen(*reports):
    return Looker(NVR, stale=3 * DAY).take(*reports)


def test_a_channel_that_is_not_recorded_although_told_to_is_stopped():
    look = seen(told(ch1={RECORDING_ACTIVE: 0.0}, ch2={RECORDING_ACTIVE: 1.0}, ch3={RECORDING_ACTIVE: 1.0}))
    assert [look.says("REC_STOPPED", part) for part in ("ch1", "ch2")] == ["bad", "good"]
    assert look.says("REC_DOWN") == "good"


def test_a_channel_without_anything_new_for_an_hour_is_stopped_whatever_the_job_says():
    look = seen(told(ch1={RECORDING_ACTIVE: 1.0, RECORDING_MISSING: 3700.0}))
    assert look.detail("REC_STOPPED", "ch1") == "recording.missing"


def test_many_stopped_channels_are_one_critical_fault_of_the_recorder():
    look = seen(told(**{f"ch{n}": {RECORDING_ACTIVE: float(n > 3)} for n in range(1, 6)}))
    assert look.verdicts()["REC_DOWN", ""].facts["names"] == "ch1, ch2, ch3"
    assert [look.says("REC_STOPPED", f"ch{n}") for n in (1, 4)] == ["unknown", "good"]


def test_a_recorder_that_cannot_tell_is_unknown_not_well():
    assert not [
        code for code, _ in seen(told(ch1={})).verdicts() if code.startswith("REC") and code != "REACH_LOST"
    ]


@pytest.mark.parametrize(("ratio", "says"), [(1.0, "good"), (0.98, "good"), (0.979, "bad"), (0.0, "bad")])
def test_a_day_with_less_than_98_percent_has_gaps(ratio, says):
    look = seen(told(collector="onvif_gaps", ch1={COMPLETENESS: ratio, LONGEST_GAP: 1800.0}))
    assert look.says("REC_GAP", "ch1") == says


def test_short_retention_counts_once_the_recorder_overwrites():
    def kept(at, oldest):
        return told(at, ch1={RETENTION: at - oldest, RETENTION_GOAL: 30 * DAY, RECORDING_OLDEST: oldest})

    growing = seen(kept(T0, T0 - 20 * DAY), kept(T0 + 3600, T0 - 20 * DAY))
    assert growing.says("REC_RETENTION", "ch1", T0 + 3600) == "unknown"
    overwriting = seen(kept(T0, T0 - 20 * DAY), kept(T0 + 3600, T0 - 20 * DAY + 3600))
    assert overwriting.says("REC_RETENTION", "ch1", T0 + 3600) == "bad"
    enough = seen(kept(T0, T0 - 31 * DAY), kept(T0 + 3600, T0 - 31 * DAY + 3600))
    assert enough.says("REC_RETENTION", "ch1", T0 + 3600) == "good"


def test_nothing_recorded_at_all_says_nothing_of_retention():
    assert seen(told(ch1={RETENTION_GOAL: 30 * DAY})).says("REC_RETENTION", "ch1") == "unknown"


# ---------------------------------------------------------------- access


def access(at=T0, **values):
    readings = tuple(Reading(*one) for one in values.values())
    return Looker(CAMERA, stale=3 * DAY).take(Report(CAMERA.id, "onvif_security", at, 0.1, readings))


def test_a_removable_factory_account_is_named():
    look = access(n=(USERS, 3.0), a=(DEFAULT_ACCOUNTS, 1.0, "888888"), b=(DEFAULT_ACCOUNTS, 0.0, "admin"))
    assert look.verdicts()["DEFAULT_ACCOUNT", ""].facts["names"] == "888888"


def test_an_administrator_that_cannot_be_removed_is_no_finding():
    assert (
        access(n=(USERS, 1.0), a=(DEFAULT_ACCOUNTS, 0.0, "admin")).detail("DEFAULT_ACCOUNT") == "access.own"
    )


@pytest.mark.parametrize(
    ("left", "detail"), [(40, "access.cert_good"), (29, "access.cert_soon"), (-1, "access.cert_over")]
)
def test_a_certificate_is_told_a_month_before_it_ends(left, detail):
    assert (
        access(c=(CERT_EXPIRES, T0 + left * DAY, "https")).detail("CERT_EXPIRING", "https", T0 + 1) == detail
    )


def test_another_certificate_than_the_pinned_one_is_a_fault():
    assert access(p=(TLS_PINNED, 0.0)).says("CERT_CHANGED") == "bad"
