"""What can be wrong with a picture before it is encoded: `DAMAGES`; and what is no fault: `CLEAN`.

Each is a function that changes the planes of a picture in place, the same for the same camera, moment and
strength. Nothing here looks at another picture: what stands still or jumps is told by the moment.

    for stage in Stage:
        ... the scene, the sensor's noise, the text, each at its stage ...
        spoil(picture, stage, {"blurred": Ailment(0.5, since)}, at=at, seed=seed)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, NamedTuple

from simulator.rtsp.damage import geometry, light, optics, signal, weather
from simulator.rtsp.damage.kit import Moment
from simulator.rtsp.planes import Plane

__all__ = [
    "CLEAN",
    "DAMAGES",
    "LEVELS",
    "Ailment",
    "Damage",
    "Moment",
    "Stage",
    "scene_time",
    "spoil",
    "text_time",
]

LEVELS: Final = ("low", "medium", "high")
CLOCK_STILL_TOO: Final = 1.2  # strength of "frozen" from which the on-screen clock stands as well


class Stage(Enum):
    """Where in the camera something goes wrong, in the order of the light."""

    LENS = auto()  # before the sensor's noise comes in
    SIGNAL = auto()  # behind the sensor, before the text is written
    TEXT = auto()  # the text itself: see `text_time`
    OUTPUT = auto()  # the whole picture, its text included


class Ailment(NamedTuple):
    """How strong a damage is, and since when (Unix seconds)."""

    strength: float
    since: float = 0.0


Spoil = Callable[[Plane, float, Moment], None]


@dataclass(frozen=True, slots=True)
class Damage:
    """One row of the table.

    Args:
        what: what it is, for people.
        stage: where it comes in.
        spoil: changes the planes in place, by strength.
        strengths: low, medium and high; 1 is what a technician would call clear.
    """

    what: str
    stage: Stage
    spoil: Spoil
    strengths: tuple[float, float, float]


def _nothing(picture: Plane, strength: float, moment: Moment) -> None:
    """What the text's damages do to the rest of the picture."""


_LENS, _SIGNAL, _TEXT, _OUT = Stage.LENS, Stage.SIGNAL, Stage.TEXT, Stage.OUTPUT

DAMAGES: Final[dict[str, Damage]] = {
    "no_video": Damage(
        "a slate instead of a picture: blue, black with words, or plain",
        _OUT,
        signal.no_video,
        (0.3, 0.7, 1.0),
    ),
    "black": Damage("the picture is black", _LENS, light.black, (0.94, 0.97, 1.0)),
    "frozen": Damage(
        "the picture stands still while frames keep coming; the on-screen clock runs on up to strength 1.2, "
        "and below 0.8 there is a little fresh noise",
        _SIGNAL,
        signal.still,
        (0.5, 1.0, 1.4),
    ),
    "underexposed": Damage("far too little light", _LENS, light.under, (0.65, 0.8, 0.95)),
    "overexposed": Damage("far too much light", _LENS, light.over, (0.4, 0.65, 1.0)),
    "fog": Damage("a veil over the scene: low contrast", _LENS, optics.fog, (0.5, 0.7, 0.95)),
    "blurred": Damage("the lens is out of focus", _LENS, optics.blur, (0.25, 0.5, 1.0)),
    "covered": Damage(
        "something hangs before the lens: 70 % of the picture at strength 1, all from 1.4 on",
        _LENS,
        optics.cover,
        (0.36, 0.72, 1.4),
    ),
    "moved": Damage("the camera was pushed aside", _LENS, geometry.moved, (0.3, 0.6, 1.2)),
    "rotated": Damage("the camera was turned about its axis", _LENS, geometry.rotated, (0.25, 0.5, 1.0)),
    "scene_changed": Damage(
        "the camera looks at something else", _LENS, geometry.elsewhere, (0.5, 0.75, 1.0)
    ),
    "shake": Damage("the camera shakes", _LENS, geometry.shake, (0.3, 0.6, 1.0)),
    "colour_cast": Damage("a tint over everything", _LENS, light.cast, (0.3, 0.6, 1.0)),
    "purple": Damage("a purple tint over everything", _LENS, light.purple, (0.3, 0.6, 1.0)),
    "icr_stuck": Damage(
        "the infrared cut filter is in the wrong place: pink and pale by day, dark by night",
        _LENS,
        light.filter_stuck,
        (0.5, 0.75, 1.0),
    ),
    "mono_by_day": Damage("a grey picture in daylight", _LENS, light.mono, (0.9, 0.97, 1.0)),
    "ir_failed": Damage(
        "the infrared lamp is out: nothing by day", _LENS, light.lamp_failed, (0.6, 0.8, 1.0)
    ),
    "noise": Damage("heavy noise", _SIGNAL, signal.noise, (0.25, 0.5, 1.0)),
    "snow": Damage("black and white points all over", _SIGNAL, signal.snow, (0.15, 0.4, 1.0)),
    "stripes": Damage("bars across or upright", _SIGNAL, signal.stripes, (0.3, 0.6, 1.0)),
    "banding": Damage("wide dark bars that roll slowly", _SIGNAL, signal.banding, (0.4, 0.7, 1.0)),
    "rolling": Damage("the picture rolls or jumps upwards", _SIGNAL, signal.rolling, (0.3, 0.6, 1.0)),
    "flicker": Damage("brightness differs from picture to picture", _LENS, light.flicker, (0.3, 0.6, 1.0)),
    "mosaic": Damage("coarse blocks", _OUT, signal.mosaic, (0.25, 0.6, 1.0)),
    "decode_damage": Damage("torn, displaced or grey blocks", _OUT, signal.torn, (0.25, 0.5, 1.0)),
    "mirrored": Damage("left and right are swapped", _LENS, geometry.mirrored, (1.0, 1.0, 1.0)),
    "flipped": Damage(
        "top and bottom are swapped; above strength 1.2 left and right too",
        _LENS,
        geometry.flipped,
        (1.0, 1.0, 1.4),
    ),
    "drops": Damage("water drops on the lens cover", _LENS, optics.drops, (0.2, 0.5, 1.0)),
    "web": Damage("a cobweb before the lens", _LENS, optics.web, (0.3, 0.6, 1.0)),
    "dirt": Damage("dirt on the lens cover", _LENS, optics.dirt, (0.25, 0.5, 1.0)),
    "light_spot": Damage(
        "a lamp or the sun shines into the lens", _LENS, optics.light_spot, (0.35, 0.6, 1.0)
    ),
    "interlace": Damage("every other line lies aside", _SIGNAL, signal.interlace, (0.25, 0.5, 1.0)),
    "osd_missing": Damage("the on-screen clock and name are gone", _TEXT, _nothing, (1.0, 1.0, 1.0)),
    "osd_still": Damage("the on-screen clock stands still", _TEXT, _nothing, (1.0, 1.0, 1.0)),
}

