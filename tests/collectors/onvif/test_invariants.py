"""What must hold whatever a device does and in whatever order it is asked."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.base import CollectError
from collectors.onvif.clock import OnvifClock
from collectors.onvif.events import OnvifEvents
from collectors.onvif.identity import OnvifIdentity
from collectors.onvif.media import OnvifMedia
from collectors.vendor import RecorderPages
from models.metrics import CLOCK_OFFSET
from tests.collectors.onvif.events_site import Listener, device, held, world
from tests.collectors.onvif.fake_device import envelope


def collectors(client):
    onvif = client.onvif
    return [
        OnvifClock(onvif),
        OnvifIdentity(onvif),
        OnvifMedia(onvif),
        OnvifEvents(onvif, monotonic=client.monotonic),
        RecorderPages(onvif, lambda _: "Hikvision", client.monotonic),
    ]


async def ask(collector, one):
    try:
        return await collector.collect(one)
    except CollectError as err:
        return err


@pytest.mark.parametrize("auth", ["wsse", "digest", "both"])
@pytest.mark.parametrize("seed", range(3))
async def test_two_refused_logins_an_hour_whatever_the_order_of_the_collectors(client, auth, seed):
    dice = random.Random(seed)
    asked = collectors(client)
    async with world(auth) as site:
        wrong = device("nvr-1", password="wrong")
        for _ in range(60):
            dice.shuffle(asked)
            for collector in asked:
                await ask(collector, wrong)
            client.later += 59
        counts = site.servers["nvr-1", "onvif"].counts
        assert 1 <= counts["refused_logins"] <= 2
        assert counts["writes"] == 0


async def test_never_two_requests_in_flight_at_one_device(client):
    import asyncio

    async with world() as site:
        asked = collectors(client)
        for _ in range(5):
            await asyncio.gather(*(ask(collector, device("nvr-1")) for collector in asked))
        counts = site.servers["nvr-1", "onvif"].counts
        assert (counts["max_in_flight"], counts["max_pulls"]) == (1, 1)


HOSTILE = {
    "truncated": envelope("<CreatePullPointSubscriptionResponse/>")[:-30],
    "other encoding": "<a>é</a>".encode("utf-16"),
    "entities": b'<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z SYSTEM "file:///etc/passwd">]><a>&x;&z;</a>',
    "10 MB": b"<a>" + b"x" * 10_000_000,
    "html": b"<html><body>404</body></html>",
    "nothing": b"",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("operation", ["CreatePullPointSubscription", "PullMessages"])
async def test_any_reply_to_a_subscriber_is_an_error_of_the_tree_and_leaves_no_second_subscription(
    client, fake, operation, name
):
    fake.auth = "none"
    good = (
        "<CreatePullPointSubscriptionResponse><SubscriptionReference><Address>http://10.9.9.9/sub?1</Address>"
        "</SubscriptionReference></CreatePullPointSubscriptionResponse>"
    )
    fake.answers = {"CreatePullPointSubscription": good, "Unsubscribe": "<UnsubscribeResponse/>"}
    fake.answers[operation] = (200, HOSTILE[name])
    events = OnvifEvents(client.onvif, monotonic=client.monotonic)
    for _ in range(3):
        assert isinstance(await ask(events, fake.device()), CollectError)
        client.later += 4000
    made = len(fake.asked("CreatePullPointSubscription"))
    returned = len(fake.asked("Unsubscribe"))
    assert operation != "PullMessages" or made - returned <= 1
    assert {request.host for request in fake.requests} == {f"{fake.host}:{fake.port}"}  # not where it pointed


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(reply=st.binary(max_size=400), status=st.sampled_from([200, 400, 401, 500]))
async def test_any_bytes_to_a_pull_give_readings_or_an_error(client, fake, reply, status):
    fake.auth = "none"
    fake.answers = {"CreatePullPointSubscription": (status, reply), "PullMessages": (status, reply)}
    client.onvif.forget("cam-1")
    assert isinstance(await ask(OnvifEvents(client.onvif), fake.device()), CollectError)


@pytest.mark.parametrize("ahead", [3600.0, -3600.0, 3.2e8, -3.2e8])
async def test_a_clock_that_is_wrong_is_no_obstacle_to_events_and_is_measured(client, fake, ahead):
    fake.ahead = ahead
    fake.answers = {
        "CreatePullPointSubscription": "<CreatePullPointSubscriptionResponse><SubscriptionReference><Address>"
        "http://x/sub</Address></SubscriptionReference></CreatePullPointSubscriptionResponse>",
        "PullMessages": "<PullMessagesResponse/>",
    }
    await OnvifEvents(client.onvif).collect(fake.device())
    clock = await OnvifClock(client.onvif).collect(fake.device())
    told = next(r.value for r in clock.readings if r.metric is CLOCK_OFFSET)
    assert told == pytest.approx(ahead, abs=2)
    assert fake.refused == 0


async def test_a_jump_of_our_own_clock_costs_events_at_most_a_round(client):
    listener = Listener(client)
    async with world() as site:
        await listener.pull()
        client.wall_jump = -7200.0
        assert await listener.pull()
        assert held(site) == 1
        assert site.servers["cam-1", "onvif"].counts["refused_logins"] == 0
