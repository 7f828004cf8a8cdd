"""How a device lets us in, and what a wrong password may cost: two refusals an hour, whatever the order."""

import asyncio

import pytest

from collectors.base import AuthRejected, Busy, CollectError, NotSupported
from collectors.onvif.clock import OnvifClock
from collectors.onvif.identity import OnvifIdentity
from collectors.onvif.media import OnvifMedia
from models.metrics import CLOCK_OFFSET
from tests.collectors.onvif.fake_device import PASSWORD, USER, envelope, information

INFO = ("device", "GetDeviceInformation")
HOUR, TEN_YEARS = 3600.0, 10 * 365.25 * 86400.0


async def polls(client, device, rounds, pause=60.0):
    """Poll as the agent does; return the errors of each round's clock poll."""
    collectors = (OnvifClock(client.onvif), OnvifIdentity(client.onvif), OnvifMedia(client.onvif))
    errors = []
    for _ in range(rounds):
        for collector in collectors:
            try:
                await collector.collect(device)
                errors += [None] * (collector is collectors[0])
            except CollectError as err:
                errors += [err] * (collector is collectors[0])
        client.later += pause
    return errors


@pytest.mark.parametrize("auth", ["none", "wsse", "digest", "either", "both_at_once"])
async def test_every_way_in_is_found(client, fake, auth):
    fake.auth = auth
    await client.onvif.call(fake.device(), *INFO)
    assert fake.refused <= (auth == "both_at_once")


@pytest.mark.parametrize("auth", ["wsse", "digest", "either", "both_at_once"])
async def test_the_way_in_is_remembered(client, fake, auth):
    fake.auth = auth
    await client.onvif.call(fake.device(), *INFO)
    before = len(fake.requests)
    await client.onvif.call(fake.device(), *INFO)
    assert len(fake.requests) == before + 1


async def test_a_wsse_device_whose_web_server_sends_challenges_is_entered_by_the_token(client, fake):
    fake.offers_digest = True
    await client.onvif.call(fake.device(), *INFO)
    assert fake.asked()[-1].token


async def test_what_is_open_to_anybody_never_sees_the_login(client, fake):
    await OnvifClock(client.onvif).collect(fake.device())
    assert not any(r.token or r.digest for r in fake.asked("GetSystemDateAndTime"))


async def test_without_a_login_in_the_inventory_a_closed_device_says_so(client, fake):
    with pytest.raises(AuthRejected, match="none is configured"):
        await client.onvif.call(fake.device(login=False), *INFO)


async def test_without_a_login_the_clock_is_read_all_the_same(client, fake):
    assert (await OnvifClock(client.onvif).collect(fake.device(login=False))).readings


@pytest.mark.parametrize("ahead", [0, 20, HOUR, -HOUR, TEN_YEARS, -TEN_YEARS])
@pytest.mark.parametrize("auth", ["wsse", "digest"])
async def test_a_clock_that_is_off_costs_no_refusal(client, fake, auth, ahead):
    fake.auth, fake.ahead = auth, ahead
    await client.onvif.call(fake.device(), *INFO)
    assert fake.refused == 0


@pytest.mark.parametrize("ahead", [0, 40, HOUR, -HOUR, TEN_YEARS, -TEN_YEARS])
async def test_the_offset_is_what_the_clock_is_off(client, fake, ahead):
    fake.ahead = ahead
    answer = await OnvifClock(client.onvif).collect(fake.device())
    offset = next(r.value for r in answer.readings if r.metric is CLOCK_OFFSET)
    assert offset == pytest.approx(ahead, abs=0.8)


async def test_when_the_device_clock_is_set_the_login_works_again_in_the_same_call(client, fake):
    await client.onvif.call(fake.device(), *INFO)
    fake.ahead = HOUR
    client.later += 60
    await client.onvif.call(fake.device(), *INFO)
    assert fake.refused == 1


async def test_when_our_own_clock_jumps_the_login_is_not_even_refused(client, fake):
    await client.onvif.call(fake.device(), *INFO)
    client.wall_jump = -7 * HOUR
    await client.onvif.call(fake.device(), *INFO)
    assert fake.refused == 0


