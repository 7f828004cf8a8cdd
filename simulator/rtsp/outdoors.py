"""Places under the sky: a street, a works yard, a car park."""

from math import pi

from simulator.rtsp import textures, things
from simulator.rtsp.canvas import Canvas


def street(c: Canvas) -> None:
    """Paint a two-lane street with houses on its far side."""
    rng = c.rng
    c.sky((214, 190, 168), (226, 220, 214))
    c.surface(textures.plain(rng, (84, 84, 86), contrast=0.09), (-50, 0, 20), (130, 0, 0), (0, 0, -13))
    walk = textures.slabs(rng, (142, 146, 150), metres=2.4)
    c.surface(walk, (-50, 0.12, 23), (130, 0, 0), (0, 0, -3.4))
    c.surface(textures.plain(rng, (150, 152, 154)), (-50, 0.12, 19.6), (130, 0, 0), (0, -0.12, 0), light=0.7)
    c.surface(walk, (-50, 0, 7), (130, 0, 0), (0, 0, -6.5), light=0.95)
    c.surface(textures.plain(rng, (164, 166, 166)), (-50, 0.01, 7.2), (130, 0, 0), (0, 0, -0.25), light=1.1)
    _dashes(c, 13.3)
    _houses(c)
    c.shade([(-50, 0.12, 23), (80, 0.12, 23), (80, 0.12, 21.6), (-50, 0.12, 21.6)], light=0.6, soft=14)
    for x in (-11.0, 3.5, 17.0, 31.0):
        things.tree(c, (x + float(rng.uniform(-1, 1)), 20.4))
    things.park(c, [(-5.5, 18.3, 0.0), (8.5, 18.4, pi), (14.2, 18.3, 0.0), (26.0, 18.4, 0.0)])
    things.lamp_post(c, (-2.5, 20.2), 6.2)


def _dashes(c: Canvas, z: float) -> None:
    for x in range(-45, 75, 6):
        c.patch(
            [(x, 0.01, z - 0.07), (x + 3, 0.01, z - 0.07), (x + 3, 0.01, z + 0.07), (x, 0.01, z + 0.07)],
            (196, 200, 202),
        )


def _houses(c: Canvas) -> None:
    rng, x = c.rng, -42.0
    fronts = [
        textures.slabs(rng, (78, 96, 150), rows=24, columns=8, metres=2.0, joint=1.25),
        textures.plain(rng, (168, 190, 204), contrast=0.05),
        textures.slabs(rng, (110, 122, 140), rows=24, columns=8, metres=2.0, joint=1.2),
        textures.plain(rng, (176, 176, 170), contrast=0.06),
    ]
    while x < 70:
        wide, high = float(rng.uniform(8, 13)), float(rng.choice([6.4, 9.4, 9.8]))
        front = fronts[int(rng.integers(len(fronts)))]
        c.surface(front, (x, high, 23), (wide, 0, 0), (0, -high, 0), light=float(rng.uniform(0.8, 1.0)))
        c.surface(
            textures.plain(rng, (70, 74, 84)),
            (x - 0.2, high + 0.5, 22.9),
            (wide + 0.4, 0, 0),
            (0, -0.6, 0),
            light=0.8,
        )
        _windows(c, x, wide, high)
        x += wide


