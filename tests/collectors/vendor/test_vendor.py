"""Recorders' own pages: read against strict fakes, which are written from the makers' public documents."""

import contextlib
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.base import AuthRejected, BadReply, NotSupported
from collectors.guard import LoginGuard
from collectors.onvif.client import Onvif
from collectors.onvif.identity import OnvifIdentity
from collectors.vendor import RecorderPages
from collectors.vendor.knowledge import areas_of, makers
from collectors.vendor.pages import read
from models.facts import Device, Kind, Login, Secret
from simulator.onvif.pages import _PAGES
from simulator.site import DeviceSpec, OnvifSpec, SiteSpec, SnmpSpec
from simulator.world import World

HOST = f"127.{45 + os.getpid() % 10}.{os.getpid() % 250}.9"
NVR = Device("nvr-1", Kind.NVR, HOST, onvif_port=8080, login=Login("service", Secret("made up 9")))
MAKERS = ["Hikvision", "Dahua"]


class OnvifOnly(World):
    def _build(self, spec):
        return [(name, server) for name, server in super()._build(spec) if name == "onvif"]


def world(maker, auth="digest"):
    cameras = [DeviceSpec(f"cam-{n}", "camera", f"{HOST}{n}") for n in (1, 2, 3)]
    nvr = DeviceSpec(
        "nvr-1", "nvr", HOST, maker=maker, password="made up 9", channels=("cam-1", "cam-2", "cam-3"),
        onvif=OnvifSpec(auth=auth), snmp=SnmpSpec(role="nvr", disks=2),
    )  # fmt: skip
    return OnvifOnly(SiteSpec("pages", (*cameras, nvr)))


class Rig:
    def __init__(self, maker):
        self.later = 0.0
        self.onvif = Onvif(LoginGuard(lambda: self.later))
        self.pages = RecorderPages(self.onvif, lambda _: maker, lambda: self.later)

    async def read(self):
        answer = await self.pages.collect(NVR)
        assert {r.metric for r in answer.readings} <= set(self.pages.metrics)
        return {(r.metric.name.removeprefix("cctv_"), r.part): r.value for r in answer.readings}


@pytest.fixture
async def rig(request):
    made = Rig(request.param)
    yield made
    await made.onvif.close()


both = pytest.mark.parametrize(("rig", "maker"), [(m, m) for m in MAKERS], indirect=["rig"])


@both
async def test_disks_and_channels_are_read_and_their_faults_seen(rig, maker):
    async with world(maker) as site:
        well = await rig.read()
        assert (well["disk_ok", "disk1"], well["disk_ok", "disk2"]) == (1, 1)
        assert well["disk_used_ratio", "disk1"] == pytest.approx(0.5, abs=0.01)
        assert well["disk_size_bytes", "disk1"] == pytest.approx(4e12, rel=0.01)
        assert [well["channel_ok", f"ch{n}"] for n in (1, 2, 3)] == [1, 1, 1]
        site.switch_on("nvr-1", "disk_failed")
        site.switch_on("cam-2", "off")
        bad = await rig.read()
        assert (bad["disk_ok", "disk1"], bad["disk_ok", "disk2"]) == (0, 1)
        assert [bad["channel_ok", f"ch{n}"] for n in (1, 2, 3)] == [1, 0, 1]
        counts = site.servers["nvr-1", "onvif"].counts
        assert (counts["refused_logins"], counts["max_in_flight"]) == (0, 1)


@pytest.mark.parametrize("auth", ["wsse", "digest", "both"])
@pytest.mark.parametrize("rig", ["Hikvision"], indirect=True)
async def test_pages_and_onvif_share_login_and_breaker(rig, auth):
    async with world("Hikvision", auth) as site:
        await OnvifIdentity(rig.onvif).collect(NVR)
        await rig.read()
        assert site.servers["nvr-1", "onvif"].counts["refused_logins"] == 0


@both
async def test_quirk_10_pages_with_other_users_are_left_alone_after_one_refusal(rig, maker):
    async with world(maker) as site:
        site.switch_on("nvr-1", "vendor_other_login")
        with pytest.raises(AuthRejected, match="web pages"):
            await rig.read()
        for _ in range(20):
            rig.later += 3600
            with pytest.raises(NotSupported, match="left alone"):
                await rig.read()
        assert site.servers["nvr-1", "onvif"].counts["refused_logins"] == 1
        await OnvifIdentity(rig.onvif).collect(NVR)  # the login of ONVIF goes on


@both
async def test_a_form_to_log_in_is_no_page(rig, maker):
    async with world(maker) as site:
        site.switch_on("nvr-1", "vendor_login_page")
        with pytest.raises(BadReply):
            await rig.read()


@pytest.mark.parametrize("rig", ["Hikvision"], indirect=True)
async def test_an_empty_bay_is_no_failed_disk(rig):
    async with world("Hikvision") as site:
        site.switch_on("nvr-1", "vendor_empty_bay")
        assert ("disk_ok", "disk9") not in await rig.read()


@pytest.mark.parametrize("rig", ["Hikvision"], indirect=True)
async def test_a_recorder_of_another_make_than_it_says_is_asked_once(rig):
    async with world("Acme") as site:
        with pytest.raises(NotSupported):
            await rig.read()
        asked = site.servers["nvr-1", "onvif"].counts["requests"]
        with pytest.raises(NotSupported, match="remembered"):
            await rig.read()
        assert site.servers["nvr-1", "onvif"].counts["requests"] == asked


@pytest.mark.parametrize("rig", ["Acme SV-200", ""], indirect=True)
async def test_a_maker_nobody_wrote_down_is_asked_nothing(rig):
    with pytest.raises(NotSupported, match="no knowledge"):
        await rig.read()


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("HIKVISION DS-7616", True),
        ("Dahua NVR5216", True),
        ("Amcrest", True),
        ("Axis P3245", False),
        ("", False),
    ],
)
def test_makers_are_known_by_how_they_call_themselves(name, known):
    assert bool(areas_of(name)) is known


PAGES = [q for maker in makers() for area in maker.areas for q in area.questions]


@given(st.sampled_from(PAGES), st.binary(max_size=300))
def test_any_bytes_are_read_or_named(question, page):
    with contextlib.suppress(BadReply):
        read(question, page)


class _Box:
    """A recorder with nothing wrong, for its pages alone."""

    spec = DeviceSpec("n", "nvr", HOST, snmp=SnmpSpec(disks=2))
    channels = ()

    def has(self, _):
        return 0.0


@given(st.data())
def test_truncated_and_garbled_pages_give_readings_in_range_or_an_error(data):
    target = data.draw(
        st.sampled_from(["/ISAPI/ContentMgmt/Storage", "/cgi-bin/storageDevice.cgi?action=getDeviceAllInfo"])
    )
    maker = "Hikvision" if "ISAPI" in target else "Dahua"
    page = _PAGES[maker][target](_Box())[1].encode()
    at = data.draw(st.integers(0, len(page)))
    page = page[:at] + data.draw(st.binary(max_size=6)) + page[data.draw(st.integers(at, len(page))) :]
    question = next(q for q in PAGES if q.path == target)
    try:
        found = read(question, page)
    except BadReply:
        return
    for (metric, _), reading in found.items():
        if metric in {"cctv_disk_ok", "cctv_disk_used_ratio"}:
            assert 0 <= reading.value <= 1
