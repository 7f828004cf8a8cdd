"""The client only reads."""

import re
from pathlib import Path

import pytest

from collectors.onvif.line import Question
from collectors.onvif.operations import MOVE, READ, SERVICES, NotARead, checked

MAKES_A_HANDLE = {
    "FindRecordings",
    "FindEvents",
    "EndSearch",
    "CreatePullPointSubscription",
    "PullMessages",
    "Renew",
    "SetSynchronizationPoint",
    "Unsubscribe",
}  # ends by itself at the device; changes no setting


@pytest.mark.parametrize("service", READ)
def test_every_operation_reads(service):
    assert all(name.startswith("Get") or name in MAKES_A_HANDLE for name in READ[service])


def test_every_listed_service_is_known():
    assert set(READ) == set(SERVICES)


@pytest.mark.parametrize(
    "operation",
    ["SystemReboot", "SetSystemFactoryDefault", "StartFirmwareUpgrade", "SetSystemDateAndTime",
     "SetRelayOutputState",
     "SetUser", "CreateUsers", "SetNTP", "SendAuxiliaryCommand", "getdeviceinformation", ""],
)  # fmt: skip
async def test_what_changes_a_device_is_never_sent(client, fake, operation):
    with pytest.raises(NotARead):
        await client.onvif.call(fake.device(), "device", operation)
    assert not fake.requests


async def test_nor_by_the_session_beneath(client, fake):
    with pytest.raises(NotARead):
        client.onvif.session(fake.device()).ask("device", "SystemReboot", "<SystemReboot/>", None)
    assert not fake.requests


def test_a_service_nobody_knows_is_refused():
    with pytest.raises(NotARead):
        checked("nonsense", "GetProfiles")


@pytest.mark.parametrize("operation", ["GotoPreset", "AbsoluteMove", "Stop"])
async def test_what_moves_a_camera_needs_the_permit_of_the_ptz_test(client, fake, operation):
    with pytest.raises(NotARead):
        await client.onvif.send(fake.device(), Question("ptz", operation, f"<{operation}/>", ""))
    assert not fake.requests
    assert checked("ptz", operation, MOVE).name == "ptz"


@pytest.mark.parametrize("operation", ["SetPreset", "RemovePreset", "ContinuousMove", "SetHomePosition"])
def test_not_even_the_ptz_test_changes_a_preset(operation):
    with pytest.raises(NotARead):
        checked("ptz", operation, MOVE)


def test_only_the_ptz_test_names_the_permit_to_move():
    """Whoever else wants to move a camera has to change this test."""
    root = Path(__file__).parents[3]
    code = [path for folder in ("agent", "collectors", "models") for path in (root / folder).rglob("*.py")]
    named = {path.name for path in code if re.search(r"\bMOVE\b", path.read_text(encoding="utf-8"))}
    assert named == {"operations.py", "ptz.py"}
