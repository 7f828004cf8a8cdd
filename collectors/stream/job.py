"""What goes to a worker process and what comes back, and both as bytes on a pipe.

The format is JSON and never pickle: a worker chews on what strangers send, so its answer is read with the
same distrust as a device's.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from models.facts import Login, Secret

HEADER: Final = struct.Struct("!II")  # bytes of JSON, bytes of JPEG
LONGEST_JSON: Final = 64 * 1024
LONGEST_JPEG: Final = 60_000


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

        FFmpeg waits twice while opening, for the description and for the first frame, and twice for a stall,
        before and after it hands out what it had kept back.
        """
        return 2 * self.opening + self.longest + 2 * self.silence + 2.0


@dataclass(frozen=True, slots=True)
class StreamJob:
    """One look at one stream. The address travels in parts: no URL with a password exists before the end."""

    host: str
    port: int
    path: str  # with its leading slash, and its query if there is one
    login: Login | None = None
    limits: Limits = field(default_factory=Limits)
    fast: bool = True  # trust the stream's own description instead of probing its content first
    picture: bool = True  # bring a small JPEG back as evidence


@dataclass(frozen=True, slots=True)
class StreamResult:
    """What one look learnt.

    Args:
        values: metric name -> number; what could not be measured is absent.
        fast: whether fast opening did; False means that it failed and default probing was needed.
        logged_in: whether the device asked for the login and took it; False says nothing about the login.
        jpeg: the evidence picture, empty when there is none; `width` and `height` are its own.
    """

    values: Mapping[str, float]
    fast: bool = True
    logged_in: bool = False
    jpeg: bytes = field(default=b"", repr=False)
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """A look that failed: `trouble` is a value of `models.facts.Trouble`, `detail` holds no secret."""

    trouble: str
    detail: str


def pack(head: Mapping[str, Any], blob: bytes = b"") -> bytes:
    """Return one message: lengths, JSON, JPEG."""
    text = json.dumps(head, allow_nan=False).encode()
    return HEADER.pack(len(text), len(blob)) + text + blob


def lengths(header: bytes) -> tuple[int, int]:
    """Return how many bytes of JSON and of JPEG follow a header.

    Raises:
        ValueError: more than any honest message holds.
    """
    text, blob = HEADER.unpack(header)
    if text > LONGEST_JSON or blob > LONGEST_JPEG:
        raise ValueError(f"message of {text} + {blob} bytes")
    return text, blob


def pack_job(job: StreamJob) -> bytes:
    """Return a job as a message. It holds the password in clear: it may go into a pipe and nowhere else."""
    login = [job.login.user, job.login.password.reveal()] if job.login else None
    head = {name: getattr(job, name) for name in ("host", "port", "path", "fast", "picture")}
    return pack({**head, "login": login, "limits": asdict(job.limits)})


def read_job(text: bytes) -> StreamJob:
    """Return the job in a message."""
    head = json.loads(text)
    login = head.pop("login")
    limits = Limits(**head.pop("limits"))
    return StreamJob(**head, login=Login(login[0], Secret(login[1])) if login else None, limits=limits)


def pack_outcome(outcome: StreamResult | Refusal, rss_bytes: int) -> bytes:
    """Return an outcome as a message, with the worker's resident memory beside it."""
    if isinstance(outcome, Refusal):
        return pack({"refusal": asdict(outcome), "rss_bytes": rss_bytes})
    names = ("fast", "logged_in", "width", "height")
    result = {**{name: getattr(outcome, name) for name in names}, "values": dict(outcome.values)}
    return pack({"result": result, "rss_bytes": rss_bytes}, outcome.jpeg)


def read_outcome(text: bytes, jpeg: bytes) -> tuple[StreamResult | Refusal, int]:
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
        values = {str(name): float(value) for name, value in body["values"].items()}
        size = int(body["width"]), int(body["height"])
        return StreamResult(values, bool(body["fast"]), bool(body["logged_in"]), jpeg, *size), rss_bytes
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"outcome without sense: {type(error).__name__}") from None
