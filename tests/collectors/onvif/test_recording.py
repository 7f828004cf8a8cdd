"""Profile G: recorded, until when, with which gaps; and recorders that can tell only a part of it."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from collectors.base import BadReply, NotSupported
from collectors.onvif import search
from collectors.onvif.channels import Job, named_recordings
from collectors.onvif.gaps import OnvifGaps, completeness, spans
from collectors.onvif.media import OnvifMedia
from collectors.onvif.profiles import Profile
from collectors.onvif.recording import OnvifRecording, steady
from collectors.onvif.search import Recording, Track
from models.recording import Plan
from tests.collectors.onvif.quirk_site import any_plan, counts, device, values, world

DAY = 86400.0
NVR = device("nvr-1")


def recordings(client, plan_of=any_plan):
    media = OnvifMedia(client.onvif)
    return OnvifRecording(client.onvif, media, plan_of=plan_of, wall=client.wall)


def gaps(client, plan_of=any_plan, zone=dt.UTC):
    return OnvifGaps(client.onvif, OnvifMedia(client.onvif), plan_of=plan_of, wall=client.wall, zone=zone)


async def told(collector):
    return values(await collector.collect(NVR))


async def test_a_recorder_tells_by_channel_what_it_keeps(client):
    async with world():
        found = await told(recordings(client))
        assert found["recording_active", "ch1"] == found["recording_active", "ch2"] == 1
        assert found["recording_retention_seconds", "ch1"] == pytest.approx(40 * DAY, abs=5)
        assert found["recording_retention_goal_seconds", "ch1"] == 30 * DAY
        assert ("recording_missing_seconds", "ch1") not in found


async def test_a_channel_that_stopped_is_told_with_the_time_it_misses(client):
    async with world("recording_stopped"):
        found = await told(recordings(client))
        assert (found["recording_active", "ch1"], found["recording_active", "ch2"]) == (0, 1)
        assert found["recording_missing_seconds", "ch1"] == pytest.approx(7200, abs=5)


async def test_only_the_hours_of_the_plan_are_missed(client):
    now = dt.datetime.fromtimestamp(client.wall(), dt.UTC)
    since = now.hour * 3600 + now.minute * 60 + now.second
    plan = Plan(hours=((max(0.0, since - 1800.0), DAY),))
    async with world("recording_stopped"):
        found = await told(recordings(client, lambda _d, _c: plan))
        assert found["recording_missing_seconds", "ch1"] <= 1810


async def test_a_gap_of_yesterday_is_found_to_the_second(client):
    async with world("recording_gap") as running:
        found = await told(gaps(client))
        assert found["recording_recorded_seconds", "ch1"] == DAY - 1800
        assert found["recording_required_seconds", "ch1"] == DAY
        assert found["recording_completeness_ratio", "ch1"] == pytest.approx(1 - 1800 / DAY)
        assert (found["recording_gaps", "ch1"], found["recording_longest_gap_seconds", "ch1"]) == (1, 1800)
        assert found["recording_completeness_ratio", "ch2"] == 1
        assert counts(running, "nvr-1")["searches"] == 0  # each was ended


async def test_the_devices_own_clock_shifts_neither_gap_nor_retention(client):
    async with world("recording_gap") as running:
        running.switch_on("nvr-1", "clock_offset", 90.0)  # an hour
        await OnvifMedia(client.onvif).collect(NVR)
        assert (await told(gaps(client)))["recording_recorded_seconds", "ch1"] == pytest.approx(
            DAY - 1800, abs=2
        )
        kept = (await told(recordings(client)))["recording_retention_seconds", "ch1"]
        assert kept == pytest.approx(40 * DAY, abs=60)


async def test_a_day_is_the_sites_own_day(client):
    async with world():
        found = await told(gaps(client, zone=ZoneInfo("Asia/Shanghai")))
        assert found["recording_required_seconds", "ch1"] == DAY


async def test_a_new_camera_is_asked_for_what_it_can_have(client):
    plan = Plan(retention=30 * DAY)
    async with world("recording_new"):
        found = await told(recordings(client, lambda _d, _c: plan))
        assert found["recording_retention_seconds", "ch1"] == pytest.approx(3 * DAY, abs=5)
        again = await told(recordings(client, lambda _d, _c: plan))
        oldest = "recording_oldest_timestamp_seconds", "ch1"
        assert found[oldest] == again[oldest]  # it stands still: the archive grows


# ---------------------------------------------------------------- quirk 24: only a part of Profile G


async def test_quirk_24_without_a_search_for_events_completeness_is_unknown(client):
    async with world("onvif_no_event_search") as running:
        with pytest.raises(NotSupported):
            await gaps(client).collect(NVR)
        assert (await told(recordings(client)))["recording_active", "ch1"] == 1
        assert counts(running, "nvr-1")["searches"] == 0


async def test_quirk_24_without_a_list_of_recordings_the_recorder_is_told_as_a_whole(client):
    async with world("onvif_no_recording_search"):
        found = await told(recordings(client))
        assert found["recording_retention_seconds", ""] == pytest.approx(40 * DAY, abs=5)
        assert ("recording_active", "ch1") not in found


async def test_quirk_24_a_camera_without_profile_g_is_not_supported(client):
    async with world():
        for collector in (recordings(client), gaps(client)):
            with pytest.raises(NotSupported):
                await collector.collect(device("cam-1"))


async def test_quirk_24_without_the_state_at_the_start_a_day_without_changes_is_unknown(client):
    async with world("onvif_no_start_state"):
        with pytest.raises(BadReply, match="not even at the start"):
            await gaps(client).collect(NVR)


async def test_quirk_24_without_the_state_at_the_start_a_change_tells_it(client):
    async with world("onvif_no_start_state", "recording_gap"):
        found = await told(gaps(client))
        assert found["recording_recorded_seconds", "ch1"] == DAY - 1800
        assert ("recording_completeness_ratio", "ch2") not in found


async def test_quirk_24_jobs_that_are_not_told_leave_the_names_of_the_recorder(client):
    async with world("onvif_jobs_closed"):
        assert (await told(recordings(client)))["recording_active", "cam-1"] == 1


async def test_quirk_24_a_search_without_end_is_given_up_and_ended(client):
    async with world("onvif_search_hangs") as running:
        with pytest.raises(BadReply, match="does not come to an end"):
            await recordings(client).collect(NVR)
        assert counts(running, "nvr-1")["searches"] == 0


# ---------------------------------------------------------------- pure


def test_a_recording_that_stopped_without_an_event_ends_where_it_says():
    one = Recording("r", latest=5000.0, status="stopped")
    assert spans(one, [Track("r", "v", [(0.0, True)])], (0.0, DAY), 0.0) == [(0.0, 5000.0)]


def test_audio_alone_is_no_recording():
    one = Recording("r", status="recording", video=frozenset({"v"}))
    tracks = [Track("r", "a", [(0.0, True)]), Track("r", "v", [(0.0, False)])]
    assert spans(one, tracks, (0.0, DAY), 0.0) == []


def test_a_recording_nothing_is_known_of_is_unknown():
    assert spans(Recording("r"), [Track("other", "v", [(0.0, True)])], (0.0, DAY), 0.0) is None


def test_of_a_day_on_which_nothing_was_required_only_that_is_told():
    told = {one.metric.name: one.value for one in completeness("ch1", [], [(0.0, 5.0)])}
    assert told == {"cctv_recording_recorded_seconds": 0.0, "cctv_recording_required_seconds": 0.0}


def test_channels_are_named_once_each():
    found = [Recording("a", "Gate"), Recording("b", "Gate"), Recording("c", "")]
    profile = Profile("p", "s", "e", "H264", 1, 1, None, None)
    named = named_recordings(found, [Job("j", "c", "active", "p")], {"ch4/main": profile})
    assert named == {"a": "Gate", "b": "b", "c": "ch4"}


@pytest.mark.parametrize(("ahead", "taken"), [(3, 0), (-299, 0), (3599, 3600), (-7201, -7200)])
def test_small_offsets_are_not_taken_off_and_large_ones_by_the_minute(ahead, taken):
    assert steady(ahead) == taken


def test_no_recordings_have_no_ends():
    from collectors.onvif.xml import parse
    from tests.collectors.onvif.fake_device import envelope

    told_ = envelope(
        "<r><Summary><tt:DataFrom>2026-01-01T00:00:00Z</tt:DataFrom>"
        "<tt:NumberRecordings>0</tt:NumberRecordings></Summary></r>"
    )
    assert dict(search.summary(parse(told_)[0][0][0])) == {}
