"""What real firmwares do wrong, one by one, against the simulator that does it on request.

The numbers are those of the list of quirks in docs/decisions/121; where pull points and discovery are the
matter, the tests stand beside their code.
"""

import asyncio
import json
import socket
import threading
import time

import pytest

from collectors.base import AuthRejected, BadReply, Busy, CollectError, NotSupported, Unreachable
from collectors.onvif.access import OnvifAccess
from collectors.onvif.clock import OnvifClock
from collectors.onvif.equipment import OnvifEquipment
from collectors.onvif.identity import OnvifIdentity
from collectors.onvif.media import OnvifMedia
from collectors.onvif.network import OnvifNetwork
from collectors.onvif.sight import OnvifSight
from collectors.onvif.snapshot import OnvifSnapshot
from models.facts import TlsMode
from simulator.onvif.oddities import EVIL_HOST
from tests.collectors.onvif.conftest import Client
from tests.collectors.onvif.quirk_site import HOSTS, counts, device, values, world


async def who(client, one=None):
    return values(await OnvifIdentity(client.onvif).collect(one or device()))


async def main_stream(client):
    return values(await OnvifMedia(client.onvif).collect(device()))["profile_info", "main"]


# ---------------------------------------------------------------- 1-3 clocks


@pytest.mark.parametrize("hours", [1, 24 * 365 * 10])
async def test_quirk_01_a_skewed_clock_is_no_wrong_password(client, hours):
    async with world() as running:
        running.switch_on("cam-1", "clock_offset", hours * 3600 / 40)
        assert (await who(client))["device_info", "model"] == "SV-200"
        offset = values(await OnvifClock(client.onvif).collect(device()))["clock_offset_seconds", ""]
        assert offset == pytest.approx(hours * 3600, abs=2)
        assert counts(running)["refused_logins"] == 0


async def test_quirk_01_a_clock_set_while_we_watch_costs_one_refusal_and_no_round(client):
    async with world() as running:
        await who(client)
        running.switch_on("cam-1", "clock_offset")
        client.later += 60
        assert (await who(client))["device_info", "model"] == "SV-200"
        assert counts(running)["refused_logins"] <= 1


async def test_quirk_02_a_clock_that_is_told_to_those_with_a_login_only(client):
    async with world("onvif_clock_closed", auth="digest") as running:
        answer = await OnvifClock(client.onvif).collect(device())
        assert values(answer)["clock_offset_seconds", ""] == pytest.approx(0, abs=1)
        assert counts(running)["refused_logins"] == 0


async def test_quirk_03_our_own_clock_jumps(client):
    async with world() as running:
        await who(client)
        client.wall_jump = 86400 * 3650.0
        assert (await who(client))["device_info", "model"] == "SV-200"
        assert counts(running)["refused_logins"] == 0


async def test_quirk_03_utc_that_is_really_local_time_is_signed_with_host_time_once(client):
    async with world("onvif_clock_local") as running:
        assert (await who(client))["device_info", "model"] == "SV-200"
        assert counts(running)["refused_logins"] == 1
        await who(client)
        assert counts(running)["refused_logins"] == 1


async def test_quirk_03_only_local_time_and_zone(client):
    async with world("onvif_clock_local_only"):
        answer = await OnvifClock(client.onvif).collect(device())
        assert values(answer)["clock_offset_seconds", ""] == pytest.approx(0, abs=1)


async def test_quirk_03_a_clock_in_1970(client):
    async with world("clock_reset") as running:
        assert (await who(client))["device_info", "model"] == "SV-200"
        assert counts(running)["refused_logins"] == 0


# ---------------------------------------------------------------- 4-8 where the services are


async def test_quirk_04_addresses_behind_nat_are_asked_where_the_inventory_says(client):
    async with world("onvif_nat"):
        assert (await main_stream(client)).startswith("H264 1280x720 12 fps")
        media = OnvifMedia(client.onvif)
        assert [uri.uri for uri in await media.stream_uris(device())] == [
            f"rtsp://{HOSTS['cam-1']}:8554/main",
            f"rtsp://{HOSTS['cam-1']}:8554/sub",
        ]
        assert values(await OnvifSnapshot(client.onvif, media).collect(device()))["snapshot_ok", "main"] == 1


