"""What a look makes suspicious, and whether a closer look bears it out. Pure.

A suspicion is not a fault. It costs one closer look, so it is raised early: what is plainly wrong, and what
is far from what the same stream showed when it was last believed. The rules in `models/` judge what is left.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from models import metrics
from models.diagnosis import KNOWN_LOOKS
from models.metrics import METRICS, PICTURE_SURE, Metric

Values = Mapping[str, float]

# What each kind of suspicion is about: not borne out, these numbers are not reported.
ABOUT: Final[dict[str, tuple[Metric, ...]]] = {
    "stall": (metrics.STREAM_STALL,),
    "damage": (metrics.STREAM_LOST, metrics.STREAM_CORRUPT),
    "codec": (metrics.STREAM_CODEC, metrics.STREAM_INFO),
    "size": (metrics.STREAM_WIDTH, metrics.STREAM_HEIGHT, metrics.STREAM_RESIZED),
    "rate": (metrics.STREAM_FPS, metrics.STREAM_ARRIVAL_FPS, metrics.STREAM_GAP),
    "bitrate": (metrics.STREAM_BITRATE, metrics.STREAM_KEY_BYTES),
    "gop": (metrics.STREAM_GOP,),
    "audio": (metrics.STREAM_AUDIO,),
    "picture": tuple(metric for metric in METRICS.values() if metric.name.startswith("cctv_picture_")),
}

LOST: Final = 0.005  # share of packets; the rule's own limit is four times that
RATE: Final = 0.8  # of the usual frame rate, or of arrival against time stamps
BITRATE: Final = 2.5  # times more or less than usual: a busy street is not a quiet one
SURE: Final = 0.5  # confidence from which on the picture's fault is one
MAYBE: Final = 0.25  # confidence in a closer look that bears a suspicion out
# What one key frame cannot show.
NEEDS_FRAMES: Final = frozenset(
    {"IMG_FREEZE", "IMG_FLICKER", "IMG_SHAKE", "IMG_ROLL", "IMG_DIRT", "OSD_STILL"}
)


def suspicions(now: Values, usual: Values | None) -> frozenset[str]:
    """Return what is suspicious about a look, as keys of `ABOUT`.

    Args:
        now: metric name -> number.
        usual: what was last believed of the same stream; None when it was never looked at.
    """
    found = {kind for kind, is_wrong in _PLAIN.items() if is_wrong(now)}
    if usual is not None:
        found |= {kind for kind, differs in _COMPARED.items() if differs(now, usual)}
    return frozenset(found)


def borne_out(kind: str, suspect: Values, closer: Values, usual_closer: Values | None) -> bool:
    """Return whether a closer look leaves a suspicion standing; what it cannot tell does not refute it.

    Args:
        kind: of the suspicion.
        suspect: the look that raised it.
        closer: the look that followed, most often at another stream of the same camera.
        usual_closer: what was last believed of that other stream.
    """
    if kind == "picture":
        return _shown_too(suspect, closer)
    told = [metric.name for metric in ABOUT[kind] if metric.name in closer]
    if not told:
        return True
    if usual_closer is None and kind in {"codec", "size", "gop", "bitrate"}:
        return True
    return kind in suspicions(closer, usual_closer)


def _shown_too(suspect: Values, closer: Values) -> bool:
    """Whether a closer look shows the fault as well, or cannot tell: it has no reference, or too few frames.

    Another name for it will do: two streams of one camera differ in size and coding.
    """
    if closer.get(metrics.PICTURE_REFERENCE.name, 0.0) < KNOWN_LOOKS:
        return True
    found = _faults(suspect)
    if found <= NEEDS_FRAMES or any(closer.get(PICTURE_SURE[code].name, 0.0) >= MAYBE for code in found):
        return True
    return closer.get(metrics.PICTURE_FAULT.name, 1.0) >= SURE


def _faults(values: Values) -> set[str]:
    return {code for code, metric in PICTURE_SURE.items() if values.get(metric.name, 0.0) >= SURE}


def _stalls(now: Values) -> bool:
    return now.get(metrics.STREAM_STALL.name) == 1


def _damaged(now: Values) -> bool:
    lost, corrupt = now.get(metrics.STREAM_LOST.name, 0.0), now.get(metrics.STREAM_CORRUPT.name, 0.0)
    return lost > LOST or corrupt > 0


def _resized(now: Values) -> bool:
    return now.get(metrics.STREAM_RESIZED.name) == 1


def _slow(now: Values) -> bool:
    """Whether frames come more slowly than their own stamps say."""
    return any(
        arrived < RATE * stamped
        for arrived, stamped in _pair(now, metrics.STREAM_ARRIVAL_FPS, metrics.STREAM_FPS)
    )


def _codec(now: Values, usual: Values) -> bool:
    return any(a != b for a, b in _both(metrics.STREAM_CODEC, now, usual))


def _size(now: Values, usual: Values) -> bool:
    sides = (metrics.STREAM_WIDTH, metrics.STREAM_HEIGHT)
    return any(a != b for side in sides for a, b in _both(side, now, usual))


def _rate(now: Values, usual: Values) -> bool:
    return any(a < RATE * b for a, b in _both(metrics.STREAM_FPS, now, usual))


def _bitrate(now: Values, usual: Values) -> bool:
    return any(_far(a, b, BITRATE, 0.0) for a, b in _both(metrics.STREAM_BITRATE, now, usual))


def _gop(now: Values, usual: Values) -> bool:
    return any(_far(a, b, BITRATE, 0.0) for a, b in _both(metrics.STREAM_GOP, now, usual))


def _audio(now: Values, usual: Values) -> bool:
    return any(a < b for a, b in _both(metrics.STREAM_AUDIO, now, usual))


def _picture(now: Values, usual: Values) -> bool:
    return bool(_faults(now) - _faults(usual))


def _both(metric: Metric, one: Values, other: Values) -> Iterator[tuple[float, float]]:
    """Yield a metric's two values, where both are there."""
    if metric.name in one and metric.name in other:
        yield one[metric.name], other[metric.name]


def _pair(values: Values, one: Metric, other: Metric) -> Iterator[tuple[float, float]]:
    if one.name in values and other.name in values:
        yield values[one.name], values[other.name]


def _far(one: float, other: float, times: float, least: float) -> bool:
    """Whether two numbers are more than so many times apart; both below `least` they are alike."""
    low, high = sorted((one, other))
    return high > least and high > times * max(low, least / times)


_PLAIN: Final[dict[str, Callable[[Values], bool]]] = {
    "stall": _stalls,
    "damage": _damaged,
    "size": _resized,
    "rate": _slow,
}
_COMPARED: Final[dict[str, Callable[[Values, Values], bool]]] = {
    "codec": _codec,
    "size": _size,
    "rate": _rate,
    "bitrate": _bitrate,
    "gop": _gop,
    "audio": _audio,
    "picture": _picture,
}
