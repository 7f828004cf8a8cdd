"""Is the picture intact? Judged by the worker against the camera's own reference; here weighed over the site.

One cause per picture: what else might be is named beside it; what a cause hides is unknown while it lasts,
neither good nor bad. What the other cameras show as well is weather, light or power: no camera is at fault.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from models.diagnosis import ABSOLUTE, ANCHORS, KNOWN_LOOKS, MOVING, STRUCTURE
from models.facts import Health, Verdict
from models.metrics import (
    PICTURE_CONTRAST,
    PICTURE_FAULT,
    PICTURE_LUMA_P99,
    PICTURE_MEASURES,
    PICTURE_REFERENCE,
    PICTURE_SURE,
    PICTURE_TURNING,
    PICTURE_UNFIT,
    Metric,
)
from models.picture_look import DIRT_LOOKS, UNFIT
from models.siblings import OF_THE_SITE, SITE_WIDE
from models.view import Sample, View

_STRUCTURE: Final = PICTURE_MEASURES["anchors"][0]
METRICS: Final = frozenset(
    metric.name
    for metric in (
        PICTURE_CONTRAST, PICTURE_FAULT, PICTURE_LUMA_P99, PICTURE_REFERENCE, PICTURE_TURNING, PICTURE_UNFIT,
        _STRUCTURE,        *PICTURE_SURE.values(),
    )
)  # fmt: skip
_UNFIT: Final = {number: f"unknown.unfit_{reason}" for reason, number in UNFIT.items()}
SURE: Final = 0.5  # confidence from which on it is a fault …
CLEAR: Final = 0.35  # … and below which one that was seen is gone
NEAR: Final = 0.2  # what is less sure than this is not reported, so absent


def picture(view: View) -> Iterator[Verdict]:
    """Every fault of the picture, of each stream that was looked at."""
    judged = view.parts(PICTURE_FAULT)
    for part in judged:
        yield from _judged(view, part)
    for part in view.parts(PICTURE_CONTRAST):
        if part not in judged:  # a picture of which only the levels are known
            yield from _black(view, part)


def _judged(view: View, part: str) -> Iterator[Verdict]:
    newest = view.number(PICTURE_FAULT, part)
    assert newest is not None  # noqa: S101  its part was asked for
    sure = _sure(view, part, newest)
    cause = _cause(view, part, sure)
    share = view.others(cause) if cause in OF_THE_SITE else 0.0
    blind = _blind(view, part)
    for code in PICTURE_SURE:
        if code == cause and share < SITE_WIDE:
            yield _told(view, part, cause, sure)
        elif code == cause:
            yield _of_the_site(view, part, code, share, newest.at)
        elif cause:
            yield view.verdict(code, Health.UNKNOWN, part, "unknown.explained", newest.at, by=cause)
        elif code in blind:
            yield view.verdict(code, Health.UNKNOWN, part, blind[code], newest.at)
        else:
            confidence = sure[code].value if code in sure else 0.0
            yield view.verdict(code, Health.GOOD, part, "picture.as_usual", newest.at, confidence=confidence)


def _of_the_site(view: View, part: str, code: str, share: float, at: float) -> Verdict:
    if by := view.of_site(code):
        return view.verdict(code, Health.UNKNOWN, part, "unknown.site_named", at, share=share, by=by)
    return view.verdict(code, Health.UNKNOWN, part, "unknown.site_wide", at, share=share)


def _sure(view: View, part: str, newest: Sample) -> dict[str, Sample]:
    """Return how sure each fault is by the newest look; what that does not name is not sure at all."""
    samples = {code: view.number(metric, part) for code, metric in PICTURE_SURE.items()}
    return {code: one for code, one in samples.items() if one is not None and one.at == newest.at}


def _cause(view: View, part: str, sure: Mapping[str, Sample]) -> str:
    """Return what is wrong, "" for nothing. What was named stays while it is as sure as a new one."""
    known = [code for code, one in sure.items() if view.was_bad(code, part) and one.value >= CLEAR]
    best = max(sure, key=lambda code: sure[code].value, default="")
    fresh = best if best and sure[best].value >= SURE else ""
    firm = [code for code in known if sure[code].value >= SURE]
    for standing in (firm, [] if fresh else known):
        if standing:
            return max(standing, key=lambda code: sure[code].value)
    return fresh


def _told(view: View, part: str, cause: str, sure: Mapping[str, Sample]) -> Verdict:
    """Return the cause with how sure it is, and the two that come next."""
    runners = sorted((code for code in sure if code != cause), key=lambda code: -sure[code].value)[:2]
    facts: dict[str, float | str] = {"confidence": sure[cause].value}
    for place, code in zip(("second", "third"), runners, strict=False):
        facts |= {place: code, f"{place}_confidence": sure[code].value}
    detail = ("picture.told_alone", "picture.told_two", "picture.told")[len(runners)]
    return view.verdict(cause, Health.BAD, part, detail, sure[cause].at, **facts)


def _blind(view: View, part: str) -> dict[str, str]:
    """Return which faults could not be told, and why."""
    looks, structure = view.number(PICTURE_REFERENCE, part), view.number(_STRUCTURE, part)
    turning = view.number(PICTURE_TURNING, part)
    if turning is not None and turning.value == 1:
        return dict.fromkeys(MOVING, "unknown.ptz_moves")
    if looks is None or looks.value < KNOWN_LOOKS:
        unfit = view.number(PICTURE_UNFIT, part)
        why = _UNFIT.get(int(unfit.value) if unfit else 0, "unknown.learning")
        return dict.fromkeys(set(PICTURE_SURE) - ABSOLUTE, why)
    young = {"IMG_DIRT": "unknown.learning"} if looks.value < DIRT_LOOKS else {}
    if structure is not None and structure.value < ANCHORS:
        return young | dict.fromkeys(STRUCTURE, "unknown.low_texture")
    return young


def _black(view: View, part: str) -> Iterator[Verdict]:
    """IMG_BLACK by levels alone: dark nearly everywhere, and flat."""
    p99, contrast = view.number(PICTURE_LUMA_P99, part), view.number(PICTURE_CONTRAST, part)
    if p99 is None or contrast is None:
        return
    limits = view.limits
    slack = limits.black_clear_factor if view.was_bad("IMG_BLACK", part) else 1.0
    is_dark = p99.value < limits.black_p99_ratio * slack
    is_black = is_dark and contrast.value < limits.black_contrast_ratio * slack
    health = Health.BAD if is_black else Health.GOOD
    facts = {"p99": p99.value, "contrast": contrast.value}
    yield view.verdict("IMG_BLACK", health, part, "picture.black", contrast.at, **facts)


def own_values(view: View, part: str) -> Iterator[tuple[Metric, float]]:
    """Yield what is remembered of a stream that shows a picture at all."""
    sample = view.number(PICTURE_CONTRAST, part)
    if sample is not None:
        yield PICTURE_CONTRAST, sample.value
