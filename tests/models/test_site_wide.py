"""Fog, rain, dusk and power: told apart by name where the cameras of a site show the same at once."""

import pytest

from models.facts import SITE, Phase
from models.faults import FAULTS
from models.messages import render
from models.metrics import PICTURE_SURE
from models.siblings import named
from models.watch import Watch
from tests.models.builders import T0, UPS, camera, ok

CAMERAS = [camera(f"cam-{number}") for number in range(1, 7)]
DAY, DUSK, NIGHT = 40.0, -2.0, -30.0


def look(device, at, **sure):
    told = {PICTURE_SURE[code].name.removeprefix("cctv_"): (value, "main") for code, value in sure.items()}
    most = max(sure.values(), default=0.1)
    levels = {
        "picture_fault_confidence_ratio": most,
        "picture_reference_looks": 9,
        "picture_structure_ratio": 0.6,
    }
    return ok(device, "stream", at, **{name: (value, "main") for name, value in levels.items()}, **told)


class Site:
    """Six cameras, looked at each five minutes, the one after the other."""

    def __init__(self, sun=None):
        self.watch = Watch(
            "s", [*CAMERAS, UPS], correlate_seconds=10, sun=lambda _at: sun, stale_after=lambda _c: 700.0
        )
        self.at, self.opened, self.closed = T0, [], []

    def sweep(self, shows, times=1):
        for _ in range(times):
            for device in CAMERAS:
                self._take(self.watch.observe(look(device, self.at, **shows.get(device.id, {}))))
                self.at += 50
                self._take(self.watch.tick(self.at))
        return self

    def _take(self, changes):
        self.opened += [incident.root.key.code for incident in changes.opened]
        self.closed += [incident.root.key.code for incident in changes.closed]


def all_show(**sure):
    return {device.id: sure for device in CAMERAS}


@pytest.mark.parametrize(
    ("sure", "sun", "code"),
    [
        ({"IMG_FOG": 0.8}, DAY, "SITE_FOG"),
        ({"IMG_FOG": 0.8, "IMG_DIRT": 0.4}, DAY, "SITE_FOG"),
        ({"IMG_DIRT": 0.8}, DAY, "SITE_RAIN"),
        ({"IMG_NOISE": 0.8}, NIGHT, "SITE_RAIN"),
        ({"IMG_DARK": 0.8, "IMG_NOISE": 0.5}, DUSK, "SITE_DUSK"),
        ({"IMG_CAST": 0.8}, None, "SITE_DUSK"),
        ({"IMG_DARK": 0.8}, None, "SITE_DUSK"),
        ({"IMG_IR": 0.9}, NIGHT, "SITE_POWER"),
        ({"IMG_DARK": 0.9, "IMG_NOISE": 0.6}, NIGHT, "SITE_POWER"),
        ({"IMG_FLICKER": 0.9}, None, "SITE_POWER"),
        ({"IMG_STRIPES": 0.9, "IMG_CAST": 0.5}, DAY, "SITE_POWER"),
    ],
)
def test_what_all_cameras_show_is_one_incident_of_the_site_by_its_name(sure, sun, code):
    site = Site(sun).sweep(all_show(**sure), times=12)
    assert site.opened == [code]
    (incident,) = site.watch.incidents()
    assert incident.key == f"s/{SITE}/-/{code}"
    verdict = incident.root.verdict
    assert render(verdict.detail, "en", **verdict.facts).startswith(
        "6 of 6 cameras show it at once: cam-1, cam-2"
    )
    assert "6台摄像机中有6台" in render(verdict.detail, "zh_CN", **verdict.facts)


def test_it_is_over_when_the_cameras_are_as_usual_again():
    site = Site().sweep(all_show(IMG_FOG=0.8), times=4).sweep({}, times=6)
    assert (site.opened, site.closed) == (["SITE_FOG"], ["SITE_FOG"])


def test_what_the_site_explains_is_unknown_of_each_camera_and_said_so():
    site = Site(DAY).sweep(all_show(IMG_FOG=0.8), times=3)
    found = {f.key.code: f for f in site.watch.findings("cam-6")}
    assert found["IMG_FOG"].phase is Phase.UNKNOWN
    verdict = found["IMG_FOG"].verdict
    assert verdict.detail == "unknown.site_named"
    assert (
        render(verdict.detail, "en", **verdict.facts)
        == "100 % of the site's other cameras show it as well: Fog at the site"
    )


def test_one_camera_in_a_veil_is_the_cameras_own():
    site = Site(DAY).sweep({"cam-2": {"IMG_FOG": 0.9}}, times=12)
    assert site.opened == ["IMG_FOG"]


def test_rain_shows_on_each_lens_in_its_own_way():
    ways = ({"IMG_DIRT": 0.7}, {"IMG_NOISE": 0.6}, {}, {"IMG_DIRT": 0.6}, {}, {})
    site = Site(DAY).sweep(dict(zip((c.id for c in CAMERAS), ways, strict=True)), times=12)
    assert site.opened == ["SITE_RAIN"]


def test_lamps_that_go_out_while_the_mains_are_lost_are_power_whatever_the_sun():
    site = Site(DUSK)
    for step in range(3):
        site.watch.observe(ok(UPS, "snmp_ups", T0 - 300 + 60 * step, ups_on_battery=1))
    assert {"POWER_BATTERY"} & {key.code for key in site.watch.standing()}
    site.sweep(all_show(IMG_DARK=0.8), times=4)
    assert "SITE_POWER" in site.opened


def test_a_camera_that_was_told_first_joins_the_fog():
    site = Site(DAY).sweep({"cam-1": {"IMG_NOISE": 0.9}}, times=4)
    assert site.opened == ["IMG_NOISE"]
    site.sweep(all_show(IMG_NOISE=0.9), times=4)
    assert "SITE_RAIN" in site.opened
    assert FAULTS["SITE_RAIN"].code in {incident.root.key.code for incident in site.watch.incidents()}


def test_it_stands_after_a_restart():
    site = Site(DAY).sweep(all_show(IMG_FOG=0.8), times=4)
    again = Watch("s", [*CAMERAS, UPS], correlate_seconds=10)
    assert again.restore(site.watch.dump()) == []
    assert [incident.root.key.code for incident in again.incidents()] == ["SITE_FOG"]


def test_nothing_is_named_where_nothing_is_shown():
    assert named((), DAY, power=True) == {}
