"""What is wrong before or in the lens: out of focus, covered, dirty, fogged. In place, on planes."""

from functools import lru_cache
from math import cos, sin, tau
from typing import Final

import cv2
import numpy as np

from simulator.rtsp.damage.kit import (
    Field,
    Moment,
    halved,
    hill,
    lay,
    soften,
    spots,
    to_bytes,
    wide_to,
)
from simulator.rtsp.planes import NEUTRAL, Plane, colour, luma, mix, ycc

COVERED_SHARE: Final = 0.7  # of the picture, at strength 1
BLUR_SHARE: Final = 1 / 110  # sigma as a share of the width, at strength 1
# What hangs before lenses, as BGR: a dark bag, a hand, a leaf.
THINGS: Final = ((26, 24, 22), (70, 92, 138), (38, 84, 58))

Cover = tuple[Plane, Plane, Plane, Plane]  # luma: keep, add; colour: keep, add (2 planes)


def blur(picture: Plane, strength: float, _moment: Moment) -> None:
    """Put the lens out of focus."""
    defocus(picture, strength * luma(picture).shape[1] * BLUR_SHARE)


def defocus(picture: Plane, sigma: float) -> None:
    """Blur by a Gaussian, `sigma` in pixels."""
    if sigma > 0:
        light = luma(picture)
        light[:] = soften(light, sigma)
        for plane in colour(picture):
            plane[:] = soften(plane, sigma / 2)


def cover(picture: Plane, strength: float, moment: Moment) -> None:
    """Hang something before the lens, much too near to be sharp; all of the picture from 1.4 on."""
    light, tint = luma(picture), colour(picture)
    keep, add, keep_tint, add_tint = _cover(light.shape, round(strength, 2), moment.seed, moment.night)
    mix(light, keep, add)
    for plane, more in zip(tint, add_tint, strict=True):
        mix(plane, keep_tint, more)


@lru_cache(maxsize=8)
def _cover(shape: tuple[int, int], strength: float, seed: int, night: bool) -> Cover:  # noqa: FBT001 a cache key
    rng = np.random.default_rng(seed)
    height, width = shape
    share = min(1.0, COVERED_SHARE * strength)
    depth = hill(rng, 90, 160)
    edge = float(np.quantile(depth, 1.0 - share)) if share < 0.97 else -1.0
    alpha = cv2.GaussianBlur((depth > edge).astype(np.float32), (0, 0), 5.0)
    shade = np.float32(0.75) + np.float32(0.5) * hill(rng, 90, 160)
    tone, blue, red = ycc(THINGS[seed % len(THINGS)])
    if night:
        blue = red = float(NEUTRAL)
    alpha = wide_to(np.clip(alpha, 0.0, 1.0), width, height)
    shade, half = wide_to(shade, width, height), halved(alpha)
    tints = np.stack([to_bytes(half * np.float32(blue)), to_bytes(half * np.float32(red))])
    return (
        to_bytes(255 * (1 - alpha)),
        to_bytes(alpha * shade * np.float32(tone)),
        to_bytes(255 * (1 - half)),
        tints,
    )


def fog(picture: Plane, strength: float, moment: Moment) -> None:
    """Veil the scene: `seen * t + air * (1 - t)` (Koschmieder), the far top more than the near bottom.

    t is 0.2 at strength 1.
    """
    light, tint = luma(picture), colour(picture)
    left = max(0.03, 1.0 - 0.8 * strength)
    power = np.linspace(1.3, 0.7, light.shape[0], dtype=np.float32)[:, None]
    through = np.broadcast_to(np.float32(left) ** power, light.shape)
    air = 70.0 if moment.night else 185.0
    mix(light, to_bytes(255 * through), to_bytes(air * (1 - through)))
    half = halved(np.ascontiguousarray(through))
    for plane in tint:
        mix(plane, to_bytes(255 * half), to_bytes(NEUTRAL * (1 - half)))
    defocus(picture, 0.0008 * strength * light.shape[1])


