"""Events of a simulated site: what is told, what is news, and that the device holds one subscription of ours."""

import asyncio

import pytest

from collectors.base import BadReply, Busy, NotSupported, Unreachable
from collectors.onvif.events import subscription
from models.metrics import DEVICE_REBOOTS_DAY, EVENTS_SEEN
from tests.collectors.onvif.events_site import Listener, device, held, world


@pytest.fixture
def listener(client):
    return Listener(client)


@pytest.mark.parametrize("auth", ["wsse", "digest", "both", "none"])
async def test_states_are_told_at_the_beginning_and_are_no_news(listener, auth):
    async with world(auth) as site:
        states = await listener.pull("nvr-1")
        assert states["storage:disk1"] == 0
        assert states["signal_loss:ch2"] == 0
        assert not listener.news
        assert held(site, "nvr-1") == 1
        counts = site.servers["nvr-1", "onvif"].counts
        assert (counts["writes"], counts["refused_logins"]) == (0, 0)
        assert (counts["max_in_flight"], counts["max_pulls"]) == (1, 1)


@pytest.mark.parametrize(
    ("fault", "part"),
    [
        ("disk_failed", "storage:disk1"),
        ("fan_failed", "fan:fan1"),
        ("supply_failed", "supply:psu1"),
        ("overheated", "temperature"),
        ("signal_lost", "signal_loss:ch1"),
        ("recording_stopped", "recording:ch1"),
    ],
)
async def test_trouble_of_a_recorder_is_news_once_and_ends(listener, fault, part):
    async with world() as site:
        await listener.pull("nvr-1")
        site.switch_on("nvr-1", fault)
        assert (await listener.pull("nvr-1"))[part] == 1
        assert (await listener.pull("nvr-1"))[part] == 1
        assert listener.news == [("nvr-1", (part,))]
        seen = {r.part: r.value for r in listener.answer.readings if r.metric is EVENTS_SEEN}
        assert seen == {part.partition(":")[0]: 1}
        site.switch_off("nvr-1", fault)
        assert (await listener.pull("nvr-1"))[part] == 0
        assert len(listener.news) == 1


@pytest.mark.parametrize(("fault", "part"), [("tampered", "tamper"), ("covered", "scene_change")])
async def test_trouble_of_a_camera_needs_no_channel(listener, fault, part):
    async with world() as site:
        await listener.pull()
        site.switch_on("cam-1", fault)
        assert (await listener.pull())[part] == 1


async def test_a_camera_of_any_maker_that_told_of_a_failed_fan_tells_when_it_turns_again(listener):
    async with world() as site:
        assert "fan:fan1" not in await listener.pull()
        site.switch_on("cam-1", "fan_failed")
        assert (await listener.pull())["fan:fan1"] == 1
        site.switch_off("cam-1", "fan_failed")
        assert (await listener.pull())["fan:fan1"] == 0


async def test_after_a_clean_stop_the_device_holds_nothing_of_ours(listener):
    async with world() as site:
        await listener.pull()
        await listener.events.close()
        assert held(site) == 0
        assert listener.book.get("cam-1") is None


async def test_after_a_crash_the_same_subscription_is_kept_and_nothing_was_missed(listener):
    async with world() as site:
        await listener.pull("nvr-1")
        before = listener.book.get("nvr-1")
        site.switch_on("nvr-1", "disk_failed")
        reborn = listener.crash()
        assert (await reborn.pull("nvr-1"))["storage:disk1"] == 1
        assert reborn.book.get("nvr-1") == before
        assert (held(site, "nvr-1"), reborn.made()) == (1, 0)


async def test_ten_crashes_leave_one_subscription(listener):
    async with world(room=2) as site:
        for _ in range(10):
            await listener.pull()
            listener = listener.crash()
        assert held(site) == 1


async def test_a_device_that_left_the_inventory_gets_its_subscription_back(listener):
    async with world() as site:
        await listener.pull()
        listener.events.forget("cam-1")
        await listener.events.close()
        assert held(site) == 0
        assert listener.book.get("cam-1") is None


async def test_an_address_of_another_host_is_not_taken_up(listener):
    async with world() as site:
        await listener.pull()
        kept = listener.book.get("cam-1")
        listener.book.put("nvr-1", kept)
        await listener.crash().pull("nvr-1")
        assert listener.book.get("nvr-1").address != kept.address
        assert held(site, "nvr-1") == 1


