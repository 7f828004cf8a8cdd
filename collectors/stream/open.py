"""Open an RTSP stream over TCP: fast, bounded in time, and with a name for each way it can fail.

No message here holds a path or repeats what the library says: some makers put the password into the path
(`/user=…&password=…`), and FFmpeg puts the whole URL into its errors.
"""

from typing import Final
from urllib.parse import quote

import av
from av.container import InputContainer

from collectors.base import AuthRejected, BadReply, Busy, CollectError, NotSupported, Unreachable
from collectors.stream.ffmpeg_log import Session, hear_everything
from collectors.stream.job import StreamJob

OPTIONS: Final = {
    "rtsp_transport": "tcp",
    "allowed_media_types": "video",
    "reorder_queue_size": "2",  # the least that makes it say gaps; more waits for what is lost
    "protocol_whitelist": "tcp",  # without "rtsp" it follows no redirection; with it, to any host
}
FAILURES: Final = (av.error.FFmpegError, OSError, ValueError)  # some of PyAV's errors are only the first
FAST: Final = {"probesize": "32", "analyzeduration": "0"}

REPLIES: Final[dict[int, tuple[type[CollectError], str]]] = {  # RFC 2326, section 11; 453 and 503: no room
    403: (AuthRejected, "forbids this user the stream"),
    404: (NotSupported, "has no such stream"),
    453: (Busy, "has no bandwidth left for another viewer"),
    454: (BadReply, "lost the session it had just begun"),
    461: (NotSupported, "does not send the stream over TCP"),
    503: (Busy, "has no room for another viewer"),
}


class Mute(Exception):
    """The stream was agreed upon and then no packet came: a stall, not a failure to ask."""


class _NoVideo(Exception):
    """The server plays, and no video was found in what it plays."""


def open_stream(job: StreamJob, session: Session) -> tuple[InputContainer, bool]:
    """Return the opened stream, and whether fast opening did.

    Fast opening trusts the description. Where that names no video or FFmpeg makes nothing of it, the content
    is probed.

    Raises:
        Mute: the server agreed to play and sent nothing.
        CollectError: what the server said, or that it said nothing.
    """
    hear_everything()
    if job.fast:
        try:
            return _open(job, {**OPTIONS, **FAST}), True
        except _NoVideo:
            session.forget()
        except FAILURES as error:
            if not _worth_probing(error, session):
                raise explain(error, job, session) from None
            session.forget()
    try:
        return _open(job, OPTIONS), False
    except _NoVideo:
        raise NotSupported("plays a stream without video") from None
    except FAILURES as error:
        raise explain(error, job, session) from None


def _open(job: StreamJob, options: dict[str, str]) -> InputContainer:
    limits = job.limits
    container = av.open(
        address(job), format="rtsp", options=options, timeout=(limits.opening, limits.silence)
    )
    if not container.streams.video:
        container.close()
        raise _NoVideo
    return container


def address(job: StreamJob) -> str:
    """Return the URL FFmpeg wants, the login percent-encoded (RFC 3986). It must not leave the worker."""
    host = f"[{job.host}]" if ":" in job.host else job.host
    user = ""
    if job.login is not None:
        user = f"{quote(job.login.user, safe='')}:{quote(job.login.password.reveal(), safe='')}@"
    return f"rtsp://{user}{host}:{job.port}{job.path}"


def _worth_probing(error: Exception, session: Session) -> bool:
    """Whether the server was willing and only the content was not understood."""
    return isinstance(error, av.error.InvalidDataError) and session.playing and not session.broken


def explain(error: Exception, job: StreamJob, session: Session) -> Exception:
    """Return the named error for what FFmpeg raised, by what the log told of the session."""
    if (
        session.status >= 300 and not session.broken
    ):  # broken: the status is of an earlier reply, a 401's question
        return _by_status(session.status, job)
    if not session.connected:
        return Unreachable(_no_connection(error, job))
    if session.playing and session.broken:
        return Mute()
    if session.status == 0 and session.silent:
        return Unreachable(f"accepted the connection and said nothing for {job.limits.opening:g} s")
    return BadReply(_what_broke(session))


def _by_status(status: int, job: StreamJob) -> CollectError:
    if status == 401:
        who = f"refused user {job.login.user!r}" if job.login else "asks for a login, and none is given"
        return AuthRejected(f"{who} (RTSP 401)")
    if status < 400:
        return BadReply(f"sends us to another address, where we do not go (RTSP {status})")
    kind, what = REPLIES.get(status, (BadReply, "answered with an error"))
    return kind(f"{what} (RTSP {status})")


def _no_connection(error: Exception, job: StreamJob) -> str:
    if isinstance(error, ConnectionRefusedError):
        return f"port {job.port} refused the connection"
    if isinstance(error, (av.error.ExitError, TimeoutError)):
        return f"port {job.port} did not accept a connection within {job.limits.opening:g} s"
    return f"no connection to port {job.port}"


def _what_broke(session: Session) -> str:
    where = "after describing the stream" if session.described else "before describing the stream"
    if session.closed:
        return f"closed the connection {where}"
    if session.silent:
        return f"stopped answering {where}"
    return "describes its stream in a way we cannot read" if session.status else "does not answer in RTSP"
