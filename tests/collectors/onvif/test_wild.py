"""Any bytes as a reply give readings or an error of the tree, over a real socket too, in bounded time."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.base import CollectError
from collectors.onvif import clock, identity, paths, profiles, soap, times
from collectors.onvif.exchange import blank
from collectors.onvif.identity import OnvifIdentity
from collectors.onvif.media import OnvifMedia
from collectors.onvif.security import challenge
from models.facts import Kind
from tests.collectors.onvif.fake_device import date_and_time, envelope, information, moment, profile, services

GOOD = {
    "GetSystemDateAndTime": envelope(date_and_time(moment(1_700_000_000))),
    "GetDeviceInformation": envelope(information()),
    "GetProfiles": envelope(f"<trt:GetProfilesResponse>{profile('p', 9, 9)}</trt:GetProfilesResponse>"),
    "GetServices": envelope(services(("http://www.onvif.org/ver10/media/wsdl", "http://h/m"))),
}
READERS = {
    "GetSystemDateAndTime": lambda body: list(clock.offset(times.system_time(body), 0.0)),
    "GetDeviceInformation": lambda body: list(identity.identity(body)),
    "GetProfiles": lambda body: list(
        profiles.readings(profiles.streams(profiles.read(body), (), Kind.CAMERA))
    ),
    "GetServices": lambda body: dict(paths.from_services(body)),
}


def many(number):
    return (profile(f"p{n}", 9, 9, source=f"s{n}") for n in range(number))


@st.composite
def garbled(draw):
    """Return an operation and a copy of its good reply, cut, with bytes put in and words exchanged."""
    operation = draw(st.sampled_from(sorted(GOOD)))
    reply = GOOD[operation]
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(reply)))
        until = draw(st.integers(at, min(len(reply), at + 40)))
        reply = (
            reply[:at]
            + draw(st.binary(max_size=8) | st.sampled_from([b"&x;", b"<", b"]]>", b"\xff", b"-1"]))
            + reply[until:]
        )
    return operation, reply[: draw(st.integers(0, len(reply)))] if draw(st.booleans()) else reply


@settings(max_examples=300)
@given(case=garbled(), status=st.sampled_from([200, 200, 200, 400, 401, 500, 0, 999]))
def test_a_garbled_reply_is_read_or_is_an_error(case, status):
    operation, reply = case
    answer = soap.judge(operation, status, reply)
    if answer.body is not None:
        READERS[operation](answer.body)
    else:
        assert isinstance(answer.error(operation), CollectError)
    assert answer.said.isprintable()


@settings(max_examples=100)
@given(reply=st.binary(max_size=400), status=st.integers(0, 999))
def test_any_bytes_are_judged(reply, status):
    soap.judge("GetProfiles", status, reply)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=garbled(), status=st.sampled_from([200, 400, 500]))
async def test_a_device_that_answers_garbage_gives_readings_or_an_error(client, fake, case, status):
    operation, reply = case
    fake.auth = "none"
    fake.answers = {operation: (status, reply)}
    client.onvif.forget("cam-1")
    for collector in (OnvifIdentity(client.onvif), OnvifMedia(client.onvif)):
        try:
            answer = await collector.collect(fake.device())
        except CollectError:
            continue
        assert {reading.metric for reading in answer.readings} <= set(collector.metrics)


@pytest.mark.parametrize(
    "reply",
    [
        GOOD["GetProfiles"].replace(b"<trt:", b"<odd:") + b" " * 1_900_000 + b"x",
        b"<Password" * 200_000,
        b"a" * 1_900_000,
        b"<a b='" * 300_000,
        b"&amp;" * 400_000,
        envelope("<trt:GetProfilesResponse>" + profile("p", 9, 9) * 3000 + "</trt:GetProfilesResponse>"),
        envelope("<trt:GetProfilesResponse>" + "".join(many(2500)) + "</trt:GetProfilesResponse>"),
    ],
    ids=["spaces", "opened", "one word", "quotes", "entities", "one profile often", "many channels"],
)
def test_a_reply_made_to_be_slow_is_not(reply):
    began = time.process_time()
    answer = soap.judge("GetProfiles", 200, reply)
    blank(reply, None)
    if answer.body is not None:
        found = READERS["GetProfiles"](answer.body)
        assert len(found) < 2000
    assert time.process_time() - began < 10  # seconds on any machine; quadratic would take hours


def test_a_challenge_made_to_be_slow_is_not():
    began = time.process_time()
    assert challenge(["Digest " + "a" * 60_000] * 90) is None
    assert time.process_time() - began < 10