async def test_a_device_without_power_is_unreachable_and_taken_up_again(listener):
    async with world() as site:
        await listener.pull()
        site.switch_on("cam-1", "off")
        assert isinstance(await listener.fails(), Unreachable)
        site.switch_off("cam-1", "off")
        await asyncio.sleep(0.2)  # it starts
        assert await listener.pull()
        assert held(site) == 1


async def test_a_dead_device_does_not_hold_up_the_stop(listener):
    async with world() as site:
        await listener.pull()
        site.switch_on("cam-1", "off")
        await listener.fails()
        await listener.events.close()
        assert listener.book.get("cam-1") is not None  # to be given back at the next start


async def test_a_subscription_is_renewed_for_as_long_as_it_is_wanted(listener):
    async with world() as site:
        await listener.pull()
        for _ in range(10):
            listener.client.later += subscription.LIFE_SECONDS / 2
            await listener.pull()
        assert (held(site), listener.made()) == (1, 1)


async def test_more_messages_than_fit_into_one_pull_are_fetched(listener, monkeypatch):
    monkeypatch.setattr(subscription, "LIMIT", 2)
    async with world():
        assert len(await listener.pull("nvr-1")) >= 8


async def test_a_changed_login_goes_on_with_the_same_subscription(listener):
    async with world() as site:
        await listener.pull()
        site.switch_on("cam-1", "wrong_password")
        listener.client.guard.release("cam-1")
        answer = await listener.events.collect(device(password="made up 9-changed"))
        assert answer.readings
        assert held(site) == 1


# ---------------------------------------------------------------- quirks, by the numbers of docs/decisions/130


async def test_quirk_13_no_room_for_another_subscription_is_busy_and_asked_ever_more_rarely(listener):
    async with world() as site:
        site.switch_on("cam-1", "events_no_room")
        assert isinstance(await listener.fails(), Busy)
        asked = site.servers["cam-1", "onvif"].counts["requests"]
        for _ in range(20):
            listener.client.later += 3
            await listener.fails()
        assert site.servers["cam-1", "onvif"].counts["requests"] - asked <= 4
        site.switch_off("cam-1", "events_no_room")
        listener.client.later += 4000
        assert await listener.pull()


async def test_quirk_14_a_restart_of_the_device_is_survived_within_the_round_and_counted(listener):
    async with world() as site:
        await listener.pull("nvr-1")
        site.switch_on("nvr-1", "disk_failed")
        site.switch_on("nvr-1", "clock_offset", 5.0)  # 200 s later by its own clock
        listener.client.later += 60
        site.switch_on("nvr-1", "rebooted")
        assert (await listener.pull("nvr-1"))["storage:disk1"] == 1
        assert (held(site, "nvr-1"), listener.made()) == (1, 2)
        counted = {r.metric: r.value for r in listener.answer.readings}
        assert counted[DEVICE_REBOOTS_DAY] == 1


async def test_quirk_14_states_of_the_subscription_that_died_are_forgotten(listener):
    async with world() as site:
        site.switch_on("nvr-1", "fan_failed")
        await listener.pull("nvr-1")
        site.switch_on("nvr-1", "rebooted")
        site.switch_on("nvr-1", "events_dead")
        assert await listener.pull("nvr-1") == {}  # nobody vouches for them: absent, not well


async def test_a_subscription_that_dies_quietly_is_found_out(listener):
    async with world() as site:
        await listener.pull()
        site.switch_on("cam-1", "events_dead")
        listener.client.later += 20
        await listener.pull()
        listener.client.later += subscription.RESYNC_SECONDS
        for _ in range(subscription.PROOF_ROUNDS + 1):
            await listener.pull()
        assert listener.made() == 2
        assert await listener.pull() == {}


@pytest.mark.parametrize("quirk", ["events_wants_end", "events_relative_broken", "events_nat"])
async def test_quirk_15_ends_of_subscriptions_as_firmwares_understand_them(listener, quirk):
    async with world() as site:
        site.switch_on("cam-1", quirk)
        for _ in range(6):
            assert await listener.pull()
            listener.client.later += 100
        assert (held(site), listener.made()) == (1, 1)


async def test_quirk_15_a_device_that_cannot_renew_gets_a_new_subscription_and_the_old_one_back(listener):
    async with world() as site:
        site.switch_on("cam-1", "events_no_renew")
        for _ in range(6):
            await listener.pull()
            listener.client.later += 200
        assert held(site) == 1
        assert listener.made() <= 4


async def test_quirk_15_a_pull_that_must_not_wait_waits_all_the_same(listener):
    async with world() as site:
        await listener.pull()
        listener.client.onvif._timeout = 1.5
        site.switch_on("cam-1", "events_zero_waits")
        assert isinstance(await listener.fails(), Unreachable)  # the first pull; the second asks for 1 s
        assert await listener.pull()


