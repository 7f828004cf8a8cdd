"""A channel of a recorder without a picture, and the camera that it is probably of."""

from models.blame import unseen
from models.facts import FaultKey, Finding, Phase
from tests.models.builders import NVR, T0, camera

CAMERAS = {f"cam-{n}": camera(f"cam-{n}") for n in range(1, 5)}
DEVICES = {**CAMERAS, NVR.id: NVR}


def lost(name, at=T0):
    return Finding(FaultKey(name, "", "REACH_LOST"), Phase.OPEN, at, at)


def blind(channel, at=T0):
    key = FaultKey(NVR.id, channel, "VIDEO_LOSS")
    return key, Finding(key, Phase.OPEN, at, at)


def explained(channels, cameras):
    return unseen(dict(channels), {f.key.device: f for f in cameras}, DEVICES)


def test_as_many_channels_as_lost_cameras_are_these_cameras():
    found = explained([blind("ch1"), blind("ch2", T0 + 20)], [lost("cam-1"), lost("cam-2", T0 + 30)])
    assert {key.device for key in found.values()} == {"cam-1", "cam-2"}


def test_one_channel_more_is_a_fault_of_its_own():
    assert len(explained([blind("ch1"), blind("ch2")], [lost("cam-1")])) == 1


def test_a_camera_lost_on_another_day_explains_nothing():
    assert explained([blind("ch1")], [lost("cam-1", T0 - 90_000)]) == {}


def test_a_lost_switch_is_no_camera():
    assert explained([blind("ch1")], [lost(NVR.id)]) == {}
