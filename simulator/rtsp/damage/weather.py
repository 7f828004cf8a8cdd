"""What is no fault and changes the picture all the same: gain, rain, night, headlights, dusk. In place."""

from math import sin, tau

import cv2
import numpy as np

from simulator.rtsp.damage.kit import Moment, fresh_noise, to_bytes
from simulator.rtsp.damage.light import expose
from simulator.rtsp.planes import NEUTRAL, Plane, colour, luma

DUSK_SECONDS = 1800.0  # from the day's light to the least that dusk leaves


def gain_up(picture: Plane, strength: float, _moment: Moment) -> None:
    """Let the sun come out: 30 % more light at strength 1."""
    expose(picture, 1 + 0.3 * strength)


def gain_down(picture: Plane, strength: float, _moment: Moment) -> None:
    """Let a cloud pass: 30 % less light at strength 1."""
    expose(picture, 1 - 0.3 * strength)


def rain(picture: Plane, strength: float, moment: Moment) -> None:
    """Let it rain: thin bright streaks that fall, and a little less contrast."""
    light = luma(picture)
    cv2.convertScaleAbs(light, dst=light, alpha=1 - 0.12 * strength, beta=14 * strength)
    rng = moment.chance("rain")
    height, width = light.shape
    ink = np.zeros(light.shape, np.uint8)
    long = height / 22
    for _ in range(int(260 * strength)):
        x, y = rng.uniform(0, width), rng.uniform(-long, height)
        reach = long * rng.uniform(0.5, 1.5)
        end = (int(x + reach * 0.12), int(y + reach))
        cv2.line(ink, (int(x), int(y)), end, int(rng.uniform(20, 70)), max(1, width // 900), cv2.LINE_AA)
    cv2.add(light, ink, dst=light)


def night(picture: Plane, strength: float, moment: Moment) -> None:
    """Make it night before an infrared camera: grey, noisy, lit from the middle."""
    light = luma(picture)
    height, width = light.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    far = ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2) / 0.5
    lamp = np.float32(0.75) - np.float32(0.5 * strength) * far
    dark = light * lamp + fresh_noise(light.shape, moment.chance("night")) * np.float32(3.5)
    light[:] = to_bytes(dark)
    colour(picture)[:] = NEUTRAL


def headlights(picture: Plane, strength: float, moment: Moment) -> None:
    """Drive a car with its lamps on through the picture: two glares that come and go, and a lit road."""
    light = luma(picture)
    height, width = light.shape
    way = (moment.at / 9.0 + moment.seed % 89 / 89) % 1.0
    x0, y0 = (1.3 * way - 0.15) * width, (0.55 + 0.25 * way) * height
    y, x = np.ogrid[0:height, 0:width]
    apart = width * (0.03 + 0.05 * way)
    size = (width * (0.015 + 0.03 * way)) ** 2
    glow = sum(
        np.exp(-((x - x0 - side * apart) ** 2 + (y - y0) ** 2) / size).astype(np.float32) for side in (-1, 1)
    )
    road = np.exp(-((x - x0) ** 2 / (16 * size) + (y - y0 - 2 * apart) ** 2 / (4 * size))).astype(np.float32)
    cv2.add(light, to_bytes(strength * (250 * glow + 45 * road)), dst=light)


def dusk(picture: Plane, strength: float, moment: Moment) -> None:
    """Let the light go slowly, warm at first: 55 % of it within half an hour at strength 1."""
    gone = min(1.0, max(0.0, (moment.at - moment.since) / DUSK_SECONDS))
    expose(picture, 1 - 0.55 * strength * gone)
    warm = 7 * strength * sin(tau * gone / 2)
    blue, red = colour(picture)
    for plane, value in ((blue, -warm), (red, warm)):
        plane[:] = np.clip(plane.astype(np.int16) + round(value), 0, 255).astype(np.uint8)
