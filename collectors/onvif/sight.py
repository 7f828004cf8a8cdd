"""How a camera looks: what is written into the picture, how the sensor is set, where a PTZ points."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from collectors.base import CollectError
from collectors.onvif import xml
from collectors.onvif.client import Onvif
from collectors.onvif.identity import clean
from collectors.onvif.media import OnvifMedia
from collectors.onvif.several import Ask, several
from collectors.onvif.xml import Element
from models.facts import Answer, Device, Reading
from models.metrics import (
    FOCUS_MOVING,
    IMAGING_LEVEL,
    IR_CUT_AUTO,
    OSD_CLOCK,
    OSD_ELEMENTS,
    PTZ_ERROR,
    PTZ_MOVING,
    PTZ_POSITION,
    Metric,
)

_MOST_CHANNELS: Final = 16  # of a recorder: three questions each; what it says of the rest is not asked
_MOST_OSDS: Final = 256
_LEVELS: Final = {
    "Brightness": "brightness",
    "ColorSaturation": "saturation",
    "Contrast": "contrast",
    "Sharpness": "sharpness",
    "WideDynamicRange/Level": "wide dynamic range",
    "BacklightCompensation/Level": "backlight compensation",
}
_WITH_TIME: Final = {"date", "time", "dateandtime"}


class OnvifSight:
    """Reads on-screen display, imaging and PTZ status.

    Args:
        onvif: the client.
        media: knows sources and profiles.
    """

    name = "onvif_sight"
    metrics: tuple[Metric, ...] = (
        OSD_CLOCK, OSD_ELEMENTS, IMAGING_LEVEL, IR_CUT_AUTO, FOCUS_MOVING,
        PTZ_POSITION, PTZ_MOVING, PTZ_ERROR,
    )  # fmt: skip
    slots = 2
    leisurely = True

    def __init__(self, onvif: Onvif, media: OnvifMedia) -> None:
        self._onvif = onvif
        self._media = media

    def applies(self, device: Device) -> bool:
        """Whether the inventory gives an ONVIF port."""
        return device.onvif_port is not None

    async def collect(self, device: Device) -> Answer:
        """Ask for the on-screen display, then channel by channel.

        Raises:
            CollectError: none of it could be asked.
        """
        channels = await self._channels(device)
        asks = [Ask("media", "GetOSDs")]
        for name, (source, profile) in channels.items():
            asks += [
                Ask("imaging", "GetImagingSettings", {"VideoSourceToken": source}, f"settings {name}"),
                Ask("imaging", "GetStatus", {"VideoSourceToken": source}, f"focus {name}"),
                Ask("ptz", "GetStatus", {"ProfileToken": profile}, f"ptz {name}"),
            ]
        told = await several(self._onvif, device, asks)
        return Answer(tuple(sight(told, list(channels))))

    async def _channels(self, device: Device) -> dict[str, tuple[str, str]]:
        """Return channel -> tokens of its source and of its main profile."""
        try:
            named = await self._media.profiles(device)
        except CollectError:
            return {}
        mains = [(name, profile) for name, profile in named.items() if name.endswith("main")]
        return {
            name.removesuffix("main").strip("/"): (profile.source, profile.token)
            for name, profile in mains[:_MOST_CHANNELS]
        }


def sight(told: Mapping[str, Element], channels: Sequence[str]) -> Iterator[Reading]:
    """Yield all that was told."""
    if "GetOSDs" in told:
        yield from osds(told["GetOSDs"])
    for channel in channels:
        if (settings := told.get(f"settings {channel}")) is not None:
            yield from imaging(settings, channel)
        if (focus := told.get(f"focus {channel}")) is not None:
            yield from focused(focus, channel)
        if (ptz := told.get(f"ptz {channel}")) is not None:
            yield from pointed(ptz, channel)


def osds(response: Element) -> Iterator[Reading]:
    """Yield how many things are written, and whether the time is; by video source configuration."""
    found: dict[str, list[bool]] = {}
    for row in islice(xml.children(response, "OSDs"), _MOST_OSDS):
        kind = xml.text(row, "TextString/Type").lower()
        of = clean(xml.text(row, "VideoSourceConfigurationToken"))
        found.setdefault(of, []).append(kind in _WITH_TIME)
    for of, timed in found.items():
        yield Reading(OSD_ELEMENTS, float(len(timed)), of)
        yield Reading(OSD_CLOCK, float(any(timed)), of)


def imaging(response: Element, channel: str) -> Iterator[Reading]:
    """Yield the levels of a GetImagingSettingsResponse, and whether day and night change by themselves."""
    settings = xml.find(response, "ImagingSettings")
    for path, name in _LEVELS.items():
        value = xml.number(settings, path)
        if value is not None:
            yield Reading(IMAGING_LEVEL, value, f"{channel} {name}".strip())
    mode = xml.text(settings, "IrCutFilter").upper()
    if mode in {"AUTO", "ON", "OFF"}:
        yield Reading(IR_CUT_AUTO, float(mode == "AUTO"), channel)


def focused(response: Element, channel: str) -> Iterator[Reading]:
    """Yield whether the focus moves (GetStatusResponse of the imaging service)."""
    state = _motion(xml.text(response, "Status/FocusStatus20/MoveStatus"))
    if state is not None:
        yield Reading(FOCUS_MOVING, state, channel)


def pointed(response: Element, channel: str) -> Iterator[Reading]:
    """Yield where a PTZ points, whether it moves, and whether it reports an error (PTZ GetStatusResponse)."""
    status = xml.find(response, "PTZStatus")
    for path, axes in (("Position/PanTilt", ("x", "y")), ("Position/Zoom", ("x",))):
        found = xml.find(status, path)
        for axis in axes if found is not None else ():
            name = {"x": "pan", "y": "tilt"}[axis] if path.endswith("PanTilt") else "zoom"
            value = xml.finite(xml.attribute(found, axis))
            if value is not None:
                yield Reading(PTZ_POSITION, value, f"{channel} {name}".strip())
    moves = [_motion(xml.text(status, f"MoveStatus/{part}")) for part in ("PanTilt", "Zoom")]
    known = [move for move in moves if move is not None]
    if known:
        yield Reading(PTZ_MOVING, max(known), channel)
    error = xml.text(status, "Error")
    if status is not None and (known or error):
        yield Reading(PTZ_ERROR, float(error.lower() not in {"", "no", "none", "no error", "ok"}), channel)


def _motion(state: str) -> float | None:
    return {"IDLE": 0.0, "MOVING": 1.0}.get(state.upper())
