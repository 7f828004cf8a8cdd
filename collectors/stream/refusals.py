"""What a server's refusal means, in the words of the error tree.

No sentence here holds a path or a password: some makers put it into the path (`/user=…&password=…`).
"""

from typing import Final

from collectors.base import AuthRejected, BadReply, Busy, CollectError, NotSupported
from models.facts import Login

REPLIES: Final[dict[int, tuple[type[CollectError], str]]] = {  # RFC 2326, section 11; 453 and 503: no room
    403: (AuthRejected, "forbids this user the stream"),
    404: (NotSupported, "has no such stream"),
    453: (Busy, "has no bandwidth left for another viewer"),
    454: (BadReply, "lost the session it had just begun"),
    461: (NotSupported, "does not send the stream over {transport}"),
    503: (Busy, "has no room for another viewer"),
}


class Unreadable(BadReply):
    """It speaks, and not so that we understand: another client may."""


def by_status(
    status: int, login: Login | None, *, protocol: str = "RTSP", transport: str = "TCP"
) -> CollectError:
    """Return the named error of a status code that is no success."""
    if status == 401:
        who = f"refused user {login.user!r}" if login else "asks for a login, and none is given"
        return AuthRejected(f"{who} ({protocol} 401)")
    if status < 400:
        return BadReply(f"sends us to another address, where we do not go ({protocol} {status})")
    kind, what = REPLIES.get(status, (BadReply, "answered with an error"))
    return kind(f"{what.format(transport=transport)} ({protocol} {status})")


def closed(*, described: bool) -> BadReply:
    """The connection was closed at this stage."""
    return BadReply(f"closed the connection {_stage(described=described)}")


def fell_silent(*, described: bool) -> BadReply:
    """It answered before, and then no more."""
    return BadReply(f"stopped answering {_stage(described=described)}")


def unreadable(*, answered: bool) -> Unreadable:
    """What came makes no sense."""
    return Unreadable(
        "describes its stream in a way we cannot read" if answered else "does not answer in RTSP"
    )


def said_nothing(seconds: float) -> str:
    """Return the sentence for a port that accepts and is silent."""
    return f"accepted the connection and said nothing for {seconds:g} s"


def no_connection(error: OSError, port: int, seconds: float) -> str:
    """Return the sentence for a connection that did not come about."""
    if isinstance(error, ConnectionRefusedError):
        return f"port {port} refused the connection"
    if isinstance(error, TimeoutError):
        return f"port {port} did not accept a connection within {seconds:g} s"
    return f"no connection to port {port}"


def _stage(*, described: bool) -> str:
    return "after describing the stream" if described else "before describing the stream"
