"""Replies kept as folders: each device gives exactly the lines of its expected.txt.

`siteward probe DEVICE --raw` is how a new folder is made: a file per reply, `<Operation>.xml`.
"""

from pathlib import Path

import pytest

from collectors.onvif import clock, identity, profiles, soap, times, xml
from models.facts import Kind

CASES = sorted((Path(__file__).parents[2] / "cases" / "onvif").iterdir())
ASKED_AT = 1_700_000_000.0


def answer(case, operation):
    path = case / f"{operation}.xml"
    return soap.judge(operation, 200, path.read_bytes()) if path.exists() else None


def read(case):
    """Yield the readings of all replies of a folder; a reply that is an error yields its sentence."""
    told = {
        op: answer(case, op)
        for op in ("GetSystemDateAndTime", "GetDeviceInformation", "GetNetworkInterfaces")
    }
    for operation, reply in told.items():
        if reply is not None and reply.body is None:
            yield f"{operation}: {reply.verdict.name} {reply.said}"
    bodies = {op: reply.body for op, reply in told.items() if reply is not None and reply.body is not None}
    if "GetSystemDateAndTime" in bodies:
        yield from map(show, clock.offset(times.system_time(bodies["GetSystemDateAndTime"]), ASKED_AT))
    if "GetDeviceInformation" in bodies:
        yield from map(show, identity.identity(bodies["GetDeviceInformation"]))
    if "GetNetworkInterfaces" in bodies:
        yield f"mac {identity.mac(bodies['GetNetworkInterfaces']) or 'absent'}"
    yield from media(case)


def media(case):
    listed = answer(case, "GetProfiles")
    if listed is None:
        return
    rows = answer(case, "GetVideoSources")
    channels = [xml.attribute(row, "token") for row in rows.body] if rows else []
    kind = Kind.NVR if "nvr" in case.name else Kind.CAMERA
    yield from map(show, profiles.readings(profiles.streams(profiles.read(listed.body), channels, kind)))


def show(reading):
    return f"{reading.metric.name} {reading.part or '-'} {reading.value}"


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_kept_replies_read_as_expected(case):
    assert list(read(case)) == (case / "expected.txt").read_text().splitlines()
