"""A client of RTSP servers that asks for no more than a look needs (RFC 2326).

    connect ─ OPTIONS ─ DESCRIBE ─┬─ (level 0 ends here)
                                  └─ SETUP video ─ SETUP audio ─ PLAY ─ packets … ─ TEARDOWN

It opens fast because it trusts the description: nothing of the content is probed. It sees what a library
hides: each status, each sequence number, the sender's clock. What it does not understand, FFmpeg is asked
(`open.py`). It goes to no other host than the one it was given, and no address it makes holds a login.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from collectors.base import AuthRejected, CollectError, NotSupported, Unreachable
from collectors.stream import login, nal, refusals, sdp
from collectors.stream.job import StreamJob
from collectors.stream.sdp import Description, Track
from collectors.stream.udp import Ports, wait
from collectors.stream.wire import Closed, NotRtsp, Reply, Silence, Wire

RTSP_PORT: Final = 554  # RFC 2326, section 3.2
RTSPS_PORT: Final = 322  # IANA
READ_HERE: Final = frozenset({nal.H264, nal.H265})
_SERVER_PORT: Final = re.compile(r"server_port=(\d+)")
_INTERLEAVED: Final = re.compile(r"interleaved=(\d+)(?:-(\d+))?")


class NeedsProbing(Exception):
    """The description is not enough to read the stream: its content has to be probed."""


@dataclass(slots=True)
class Talk:
    """Requests on one connection, the login added where it is asked for."""

    wire: Wire
    job: StreamJob
    until: float
    asked_login: bool = False
    described: bool = False
    _challenge: login.Challenge | None = None

    def ask(self, method: str, uri: str, **headers: str) -> Reply:
        """Ask and return a good answer.

        Raises:
            CollectError: it refused.
            NotRtsp, Closed, Silence: it did not answer.
        """
        reply = self._ask(method, uri, headers)
        for _ in range(2):  # once for the login, once more for a nonce that was too old
            if reply.status != 401:
                break
            self._take_challenge(reply)
            reply = self._ask(method, uri, headers)
        if reply.status >= 300:
            raise refusals.by_status(reply.status, self.job.login, transport="UDP" if self.job.udp else "TCP")
        return reply

    def tell(self, method: str, uri: str, **headers: str) -> None:
        """Send a request and wait for nothing."""
        with suppress(Closed):
            self.wire.tell(method, uri, self._signed(method, uri, headers))

    def _ask(self, method: str, uri: str, headers: dict[str, str]) -> Reply:
        return self.wire.ask(method, uri, self._signed(method, uri, headers), self.until)

    def _signed(self, method: str, uri: str, headers: dict[str, str]) -> dict[str, str]:
        if self._challenge is None or self.job.login is None:
            return headers
        return {**headers, "Authorization": login.authorization(self._challenge, self.job.login, method, uri)}

    def _take_challenge(self, reply: Reply) -> None:
        self.asked_login = True
        asked = login.challenge(reply.offers)
        if self.job.login is None or (self._challenge is not None and not (asked and asked.is_stale)):
            raise refusals.by_status(401, self.job.login)
        if asked is None:
            raise AuthRejected("asks for a kind of login that we do not speak (RTSP 401)")
        self._challenge = asked


class Arrived(NamedTuple):
    """What came of one track, in order: its RTCP packets where `control`, else its RTP packets."""

    medium: str
    control: bool
    packets: list[memoryview]


@dataclass(slots=True)
class Session:
    """A stream that plays.

    Attributes:
        talk: its connection.
        description: what it said of itself.
        video: the track that is looked at.
        audio: the audio track that plays beside it, None when none does.
        channels, ports: how packets come: woven, channel -> medium and whether RTCP; or over UDP.
    """

    talk: Talk
    description: Description
    video: Track
    audio: Track | None
    uri: str
    session: str = ""
    channels: dict[int, tuple[str, bool]] = field(default_factory=dict)
    ports: dict[str, Ports] = field(default_factory=dict)

    def next(self, until: float, rest: float = 0.0) -> list[Arrived]:
        """Return the packets that are there, at least one.

        Args:
            until: when to give up, monotonic seconds.
            rest: seconds for which nothing of it is needed: the more may come at once.

        Raises:
            NotRtsp, Closed, Silence: instead.
        """
        found: list[Arrived] = []
        while not found:
            if self.ports:
                found = self._receive(until)
            else:
                woven = self.talk.wire.packets(until, rest)
                found = [Arrived(*self.channels[one], woven[one]) for one in woven if one in self.channels]
        return found

    def is_ended(self) -> bool:
        """Whether the other side has hung up by now."""
        return self.talk.wire.is_ended()

    def _receive(self, until: float) -> list[Arrived]:
        """Return what waits on the UDP ports; an end of the RTSP connection is the stream's end."""
        wire = self.talk.wire
        kinds = {ports.rtp: (medium, False) for medium, ports in self.ports.items()}
        kinds |= {ports.rtcp: (medium, True) for medium, ports in self.ports.items()}
        taken: list[Arrived] = []
        for ready in wait([*kinds, wire.sock], until):
            if ready is wire.sock:
                if not wire.sock.recv(65_536):
                    raise Closed
                continue
            medium, control = kinds[ready]
            ports = self.ports[medium]
            found = ports.receive(control=control)
            if not control:
                found = [one for data in found for one in ports.in_order(data)]
            if found:
                taken.append(Arrived(medium, control, [memoryview(one) for one in found]))
        return taken

    def close(self) -> None:
        """End the session and hang up, waiting for nothing."""
        self.talk.tell("TEARDOWN", self.uri, **({"Session": self.session} if self.session else {}))
        for ports in self.ports.values():
            ports.close()
        self.talk.wire.close()


