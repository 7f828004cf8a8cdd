"""What is wrong with a picture, from its measures: one label, how sure, and what else it might be.

Each label has a score (`picture_signs`). What one fault explains is not told of another: black explains all
the rest, a flip explains that nothing matches, and so on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp
from typing import Final

from models.picture_look import ANCHORS, KNOWN_LOOKS, Look, Surroundings, Values
from models.picture_signs import SIGNS

__all__ = [
    "ABSOLUTE", "ANCHORS", "KNOWN_LOOKS", "MOVING", "SIGNS", "STRUCTURE",
    "Diagnosis", "Surroundings", "diagnose",
]  # fmt: skip

GOOD: Final = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a look at a picture comes to.

    Attributes:
        label: a fault's code, "" for a picture that is as usual.
        confidence: how sure the label is, 0 to 1.
        runners: the two next best labels with their confidence.
        scores: label -> score of all that were looked at, 1 where the fault begins.
        told: label -> confidence of all that can be told and that no other explains; the label always is.
        blind: labels that could not be told, each with the message that says why.
    """

    label: str
    confidence: float
    runners: tuple[tuple[str, float], ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    blind: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, float] = field(default_factory=dict)


def diagnose(values: Values, around: Surroundings | None = None) -> Diagnosis:
    """Return the one label that explains the measures best.

    Args:
        values: measures by their short names.
        around: what is known beside the picture.
    """
    look = Look(values, around or Surroundings())
    scores = {label: sign(look) for label, sign in SIGNS.items()}
    if look.is_first_light:
        scores |= dict.fromkeys(set(SIGNS) - OTHER_LIGHT, 0.0)
    kept = _explained(scores, look)
    order = sorted(kept, key=kept.__getitem__, reverse=True)
    best = order[0] if order and kept[order[0]] >= 1 else GOOD
    runners = [label for label in order if label != best][:2]
    hidden = blind(look)
    return Diagnosis(
        best,
        _sure(kept[best]) if best else 1 - _sure(kept[order[0]] if order else 0.0),
        tuple((label, round(_sure(kept[label]), 3)) for label in runners if kept[label] > 0.3),
        scores,
        hidden,
        {label: round(_sure(s), 3) for label, s in kept.items() if label not in hidden or label == best},
    )


def blind(look: Look) -> dict[str, str]:
    """Return which labels could not be told, and why."""
    if not look.is_compared:
        return dict.fromkeys(set(SIGNS) - ABSOLUTE, "unknown.learning")
    if look.is_first_light:
        return dict.fromkeys(set(SIGNS) - OTHER_LIGHT, "unknown.learning")
    if not look.has_structure:
        return dict.fromkeys(STRUCTURE, "unknown.low_texture")
    return {}


def _sure(score: float) -> float:
    """Return a score as a confidence: 0.5 at the limit, 0.88 at twice, near 1 beyond."""
    return 1 / (1 + exp(-2.0 * (min(score, 8.0) - 1)))


def _explained(scores: Mapping[str, float], look: Look) -> dict[str, float]:
    """Return the scores that are left once each fault has explained what follows from it."""
    kept = dict(scores)
    for cause, results in EXPLAINS:
        if kept.get(cause, 0.0) >= 1:
            for label in set(kept) - {cause} if results is None else results:
                kept[label] = 0.0
    _last(kept, look)
    if look.around.ptz_moving:
        for label in MOVING:
            kept[label] = 0.0
    return kept


ABSOLUTE: Final = frozenset({"IMG_NO_VIDEO", "IMG_BLACK", "IMG_INTERLACE", "IMG_FLICKER"})
OTHER_LIGHT: Final = ABSOLUTE | {"IMG_COVER", "IMG_ICR"}
STRUCTURE: Final = frozenset({"IMG_MIRROR", "IMG_ROLL", "IMG_SHAKE", "IMG_MOVED", "IMG_COVER", "IMG_BLUR"})
MOVING: Final = frozenset(
    {
        *STRUCTURE,
        "IMG_DIRT",
        "IMG_CAST",
        "IMG_STRIPES",
        "IMG_MOSAIC",
        "IMG_FLICKER",
        "IMG_FOG",
        "IMG_DARK",
        "IMG_BRIGHT",
    }
)

