"""One look at one stream, from connecting to numbers. Runs inside a worker process only."""

import time
from collections.abc import Iterator, Sequence

import cv2
from av.container import InputContainer
from av.video.frame import VideoFrame

from collectors.base import NotSupported
from collectors.stream.decode import Codec, Key, decode_all, decode_key
from collectors.stream.facts import SHORTEST_SECONDS, fill_first_stamp, packet_facts
from collectors.stream.ffmpeg_log import Session, listening
from collectors.stream.frames import evidence, luma
from collectors.stream.job import StreamJob, StreamResult
from collectors.stream.open import Mute, open_stream
from collectors.stream.pictures import Luma, change, measure
from collectors.stream.take import Taken, take
from models import metrics
from models.metrics import Metric

Values = Iterator[tuple[Metric, float]]

cv2.setNumThreads(1)


def look(job: StreamJob) -> StreamResult:
    """Open the stream, take frames, close it, and tell all that they show.

    Raises:
        CollectError: it could not be opened.
    """
    with listening() as session:
        try:
            return _look(job, session)
        except Mute:
            return StreamResult({metrics.STREAM_STALL.name: 1.0}, job.fast, session.asked_login)


def _look(job: StreamJob, session: Session) -> StreamResult:
    begin = time.monotonic()
    container, fast = open_stream(job, session)
    with container:
        codec = _codec(container)
        taken = take(container, job.limits, session)
    taken.arrivals = fill_first_stamp(taken.arrivals)
    keys = [decode_key(codec, taken, place, session) for place in _three(taken.keys)]
    values = {
        metric.name: value
        for part in (
            _stream_values(taken, session, begin),
            _damage_values(codec, taken, keys, session),
            _picture_values(taken, keys),
        )
        for metric, value in part
    }
    jpeg, width, height = _evidence(keys) if job.picture else (b"", 0, 0)
    return StreamResult(values, fast, session.asked_login, jpeg, width, height)


def _codec(container: InputContainer) -> Codec:
    context = container.streams.video[0].codec_context
    if context is None:
        raise NotSupported("sends a codec that cannot be decoded here")
    return Codec(context.name, context.extradata)


def _three(places: Sequence[int]) -> Sequence[int]:
    """Return the first, a middle and the last place, or as many as there are."""
    return places if len(places) < 4 else (places[0], places[len(places) // 2], places[-1])


def _stream_values(taken: Taken, session: Session, begin: float) -> Values:
    """Yield what the packets tell."""
    yield metrics.STREAM_STALL, float(taken.stalled)
    if taken.arrivals:
        yield metrics.STREAM_OPEN, taken.arrivals[0].at - begin
    if session.packets:
        yield metrics.STREAM_LOST, session.missed / (session.packets + session.missed)
    yield from packet_facts(taken.arrivals, taken.timely)


def _damage_values(codec: Codec, taken: Taken, keys: Sequence[Key], session: Session) -> Values:
    """Yield the share of damaged frames: of the key frames, or, once one is known, of all of them."""
    if not keys:
        return
    frames, damaged = len(keys), sum(key.damaged for key in keys)
    if session.missed or damaged:
        frames, damaged = decode_all(codec, taken, session)
    yield metrics.STREAM_CORRUPT, damaged / frames


def _picture_values(taken: Taken, keys: Sequence[Key]) -> Values:
    """Yield what the pictures show. A damaged one is left out: it shows the network, not the camera."""
    whole = [(key.place, key.frame) for key in keys if key.frame is not None and not key.damaged]
    if not whole:
        return
    frame = whole[-1][1]
    yield metrics.STREAM_WIDTH, float(frame.width)
    yield metrics.STREAM_HEIGHT, float(frame.height)
    last = luma(frame)
    yield from measure(last)
    pairs = sorted(_pairs(taken, whole, last), key=lambda pair: (pair[1] < SHORTEST_SECONDS, pair[0]))
    if pairs:
        yield metrics.PICTURE_CHANGE, pairs[0][0]
        yield metrics.PICTURE_SPAN, pairs[0][1]


def _pairs(
    taken: Taken, whole: Sequence[tuple[int, VideoFrame]], last: Luma
) -> Iterator[tuple[float, float]]:
    """Yield the change from each earlier key frame to the last, and the seconds between.

    The least of them counts, over half a second at least. A source that stands still is the same in all, but
    an encoder that begins with the session needs a key frame to find its quantiser: that looks like a change.
    """
    end = taken.arrivals[whole[-1][0]].stamp
    for place, frame in whole[:-1]:
        begin, changed = taken.arrivals[place].stamp, change(luma(frame), last)
        if changed is not None and begin is not None and end is not None:
            yield changed, end - begin


def _evidence(keys: Sequence[Key]) -> tuple[bytes, int, int]:
    """Return the best picture there is as JPEG: a whole one, else a damaged one, evidence as well."""
    shown = [key for key in keys if key.frame is not None]
    best = max(shown, key=lambda key: (not key.damaged, key.place), default=None)
    return (best and best.frame and evidence(best.frame)) or (b"", 0, 0)