async def test_a_device_that_tells_local_time_for_utc_is_entered_with_host_time(client, fake):
    fake.told_ahead = -36000
    await client.onvif.call(fake.device(), *INFO)
    assert fake.refused == 1


async def test_a_clock_that_wants_a_login_is_asked_with_one(client, fake):
    fake.clock_is_open = False
    assert (await OnvifClock(client.onvif).collect(fake.device())).readings


async def test_a_clock_that_tells_nothing_leaves_host_time_to_sign_with(client, fake):
    fake.answers["GetSystemDateAndTime"] = "<tds:GetSystemDateAndTimeResponse/>"
    await client.onvif.call(fake.device(), *INFO)
    assert fake.refused == 0


async def test_nonces_that_are_good_once_only_cost_one_refusal_at_most(client, fake):
    fake.auth, fake.one_use_nonces = "digest", True
    for _ in range(5):
        await client.onvif.call(fake.device(), *INFO)
    assert fake.refused == 1


async def test_a_stale_nonce_is_no_refusal(client, fake):
    fake.auth, fake.one_use_nonces, fake.says_stale = "digest", True, True
    for _ in range(5):
        await client.onvif.call(fake.device(), *INFO)
    assert fake.refused == 0
    client.guard.check(fake.device())


# ---------------------------------------------------------------- a wrong password


@pytest.mark.parametrize("auth", ["wsse", "digest", "either", "both_at_once"])
async def test_a_wrong_password_is_refused_twice_in_an_hour_of_polls(client, fake, auth):
    fake.auth = auth
    errors = await polls(client, fake.device(password="wrong"), rounds=30, pause=118)
    assert fake.refused <= 2
    assert all(isinstance(err, AuthRejected) for err in errors)


@pytest.mark.parametrize("auth", ["wsse", "digest", "either", "both_at_once"])
async def test_a_password_changed_at_the_device_is_seen_within_two_polls(client, fake, auth):
    fake.auth = auth
    assert await polls(client, fake.device(), rounds=2) == [None, None]
    fake.password, before = "changed", fake.refused
    errors = await polls(client, fake.device(), rounds=25, pause=118)
    assert isinstance(errors[1], AuthRejected)
    assert fake.refused - before <= 2


async def test_the_clock_is_still_read_while_the_login_is_refused(client, fake):
    fake.ahead = 40
    errors = await polls(client, fake.device(password="wrong"), rounds=5)
    learnt = [{r.metric: r.value for r in err.learnt} for err in errors]
    assert all(readings[CLOCK_OFFSET] == pytest.approx(40, abs=0.8) for readings in learnt)


async def test_a_wrong_password_and_a_skewed_clock_together_are_refused_twice(client, fake):
    fake.ahead = TEN_YEARS
    await polls(client, fake.device(password="wrong"), rounds=20)
    assert fake.refused <= 2


async def test_a_restart_of_the_client_gives_no_further_tries(client, fake):
    for _ in range(5):
        await polls(client, fake.device(password="wrong"), rounds=2)
        client.restarted()
    assert fake.refused <= 2


async def test_a_right_password_in_the_inventory_works_at_once(client, fake):
    await polls(client, fake.device(password="wrong"), rounds=3)
    assert await polls(client, fake.device(), rounds=1) == [None]


async def test_after_an_hour_a_password_put_right_at_the_device_is_found_right(client, fake):
    fake.password = "changed"
    await polls(client, fake.device(), rounds=3)
    fake.password = PASSWORD
    client.later += HOUR
    assert (await polls(client, fake.device(), rounds=1)) == [None]


async def test_collectors_that_start_together_are_refused_twice_at_most(client, fake):
    device = fake.device(password="wrong")
    calls = [
        client.onvif.call(device, "device", name)
        for name in ("GetDeviceInformation", "GetScopes", "GetUsers")
    ]
    await asyncio.gather(*calls, return_exceptions=True)
    assert fake.refused <= 2