CLEAN: Final[dict[str, Damage]] = {
    "gain_up": Damage("more light", _LENS, weather.gain_up, (0.5, 0.8, 1.0)),
    "gain_down": Damage("less light", _LENS, weather.gain_down, (0.5, 0.8, 1.0)),
    "rain": Damage("rain", _LENS, weather.rain, (0.4, 0.7, 1.0)),
    "night": Damage("night, seen by infrared light", _LENS, weather.night, (0.6, 0.8, 1.0)),
    "headlights": Damage("a car with its lamps on passes", _LENS, weather.headlights, (0.6, 0.8, 1.0)),
    "dusk": Damage("the light goes slowly", _LENS, weather.dusk, (0.6, 0.8, 1.0)),
}

ALL: Final = {**DAMAGES, **CLEAN}


def spoil(
    picture: Plane,
    stage: Stage,
    ailments: Mapping[str, Ailment],
    *,
    at: float,
    seed: int,
    night: bool = False,
) -> None:
    """Do to a picture, in place, all that comes in at a stage, in the table's order.

    Args:
        picture: the planes.
        stage: where in the camera we are.
        ailments: name -> how strong and since when; strengths of 0 and below do nothing.
        at: Unix seconds of the picture.
        seed: which camera.
        night: whether it looks by infrared light.
    """
    for name, damage in ALL.items():
        ailment = ailments.get(name)
        if ailment is not None and ailment.strength > 0 and damage.stage is stage:
            damage.spoil(picture, ailment.strength, Moment(at, ailment.since, seed, night))


def scene_time(ailments: Mapping[str, Ailment], at: float) -> float:
    """Return the moment that the scene and the sensor's noise are of: now, or since when it is frozen."""
    frozen = ailments.get("frozen")
    return at if frozen is None or frozen.strength <= 0 else frozen.since


def text_time(ailments: Mapping[str, Ailment], at: float) -> float | None:
    """Return the time that the on-screen clock shows, None when there is no text at all."""
    missing, still, frozen = (
        ailments.get(name, Ailment(0.0)) for name in ("osd_missing", "osd_still", "frozen")
    )
    if missing.strength > 0:
        return None
    if still.strength > 0:
        return still.since
    return frozen.since if frozen.strength >= CLOCK_STILL_TOO else at
