"""Is the stream what the device is set to send, and what this camera always sent? From packets alone.

Two witnesses: the settings, as ONVIF tells them, and the camera's own first quiet checks. A codec and a size
are as they are set. A rate is wrong only when it is far from both: many devices send less than their limit at
night, and smart coding stretches a group of pictures.
"""

from collections.abc import Iterator
from typing import Final

from models.facts import Health, Verdict
from models.faults import FAULTS
from models.metrics import (
    CLOCK_OFFSET,
    CONFIGURED_BITRATE,
    CONFIGURED_CODEC,
    CONFIGURED_FPS,
    CONFIGURED_GOP,
    CONFIGURED_HEIGHT,
    CONFIGURED_WIDTH,
    STREAM_ARRIVAL_FPS,
    STREAM_AUDIO,
    STREAM_BITRATE,
    STREAM_CODEC,
    STREAM_DELAY,
    STREAM_FPS,
    STREAM_GOP,
    STREAM_HEIGHT,
    STREAM_LOST,
    STREAM_RESIZED,
    STREAM_WIDTH,
    Metric,
)
from models.view import View

OWN: Final = (
    STREAM_CODEC,
    STREAM_WIDTH,
    STREAM_HEIGHT,
    STREAM_FPS,
    STREAM_BITRATE,
    STREAM_GOP,
    STREAM_AUDIO,
)
METRICS: Final = frozenset(
    metric.name
    for metric in (
        *OWN,
        STREAM_ARRIVAL_FPS,
        STREAM_DELAY,
        STREAM_LOST,
        STREAM_RESIZED,
        CONFIGURED_BITRATE,
        CONFIGURED_CODEC,
        CONFIGURED_FPS,
        CONFIGURED_GOP,
        CONFIGURED_HEIGHT,
        CONFIGURED_WIDTH,
        CLOCK_OFFSET,
    )
)
LOSS: Final = "STREAM_LOSS"
_KBIT: Final = 1000.0
_PICTURE_FAULTS: Final = tuple(code for code in FAULTS if code.startswith("IMG_"))


def codec(view: View) -> Iterator[Verdict]:
    """STREAM_CODEC of each stream."""
    for part in view.parts(STREAM_CODEC):
        now, wanted = view.number(STREAM_CODEC, part), _set_or_own(view, CONFIGURED_CODEC, STREAM_CODEC, part)
        if now is None or not now.value or not wanted:
            continue
        is_bad = now.value != wanted
        detail = "stream.codec_wrong" if is_bad else "stream.codec_as_wanted"
        facts = {"codec": now.value, "wanted": wanted} if is_bad else {"codec": now.value}
        yield view.verdict("STREAM_CODEC", _health(is_bad), part, detail, now.at, **facts)


def size(view: View) -> Iterator[Verdict]:
    """STREAM_SIZE of each stream; a picture turned by a quarter is of the same size."""
    for part in view.parts(STREAM_WIDTH):
        width, height = view.number(STREAM_WIDTH, part), view.number(STREAM_HEIGHT, part)
        if width is None or height is None:
            continue
        resized = view.number(STREAM_RESIZED, part)
        if resized is not None and resized.value == 1:
            yield view.verdict("STREAM_SIZE", Health.BAD, part, "stream.size_unsteady", resized.at)
            continue
        wide = _set_or_own(view, CONFIGURED_WIDTH, STREAM_WIDTH, part)
        high = _set_or_own(view, CONFIGURED_HEIGHT, STREAM_HEIGHT, part)
        if not wide or not high:
            continue
        is_bad = {width.value, height.value} != {wide, high}
        detail = "stream.size_wrong" if is_bad else "stream.size_as_wanted"
        facts = {"width": width.value, "height": height.value}
        facts |= {"wanted_width": wide, "wanted_height": high} if is_bad else {}
        yield view.verdict("STREAM_SIZE", _health(is_bad), part, detail, width.at, **facts)


def fps(view: View) -> Iterator[Verdict]:
    """STREAM_FPS of each stream: fewer frames than set and than usual, whichever is less."""
    for part in view.parts(STREAM_FPS):
        now, wanted = view.number(STREAM_FPS, part), _wanted(view, CONFIGURED_FPS, STREAM_FPS, part)
        if now is None or not wanted:
            continue
        limits, bad = view.limits, view.was_bad("STREAM_FPS", part)
        share = limits.stream_fps_clear_share if bad else limits.stream_fps_bad_share
        health = _health(now.value < share * min(wanted))
        yield view.verdict(
            "STREAM_FPS", health, part, "stream.fps", now.at, fps=now.value, wanted=min(wanted)
        )


def bitrate(view: View) -> Iterator[Verdict]:
    """STREAM_BITRATE of each stream: above its limit and far above usual, or next to nothing."""
    for part in view.parts(STREAM_BITRATE):
        now, own = view.number(STREAM_BITRATE, part), view.reference(STREAM_BITRATE, part)
        limit = view.number(CONFIGURED_BITRATE, part)
        if now is None or (own is None and limit is None):
            continue
        limits, bad = view.limits, view.was_bad("STREAM_BITRATE", part)
        slack = limits.stream_bitrate_clear_factor if bad else 1.0
        if _is_torn(view, part, now.at):
            yield view.verdict("STREAM_BITRATE", Health.UNKNOWN, part, "unknown.explained", now.at, by=LOSS)
            continue
        ceilings = [limits.stream_bitrate_over_limit * limit.value] if limit else []
        ceilings += [limits.stream_bitrate_over_own * own] if own else []
        floor = limits.stream_bitrate_under_own * own if own else 0.0
        is_low = now.value < floor / slack
        if is_low and (cause := _picture_fault(view, part)):
            yield view.verdict("STREAM_BITRATE", Health.UNKNOWN, part, "unknown.explained", view.at, by=cause)
            continue
        is_bad = is_low or now.value > max(ceilings) * slack
        wanted = own if own is not None else limit.value if limit else 0.0
        facts = {"rate": now.value / _KBIT, "wanted": wanted / _KBIT}
        yield view.verdict("STREAM_BITRATE", _health(is_bad), part, "stream.bitrate", now.at, **facts)


