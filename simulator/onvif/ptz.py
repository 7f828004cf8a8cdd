"""The PTZ service of a camera that can be turned (ONVIF PTZ Service Specification).

Position is pan and tilt from -1 to 1 and zoom from 0 to 1. A move takes its time, `SPEED` a second.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from simulator.onvif.box import Box
from simulator.onvif.soap import Ask, Fault, invalid

SPEED: Final = 2.0  # of the range from -1 to 1, a second
PRESETS: Final = {
    "1": ("Gate", (-0.5, 0.1, 0.0)),
    "2": ("Yard", (0.4, -0.2, 0.2)),
    "3": ("Roof", (0.0, 0.6, 0.0)),
}
MOVES: Final = frozenset({"GotoPreset", "AbsoluteMove", "Stop"})
_SPACE: Final = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/PositionGenericSpace"
Position = tuple[float, float, float]


@dataclass(slots=True)
class _Move:
    begin: Position
    end: Position
    at: float
    seconds: float


class Head:
    """The moving part of one camera. `moves` counts what moved it, `operator` what a person did.

    Args:
        box: the camera.
        monotonic: clock.
    """

    def __init__(self, box: Box, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._box = box
        self._monotonic = monotonic
        self._move = _Move((0.2, 0.0, 0.0), (0.2, 0.0, 0.0), 0.0, 0.0)
        self.moves = 0

    @property
    def position(self) -> Position:
        """Where it points now."""
        move, now = self._move, self._monotonic()
        share = 1.0 if not move.seconds else min(1.0, max(0.0, (now - move.at) / move.seconds))
        here = tuple(a + (b - a) * share for a, b in zip(move.begin, move.end, strict=True))
        if self._box.has("ptz_operator"):  # somebody turns it slowly round
            here = (((now * 0.3) % 2) - 1, here[1], here[2])
        return here[0], here[1], here[2]

    @property
    def is_moving(self) -> bool:
        """Whether it moves."""
        return self._box.has("ptz_operator") > 0 or self._monotonic() < self._move.at + self._move.seconds

    def answer(self, ask: Ask) -> str:
        """Return the body of the reply.

        Raises:
            Fault: it is refused.
        """
        known: dict[str, Callable[[Ask], str]] = {
            "GetNodes": self._nodes,
            "GetConfigurations": self._configurations,
            "GetPresets": self._presets,
            "GetStatus": self._status,
            "GotoPreset": self._goto,
            "AbsoluteMove": self._absolute,
            "Stop": self._stop,
        }
        if ask.operation not in known:
            raise Fault("Receiver", ("ter:ActionNotSupported",), "this device does not know the action")
        return known[ask.operation](ask)

    def _nodes(self, _: Ask) -> str:
        return (
            '<tptz:GetNodesResponse><tptz:PTZNode token="head"><tt:Name>head</tt:Name>'
            f"<tt:MaximumNumberOfPresets>{len(PRESETS)}</tt:MaximumNumberOfPresets>"
            "<tt:HomeSupported>false</tt:HomeSupported></tptz:PTZNode></tptz:GetNodesResponse>"
        )

    def _configurations(self, _: Ask) -> str:
        return (
            '<tptz:GetConfigurationsResponse><tptz:PTZConfiguration token="ptz"><tt:Name>ptz</tt:Name>'
            "<tt:UseCount>1</tt:UseCount><tt:NodeToken>head</tt:NodeToken></tptz:PTZConfiguration>"
            "</tptz:GetConfigurationsResponse>"
        )

    def _presets(self, _: Ask) -> str:
        rows = "".join(
            f'<tptz:Preset token="{token}"><tt:Name>{name}</tt:Name>'
            f"{self._place('PTZPosition', where)}</tptz:Preset>"
            for token, (name, where) in PRESETS.items()
        )
        return f"<tptz:GetPresetsResponse>{rows}</tptz:GetPresetsResponse>"

    def _status(self, _: Ask) -> str:
        if self._box.has("ptz_no_status"):
            raise Fault("Receiver", ("ter:ActionNotSupported",), "no status")
        word = "MOVING" if self.is_moving else "IDLE"
        moving = f"<tt:MoveStatus><tt:PanTilt>{word}</tt:PanTilt><tt:Zoom>{word}</tt:Zoom></tt:MoveStatus>"
        return (
            f"<tptz:GetStatusResponse><tptz:PTZStatus>{self._place('Position', self.position)}"
            f"{'' if self._box.has('ptz_no_move_status') else moving}"
            "</tptz:PTZStatus></tptz:GetStatusResponse>"
        )

    def _place(self, name: str, where: Position) -> str:
        pan, tilt, zoom = where
        return (
            f'<tt:{name}><tt:PanTilt x="{pan:.4f}" y="{tilt:.4f}" space="{_SPACE}"/>'
            f'<tt:Zoom x="{zoom:.4f}"/></tt:{name}>'
        )

    def _goto(self, ask: Ask) -> str:
        preset = PRESETS.get(ask.text("PresetToken"))
        if preset is None:
            raise invalid("ter:NoToken", why="there is no such preset")
        off = 0.08 * self._box.has("ptz_off")
        pan, tilt, zoom = preset[1]
        self._go((pan + off, tilt, zoom))
        return "<tptz:GotoPresetResponse/>"

    def _absolute(self, ask: Ask) -> str:
        place = next((e for e in ask.body.iter() if str(e.tag).endswith("}PanTilt")), None)
        zoom = next((e for e in ask.body.iter() if str(e.tag).endswith("}Zoom")), None)
        if place is None:
            raise invalid("ter:InvalidPosition", why="a position needs PanTilt")
        pan, tilt = float(place.get("x", "nan")), float(place.get("y", "nan"))
        if not (-1 <= pan <= 1 and -1 <= tilt <= 1):
            raise invalid("ter:InvalidPosition", why="out of range")
        self._go((pan, tilt, float(zoom.get("x", "0")) if zoom is not None else self.position[2]))
        return "<tptz:AbsoluteMoveResponse/>"

    def _stop(self, _: Ask) -> str:
        here = self.position
        self._move = _Move(here, here, self._monotonic(), 0.0)
        return "<tptz:StopResponse/>"

    def _go(self, where: Position) -> None:
        self.moves += 1
        if self._box.has("ptz_stuck"):
            return
        here = self.position
        way = max(abs(a - b) for a, b in zip(here, where, strict=True))
        seconds = way / SPEED * (1 + self._box.has("ptz_slow"))
        self._move = _Move(here, where, self._monotonic(), seconds)
