"""What is wrong with light and colour: exposure, cast, the infrared filter and lamp, flicker. In place."""

from functools import lru_cache
from math import cos, pi, sin, tau

import cv2
import numpy as np

from simulator.rtsp.damage.kit import (
    Field,
    Moment,
    fresh_noise,
    halved,
    scale_colour,
    shift_colour,
    to_bytes,
)
from simulator.rtsp.planes import NEUTRAL, Plane, colour, luma, mix


def expose(picture: Plane, gain: float, lift: float = 0.0) -> None:
    """Multiply all light, clipped as a sensor clips: what burns out loses its colour."""
    light = luma(picture)
    burnt = light.astype(np.float32) * np.float32(gain)
    cv2.convertScaleAbs(light, dst=light, alpha=gain, beta=lift)
    scale_colour(picture, min(gain, 1.6))
    if gain > 1:
        keep = to_bytes(255 * np.clip((300 - halved(burnt)) / 60, 0, 1))
        for plane in colour(picture):
            mix(plane, keep, to_bytes((255 - keep.astype(np.float32)) * (NEUTRAL / 255)))


def black(picture: Plane, strength: float, _moment: Moment) -> None:
    """Take the light away, all of it at strength 1."""
    expose(picture, max(0.0, 1.0 - strength), 2.0)  # a sensor in the dark is not quite 0


def under(picture: Plane, strength: float, _moment: Moment) -> None:
    """Expose too little: a fifth of the light at strength 1."""
    expose(picture, max(0.0, 1.0 - 0.8 * strength), 1.0)


def over(picture: Plane, strength: float, _moment: Moment) -> None:
    """Expose too much: four times the light at strength 1."""
    expose(picture, 1.0 + 3.0 * strength)


def cast(picture: Plane, strength: float, moment: Moment) -> None:
    """Tint the picture yellow, blue, green or red: the white balance is wrong."""
    angle = (0.75, 0.95, 1.35, 1.75)[moment.seed % 4] * pi  # none of them near purple
    shift_colour(picture, 46 * strength * cos(angle), 46 * strength * sin(angle))


def purple(picture: Plane, strength: float, _moment: Moment) -> None:
    """Tint the picture purple and leave all else as it is."""
    shift_colour(picture, 32 * strength, 32 * strength)


def filter_stuck(picture: Plane, strength: float, moment: Moment) -> None:
    """Leave the infrared cut filter in the wrong place.

    By day infrared comes in: a pink, pale, weakly coloured picture. By night the filter keeps the infrared
    lamp's light out: dark, with coloured noise.
    """
    if moment.night:
        expose(picture, max(0.1, 1.0 - 0.75 * strength), 2.0)
        rng = moment.chance("filter")
        for plane in colour(picture):
            noise = fresh_noise(plane.shape, rng) * np.float32(9 * strength)
            plane[:] = np.clip(plane + noise, 0, 255).astype(np.uint8)
        return
    scale_colour(picture, max(0.1, 1.0 - 0.75 * strength))
    shift_colour(picture, 14 * strength, 24 * strength)
    light = luma(picture)
    cv2.convertScaleAbs(light, dst=light, alpha=1.0 - 0.3 * strength, beta=62 * strength)


def mono(picture: Plane, strength: float, _moment: Moment) -> None:
    """Take the colour away: the camera believes that it is night."""
    scale_colour(picture, max(0.0, 1.0 - strength))


def lamp_failed(picture: Plane, strength: float, moment: Moment) -> None:
    """Switch the infrared lamp off: what it lit, most of all the middle, goes dark. Nothing by day."""
    if not moment.night:
        return
    light = luma(picture)
    keep = 1 - np.float32(min(0.97, 0.9 * strength)) * _lit(light.shape)
    dark = light * keep + fresh_noise(light.shape, moment.chance("lamp")) * np.float32(4.0)
    light[:] = to_bytes(dark)


@lru_cache(maxsize=4)
def _lit(shape: tuple[int, int]) -> Field:
    height, width = shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    far = ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2) / 0.5
    return np.asarray(1 - 0.35 * far, np.float32)


def flicker(picture: Plane, strength: float, moment: Moment) -> None:
    """Let mains light beat with the shutter: brightness differs by picture, and a little by row."""
    light = luma(picture)
    phase = tau * ((3.7 * moment.at + moment.seed % 89 / 89) % 1.0)
    rows = np.arange(light.shape[0], dtype=np.float32)[:, None] / light.shape[0]
    wave = 0.8 * sin(phase) + 0.2 * np.sin(tau * 1.5 * rows + phase)
    gain = np.broadcast_to(1 + np.float32(0.5 * strength) * wave, light.shape)
    light[:] = np.clip(light * gain, 0, 255).astype(np.uint8)