def _windows(c: Canvas, x: float, wide: float, high: float) -> None:
    count = int(wide // 2.4)
    panes = {lit: [textures.pane(c.rng, lit=lit) for _ in range(4)] for lit in (False, True)}
    for floor in range(int(high // 3)):
        for number in range(count):
            left = x + wide / count * (number + 0.5) - 0.6
            lit = float(c.rng.random()) < 0.3 and c.night
            pane = panes[lit][int(c.rng.integers(4))]
            if floor == 0 and number == count // 2:
                c.surface(
                    textures.plain(c.rng, (50, 66, 96)),
                    (left, 2.3, 22.97),
                    (1.1, 0, 0),
                    (0, -2.2, 0),
                    light=0.8,
                )
            else:
                c.surface(
                    pane, (left, floor * 3 + 2.5, 22.97), (1.2, 0, 0), (0, -1.5, 0), light=1.0, stains=0
                )
                c.patch(
                    [
                        (left - 0.1, floor * 3 + 0.97, 22.9),
                        (left + 1.3, floor * 3 + 0.97, 22.9),
                        (left + 1.3, floor * 3 + 0.85, 22.9),
                        (left - 0.1, floor * 3 + 0.85, 22.9),
                    ],
                    (180, 184, 186),
                )


def yard(c: Canvas) -> None:
    """Paint a works yard with a hall, containers and a fence."""
    rng = c.rng
    c.sky((208, 184, 160), (222, 218, 214))
    things.treeline(c, 60, 9)
    c.surface(
        textures.plain(rng, (140, 144, 146), contrast=0.07),
        (-45, 0, 45),
        (100, 0, 0),
        (0, 0, -44),
        stains=0.14,
    )
    for joint in (8, 14, 20, 26):
        c.patch(
            [(-45, 0.005, joint), (45, 0.005, joint), (45, 0.005, joint + 0.06), (-45, 0.005, joint + 0.06)],
            (104, 106, 108),
        )
    metal = textures.corrugated(rng, (168, 160, 150))
    c.surface(metal, (-14, 7, 30), (34, 0, 0), (0, -7, 0), light=0.95)
    c.surface(textures.plain(rng, (84, 84, 86)), (-14, 7.6, 29.9), (34, 0, 0), (0, -0.7, 0))
    for left in (-11.0, -4.0, 3.0, 10.0):
        door = textures.slabs(rng, (128, 120, 110), rows=14, columns=1, metres=4.2, joint=0.8)
        c.surface(door, (left, 4.4, 29.95), (4.2, 0, 0), (0, -4.4, 0), light=0.9)
    c.shade([(-14, 0, 30), (20, 0, 30), (20, 0, 27.5), (-14, 0, 27.5)], light=0.6, soft=16)
    things.lamp_post(c, (-12.4, 28.5), 8.0)
    colours = ((60, 70, 150), (130, 84, 40), (76, 100, 66), (70, 120, 160))
    for number, (x, z) in enumerate(((-17.0, 20.0), (-17.0, 14.0), (13.5, 17.0))):
        things.container(c, (x, z), colours[(number + int(rng.integers(4))) % 4])
    for x, z in ((7.5, 12.5), (9.4, 12.8), (8.3, 14.6), (-6.5, 22.0)):
        things.crate(c, (x, z))
    things.park(c, [(-8.5, 24.5, 0.3), (16.5, 24.0, pi / 2)])


def parking(c: Canvas) -> None:
    """Paint a car park: bays on both sides of an aisle, most of them taken."""
    rng = c.rng
    c.sky((216, 196, 176), (228, 224, 220))
    things.treeline(c, 55, 7)
    c.surface(textures.leaves(rng, (52, 104, 84)), (-60, 0, 60), (130, 0, 0), (0, 0, -22))
    c.surface(
        textures.plain(rng, (92, 92, 94), contrast=0.08),
        (-45, 0.01, 38),
        (95, 0, 0),
        (0, 0, -37),
        stains=0.12,
    )
    spots: list[tuple[float, float, float]] = []
    for z in (9.0, 19.5, 25.0, 34.5):
        for number in range(-9, 12):
            x = number * 2.7
            c.patch(
                [
                    (x - 0.05, 0.02, z - 2.5),
                    (x + 0.05, 0.02, z - 2.5),
                    (x + 0.05, 0.02, z + 2.5),
                    (x - 0.05, 0.02, z + 2.5),
                ],
                (186, 190, 192),
            )
            if float(rng.random()) < 0.62:
                turn = pi / 2 if float(rng.random()) < 0.5 else -pi / 2
                spots.append((x + 1.35, z + float(rng.uniform(-0.2, 0.2)), turn))
    things.lamp_post(c, (2.0, 39.0), 8.5)
    for x in (-16.0, -3.0, 12.0):
        things.tree(c, (x, 40.0))
    things.park(c, spots)