async def test_quirk_04_a_device_cannot_send_our_login_to_another_host(client):
    heard = []
    with socket.create_server((EVIL_HOST, 8080)) as trap:
        threading.Thread(target=_note, args=(trap, heard), daemon=True).start()
        async with world("onvif_evil"):
            media = OnvifMedia(client.onvif)
            for collector in (OnvifIdentity(client.onvif), media, OnvifSnapshot(client.onvif, media)):
                await collector.collect(device())
            assert all(EVIL_HOST not in uri.uri for uri in await media.stream_uris(device()))
        trap.shutdown(socket.SHUT_RDWR)
    assert heard == []


def _note(trap, heard):
    try:
        heard.append(trap.accept())
    except OSError:
        return


async def test_quirk_05_services_that_are_not_where_it_says_are_where_they_usually_are(client):
    async with world("onvif_wrong_paths"):
        assert (await main_stream(client)).startswith("H264")


async def test_quirk_06_the_port_is_the_inventorys(client):
    async with world(port=8899):
        with pytest.raises(Unreachable):
            await who(client)
        from dataclasses import replace

        assert await who(client, replace(device(), onvif_port=8899))


@pytest.mark.parametrize("quirk", ["onvif_no_get_services", "onvif_broken_services"])
async def test_quirk_07_without_a_good_getservices(client, quirk):
    async with world(quirk):
        assert (await main_stream(client)).startswith("H264")


@pytest.mark.parametrize("quirk", ["onvif_media2_refuses", "onvif_media2_only"])
async def test_quirk_08_one_of_media_and_media2_is_enough(client, quirk):
    async with world(quirk):
        assert (await main_stream(client)).startswith("H264 1280x720")


# ---------------------------------------------------------------- 9-12 logins


@pytest.mark.parametrize("auth", ["wsse", "digest", "both", "none"])
async def test_quirk_09_every_way_in_is_found_without_a_refused_login(client, auth):
    async with world(auth=auth) as running:
        assert await who(client)
        assert counts(running)["refused_logins"] == 0


async def test_quirk_09_a_password_never_goes_out_in_clear(client):
    async with world("onvif_basic_only") as running:
        for _ in range(5):
            with pytest.raises(AuthRejected):
                await who(client)
        assert counts(running)["logins"] == 0
    assert not any(b"Basic" in exchange.request for exchange in client.tap.of("cam-1"))


async def test_quirk_10_onvif_that_is_switched_off_is_no_wrong_password(client):
    async with world("onvif_disabled"):
        with pytest.raises(NotSupported, match="404"):
            await OnvifClock(client.onvif).collect(device())


async def test_quirk_10_a_viewer_who_may_not_see_accounts_is_no_wrong_password(client):
    async with world("onvif_viewer") as running:
        await who(client)
        with pytest.raises(AuthRejected, match="may not ask it"):
            await client.onvif.call(device(), "device", "GetUsers")
        found = values(await OnvifEquipment(client.onvif).collect(device()))
        assert ("storages", "") not in found
        assert found["relays", ""] == 1
        await OnvifClock(client.onvif).collect(device())
        await who(client)
        assert counts(running)["refused_logins"] == 0


async def test_quirk_10_a_password_that_changed_before_a_new_question_is_refused_twice_at_most(client):
    async with world() as running:
        await who(client)
        running.switch_on("cam-1", "wrong_password")
        for _ in range(10):
            with pytest.raises(AuthRejected):
                await client.onvif.call(device(), "device", "GetUsers")
        assert counts(running)["refused_logins"] == 2


@pytest.mark.parametrize("auth", ["wsse", "digest", "both"])
async def test_quirk_11_an_hour_with_a_wrong_password_costs_two_logins(client, auth):
    async with world("onvif_lockout", auth=auth) as running:
        wrong = device(password="not this one")
        media = OnvifMedia(client.onvif)
        collectors = (
            OnvifClock(client.onvif), OnvifIdentity(client.onvif), media, OnvifNetwork(client.onvif),
            OnvifAccess(client.onvif), OnvifEquipment(client.onvif), OnvifSight(client.onvif, media),
            OnvifSnapshot(client.onvif, media),
        )  # fmt: skip
        for _ in range(59):
            for collector in collectors:
                with pytest.raises(CollectError):
                    await collector.collect(wrong)
            client.later += 60
        assert counts(running)["refused_logins"] <= 2
        assert [r.metric.name for r in await clock_of(client, wrong)][:1] == ["cctv_clock_offset_seconds"]