def drops(picture: Plane, strength: float, moment: Moment) -> None:
    """Put water drops on the cover: each shows a bright, soft, upside-down view of its surroundings."""
    light = luma(picture)
    alpha = _mask("drops", light.shape, round(strength, 2), moment.seed)
    through = soften(light[::-1].copy(), light.shape[1] / 40).astype(np.float32)
    lay(picture, alpha, through * np.float32(0.85) + 30, (NEUTRAL, NEUTRAL))


def web(picture: Plane, strength: float, moment: Moment) -> None:
    """Spin a web before the lens: bright, unsharp threads, brighter in infrared light."""
    light = luma(picture)
    alpha = _web(light.shape, round(strength, 2), moment.seed)
    lay(picture, alpha, 235.0 if moment.night else 205.0, (NEUTRAL, NEUTRAL))


def dirt(picture: Plane, strength: float, moment: Moment) -> None:
    """Put dark, soft, brownish spots on the cover."""
    light = luma(picture)
    alpha = _mask("dirt", light.shape, round(strength, 2), moment.seed)
    tone, blue, red = ycc((40, 52, 60))
    tint = (NEUTRAL, NEUTRAL) if moment.night else (blue, red)
    lay(picture, alpha * np.float32(0.88), tone, tint)


def light_spot(picture: Plane, strength: float, moment: Moment) -> None:
    """Shine a lamp or the sun into the lens: a burnt-out spot that stays, and a veil around it."""
    light = luma(picture)
    alpha = _glare(light.shape, round(strength, 2), moment.seed)
    cv2.add(light, to_bytes(alpha * 255), dst=light)
    fade = to_bytes(255 * (1 - np.clip(halved(alpha), 0, 1)))
    for plane in colour(picture):
        mix(plane, fade, to_bytes((255 - fade.astype(np.float32)) * (NEUTRAL / 255)))


@lru_cache(maxsize=8)
def _mask(kind: str, shape: tuple[int, int], strength: float, seed: int) -> Field:
    rng = np.random.default_rng(seed + 11)
    number = max(1, round(22 * strength))
    if kind == "drops":
        return spots(rng, shape, number, (0.02, 0.055), 0.004)
    return spots(rng, shape, number, (0.018, 0.05), 0.012)


@lru_cache(maxsize=8)
def _web(shape: tuple[int, int], strength: float, seed: int) -> Field:
    rng = np.random.default_rng(seed + 12)
    height, width = 270, max(32, 270 * shape[1] // shape[0])
    ink = np.zeros((height, width), np.uint8)
    hub = (int(rng.uniform(0.2, 0.8) * width), int(rng.uniform(0.15, 0.6) * height))
    reach = width * (0.25 + 0.55 * min(1.0, strength))
    angles = np.sort(rng.uniform(0, tau, max(5, round(18 * min(1.4, strength)))))
    ends = [(int(hub[0] + reach * cos(a)), int(hub[1] + reach * sin(a))) for a in angles]
    for end in ends:
        cv2.line(ink, hub, end, 255, 2, cv2.LINE_AA)
    for ring in np.linspace(0.15, 0.95, max(3, round(9 * min(1.4, strength)))):
        turn = [(int(hub[0] + (x - hub[0]) * ring), int(hub[1] + (y - hub[1]) * ring)) for x, y in ends]
        cv2.polylines(ink, [np.array(turn, np.int32)], True, 200, 2, cv2.LINE_AA)
    field = cv2.GaussianBlur(ink.astype(np.float32) / 255, (0, 0), 1.6)
    return wide_to(np.clip(field * 0.85, 0, 0.75), shape[1], shape[0])


@lru_cache(maxsize=8)
def _glare(shape: tuple[int, int], strength: float, seed: int) -> Field:
    rng = np.random.default_rng(seed + 13)
    height, width = 180, max(16, 180 * shape[1] // shape[0])
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    middle = rng.uniform(0.15, 0.85) * width, rng.uniform(0.15, 0.85) * height
    far = ((x - middle[0]) ** 2 + (y - middle[1]) ** 2) / (0.17 * strength * width) ** 2
    bloom = 1.3 * np.exp(-(far**1.2)) + 0.22 * strength / (1 + far)
    return wide_to(bloom, shape[1], shape[0])
