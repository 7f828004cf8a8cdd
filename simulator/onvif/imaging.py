"""The imaging service: how the sensor of a video source is set, and whether its focus moves."""

from typing import Final

from simulator.onvif.box import Box
from simulator.onvif.device import Operation
from simulator.onvif.soap import Ask, invalid


def settings(box: Box, ask: Ask) -> str:
    """The settings of one source.

    Raises:
        Fault: there is no such source.
    """
    _known(box, ask)
    return (
        "<timg:GetImagingSettingsResponse><timg:ImagingSettings><tt:Brightness>50</tt:Brightness>"
        "<tt:ColorSaturation>50</tt:ColorSaturation><tt:Contrast>50</tt:Contrast>"
        "<tt:IrCutFilter>AUTO</tt:IrCutFilter><tt:Sharpness>50</tt:Sharpness></timg:ImagingSettings>"
        "</timg:GetImagingSettingsResponse>"
    )


def status(box: Box, ask: Ask) -> str:
    """Whether the focus moves.

    Raises:
        Fault: there is no such source.
    """
    _known(box, ask)
    return (
        "<timg:GetStatusResponse><timg:Status><tt:FocusStatus20><tt:Position>0.5</tt:Position>"
        "<tt:MoveStatus>IDLE</tt:MoveStatus></tt:FocusStatus20></timg:Status></timg:GetStatusResponse>"
    )


def _known(box: Box, ask: Ask) -> None:
    if ask.text("VideoSourceToken") not in {channel.source for channel in box.channels}:
        raise invalid("ter:NoSource", why="no video source has this token")


OPERATIONS: Final[dict[str, Operation]] = {"GetImagingSettings": settings, "GetStatus": status}