async def test_quirk_16_addressing_goes_to_the_event_service_alone(listener):
    async with world() as site:
        site.switch_on("nvr-1", "addressing_breaks")
        assert (await listener.pull("nvr-1"))["signal_loss:ch2"] == 0  # the list of video sources was read


async def test_quirk_16_reference_parameters_come_back_with_every_request(listener):
    async with world() as site:
        site.switch_on("cam-1", "events_reference")
        await listener.pull()
        listener.client.later += 400
        assert await listener.pull()
        assert await listener.crash().pull()
        assert held(site) == 1


async def test_quirk_23_sources_with_other_names_find_their_channel(listener):
    async with world() as site:
        site.switch_on("nvr-1", "events_other_tokens")
        await listener.pull("nvr-1")
        site.switch_on("cam-2", "off")
        assert (await listener.pull("nvr-1"))["signal_loss:ch2"] == 1


async def test_quirk_25_tampering_told_at_the_beginning_is_not_believed(listener):
    async with world() as site:
        site.switch_on("cam-1", "events_tamper_at_start")
        assert "tamper" not in await listener.pull()
        assert not listener.news


async def test_quirk_25_a_disk_that_failed_while_nobody_listened_is_believed_and_no_news(listener):
    async with world() as site:
        site.switch_on("nvr-1", "disk_failed")
        assert (await listener.pull("nvr-1"))["storage:disk1"] == 1
        assert not listener.news


@pytest.mark.parametrize(
    "quirk",
    ["events_odd_words", "events_odd_times", "events_broken_xml", "events_makers_topics", "events_no_sync",
     "events_small_limit"],
)  # fmt: skip
async def test_quirk_25_odd_writing_is_read(listener, quirk):
    async with world() as site:
        site.switch_on("nvr-1", quirk)
        site.switch_on("nvr-1", "fan_failed")
        states = await listener.pull("nvr-1")
        site.switch_on("nvr-1", "disk_failed")
        later = await listener.pull("nvr-1")
        assert (states["fan:fan1"], states["storage:disk1"], later["storage:disk1"]) == (1, 0, 1)
        assert held(site, "nvr-1") == 1


async def test_quirk_25_what_is_told_again_and_again_is_news_once(listener):
    async with world() as site:
        site.switch_on("nvr-1", "events_repeated")
        await listener.pull("nvr-1")
        site.switch_on("nvr-1", "fan_failed")
        await listener.pull("nvr-1", rounds=20)
        assert listener.news == [("nvr-1", ("fan:fan1",))]


async def test_quirk_25_a_refused_synchronisation_after_a_crash_begins_anew_and_is_not_repeated(listener):
    async with world() as site:
        site.switch_on("cam-1", "events_no_sync")
        await listener.pull()
        reborn = listener.crash()
        assert await reborn.pull()
        assert site.servers["cam-1", "onvif"].counts["refused_logins"] == 0
        asked = [one.operation for one in reborn.client.tap.of("cam-1")].count("SetSynchronizationPoint")
        reborn.client.later += subscription.RESYNC_SECONDS * 2
        await reborn.pull(rounds=3)
        assert held(site) == 1
        again = [one.operation for one in reborn.client.tap.of("cam-1")].count("SetSynchronizationPoint")
        assert again == asked


async def test_quirk_26_a_device_without_events_is_asked_once(listener):
    async with world() as site:
        site.switch_on("cam-1", "events_none")
        assert isinstance(await listener.fails(), NotSupported)
        asked = site.servers["cam-1", "onvif"].counts["requests"]
        for _ in range(10):
            listener.client.later += 3000
            await listener.fails()
        assert site.servers["cam-1", "onvif"].counts["requests"] == asked


async def test_a_subscription_that_is_lost_all_the_time_is_made_anew_and_leaves_none_behind(listener):
    async with world() as site:
        site.switch_on("cam-1", "events_lost_often")
        for _ in range(12):
            try:
                await listener.pull()
            except (BadReply, Busy):
                listener.client.later += 300
        assert held(site) <= 1


async def test_a_wrong_password_is_refused_twice_at_most(listener):
    async with world() as site:
        await listener.pull()
        site.switch_on("cam-1", "wrong_password")
        for _ in range(30):
            await listener.fails()
            listener.client.later += 30
        assert site.servers["cam-1", "onvif"].counts["refused_logins"] <= 2