def gop(view: View) -> Iterator[Verdict]:
    """STREAM_GOP of each stream: far from what is set and far from what is usual."""
    for part in view.parts(STREAM_GOP):
        now, wanted = view.number(STREAM_GOP, part), _wanted(view, CONFIGURED_GOP, STREAM_GOP, part)
        if now is None or not wanted or not min(wanted):
            continue
        if _is_torn(view, part, now.at):
            yield view.verdict("STREAM_GOP", Health.UNKNOWN, part, "unknown.explained", now.at, by=LOSS)
            continue
        bad = view.was_bad("STREAM_GOP", part)
        times = view.limits.stream_gop_clear_factor if bad else view.limits.stream_gop_bad_factor
        is_bad = all(max(now.value, one) > times * min(now.value, one) for one in wanted)
        facts = {"gop": now.value, "wanted": wanted[-1]}
        yield view.verdict("STREAM_GOP", _health(is_bad), part, "stream.gop", now.at, **facts)


def audio(view: View) -> Iterator[Verdict]:
    """STREAM_AUDIO of each stream that ever had sound."""
    for part in view.parts(STREAM_AUDIO):
        now, own = view.number(STREAM_AUDIO, part), view.reference(STREAM_AUDIO, part)
        if now is None or own != 1:
            continue
        detail = "stream.audio_lost" if now.value == 0 else "stream.audio_comes"
        yield view.verdict("STREAM_AUDIO", _health(now.value == 0), part, detail, now.at)


def late(view: View) -> Iterator[Verdict]:
    """STREAM_LATE of each stream: frames come long after they were taken, or slower than they were taken.

    The first is told by the device's own clock, so its offset is taken out; without knowing it, nothing is
    said of the first.
    """
    for part in view.parts(STREAM_ARRIVAL_FPS):
        came, taken = view.number(STREAM_ARRIVAL_FPS, part), view.number(STREAM_FPS, part)
        if came is None or taken is None or not taken.value:
            continue
        limits, bad = view.limits, view.was_bad("STREAM_LATE", part)
        share = came.value / taken.value
        if share < (limits.stream_pace_clear_share if bad else limits.stream_pace_bad_share):
            yield view.verdict("STREAM_LATE", Health.BAD, part, "stream.pace", came.at, share=share)
            continue
        delay = _delay(view, part)
        if delay is None:
            yield view.verdict("STREAM_LATE", Health.GOOD, part, "stream.in_time", came.at)
            continue
        most = limits.stream_delay_clear_seconds if bad else limits.stream_delay_bad_seconds
        yield view.verdict(
            "STREAM_LATE", _health(delay > most), part, "stream.delay", came.at, delay=max(delay, 0.0)
        )


def own_values(view: View, part: str, at: float) -> Iterator[tuple[Metric, float]]:
    """Yield the numbers of one stream, taken at `at`, that its own normal is learnt from."""
    for metric in OWN:
        sample = view.number(metric, part)
        if sample is not None and sample.at == at:
            yield metric, sample.value


def _is_torn(view: View, part: str, at: float) -> bool:
    """Whether packets of the same look are missing: a key frame that was lost makes two groups one."""
    lost = view.number(STREAM_LOST, part)
    return lost is not None and lost.at == at and lost.value > view.limits.stream_lost_clear_ratio


def _picture_fault(view: View, part: str) -> str:
    """Return a fault of the picture of this channel, "" when there is none: an empty picture has few bits."""
    channel = part.rpartition("/")[0]
    own = [one for one in view.parts(STREAM_CODEC) if one.rpartition("/")[0] == channel]
    found = (code for code in _PICTURE_FAULTS if any(view.was_bad(code, one) for one in own))
    return next(found, "")


def _delay(view: View, part: str) -> float | None:
    """Return how late frames come in seconds, None when it cannot be told."""
    delay, offset = view.number(STREAM_DELAY, part), view.number(CLOCK_OFFSET)
    return delay.value + offset.value if delay is not None and offset is not None else None


def _set_or_own(view: View, setting: Metric, metric: Metric, part: str) -> float | None:
    """Return what the device is set to, else what is usual, else None."""
    configured = view.number(setting, part)
    return configured.value if configured is not None and configured.value else view.reference(metric, part)


def _wanted(view: View, setting: Metric, metric: Metric, part: str) -> list[float]:
    """Return what the device is set to and what is usual, as far as they are known."""
    configured, own = view.number(setting, part), view.reference(metric, part)
    return [*([configured.value] if configured is not None else []), *([own] if own is not None else [])]


def _health(is_bad: bool) -> Health:  # noqa: FBT001 the one thing it says
    return Health.BAD if is_bad else Health.GOOD
