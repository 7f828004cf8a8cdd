"""One look at one stream, from connecting to numbers. Runs inside a worker process only.

client ──▶ take ──┐
(else open.py) ───┴─▶ decode ──▶ frames ──▶ sight ──▶ StreamResult
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import cv2

from collectors.base import Busy
from collectors.stream import client, nal, sdp, snapshot
from collectors.stream.decode import Codec, Decoder, Key, decode_all
from collectors.stream.evidence import mark, picture_of
from collectors.stream.facts import packet_facts
from collectors.stream.ffmpeg_log import Session, listening
from collectors.stream.frames import shot_of, small_shot_of
from collectors.stream.job import Level, StreamJob, StreamResult
from collectors.stream.open import Mute, read_probed
from collectors.stream.pictures.levels import sharpness
from collectors.stream.refusals import Unreadable
from collectors.stream.sight import Shot, Sight, glance_at, see, see_gop
from collectors.stream.sps import shape
from collectors.stream.take import Taken, take
from models import metrics
from models.metrics import Metric

Values = Iterator[tuple[Metric, float]]
CODES: Final = {"H264": 264.0, "H265": 265.0, "h264": 264.0, "hevc": 265.0}

CLEARING_SECONDS: Final = 0.5
SAME_SIZE: Final = 0.0005  # sensor noise alone makes the sizes of key frames differ by more, nearly always
MOST_SHOTS: Final = 256  # 60 MB; no camera has a longer GOP that tells more

cv2.setNumThreads(1)


def look(job: StreamJob) -> StreamResult:
    """Open the stream, take frames, close it, and tell all that they show.

    Raises:
        CollectError: it could not be opened.
    """
    if job.scheme.startswith("http"):
        return snapshot.look(job)
    if job.level == Level.DESCRIBE:
        return look_described(job)
    with listening() as session:
        try:
            return _look(job, session)
        except Mute:
            return StreamResult({metrics.STREAM_STALL.name: 1.0}, job.fast, session.asked_login)


def look_described(job: StreamJob) -> StreamResult:
    """Ask for the description only.

    Raises:
        CollectError: it was not given.
    """
    begin = time.monotonic()
    with client.talking(job) as talk:
        description, _ = client.describe(talk)
        video = client.video_of(description)
        talk.wire.close()
    values = {metrics.STREAM_DESCRIBE.name: time.monotonic() - begin}
    found = (
        [found for unit in video.sets if (found := shape(video.encoding, unit))]
        if video.encoding in CODES
        else []
    )
    values |= _shape_values(video.encoding, found[0].width if found else 0, found[0].height if found else 0)
    if description.first(sdp.AUDIO) is None:
        values[metrics.STREAM_AUDIO.name] = 0.0
    words = " ".join(filter(None, [video.encoding, found[0].profile if found else ""]))
    texts = {metrics.STREAM_INFO.name: words} if words else {}
    return StreamResult(values, job.fast, talk.asked_login, texts=texts)


def _look(job: StreamJob, session: Session) -> StreamResult:
    begin = time.monotonic()
    codec, taken, fast, logged_in = _read(job, session)
    keys, sight = _seen(job, codec, taken, session)
    gop = _gop(codec, taken, session) if job.level == Level.GOP and taken.keys else Gop()
    values = {
        metric.name: value
        for part in (
            _stream_values(codec, taken, begin),
            _size_values(taken, keys),
            _damage_values(taken, keys, gop),
        )
        for metric, value in part
    }
    values |= sight.values
    if gop.shots:
        values |= see_gop(gop.shots, job.reference, job.zones).values
    jpeg, before = _evidence(job, keys, sight)
    return StreamResult(
        values, fast, logged_in, *jpeg, texts=_texts(codec, taken), learnt=sight.learnt, before=before
    )


def _read(job: StreamJob, session: Session) -> tuple[Codec, Taken, bool, bool]:
    """Return codec, frames, whether fast opening did, and whether the login was taken."""
    if job.fast:
        try:
            with client.talking(job) as talk:
                playing = client.play(talk)
        except (client.NeedsProbing, Unreadable):
            pass
        else:
            try:
                taken = take(playing, job)
            finally:
                playing.close()
            sets = nal.annex_b(playing.video.sets)
            return Codec.of(playing.video.encoding, sets), taken, True, talk.asked_login
    codec, taken = _probed(job, session)
    return codec, taken, False, session.asked_login


def _probed(job: StreamJob, session: Session) -> tuple[Codec, Taken]:
    """Probe; a server that has not yet cleared away our first, short visit is asked once more."""
    try:
        return read_probed(job, session)
    except Busy:
        if not job.fast:
            raise
    time.sleep(CLEARING_SECONDS)
    session.forget()
    return read_probed(job, session)


def _seen(job: StreamJob, codec: Codec, taken: Taken, session: Session) -> tuple[list[Key], Sight]:
    """Return the key frames that were decoded and what they show: at a glance the newest, else all."""
    if not taken.keys:
        return [], Sight()
    decoder, places = Decoder(codec, session), _three(taken.keys)
    newest = decoder.key(taken, places[-1])
    if not newest.damaged and not taken.stalled and not _is_repeated(taken) and job.level < Level.GOP:
        shot = _shot(taken, newest)
        if (sight := glance_at(shot, job.reference, job.zones)) is not None:
            if job.level == Level.MAIN:  # its one measure that no other stream gives
                sight.values[metrics.PICTURE_SHARPNESS.name] = sharpness(shot.luma)
            return [newest], sight
    keys = [*(decoder.key(taken, place) for place in places[:-1]), newest]
    shots = [_shot(taken, key) for key in keys if not key.damaged]
    return keys, see(shots, job.reference, job.zones)


def _shot(taken: Taken, key: Key) -> Shot:
    assert key.frame is not None  # noqa: S101 where there is none the key is damaged
    return shot_of(key.frame, taken.arrivals[key.place].stamp)


def _is_repeated(taken: Taken) -> bool:
    """Whether two key frames are of one size: a source that stands still is encoded alike each time."""
    sizes = [taken.arrivals[place].size for place in taken.keys]
    return any(abs(later - one) <= SAME_SIZE * one for one, later in pairwise(sizes))


def _three(places: Sequence[int]) -> Sequence[int]:
    """Return the first, a middle and the last place, or as many as there are."""
    return places if len(places) < 4 else (places[0], places[len(places) // 2], places[-1])


@dataclass(slots=True)
class Gop:
    """All frames of a group of pictures: how many, how many damaged, and the whole ones as pictures."""

    frames: int = 0
    damaged: int = 0
    shots: list[Shot] = field(default_factory=list)


def _gop(codec: Codec, taken: Taken, session: Session) -> Gop:
    """Decode all frames; of each only the small picture is kept."""
    gop = Gop()
    stamps = sorted(one.stamp for one in taken.arrivals if one.stamp is not None)
    for key in decode_all(codec, taken, session):
        gop.frames += 1
        gop.damaged += key.damaged
        if key.frame is not None and not key.damaged and len(gop.shots) < MOST_SHOTS:
            at = stamps[key.place] if key.place < len(stamps) else None
            gop.shots.append(small_shot_of(key.frame, at))
    return gop


def _stream_values(codec: Codec, taken: Taken, begin: float) -> Values:
    """Yield what the packets tell."""
    yield metrics.STREAM_STALL, float(taken.stalled)
    if taken.arrivals:
        yield metrics.STREAM_OPEN, taken.arrivals[0].at - begin
    if taken.received:
        yield metrics.STREAM_LOST, taken.missed / (taken.received + taken.missed)
    if taken.sound.comes is not None and not taken.stalled:
        yield metrics.STREAM_AUDIO, taken.sound.comes
    if taken.late_seconds is not None:
        yield metrics.STREAM_DELAY, taken.late_seconds
    if taken.arrivals:
        yield metrics.STREAM_CODEC, CODES.get(codec.name, 0.0)
    yield from packet_facts(taken.arrivals, taken.timely, taken.began)


def _size_values(taken: Taken, keys: Sequence[Key]) -> Values:
    """Yield the picture's size: of the newest decoded picture, else as the parameter sets say."""
    shown = [key.frame for key in keys if key.frame is not None]
    if shown:
        yield metrics.STREAM_WIDTH, float(shown[-1].width)
        yield metrics.STREAM_HEIGHT, float(shown[-1].height)
    elif taken.shapes and taken.arrivals:
        yield metrics.STREAM_WIDTH, float(taken.shapes[-1].width)
        yield metrics.STREAM_HEIGHT, float(taken.shapes[-1].height)
    if taken.shapes:
        sizes = [(one.width, one.height) for one in taken.shapes]
        yield metrics.STREAM_RESIZED, float(len(set(sizes)) > 1)