async def test_attempts_left_in_the_reply_are_heeded(client, fake):
    fake.attempts_text = "Wrong password. You still have 1 attempt(s)"
    await polls(client, fake.device(password="wrong"), rounds=10)
    assert fake.refused == 1


async def test_the_refusal_names_the_user_and_not_the_password(client, fake):
    with pytest.raises(AuthRejected, match=USER) as caught:
        await client.onvif.call(fake.device(password="not-this-1"), *INFO)
    assert "not-this-1" not in str(caught.value)


# ---------------------------------------------------------------- refused, but not the password


async def test_a_refusal_of_everybody_is_crowding_and_counts_for_nothing(client, fake):
    fake.auth = "digest"
    await polls(client, fake.device(), rounds=1)
    fake.crowded = True
    with pytest.raises(Busy):
        await client.onvif.call(fake.device(), *INFO)
    fake.crowded = False
    await client.onvif.call(fake.device(), *INFO)


async def test_crowding_that_lasts_never_looks_like_a_wrong_password_to_the_guard(client, fake):
    await polls(client, fake.device(), rounds=1)
    fake.crowded = True
    await polls(client, fake.device(), rounds=2)
    client.guard.check(fake.device())


@pytest.mark.parametrize("auth", ["wsse", "digest", "either"])
async def test_a_missing_right_is_asked_once_an_hour_and_closes_nothing(client, fake, auth):
    fake.auth, fake.forbidden = auth, {"GetUsers"}
    await client.onvif.call(fake.device(), *INFO)
    for _ in range(4):
        with pytest.raises(AuthRejected, match="may not ask it"):
            await client.onvif.call(fake.device(), "device", "GetUsers")
        await client.onvif.call(fake.device(), *INFO)
    assert fake.refused == 1
    client.later = fake.ahead = HOUR
    with pytest.raises(AuthRejected, match="may not ask it"):
        await client.onvif.call(fake.device(), "device", "GetUsers")
    assert fake.refused == 2
    await client.onvif.call(fake.device(), *INFO)


async def test_an_operation_that_is_not_supported_is_asked_once(client, fake):
    for _ in range(5):
        with pytest.raises(NotSupported):
            await client.onvif.call(fake.device(), "device", "GetStorageConfigurations")
    assert len([r for r in fake.asked("GetStorageConfigurations") if r.token]) == 1


async def test_after_a_firmware_change_it_is_asked_again(client, fake):
    identity = OnvifIdentity(client.onvif)
    await identity.collect(fake.device())
    asked = len(fake.asked("GetNetworkInterfaces"))
    fake.answers["GetDeviceInformation"] = information(firmware="3.0.0")
    await identity.collect(fake.device())
    assert len(fake.asked("GetNetworkInterfaces")) > asked


async def test_a_missing_right_is_not_reported_by_the_clock_as_a_wrong_password(client, fake):
    fake.answers["GetDeviceInformation"] = (200, envelope(information()))
    fake.answers["GetScopes"] = "<tds:GetScopesResponse/>"
    fake.anybody, fake.forbidden = {"GetDeviceInformation"}, {"GetNetworkInterfaces"}
    await client.onvif.call(fake.device(), *INFO)
    await client.onvif.call(fake.device(), "device", "GetScopes")
    with pytest.raises(AuthRejected):
        await client.onvif.call(fake.device(), "device", "GetNetworkInterfaces")
    assert await polls(client, fake.device(), rounds=1) == [None]


async def test_an_operation_open_to_anybody_cannot_vouch_for_a_wrong_password(client, fake):
    fake.anybody = {"GetDeviceInformation"}
    await polls(client, fake.device(password="wrong"), rounds=20)
    assert fake.refused <= 2


async def test_a_login_check_where_nothing_examines_the_login_asks_nothing(client, fake):
    fake.auth = "none"
    fake.answers |= {name: f"<tds:{name}Response/>" for name in ("GetNetworkInterfaces", "GetScopes")}
    for name in ("GetDeviceInformation", "GetNetworkInterfaces", "GetScopes"):
        await client.onvif.call(fake.device(), "device", name)
    before = len(fake.requests)
    await client.onvif.check_login(fake.device())
    assert len(fake.requests) == before