_OSD: Final = ("OSD_MISSING", "OSD_STILL")
_PLACE: Final = ("IMG_MOVED", "IMG_COVER", "IMG_DIRT", "IMG_SHAKE")
_TINT: Final = ("IMG_CAST", "IMG_ICR")
_LIGHT: Final = ("IMG_FOG", "IMG_DARK", "IMG_BRIGHT", "IMG_IR")
# cause -> what it explains; None is everything else. In this order.
EXPLAINS: Final[tuple[tuple[str, tuple[str, ...] | None], ...]] = (
    ("IMG_NO_VIDEO", None),
    ("IMG_BLACK", None),
    (
        "IMG_MIRROR",
        (*_PLACE, *_OSD, *_TINT, *_LIGHT, "IMG_STRIPES", "IMG_BLUR", "IMG_ROLL", "IMG_FLICKER", "IMG_MOSAIC"),
    ),
    ("IMG_ROLL", (*_PLACE, *_OSD, *_TINT, *_LIGHT, "IMG_STRIPES", "IMG_BLUR", "IMG_MOSAIC", "IMG_FLICKER")),
    ("IMG_INTERLACE", (*_OSD, "IMG_NOISE", "IMG_BLUR", "IMG_MOSAIC", "IMG_DIRT", "IMG_STRIPES")),
    (
        "IMG_NOISE",
        (*_OSD, *_TINT, "IMG_STRIPES", "IMG_MOSAIC", "IMG_DIRT", "IMG_MOVED", "IMG_FOG", "IMG_BLUR"),
    ),
    ("IMG_BRIGHT", (*_PLACE, *_OSD, *_TINT, "IMG_FOG", "IMG_BLUR", "IMG_STRIPES")),
    ("IMG_SHAKE", ("IMG_STRIPES", "IMG_MOVED", "IMG_DIRT", "IMG_BLUR", "IMG_MOSAIC")),
    ("IMG_FLICKER", (*_LIGHT, *_TINT, "IMG_STRIPES", "IMG_DIRT")),
    ("IMG_STRIPES", (*_PLACE, *_TINT, "IMG_MOSAIC", "IMG_BLUR")),
    ("IMG_MOSAIC", (*_PLACE, *_OSD, "IMG_BLUR", "IMG_STRIPES")),
    ("IMG_MOVED", ("IMG_COVER", "IMG_DIRT", "IMG_BLUR", *_TINT, *_LIGHT, "IMG_STRIPES")),
    ("IMG_COVER", ("IMG_DIRT", "IMG_BLUR", *_TINT, *_LIGHT)),
    ("IMG_ICR", ("IMG_CAST", "IMG_FOG", "IMG_DIRT", "IMG_BRIGHT", "IMG_DARK", "IMG_IR")),
    ("IMG_FOG", ("IMG_DIRT", "IMG_BRIGHT", "IMG_CAST", "IMG_BLUR")),
    ("IMG_IR", ("IMG_DIRT", "IMG_COVER", "IMG_NOISE")),
    ("IMG_DARK", ("IMG_DIRT", "IMG_CAST")),
    ("IMG_BLUR", ("IMG_DIRT",)),
    ("OSD_MISSING", ("OSD_STILL",)),
)


def _last(kept: dict[str, float], look: Look) -> None:
    """Let a picture be frozen only where nothing else explains that less changes in it."""
    # Who stood there when it froze looks like something on the lens, or before it.
    aside = {"IMG_FREEZE", "IMG_DIRT", *_OSD}
    if look.of("match") > 0.6:
        aside.add("IMG_COVER")
    others = max((score for label, score in kept.items() if label not in aside), default=0.0)
    if others >= 1:
        kept["IMG_FREEZE"] = 0.0
    elif kept["IMG_FREEZE"] >= 1:
        kept |= dict.fromkeys(aside - {"IMG_FREEZE", "OSD_MISSING"}, 0.0)
