"""Places under a roof: a corridor and an entrance hall."""

from simulator.rtsp import textures, things
from simulator.rtsp.canvas import Canvas
from simulator.rtsp.textures import Bgr, Tile


def corridor(c: Canvas) -> None:
    """Paint an office corridor with doors on both sides and lamps in the ceiling."""
    rng = c.rng
    half, high, far = 1.5, 2.75, 26.0
    wall = textures.plain(rng, (196, 206, 210), contrast=0.035, metres=2.5, coarse=16)
    c.surface(
        textures.slabs(rng, (120, 132, 140), metres=1.8, joint=0.75),
        (-half, 0, far),
        (2 * half, 0, 0),
        (0, 0, 0.2 - far),
    )
    c.surface(
        textures.slabs(rng, (206, 208, 208), metres=2.4, joint=0.8),
        (-half, high, 0.2),
        (2 * half, 0, 0),
        (0, 0, far),
        light=0.9,
    )
    c.surface(wall, (-half, high, 0.2), (0, 0, far), (0, -high, 0), light=0.95)
    c.surface(wall, (half, high, 0.2), (0, 0, far), (0, -high, 0), light=0.82)
    band = textures.plain(rng, (150, 140, 110), contrast=0.05, metres=2.0)
    for x, light in ((-half + 0.005, 0.95), (half - 0.005, 0.8)):
        c.surface(band, (x, 1.05, 0.2), (0, 0, far), (0, -0.95, 0), light=light)
        c.surface(textures.plain(rng, (62, 64, 66)), (x, 0.1, 0.2), (0, 0, far), (0, -0.1, 0), light=light)
    c.surface(wall, (-half, high, far), (2 * half, 0, 0), (0, -high, 0), light=0.9)
    c.surface(
        textures.daylight(rng, night=c.night), (-0.7, 2.2, far - 0.02), (1.4, 0, 0), (0, -1.6, 0), stains=0
    )
    _doors(c, half)
    for number in range(6):
        _lamp(c, 2.4 + number * 4.0, high)
    for x in (-half, half):
        c.shade([(x, 0, 0.5), (x * 0.82, 0, 0.5), (x * 0.82, 0, far), (x, 0, far)], light=0.72, soft=8)
    _box_on_wall(c, (half - 0.02, 1.1, 6.2), (40, 40, 170))


def _doors(c: Canvas, half: float) -> None:
    wood = textures.slabs(c.rng, (84, 124, 160), rows=2, columns=1, metres=2.1, joint=0.9)
    for number in range(6):
        z = 3.2 + number * 4.0 + float(c.rng.uniform(-0.4, 0.4))
        for x, shift, light in ((-half + 0.01, 0.0, 0.9), (half - 0.01, 1.6, 0.76)):
            c.surface(
                textures.plain(c.rng, (172, 176, 178)),
                (x, 2.2, z + shift - 0.08),
                (0, 0, 1.16),
                (0, -2.2, 0),
                light=light,
            )
            c.surface(wood, (x, 2.1, z + shift), (0, 0, 1.0), (0, -2.1, 0), light=light)
            c.patch(
                [
                    (x, 1.1, z + shift + 0.06),
                    (x, 1.1, z + shift + 0.2),
                    (x, 1.04, z + shift + 0.2),
                    (x, 1.04, z + shift + 0.06),
                ],
                (60, 62, 64),
            )
            c.patch(
                [
                    (x, 1.75, z + shift + 1.25),
                    (x, 1.75, z + shift + 1.5),
                    (x, 1.6, z + shift + 1.5),
                    (x, 1.6, z + shift + 1.25),
                ],
                (222, 222, 218),
            )


def _lamp(c: Canvas, z: float, high: float) -> None:
    panel = [
        (-0.3, high - 0.01, z),
        (0.3, high - 0.01, z),
        (0.3, high - 0.01, z + 1.2),
        (-0.3, high - 0.01, z + 1.2),
    ]
    if c.night:
        c.patch(panel, (120, 122, 122))
        return
    c.patch(panel, (250, 253, 253))
    c.shade(
        [(-0.45, 0.005, z), (0.45, 0.005, z), (0.45, 0.005, z + 1.6), (-0.45, 0.005, z + 1.6)],
        light=1.35,
        soft=26,
    )


