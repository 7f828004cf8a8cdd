"""What goes to a worker process and what comes back, and both as bytes on a pipe.

The format is JSON and never pickle: a worker chews on what strangers send, so its answer is read with the
same distrust as a device's.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import IntEnum
from typing import Any, Final

from models.facts import Login, Secret

HEADER: Final = struct.Struct("!II")  # bytes of JSON, bytes of what is no text
LONGEST_JSON: Final = 64 * 1024
LONGEST_JPEG: Final = 60_000
LONGEST_REFERENCE: Final = 256 * 1024
LONGEST_BLOB: Final = 2 * LONGEST_JPEG + LONGEST_REFERENCE


class Level(IntEnum):
    """How closely a stream is looked at; each level is dearer than the one before."""

    DESCRIBE = 0  # its description only: no frame is sent
    SUB = 1  # the sub-stream: two key frames, and the headers of all packets
    MAIN = 2  # the main stream: one key frame, and the headers of all packets
    GOP = 3  # one whole group of pictures, decoded


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a worker may take over each step, in seconds."""

    opening: float = 4.0  # connect, describe, set up, play; and as long again for the first frame
    silence: float = 2.5  # longest wait for the next packet; longer is a stall
    window: float = 2.5  # frames are taken for at least this long …
    longest: float = 8.0  # … and until two key frames came, but never longer than this

    @property
    def worst(self) -> float:
        """Seconds a look takes at most by its own limits: opening, a window, a stall, decoding.

        What our own client cannot read is left to FFmpeg, which begins anew. It waits twice while opening,
        for the description and for the first frame, and twice for a stall, before and after it hands out
        what it had kept back.
        """
        return 3 * self.opening + self.longest + 2 * self.silence + 2.0


Zone = tuple[float, float, float, float]  # left, top, width and height of a box, as shares of the picture


@dataclass(frozen=True, slots=True)
class StreamJob:
    """One look at one stream. The address travels in parts: no URL with a password exists before the end.

    Attributes:
        path: with its leading slash, and its query if there is one.
        fast: trust the stream's own description instead of probing its content first.
        picture: bring a small JPEG back as evidence.
        level: how closely to look.
        scheme: `rtsp`, `rtsps`, or `http`, `https` for single pictures (snapshots).
        udp: packets come over UDP instead of the RTSP connection.
        audio: listen whether sound comes, where the description names any.
        zones: what is blacked out in every picture that leaves the worker.
        reference: what is known of the intact picture, as `collectors.stream.sight` wrote it.
    """

    host: str
    port: int
    path: str
    login: Login | None = None
    limits: Limits = field(default_factory=Limits)
    fast: bool = True
    picture: bool = True
    level: Level = Level.SUB
    scheme: str = "rtsp"
    udp: bool = False
    audio: bool = True
    zones: tuple[Zone, ...] = ()
    reference: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class StreamResult:
    """What one look learnt.

    Attributes:
        values: metric name -> number; what could not be measured is absent.
        fast: whether fast opening did; False means that it failed and default probing was needed.
        logged_in: whether the device asked for the login and took it; False says nothing about the login.
        jpeg: the evidence picture, empty when there is none; `width` and `height` are its own.
        texts: metric name -> words, for `info` metrics.
        learnt: what this look taught of the intact picture, for the next look's `reference`; may be empty.
        before: the reference picture as JPEG, where the look was given one; empty else.
    """

    values: Mapping[str, float]
    fast: bool = True
    logged_in: bool = False
    jpeg: bytes = field(default=b"", repr=False)
    width: int = 0
    height: int = 0
    texts: Mapping[str, str] = field(default_factory=dict)
    learnt: bytes = field(default=b"", repr=False)
    before: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A look that failed: `trouble` is a value of `models.facts.Trouble`, `detail` holds no secret."""

    trouble: str
    detail: str


def pack(head: Mapping[str, Any], blob: bytes = b"") -> bytes:
    """Return one message: lengths, JSON, and what is no text."""
    text = json.dumps(head, allow_nan=False).encode()
    return HEADER.pack(len(text), len(blob)) + text + blob


def lengths(header: bytes) -> tuple[int, int]:
    """Return how many bytes of JSON and of other content follow a header.

    Raises:
        ValueError: more than any honest message holds.
    """
    text, blob = HEADER.unpack(header)
    if text > LONGEST_JSON or blob > LONGEST_BLOB:
        raise ValueError(f"message of {text} + {blob} bytes")
    return text, blob


_PLAIN: Final = ("host", "port", "path", "fast", "picture", "scheme", "udp", "audio", "zones")


def pack_job(job: StreamJob) -> bytes:
    """Return a job as a message. It holds the password in clear: it may go into a pipe and nowhere else."""
    login = [job.login.user, job.login.password.reveal()] if job.login else None
    head = {name: getattr(job, name) for name in _PLAIN}
    more = {"login": login, "limits": asdict(job.limits), "level": int(job.level)}
    return pack({**head, **more}, job.reference)


def read_job(text: bytes, reference: bytes = b"") -> StreamJob:
    """Return the job in a message."""
    head = json.loads(text)
    login = head.pop("login")
    limits, level = Limits(**head.pop("limits")), Level(head.pop("level"))
    zones = tuple(tuple(zone) for zone in head.pop("zones"))
    who = Login(login[0], Secret(login[1])) if login else None
    return StreamJob(**head, login=who, limits=limits, level=level, zones=zones, reference=reference)


def pack_outcome(outcome: StreamResult | Refusal, rss_bytes: int) -> bytes:
    """Return an outcome as a message, with the worker's resident memory beside it."""
    if isinstance(outcome, Refusal):
        return pack({"refusal": asdict(outcome), "rss_bytes": rss_bytes})
    names = ("fast", "logged_in", "width", "height")
    result = {
        **{name: getattr(outcome, name) for name in names},
        "values": dict(outcome.values),
        "texts": dict(outcome.texts),
        "sizes": [len(outcome.jpeg), len(outcome.before)],
    }
    return pack({"result": result, "rss_bytes": rss_bytes}, outcome.jpeg + outcome.before + outcome.learnt)


def read_outcome(text: bytes, blob: bytes) -> tuple[StreamResult | Refusal, int]:
    """Return the outcome in a message and the worker's resident memory in bytes.

    Raises:
        ValueError: it is not one; a broken worker wrote it.
    """
    try:
        head = json.loads(text)
        rss_bytes = int(head["rss_bytes"])
        if "refusal" in head:
            return Refusal(str(head["refusal"]["trouble"]), str(head["refusal"]["detail"])), rss_bytes
        body = head["result"]
        return _result(body, blob), rss_bytes
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"outcome without sense: {type(error).__name__}") from None


def _result(body: Mapping[str, Any], blob: bytes) -> StreamResult:
    first, second = (max(0, int(size)) for size in body["sizes"])
    return StreamResult(
        values={str(name): float(value) for name, value in body["values"].items()},
        fast=bool(body["fast"]),
        logged_in=bool(body["logged_in"]),
        jpeg=blob[:first],
        width=int(body["width"]),
        height=int(body["height"]),
        texts={str(name): str(value) for name, value in body["texts"].items()},
        before=blob[first : first + second],
        learnt=blob[first + second :],
    )