def _damage_values(taken: Taken, keys: Sequence[Key], gop: Gop) -> Values:
    """Yield the share of damaged frames.

    Of all where all were decoded; else of the key frames, or of all those that missing packets tore,
    whichever is larger.
    """
    if gop.frames:
        yield metrics.STREAM_CORRUPT, gop.damaged / gop.frames
    elif keys:
        torn = sum(one.torn for one in taken.arrivals) / len(taken.arrivals)
        yield metrics.STREAM_CORRUPT, max(torn, sum(key.damaged for key in keys) / len(keys))


def _shape_values(encoding: str, width: int, height: int) -> dict[str, float]:
    values = {metrics.STREAM_CODEC.name: CODES.get(encoding, 0.0)} if encoding else {}
    if width and height:
        values |= {metrics.STREAM_WIDTH.name: float(width), metrics.STREAM_HEIGHT.name: float(height)}
    return values


def _texts(codec: Codec, taken: Taken) -> dict[str, str]:
    profile = taken.shapes[-1].profile if taken.shapes else ""
    name = {"h264": "H264", "hevc": "H265"}.get(codec.name, codec.name.upper())
    return {metrics.STREAM_INFO.name: f"{name} {profile}".strip()} if taken.arrivals else {}


def _evidence(job: StreamJob, keys: Sequence[Key], sight: Sight) -> tuple[tuple[bytes, int, int], bytes]:
    """Return the best picture there is as JPEG, and the reference beside it.

    A whole picture, else a damaged one: evidence as well.
    """
    shown = [key for key in keys if key.frame is not None]
    best = max(shown, key=lambda key: (not key.damaged, key.place), default=None)
    if not job.picture or best is None or best.frame is None:
        return (b"", 0, 0), b""
    return picture_of(best.frame, job.zones, sight.box) or (b"", 0, 0), mark(
        sight.before, job.zones, sight.box
    )
