"""Replies of real devices: each is read, or is an error of the tree; nothing else."""

import json
import random
from pathlib import Path

import pytest

from collectors.base import CollectError
from collectors.onvif import clock, identity, paths, profiles, soap, times
from collectors.onvif.soap import Verdict
from models.facts import Kind

PLACES = [parent / "shared" / "data" / "onvif" for parent in Path(__file__).parents]
DATA = next((place for place in PLACES if place.is_dir()), PLACES[-1])
DEVICES = sorted(path.parent for path in DATA.glob("*/meta.json")) if DATA.is_dir() else []
pytestmark = pytest.mark.skipif(not DEVICES, reason="the recordings of shared/data/onvif are not here")
READERS = {
    "GetSystemDateAndTime": lambda body: list(clock.offset(times.system_time(body), 0.0)),
    "GetDeviceInformation": lambda body: list(identity.identity(body)),
    "GetNetworkInterfaces": identity.mac,
    "GetServices": lambda body: dict(paths.from_services(body)),
    "GetCapabilities": lambda body: dict(paths.from_capabilities(body)),
    "GetProfiles": lambda body: profiles.streams(profiles.read(body), (), Kind.CAMERA),
}


def exchanges(device):
    for one in json.loads((device / "meta.json").read_text())["exchanges"]:
        yield one["operation"], one["http_status"], (device / one["response"]).read_bytes()


@pytest.mark.parametrize("device", DEVICES, ids=lambda path: path.name)
def test_every_recorded_reply_is_read_or_named(device):
    for operation, status, reply in exchanges(device):
        answer = soap.judge(operation, status, reply)
        assert (answer.verdict is Verdict.DONE) == (status == 200), (operation, answer.said)
        if status != 200:
            assert answer.verdict is Verdict.NOT_SUPPORTED, (operation, answer.said)
        elif operation in READERS:
            assert READERS[operation](answer.body), operation


@pytest.mark.parametrize("device", DEVICES, ids=lambda path: path.name)
def test_every_recorded_device_has_a_main_stream_and_a_media_service(device):
    told = {op: soap.judge(op, status, reply).body for op, status, reply in exchanges(device)}
    assert "main" in READERS["GetProfiles"](told["GetProfiles"])
    listed = READERS["GetCapabilities"](told["GetCapabilities"])
    assert listed["media"].startswith("/onvif/")


@pytest.mark.parametrize("device", DEVICES, ids=lambda path: path.name)
def test_a_truncated_or_garbled_recording_never_raises_anything_else(device):
    dice = random.Random(device.name)
    for operation, status, reply in exchanges(device):
        for _ in range(3):
            broken = bytearray(reply[: dice.randrange(len(reply) + 1)] if dice.random() < 0.5 else reply)
            for _ in range(dice.randrange(6)):
                broken[dice.randrange(len(broken) + 1) :][:1] = bytes([dice.randrange(256)])
                if broken:
                    broken[dice.randrange(len(broken))] = dice.randrange(256)
            answer = soap.judge(operation, status, bytes(broken))
            if answer.body is not None and operation in READERS:
                READERS[operation](answer.body)
            else:
                assert isinstance(answer.error(operation), CollectError)


def test_a_refusing_recorder_is_refusing():
    folder = DATA / "events" / "Hikvision_unknown-model_not-authorized"
    reply = (folder / "CreatePullPointSubscription.response.xml").read_bytes()
    assert soap.judge("CreatePullPointSubscription", 400, reply).verdict is Verdict.REFUSED
