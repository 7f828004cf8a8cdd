"""Is the picture intact? Measured against this camera's own normal, one cause per picture.

Order of causes: black explains all the rest, cover and blur exclude each other and explain stillness. What a
cause hides is unknown while it lasts, neither good nor bad.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from models.facts import Health, Verdict
from models.metrics import (
    PICTURE_CHANGE,
    PICTURE_CONTRAST,
    PICTURE_ENTROPY,
    PICTURE_LUMA,
    PICTURE_LUMA_P99,
    PICTURE_SPAN,
    PICTURE_TEXTURE,
    Metric,
)
from models.view import View

OWN: Final = (PICTURE_CHANGE, PICTURE_CONTRAST, PICTURE_LUMA, PICTURE_TEXTURE)
METRICS: Final = frozenset(m.name for m in (*OWN, PICTURE_ENTROPY, PICTURE_LUMA_P99, PICTURE_SPAN))

Look = Callable[[View, str], Verdict | None]


def picture(view: View) -> Iterator[Verdict]:
    """IMG_BLACK, IMG_COVER, IMG_BLUR, IMG_FREEZE of each stream that was looked at."""
    for part in view.parts(PICTURE_CONTRAST):
        cause = ""
        for code, look in LOOKS.items():
            if cause:
                yield view.verdict(code, Health.UNKNOWN, part, "unknown.explained", view.at, by=cause)
                continue
            verdict = look(view, part)
            if verdict is not None:
                yield verdict
                cause = code if verdict.health is Health.BAD else ""


def black(view: View, part: str) -> Verdict | None:
    """Dark nearly everywhere, and flat."""
    p99, contrast = view.number(PICTURE_LUMA_P99, part), view.number(PICTURE_CONTRAST, part)
    if p99 is None or contrast is None:
        return None
    slack = view.limits.black_clear_factor if view.was_bad("IMG_BLACK", part) else 1.0
    is_black = (
        p99.value < view.limits.black_p99_ratio * slack
        and contrast.value < view.limits.black_contrast_ratio * slack
    )
    health = Health.BAD if is_black else Health.GOOD
    facts = {"p99": p99.value, "contrast": contrast.value}
    return view.verdict("IMG_BLACK", health, part, "picture.black", contrast.at, **facts)


@dataclass(frozen=True, slots=True)
class Detail:
    """How a picture compares with the camera's own: texture, brightness and contrast, each 1 as usual."""

    at: float
    texture: float
    luma: float
    contrast: float

    def is_dim(self, most: float, slack: float) -> bool:
        """Whether the scene is only darker: brightness and contrast shrank alike, below `most` of usual."""
        return self.luma < most and abs(self.luma - self.contrast) <= slack * self.contrast


def cover(view: View, part: str) -> Verdict | None:
    """Detail vanished, brightness or contrast are not as usual: something hangs before the lens."""
    return _detail_fault(view, part, "IMG_COVER", "picture.cover", other="IMG_BLUR")


def blur(view: View, part: str) -> Verdict | None:
    """Detail vanished, brightness and contrast are as usual: out of focus."""
    return _detail_fault(view, part, "IMG_BLUR", "picture.blur", other="IMG_COVER")


def _detail_fault(view: View, part: str, code: str, message: str, *, other: str) -> Verdict | None:
    if view.number(PICTURE_TEXTURE, part) is None or view.number(PICTURE_LUMA, part) is None:
        return None
    own = view.reference(PICTURE_TEXTURE, part)
    detail = _detail(view, part)
    if own is None or detail is None:
        return _unknown(view, code, part, "unknown.learning")
    if own < view.limits.detail_own_minimum:
        return _unknown(view, code, part, "unknown.low_texture")
    limits = view.limits
    if detail.is_dim(limits.dim_luma_share, limits.dim_slack):
        return _unknown(view, code, part, "unknown.dim")
    was_bad = view.was_bad(code, part)
    limit = limits.detail_clear_share if was_bad else limits.detail_share
    is_lost = detail.texture < limit and not view.was_bad(other, part)
    is_bad = is_lost and (was_bad or (_looks_blurred(view, detail) == (code == "IMG_BLUR")))
    facts = {"texture": detail.texture, "luma": detail.luma, "contrast": detail.contrast}
    return view.verdict(code, Health.BAD if is_bad else Health.GOOD, part, message, detail.at, **facts)


def _detail(view: View, part: str) -> Detail | None:
    shares = []
    at = 0.0
    for metric in (PICTURE_TEXTURE, PICTURE_LUMA, PICTURE_CONTRAST):
        now, own = view.number(metric, part), view.reference(metric, part)
        if now is None or own is None:
            return None
        shares.append(now.value / max(own, 1e-3))
        at = now.at
    return Detail(at, *shares)


def _looks_blurred(view: View, detail: Detail) -> bool:
    limits = view.limits
    keeps_light = abs(detail.luma - 1) <= limits.blur_luma_slack
    return keeps_light and limits.blur_contrast_share <= detail.contrast <= limits.blur_contrast_most


def freeze(view: View, part: str) -> Verdict | None:
    """Nothing changes: not between the key frames of a check, and not from one check to the next.

    The first alone would not do: an encoder redraws a frozen source with noise of its own, and at night a
    live camera is as still. Several checks in a row must say so (the fault's hold).
    """
    change, span = view.number(PICTURE_CHANGE, part), view.number(PICTURE_SPAN, part)
    if change is None or (span is not None and span.value < view.limits.freeze_span_seconds):
        return None
    own = view.reference(PICTURE_CHANGE, part)
    if own is None:
        return _unknown(view, "IMG_FREEZE", part, "unknown.learning")
    if own < view.limits.freeze_own_minimum_luma:
        return _unknown(view, "IMG_FREEZE", part, "unknown.still_scene")
    is_frozen = change.value <= view.limits.freeze_share_of_own * own and _is_still(view, part)
    health = Health.BAD if is_frozen else Health.GOOD
    return view.verdict("IMG_FREEZE", health, part, "picture.freeze", change.at, change=change.value, own=own)


def _is_still(view: View, part: str) -> bool:
    """Whether the whole picture measures as it did in the check before."""
    limits = view.limits
    for metric, slack in (
        (PICTURE_LUMA, limits.still_luma_ratio),
        (PICTURE_CONTRAST, limits.still_contrast_ratio),
        (PICTURE_TEXTURE, limits.still_texture_ratio),
        (PICTURE_ENTROPY, limits.still_entropy_bits),
    ):
        now = view.number(metric, part)
        if now is None or now.before is None or abs(now.value - now.before) > slack:
            return False
    return True


def _unknown(view: View, code: str, part: str, why: str) -> Verdict:
    return view.verdict(code, Health.UNKNOWN, part, why, view.at)


LOOKS: Final[dict[str, Look]] = {
    "IMG_BLACK": black,
    "IMG_COVER": cover,
    "IMG_BLUR": blur,
    "IMG_FREEZE": freeze,
}


def own_values(view: View, part: str) -> Iterator[tuple[Metric, float]]:
    """Yield the numbers of the newest picture that a reference is learnt from."""
    newest, span = view.number(PICTURE_CONTRAST, part), view.number(PICTURE_SPAN, part)
    for metric in OWN:
        sample = view.number(metric, part)
        if sample is None or newest is None or sample.at != newest.at:
            continue
        if metric is PICTURE_CHANGE and span is not None and span.value < view.limits.freeze_span_seconds:
            continue
        yield metric, sample.value