def _box_on_wall(c: Canvas, spot: tuple[float, float, float], colour: Bgr) -> None:
    x, y, z = spot
    c.patch([(x, y + 0.5, z), (x, y + 0.5, z + 0.35), (x, y, z + 0.35), (x, y, z)], colour)
    c.patch(
        [(x, y + 0.35, z + 0.08), (x, y + 0.35, z + 0.27), (x, y + 0.15, z + 0.27), (x, y + 0.15, z + 0.08)],
        (220, 222, 224),
    )


def hall(c: Canvas) -> None:
    """Paint an entrance hall: polished floor, columns, a desk, a glass front."""
    rng = c.rng
    c.sky((120, 126, 130), (120, 126, 130))
    wall = textures.plain(rng, (186, 196, 200), contrast=0.04, metres=3.0)
    c.surface(
        textures.slabs(rng, (146, 156, 164), metres=3.2, joint=0.8),
        (-16, 0, 24),
        (32, 0, 0),
        (0, 0, -23.5),
        stains=0.08,
    )
    c.surface(
        textures.slabs(rng, (170, 172, 172), metres=2.4, joint=0.85),
        (-16, 5, 0.5),
        (32, 0, 0),
        (0, 0, 23.5),
        light=0.75,
    )
    c.surface(wall, (-16, 5, 0.5), (0, 0, 23.5), (0, -5, 0), light=0.8)
    c.surface(wall, (-16, 5, 24), (32, 0, 0), (0, -5, 0), light=0.9)
    c.surface(wall, (16, 5, 24), (0, 0, -23.5), (0, -5, 0), light=0.7)
    _glass_front(c)
    for x in (2.0, 9.5):
        for z in (19.0, 12.5):
            _column(c, (x, z))
    _desk(c)
    for x in (-12.0, -6.0, 0.0, 6.0, 12.0):
        for z in (6.0, 12.0, 18.0):
            colour = (110, 112, 112) if c.night else (250, 252, 252)
            c.patch([(x, 4.98, z), (x + 1.2, 4.98, z), (x + 1.2, 4.98, z + 0.5), (x, 4.98, z + 0.5)], colour)
    things.plant(c, (-9.0, 21.5))
    things.plant(c, (12.5, 22.0))
    things.plant(c, (-3.4, 9.4))


def _glass_front(c: Canvas) -> None:
    for number in range(6):
        x = -8.0 + number * 2.4
        c.surface(
            textures.daylight(c.rng, night=c.night), (x, 4.0, 23.95), (2.2, 0, 0), (0, -3.9, 0), stains=0
        )
        c.shade(
            [(x, 0.01, 23.8), (x + 2.2, 0.01, 23.8), (x + 1.4, 0.01, 17), (x - 0.6, 0.01, 17)],
            light=1.05 if c.night else 1.3,
            soft=22,
        )


def _column(c: Canvas, spot: tuple[float, float]) -> None:
    x, z = spot
    stone = textures.plain(c.rng, (178, 186, 192), contrast=0.06, metres=1.6, coarse=16)
    c.shade(
        [
            (x - 0.5, 0.01, z - 0.5),
            (x + 1.1, 0.01, z - 0.5),
            (x + 1.1, 0.01, z + 0.8),
            (x - 0.5, 0.01, z + 0.8),
        ],
        light=0.7,
        soft=14,
    )
    with c.standing(x, z):
        c.surface(stone, (x, 5, z + 0.6), (0, 0, -0.6), (0, -5, 0), light=0.6)
        c.surface(stone, (x, 5, z), (0.6, 0, 0), (0, -5, 0), light=0.95)


def _desk(c: Canvas) -> None:
    wood: Tile = textures.slabs(c.rng, (70, 104, 140), rows=1, columns=6, metres=3.0)
    c.shade(
        [(-8.6, 0.01, 12.4), (-3.6, 0.01, 12.4), (-3.6, 0.01, 14.4), (-8.6, 0.01, 14.4)], light=0.6, soft=16
    )
    with c.standing(-6.0, 12.8):
        c.surface(
            textures.plain(c.rng, (190, 196, 198), contrast=0.04),
            (-8.4, 1.15, 14.2),
            (4.6, 0, 0),
            (0, 0, -1.4),
            light=1.05,
        )
        c.surface(wood, (-3.8, 1.1, 14.2), (0, 0, -1.4), (0, -1.1, 0), light=0.7)
        c.surface(wood, (-8.4, 1.1, 12.8), (4.6, 0, 0), (0, -1.1, 0), light=0.95)