async def clock_of(client, one):
    """Return what the clock told before the login was refused: liveness goes on without one."""
    with pytest.raises(AuthRejected) as caught:
        await OnvifClock(client.onvif).collect(one)
    return caught.value.learnt


async def test_quirk_11_one_attempt_left_is_not_used(fake, client):
    fake.attempts_text = "Invalid password. You still have 1 attempt(s)"
    for _ in range(3):
        with pytest.raises(AuthRejected):
            await who(client, fake.device(password="wrong"))
    assert fake.refused == 1


async def test_quirk_12_a_401_to_everybody_is_busy_and_not_a_wrong_password(client):
    async with world() as running:
        await OnvifClock(client.onvif).collect(device())
        await who(client)
        running.switch_on("cam-1", "onvif_crowded")
        for _ in range(2):
            with pytest.raises(Busy):
                await who(client)
        running.switch_off("cam-1", "onvif_crowded")
        assert await who(client)


# ---------------------------------------------------------------- 17-19 replies


@pytest.mark.parametrize("quirk", ["onvif_broken_xml", "onvif_broken_utf8"])
async def test_quirk_17_broken_xml_is_repaired_and_counted(client, quirk):
    async with world(quirk):
        assert (await main_stream(client)).startswith("H264")
        assert client.onvif.session(device()).malformed > 0


@pytest.mark.parametrize("quirk", ["onvif_garbage", "onvif_cut_off", "onvif_endless"])
async def test_quirk_17_what_cannot_be_read_is_a_bad_reply(client, quirk):
    async with world(quirk):
        for collector in (OnvifIdentity(client.onvif), OnvifClock(client.onvif)):
            with pytest.raises(BadReply):
                await collector.collect(device())


async def test_quirk_17_words_nobody_knows_leave_the_rest_readable(client):
    async with world("onvif_odd_enums"):
        assert (await main_stream(client)).startswith("x-Vendor-9 1280x720 12 fps")
        clock = values(await OnvifClock(client.onvif).collect(device()))
        assert ("clock_ntp", "") not in clock
        assert clock["clock_offset_seconds", ""] == pytest.approx(0, abs=1)


async def test_quirk_18_impossible_times_are_absent_and_the_login_works_all_the_same(client):
    async with world("onvif_clock_impossible") as running:
        found = values(await OnvifClock(client.onvif).collect(device()))
        assert ("clock_offset_seconds", "") not in found
        assert (await who(client))["device_info", "model"] == "SV-200"
        assert counts(running)["refused_logins"] == 0


async def test_quirk_19_a_mac_of_zeros_is_no_mac(client):
    async with world("onvif_equal_serials"):
        found = await who(client)
        assert found["device_info", "serial"] == "000000"
        assert ("device_info", "mac") not in found


# ---------------------------------------------------------------- 20-22 snapshots, TLS, weak devices


@pytest.mark.parametrize("auth", ["wsse", "digest", "none"])
async def test_quirk_20_a_snapshot_is_fetched_by_digest_whatever_soap_uses(client, auth):
    async with world(auth=auth) as running:
        media = OnvifMedia(client.onvif)
        snapshots = OnvifSnapshot(client.onvif, media)
        assert values(await snapshots.collect(device()))["snapshot_ok", "main"] == 1
        before = counts(running)["requests"]
        await snapshots.collect(device())
        assert counts(running)["requests"] - before == 1  # the address is kept, and so is the nonce
        assert counts(running)["refused_logins"] == 0


async def test_quirk_20_a_page_with_status_200_is_no_picture(client):
    async with world("snapshot_broken"):
        found = values(await OnvifSnapshot(client.onvif, OnvifMedia(client.onvif)).collect(device()))
        assert found == {("snapshot_ok", "main"): 0.0}


async def test_quirk_20_an_address_that_leads_nowhere_is_no_picture(client):
    async with world("onvif_snapshot_gone"):
        found = values(await OnvifSnapshot(client.onvif, OnvifMedia(client.onvif)).collect(device()))
        assert found == {("snapshot_ok", "main"): 0.0}


async def test_quirk_20_no_address_is_not_supported(client):
    async with world("onvif_snapshot_none"):
        with pytest.raises(NotSupported):
            await OnvifSnapshot(client.onvif, OnvifMedia(client.onvif)).collect(device())


