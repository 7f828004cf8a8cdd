"""Alarm inputs, relays and storages: what a device lists beside its picture."""

from typing import Final

from simulator.onvif.box import Box
from simulator.onvif.device import Operation
from simulator.onvif.soap import Ask

RECORDER: Final = 4  # alarm inputs of a recorder; a camera has one of each
CAMERA: Final = 1


def inputs(box: Box, _: Ask) -> str:
    """The alarm inputs (DeviceIO)."""
    count = _count(box) - (1 if box.has("input_lost") else 0)
    rows = "".join(f'<tmd:DigitalInputs token="in-{n + 1}" IdleState="open"/>' for n in range(count))
    return f"<tmd:GetDigitalInputsResponse>{rows}</tmd:GetDigitalInputsResponse>"


def relays(box: Box, ask: Ask) -> str:
    """The relays, of the device service or of DeviceIO."""
    count = _count(box) - (1 if box.has("relay_lost") else 0)
    prefix = ask.service or "tds"
    rows = "".join(
        f'<{prefix}:RelayOutputs token="out-{n + 1}"><tt:Properties><tt:Mode>Bistable</tt:Mode>'
        "<tt:DelayTime>PT0S</tt:DelayTime><tt:IdleState>open</tt:IdleState></tt:Properties>"
        f"</{prefix}:RelayOutputs>"
        for n in range(count)
    )
    return f"<{prefix}:GetRelayOutputsResponse>{rows}</{prefix}:GetRelayOutputsResponse>"


def storages(box: Box, _: Ask) -> str:
    """The storages that are set up; never with a password."""
    count = (2 if box.spec.channels else 1) - (1 if box.has("storage_lost") else 0)
    kind = "LocalStorage" if box.spec.channels else "SDCard"
    rows = "".join(
        f'<tds:StorageConfigurations token="storage-{n + 1}"><tds:Data type="{kind}">'
        f"<tds:LocalPath>/mnt/{n + 1}</tds:LocalPath></tds:Data></tds:StorageConfigurations>"
        for n in range(count)
    )
    return f"<tds:GetStorageConfigurationsResponse>{rows}</tds:GetStorageConfigurationsResponse>"


def _count(box: Box) -> int:
    return RECORDER if box.spec.channels else CAMERA


IO: Final[dict[str, Operation]] = {"GetDigitalInputs": inputs, "GetRelayOutputs": relays}
DEVICE: Final[dict[str, Operation]] = {"GetRelayOutputs": relays, "GetStorageConfigurations": storages}
