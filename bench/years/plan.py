"""The parameters of the simulated fleet, all in one place.

Field data on how cameras, batteries and links age is not public; rates and shapes here are estimates from
data sheets (LED lumen maintenance, lead-acid float life) and wide on purpose. What is drawn for each failing
unit: onset, duration, shape of decay, depth beyond the limit, repair.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SHAPES: Final = ("linear", "exponential", "accelerating", "knee", "stairs")


@dataclass(frozen=True, slots=True)
class Wearing:
    """How one measure of one component behaves.

    Attributes:
        component: as in the product's table.
        metric: as in the product's catalogue.
        base: typical value at hand-over, and the share by which units differ.
        mode: `ratio` (wear multiplies the value), `offset` (adds), `decades` (multiplies a rate by e^wear).
        end: wear at the limit, on that scale; negative: downwards.
        noise: standard deviation of a daily value, on that scale; half of it is AR(1) with rho 0.6.
        season: amplitude over a year: the smallest and largest of a unit.
        weather: standard deviation of what all units of a site share from day to day (AR(1), rho 0.8).
        fails: share of the units that fail within the two years.
        takes: days from onset to the limit: shortest, longest.
        ages: wear of a healthy unit in a year, as a share of the end: smallest, largest.
        resets: mean days between partial recoveries by rain or cleaning; 0: none.
        storm: what a storm night adds, on that scale, in units of noise.
    """

    component: str
    metric: str
    base: tuple[float, float]
    mode: str
    end: float
    noise: float
    season: tuple[float, float]
    weather: float
    fails: float
    takes: tuple[float, float]
    ages: tuple[float, float] = (0.0, 0.1)
    resets: float = 0.0
    storm: float = 6.0


ABRUPT: Final = 0.04  # share of failures that are a single jump past the limit: nobody can predict them
GAPS: Final = 0.08  # of all daily values are missing
OUTAGES: Final = (1.5, 2, 14)  # of the agent: a year and site, shortest and longest days
STORMS: Final = 3.0  # a year and site; half of the devices of the site feel it for one or two days
STEPS: Final = 0.15  # harmless steps a year and unit (profile, new lamp, moved)
STEP: Final = 0.35  # share of the way to the end that such a step takes at most, in either direction
HEALTHY: Final = 0.6  # share of the way that a healthy unit uses up at most, season and steps included
BEYOND: Final = 400  # days after the last for which the truth is known
DIPS: Final = 0.3  # spider, wet dome, parked lorry: a year and unit; 3 to 12 days, up to half of the way
REPAIR_DAYS: Final = (2, 25)  # from failure to repair
YEAR: Final = 365.25


@dataclass(frozen=True, slots=True)
class Nature:
    """What may be unlike from one make of fleet to the next; the names are those of the constants above.

    `halts`: wear that begins, goes on for weeks and stops short of HEALTHY, a year and unit.
    """

    dips: float = DIPS
    steps: float = STEPS
    gaps: float = GAPS
    storms: float = STORMS
    halts: float = 0.0


NATURE: Final = Nature()

CAMERA: Final = (
    Wearing("ir_light", "cctv_picture_luma_ratio", (0.32, 0.3), "ratio", -0.693, 0.04, (0.02, 0.1), 0.03,
            0.10, (40, 400), (0.05, 0.3)),
    Wearing("lens", "cctv_picture_sharpness", (420, 0.5), "ratio", -0.511, 0.06, (0.02, 0.08), 0.04,
            0.10, (30, 250), (0.0, 0.15), resets=60),
    Wearing("sensor", "cctv_picture_change_luma", (3.0, 0.3), "ratio", 0.693, 0.06, (0.02, 0.08), 0.02,
            0.06, (60, 400), (0.0, 0.2)),
    Wearing("link", "cctv_stream_lost_packets_ratio", (2e-5, 0.8), "decades", 6.2, 0.5, (0.0, 0.2), 0.3,
            0.08, (20, 90), (0.0, 0.05), storm=5),
    Wearing("clock", "cctv_clock_offset_seconds", (0.05, 0.5), "offset", 5.0, 0.05, (0.0, 0.02), 0.0,
            0.06, (30, 300), (0.0, 0.02)),
)  # fmt: skip
RECORDER: Final = (
    Wearing("fan", "cctv_temperature_celsius", (38, 0.1), "offset", 10.0, 0.7, (1.0, 4.0), 1.0,
            0.12, (30, 400), (0.0, 0.15)),
    Wearing("memory", "cctv_memory_used_ratio", (0.45, 0.15), "offset", 0.5, 0.01, (0.0, 0.0), 0.0,
            0.08, (20, 120), (0.0, 0.02)),
)  # fmt: skip
UPS: Final = (
    Wearing("ups_battery", "cctv_ups_runtime_seconds", (1800, 0.3), "ratio", -0.223, 0.01, (0.005, 0.02),
            0.004,
            0.35, (60, 500), (0.0, 0.3)),
)  # fmt: skip
Units = Mapping[str, tuple[int, tuple[Wearing, ...]]]
# How many of each kind are at a site.
UNITS: Final[Units] = {"camera": (30, CAMERA), "nvr": (4, RECORDER), "ups": (2, UPS)}