async def test_quirk_20_a_password_in_the_address_is_in_no_message(client):
    async with world("onvif_snapshot_login") as running:
        snapshots = OnvifSnapshot(client.onvif, OnvifMedia(client.onvif))
        assert values(await snapshots.collect(device()))["snapshot_ok", "main"] == 1
        running.switch_on("cam-1", "off")
        await asyncio.sleep(0.05)
        with pytest.raises(CollectError) as caught:
            await snapshots.collect(device())
        assert "in-the-address" not in str(caught.value)
    assert not any("in-the-address" in exchange.path for exchange in client.tap.of("cam-1"))


async def test_quirk_21_a_certificate_tells_when_it_ends(client):
    async with world("onvif_cert_expiring", tls=True):
        one = device(tls=TlsMode.PIN)
        found = values(await OnvifAccess(client.onvif).collect(one))
        left = found["certificate_expires_timestamp_seconds", "https"] - time.time()
        assert left == pytest.approx(10 * 86400, abs=60)
        assert found["tls_certificate_pinned", ""] == 1


async def test_quirk_21_the_key_store_tells_of_a_certificate_that_is_not_shown(client):
    async with world("onvif_key_store", "onvif_cert_expiring"):
        found = values(await OnvifAccess(client.onvif).collect(device()))
        left = found["certificate_expires_timestamp_seconds", "web server"] - time.time()
        assert left == pytest.approx(10 * 86400, abs=60)


async def test_quirk_22_a_weak_device_never_sees_two_requests_at_once(client):
    async with world("onvif_weak") as running:
        asked = [OnvifIdentity(client.onvif).collect(device()) for _ in range(4)]
        await asyncio.gather(*asked, OnvifClock(client.onvif).collect(device()))
        assert counts(running)["max_in_flight"] == 1


async def test_quirk_22_a_device_that_answers_late_holds_no_thread_for_long():
    client = Client(timeout_seconds=0.3)
    async with world("onvif_slow"):
        began = time.monotonic()
        with pytest.raises(Unreachable, match="did not answer in time"):
            await who(client)
        assert time.monotonic() - began < 3
    await client.onvif.close()


# ---------------------------------------------------------------- 26-27 what is not there


@pytest.mark.parametrize(
    "words",
    ["", "onvif_bare_faults", "onvif_action_failed", "onvif_method_unknown"],
    ids=lambda w: w or "plain",
)
async def test_quirk_26_what_is_not_there_is_asked_once_per_firmware(client, words):
    async with world("onvif_minimal", *filter(None, [words])) as running:
        await who(client)
        for _ in range(2):
            with pytest.raises(NotSupported):
                await OnvifNetwork(client.onvif).collect(device())
        if words == "onvif_bare_faults":
            return  # a refusal without a word may be anybody's: it is asked again
        before = counts(running)["requests"]
        with pytest.raises(NotSupported):
            await OnvifNetwork(client.onvif).collect(device())
        assert counts(running)["requests"] == before
        client.onvif.session(device()).memory.firmware("another")
        with pytest.raises(NotSupported):
            await OnvifNetwork(client.onvif).collect(device())
        assert counts(running)["requests"] > before


async def test_quirk_27_an_empty_password_is_a_password(client, fake):
    fake.password = ""
    assert await who(client, fake.device(password=""))
    assert fake.refused == 0


async def test_quirk_27_a_refusal_with_status_200_is_a_refusal(client):
    async with world("onvif_refuses_200"):
        with pytest.raises(AuthRejected):
            await who(client, device(password="not this one"))


def test_every_quirk_can_be_switched_by_the_site_file(tmp_path):
    from simulator.onvif.quirks import FAULTS
    from simulator.site import SiteError, load_site

    path = tmp_path / "site.yaml"
    spec = {"id": "c", "kind": "camera", "address": "127.1.1.1", "onvif": {"quirks": sorted(FAULTS)}}
    path.write_text(json.dumps({"name": "t", "devices": [spec]}))
    assert load_site(path).devices[0].onvif.quirks == tuple(sorted(FAULTS))
    spec["onvif"]["quirks"] = ["onvif_nonsense"]
    path.write_text(json.dumps({"name": "t", "devices": [spec]}))
    with pytest.raises(SiteError, match="onvif_nonsense"):
        load_site(path)