def address(job: StreamJob) -> str:
    """Return the stream's URL, without a login."""
    host = f"[{job.host}]" if ":" in job.host else job.host
    usual = RTSPS_PORT if job.scheme == "rtsps" else RTSP_PORT
    port = "" if job.port == usual else f":{job.port}"
    return f"{job.scheme}://{host}{port}{job.path}"


@contextmanager
def talking(job: StreamJob) -> Iterator[Talk]:
    """Connect, and give what goes wrong on the connection its name.

    Raises:
        CollectError: it could not be asked.
    """
    seconds = job.limits.opening
    until = time.monotonic() + seconds
    try:
        wire = Wire.connect(job.host, job.port, seconds, secure=job.scheme == "rtsps")
    except OSError as error:
        raise Unreachable(refusals.no_connection(error, job.port, seconds)) from None
    talk = Talk(wire, job, until)
    try:
        yield talk
    except BaseException as error:
        wire.close()
        if (named := _named(error, talk)) is not None:
            raise named from None
        raise


def _named(error: BaseException, talk: Talk) -> CollectError | None:
    heard = talk.wire.heard > 0
    if isinstance(error, Closed):
        return refusals.closed(described=talk.described)
    if isinstance(error, NotRtsp):
        return refusals.unreadable(answered=heard)
    if isinstance(error, Silence):
        if heard:
            return refusals.fell_silent(described=talk.described)
        return Unreachable(refusals.said_nothing(talk.job.limits.opening))
    return None


def describe(talk: Talk) -> tuple[Description, str]:
    """Return the stream's description and the address that its tracks stand under.

    Raises:
        CollectError: it refused.
    """
    uri = address(talk.job)
    talk.ask("OPTIONS", uri)
    reply = talk.ask("DESCRIBE", uri, Accept="application/sdp")
    talk.described = True
    base = reply.headers.get("content-base") or reply.headers.get("content-location") or ""
    return sdp.read(reply.body.decode("utf-8", "replace")), sdp.resolve(uri, base)


def video_of(description: Description) -> Track:
    """Return the video track.

    Raises:
        NotSupported: there is none.
    """
    video = description.first(sdp.VIDEO)
    if video is None:
        raise NotSupported("plays a stream without video")
    return video


def play(talk: Talk) -> Session:
    """Describe, set up and play.

    Raises:
        CollectError: it refused.
        NeedsProbing: it describes what only FFmpeg can read.
    """
    description, base = describe(talk)
    video = description.first(sdp.VIDEO)
    if video is None or video.encoding not in READ_HERE or video.mode > 1:
        talk.wire.close()
        raise NeedsProbing
    whole = sdp.resolve(base, description.control)
    session = Session(talk, description, video, None, whole)
    try:
        _set_up(session, base, video)
        audio = description.first(sdp.AUDIO)
        if audio is not None and talk.job.audio:
            with suppress(CollectError):  # a stream without its sound is a stream
                _set_up(session, base, audio)
                session.audio = audio
        talk.ask("PLAY", whole, Range="npt=0.000-", **_session_header(session))
    except BaseException:
        for ports in session.ports.values():
            ports.close()
        raise
    return session


def _set_up(session: Session, base: str, track: Track) -> None:
    talk, number = session.talk, len(session.channels)
    ports = None
    transport = f"RTP/AVP/TCP;unicast;interleaved={number}-{number + 1}"
    if talk.job.udp:
        own, server = talk.wire.sock.getsockname()[0], talk.wire.sock.getpeername()[0]
        ports = Ports.open(own, server)
        transport = f"RTP/AVP;unicast;client_port={ports.pair}"
    try:
        reply = talk.ask(
            "SETUP", sdp.resolve(base, track.control), Transport=transport, **_session_header(session)
        )
    except BaseException:
        if ports:
            ports.close()
        raise
    session.session = session.session or reply.headers.get("session", "").partition(";")[0].strip()
    given = reply.headers.get("transport", "")
    if ports is not None:
        session.ports[track.medium] = ports
        if found := _SERVER_PORT.search(given):
            ports.knock(int(found[1]))
        return
    found = _INTERLEAVED.search(given)
    first = int(found[1]) if found else number
    second = int(found[2]) if found and found[2] else first + 1
    session.channels |= {first: (track.medium, False), second: (track.medium, True)}


def _session_header(session: Session) -> dict[str, str]:
    return {"Session": session.session} if session.session else {}
