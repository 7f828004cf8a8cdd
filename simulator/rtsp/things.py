"""Things that stand about: parked cars, trees, lamps, containers, crates, plants."""

import numpy as np

from simulator.rtsp import textures
from simulator.rtsp.canvas import Canvas, Point
from simulator.rtsp.lens import CANVAS
from simulator.rtsp.stage import Stage
from simulator.rtsp.traffic import Mover


def park(c: Canvas, spots: list[tuple[float, float, float]]) -> None:
    """Park cars: x, z and heading of each."""
    stage = Stage(c.lens, CANVAS, shadow=0.5, lamps=False)
    cars = [Mover("car", x, z, turn, 0.0, int(c.rng.integers(1000))) for x, z, turn in spots]
    for parked in sorted(cars, key=stage.depth, reverse=True):
        outline = stage.draw(c.image, parked)
        if outline is not None:
            c.hide(outline, stage.depth(parked))


def treeline(c: Canvas, z: float, high: float) -> None:
    """Paint trees far away."""
    x = -z * 1.2
    while x < z * 1.2:
        foliage(c, (x, float(c.rng.uniform(0.35, 0.6)) * high, z), float(c.rng.uniform(0.45, 0.7)) * high)
        x += high * 0.5


def tree(c: Canvas, spot: tuple[float, float]) -> None:
    """Paint one tree with its shadow."""
    x, z = spot
    bark = textures.plain(c.rng, (56, 66, 78), contrast=0.25, metres=0.8, coarse=16)
    with c.standing(x, z):
        c.surface(bark, (x - 0.13, 3.4, z), (0.26, 0, 0), (0, -3.4, 0))
        c.shade(
            [
                (x - 1.6, 0.13, z - 1.5),
                (x + 1.6, 0.13, z - 1.5),
                (x + 1.6, 0.13, z + 0.6),
                (x - 1.6, 0.13, z + 0.6),
            ],
            light=0.72,
            soft=22,
        )
        foliage(c, (x, 4.6, z), 1.9)


def foliage(c: Canvas, middle: Point, radius: float) -> None:
    """Paint foliage: overlapping rough blobs, the lower ones darker."""
    x, y, z = middle
    tile = textures.leaves(c.rng, (52, 88, 76))
    for light, number in ((0.5, 5), (0.75, 6), (1.0, 5)):
        for _ in range(number):
            dx, dy = (float(v) for v in c.rng.normal(0, 0.36, 2) * radius)
            lift = (light - 0.8) * radius * 0.6
            angles = np.linspace(0, 2 * np.pi, 22, endpoint=False)
            reach = radius * 0.6 * (1 + 0.12 * c.rng.standard_normal(22))
            ring = [
                (x + dx + r * np.cos(a), y + dy + lift + r * np.sin(a), z)
                for a, r in zip(angles, reach, strict=True)
            ]
            c.cutout(tile, ring, light=light)


def lamp_post(c: Canvas, spot: tuple[float, float], high: float) -> None:
    """Paint a lamp post, lit at night."""
    x, z = spot
    steel = textures.plain(c.rng, (96, 98, 98), metres=1.0)
    with c.standing(x, z):
        c.surface(steel, (x - 0.07, high, z), (0.14, 0, 0), (0, -high, 0))
        c.surface(steel, (x - 0.07, high, z), (1.4, 0, 0), (0, -0.12, 0), light=0.8)
        if c.night:
            c.glow((x + 1.3, high - 0.1, z), radius=70)


def container(c: Canvas, spot: tuple[float, float], colour: textures.Bgr) -> None:
    """Paint a shipping container, 6 by 2.4 by 2.6 metres."""
    x, z = spot
    side = textures.corrugated(c.rng, colour, ribs=12, metres=2.4)
    with c.standing(x, z):
        c.surface(side, (x, 2.6, z + 2.4), (6, 0, 0), (0, 0, -2.4), light=1.15)
        for end in (x, x + 6.0):
            if (end > 0) != (end == x + 6.0):  # the end that faces us
                c.surface(side, (end, 2.6, z + 2.4), (0, 0, -2.4), (0, -2.6, 0), light=0.6)
        c.surface(side, (x, 2.6, z), (6, 0, 0), (0, -2.6, 0), light=0.9)
        c.shade(
            [(x - 0.2, 0, z), (x + 6.2, 0, z), (x + 6.2, 0, z - 0.7), (x - 0.2, 0, z - 0.7)],
            light=0.6,
            soft=10,
        )


def crate(c: Canvas, spot: tuple[float, float]) -> None:
    """Paint a wooden crate."""
    x, z = spot
    wood = textures.slabs(c.rng, (104, 146, 182), rows=8, columns=1, metres=1.2)
    c.shade(
        [(x - 0.4, 0, z - 0.5), (x + 1.6, 0, z - 0.5), (x + 1.6, 0, z + 1.2), (x - 0.4, 0, z + 1.2)],
        light=0.6,
        soft=14,
    )
    with c.standing(x, z):
        c.surface(wood, (x, 1.1, z + 1.2), (1.2, 0, 0), (0, 0, -1.2), light=1.1)
        if x > 0:
            c.surface(wood, (x, 1.1, z + 1.2), (0, 0, -1.2), (0, -1.1, 0), light=0.6)
        c.surface(wood, (x, 1.1, z), (1.2, 0, 0), (0, -1.1, 0), light=0.85)


def plant(c: Canvas, spot: tuple[float, float]) -> None:
    """Paint a plant in its pot."""
    x, z = spot
    with c.standing(x, z):
        c.surface(textures.plain(c.rng, (60, 64, 70)), (x - 0.3, 0.55, z), (0.6, 0, 0), (0, -0.55, 0))
        foliage(c, (x, 1.1, z), 0.6)
