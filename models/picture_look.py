"""What one look at a picture measured, with the limits of this camera's own, and what is known beside it.

Measures by their short names, as `collectors.stream.pictures.window` gives them; absent where not to be had:

    luma, dark, contrast, white        mean, 95th percentile, deviation of brightness; share of white: 0 to 1
    noise, impulses, comb, edges       luma steps; share of points; line comb; share of coder's block sides
    plain, colourful, mean_blue, _red  share of one colour; spread of colours and their means, chroma steps
    night, other_mode, day_known       1 or 0: no colour; only a reference by other light; one by day is there
    change, drift, flicker, sway       within the look: luma steps, then ratios of light
    shake                              within the look: share of the width
    still                              luma steps since the last look
    calm, calm_top                     luma steps that the calmest two frames differ by; in the busiest 2 %
    stir                               the busiest 2 % of the busiest of three pairs and more
    NAME_least, NAME_times             the least that this camera ever showed of it, in how many looks
    anchors, match, shift …            share of blocks that always look the same; likeness; share of width
    gain, light, fine, lift, span      edges, brightness, focus, black level, range against the usual: 1
    lost, other, largest, aside, spots shares of the picture that are gone, new, or of another light
    firm, stands                       share of what always stands there that shows structure; is it the same?
    things, things_usual               share of the picture in which something stands, now and usually
    match_flipped, _unflipped          likeness of the mirror image and of the picture where they differ
    light_unburnt, field               brightness in what is not white; how alike light falls, -1 to 1
    fresh                              what is sharp where nothing was, against all that always stands there
    film, film_pieces, _light          share that something lies on, its pieces, how much is light
    sharp                              steepness of the steepest edges, against their height: 0.3 in focus
    cast_share                         share of the picture whose colours have moved with all
    cast, chroma, bars, text           common shift of colours; bars, luma steps; share of the on-screen clock
    NAME_mean, NAME_spread             what is usual for this camera, and its mean deviation
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Final

Values = Mapping[str, float]

KNOWN_LOOKS: Final = 3  # looks that a reference must be learnt from, before anything is compared with it …
DIRT_LOOKS: Final = 8  # … and before dirt is told from the trace that somebody left in one of the first
ANCHORS: Final = 0.04  # share of blocks that always show the same; with fewer the scene says too little
# Why a picture cannot be learnt when nothing is known of its camera; 0 is that it can.
UNFIT: Final[Mapping[str, int]] = {"black": 1, "slate": 2, "burnt": 3, "noise": 4, "flat": 5, "blurred": 6}
DAY: Final = 8.0  # degrees the sun stands over the horizon, from where on it is day for a camera
DUSK: Final = -7.0  # and down to where light still changes by itself


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known beside the picture.

    Attributes:
        sun: elevation of the sun at the site in degrees; None where the place is not known.
        ptz_moving: whether the camera says that it is moving.
        siblings: label -> share of the other cameras at the site that show it now.
        indoor: whether the camera hangs inside, where the sun says little; None when not known.
    """

    sun: float | None = None
    ptz_moving: bool = False
    siblings: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_day(self) -> bool:
        """Whether it is surely day."""
        return self.sun is not None and self.sun >= DAY

    @property
    def is_dusk(self) -> bool:
        """Whether light changes by itself now."""
        return self.sun is not None and DUSK <= self.sun < DAY

    @property
    def may_be_dusk(self) -> bool:
        """Whether light may change by itself now: the sun stands low, or nobody knows where it stands."""
        return self.sun is None or self.is_dusk

    @property
    def is_dark(self) -> bool:
        """Whether it is surely night."""
        return self.sun is not None and self.sun < DUSK


class Look:
    """The measures of one look with the limits that are this camera's own."""

    def __init__(self, values: Values, around: Surroundings) -> None:
        self.values, self.around = values, around

    def of(self, name: str, default: float = 0.0) -> float:
        """Return a measure, the default where it is absent or no number."""
        value = self.values.get(name, default)
        return value if isfinite(value) else default

    def above(self, name: str, floor: float, *, spreads: float = 5.0) -> float:
        """Return how far a measure lies above its usual value: 1 at `floor` or `spreads` spreads."""
        usual = self.values.get(f"{name}_mean", 0.0)
        limit = max(floor, spreads * self.values.get(f"{name}_spread", 0.0))
        return max(0.0, (self.of(name, usual) - usual) / limit)

    def below(self, name: str, floor: float, *, spreads: float = 5.0) -> float:
        """Return how far a measure lies below its usual value, 1 for where it is not known."""
        usual = self.values.get(f"{name}_mean", 1.0)
        limit = max(floor, spreads * self.values.get(f"{name}_spread", 0.0))
        return max(0.0, (usual - self.of(name, usual)) / limit)

    @property
    def is_compared(self) -> bool:
        """Whether there is a reference of this camera in this mode."""
        return "anchors" in self.values and self.of("looks") >= KNOWN_LOOKS

    @property
    def has_structure(self) -> bool:
        """Whether enough in the scene always shows the same."""
        return self.is_compared and self.of("anchors") >= ANCHORS and "match" in self.values

    @property
    def is_first_light(self) -> bool:
        """Whether there is only a reference by other light, and the sun does not speak against the change.

        At a camera's first night, or its first day, much is different and nothing wrong.
        """
        speaks_against = self.around.is_day if self.of("night") else self.around.is_dark
        return bool(self.of("other_mode")) and not speaks_against

    @property
    def is_night(self) -> bool:
        """Whether the picture has no colour, or the sun is down; and its reference is of the same light."""
        return (self.of("night") > 0 or self.around.is_dark) and not self.of("other_mode")

    @property
    def is_overlaid(self) -> bool:
        """Whether far more edges are seen than usual while nothing is gone: a web before the lens."""
        return self.of("gain", 1.0) > 2 and self.of("lost") < 0.05
