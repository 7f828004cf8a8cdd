"""How the operator wants streams looked at: read, checked, and turned into limits."""

import pytest
from pydantic import ValidationError

from agent.streams import Manners, StreamsConfig, unknown_devices
from models.facts import Device, Kind

CAMERA = Device("cam-1", Kind.CAMERA, "192.0.2.1", parent="sw-2")
DEVICES = (
    CAMERA,
    Device("sw-2", Kind.SWITCH, "192.0.2.2", parent="sw-1"),
    Device("sw-1", Kind.SWITCH, "192.0.2.3"),
)


def manners(*, keep_pictures=True, **section) -> Manners:
    found = Manners(StreamsConfig(**section), keep_pictures=keep_pictures)
    found.set_devices(DEVICES)
    return found


def test_without_a_word_every_stream_has_the_limits_of_its_address_and_its_switch():
    assert manners().of(CAMERA).lanes == (("host 192.0.2.1", 2), ("uplink sw-2", 8))


def test_a_limited_uplink_further_up_holds_for_all_below_it():
    lanes = dict(manners(uplinks={"sw-1": 3, "sw-2": 2}).of(CAMERA).lanes)
    assert lanes == {"host 192.0.2.1": 2, "uplink sw-2": 2, "uplink sw-1": 3}


def test_a_circle_of_parents_ends():
    found = Manners(StreamsConfig(uplinks={"a": 1, "b": 1}), keep_pictures=True)
    loop = (Device("a", Kind.SWITCH, "h", parent="b"), Device("b", Kind.SWITCH, "i", parent="a"))
    found.set_devices(loop)
    assert len(found.of(loop[0]).lanes) == 2


def test_pictures_can_be_switched_off_for_a_camera_and_for_the_site():
    one = {"cameras": {"cam-1": {"keep_pictures": False, "transport": "udp", "privacy": [[0, 0, 0.5, 0.25]]}}}
    manner = manners(**one).of(CAMERA)
    assert (manner.keep_pictures, manner.udp, manner.zones) == (False, True, ((0, 0, 0.5, 0.25),))
    assert manners(**one).of(DEVICES[1]).keep_pictures
    assert not manners(keep_pictures=False).of(CAMERA).keep_pictures


@pytest.mark.parametrize(
    "zone", [[0, 0, 0, 1], [0.6, 0, 0.5, 1], [0, 0.9, 1, 0.2], [-0.1, 0, 1, 1], [0, 0, 1]]
)
def test_a_privacy_zone_outside_the_picture_is_refused(zone):
    with pytest.raises(ValidationError):
        StreamsConfig(cameras={"cam-1": {"privacy": [zone]}})


@pytest.mark.parametrize("address", ["host:8786", "tcp://user:pw@host:1", "http://host:1", "tcp://host"])
def test_a_cluster_is_named_by_its_scheduler_s_address(address):
    with pytest.raises(ValidationError):
        StreamsConfig(cluster=address)
    assert StreamsConfig(cluster="tls://scheduler:8786").cluster


def test_a_device_that_is_not_there_is_told():
    config = StreamsConfig(uplinks={"sw-9": 1}, cameras={"cam-1": {}, "cam-7": {}})
    assert unknown_devices(config, DEVICES) == [
        "streams.uplinks.sw-9: no device 'sw-9' in the inventory",
        "streams.cameras.cam-7: no device 'cam-7' in the inventory",
    ]
