"""Does video come, does it go on coming, and does it come whole? From packets alone."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from models.facts import Health, Trouble, Verdict
from models.metrics import (
    PICTURE_CONTRAST,
    STREAM_ARRIVAL_FPS,
    STREAM_CORRUPT,
    STREAM_LOST,
    STREAM_OPEN,
    STREAM_STALL,
)
from models.view import Asked, View

METRICS: Final = frozenset(
    {STREAM_OPEN.name, STREAM_STALL.name, STREAM_LOST.name, STREAM_CORRUPT.name, STREAM_ARRIVAL_FPS.name}
)
MAIN: Final = "main"  # the last step of the part of a main stream
_USUAL_STREAMS: Final = ("main", "sub")
STREAM: Final = "stream"  # the collector that opens streams
DESCRIBE: Final = "stream_describe"  # the one that asks for their description only
_NO_VIDEO: Final = frozenset({Trouble.UNREACHABLE, Trouble.BAD_REPLY})


def lost(view: View) -> Iterator[Verdict]:
    """STREAM_LOST: the device answers, its stream does not open.

    A refused login is AUTH_REFUSED's; no room and a deadline passed say nothing of the stream; "no such
    stream" is a fault only where there once was one.
    """
    asked = _newest(view)
    if asked is None or not view.is_fresh(asked.at, asked.collector):
        return
    if asked.trouble is None:
        yield view.verdict("STREAM_LOST", Health.GOOD, "", "stream.opens", asked.at)
    elif _has_no_video(view, asked):
        yield view.verdict("STREAM_LOST", Health.GOOD, "", "stream.none", asked.at)
    elif _is_lost(asked):
        yield view.verdict("STREAM_LOST", Health.BAD, "", "stream.lost", asked.at, said=asked.detail)
    else:
        yield view.verdict("STREAM_LOST", Health.UNKNOWN, "", "unknown.not_asked", view.at)


def _newest(view: View) -> Asked | None:
    """Return how asking for the stream went: the look at it, or the description when that failed since.

    A description that fails was looked into before it was reported; one that is given proves no video.
    """
    asked, described = view.asked.get(STREAM), view.asked.get(DESCRIBE)
    if asked is None or described is None or described.trouble is None or described.at <= asked.at:
        return asked
    return described if _is_lost(described) and asked.ok_order else asked


def _has_no_video(view: View, asked: Asked) -> bool:
    """Whether the device says it has no stream, and nothing says that it ever had one.

    It must be called good, or what an outage made of its stream would stay open for ever.
    """
    had_picture = any(view.reference(PICTURE_CONTRAST, part) is not None for part in _USUAL_STREAMS)
    never_had_one = not (asked.ok_order or view.device.streams or had_picture)
    return asked.trouble is Trouble.NOT_SUPPORTED and never_had_one


def _is_lost(asked: Asked) -> bool:
    vanished = asked.trouble is Trouble.NOT_SUPPORTED and asked.ok_order > 0
    return vanished or asked.trouble in _NO_VIDEO


def stall(view: View) -> Iterator[Verdict]:
    """STREAM_STALL: it opened, then frames stopped or the stream ended by itself."""
    yield from _own(list(_stalls(view)))


def _stalls(view: View) -> Iterator[Verdict]:
    for part in view.parts(STREAM_STALL):
        sample = view.number(STREAM_STALL, part)
        if sample is not None:
            health = Health.BAD if sample.value == 1 else Health.GOOD
            detail = "stream.stalled" if sample.value == 1 else "stream.flows"
            yield view.verdict("STREAM_STALL", health, part, detail, sample.at)


def _own(verdicts: Sequence[Verdict]) -> Iterator[Verdict]:
    """Yield what is a fault of its own: a look at the main stream bears out what the sub-stream showed.

    It is one of its own where the sub-stream was well afterwards.
    """
    leading = {_channel(v.part): v for v in verdicts if not v.part.endswith(MAIN)}
    for one in verdicts:
        leader = leading.get(_channel(one.part), one)
        is_echo = leader is not one and not (leader.health is Health.GOOD and leader.at >= one.at)
        if one.health is Health.BAD and is_echo and one.part.endswith(MAIN):
            yield replace(one, health=Health.UNKNOWN, detail="unknown.explained", facts={})
        else:
            yield one


def _channel(part: str) -> str:
    return part.rpartition("/")[0]


def damage(view: View) -> Iterator[Verdict]:
    """STREAM_LOSS: packets are missing by sequence number, or decoded frames had to be repaired."""
    parts = sorted({*view.parts(STREAM_LOST), *view.parts(STREAM_CORRUPT)})
    yield from _own([_damage(view, part) for part in parts])


def _damage(view: View, part: str) -> Verdict:
    limits, bad = view.limits, view.was_bad("STREAM_LOSS", part)
    missing, corrupt = view.number(STREAM_LOST, part), view.number(STREAM_CORRUPT, part)
    lost_limit = limits.stream_lost_clear_ratio if bad else limits.stream_lost_bad_ratio
    corrupt_limit = limits.stream_corrupt_clear_ratio if bad else limits.stream_corrupt_bad_ratio
    is_bad = (missing is not None and missing.value > lost_limit) or (
        corrupt is not None and corrupt.value > corrupt_limit
    )
    facts = {name: s.value for name, s in (("lost", missing), ("corrupt", corrupt)) if s is not None}
    at = max(s.at for s in (missing, corrupt) if s is not None)
    health = Health.BAD if is_bad else Health.GOOD
    return view.verdict("STREAM_LOSS", health, part, f"stream.damage_{'_'.join(facts)}", at, **facts)
