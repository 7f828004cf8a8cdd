"""What a stream says of itself before it plays: SDP (RFC 8866; RFC 6184, 8; RFC 7798, 7). Pure."""

from base64 import b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin, urlsplit

VIDEO: Final = "video"
AUDIO: Final = "audio"
_STATIC: Final = {
    "0": "PCMU",
    "8": "PCMA",
    "26": "JPEG",
    "32": "MPV",
    "33": "MP2T",
}  # RFC 3551, table 4 and 5
_MOST_LINES: Final = 2000


@dataclass(slots=True)
class Track:
    """One medium of a stream.

    Attributes:
        medium: `video`, `audio`, `application`.
        payload: the RTP payload type.
        encoding: its name in upper case, `H264`, `H265`, `PCMA`; "" when it is not told.
        clock_hz: ticks of the RTP time stamp per second.
        fps: as told, None when not.
        sets: parameter sets told in advance, NAL units without start codes.
        control: its address, relative or whole.
        mode: H.264's packetization-mode; H.265: 1 when decoding-order numbers are sent.
    """

    medium: str
    payload: str
    encoding: str = ""
    clock_hz: int = 90_000
    fps: float | None = None
    sets: tuple[bytes, ...] = ()
    control: str = ""
    mode: int = 0


@dataclass(slots=True)
class Description:
    """A stream's description: its tracks, and the address that requests to the whole stream go to."""

    tracks: list[Track] = field(default_factory=list)
    control: str = ""

    def first(self, medium: str) -> Track | None:
        """Return the first track of a medium."""
        return next((track for track in self.tracks if track.medium == medium), None)


def read(text: str) -> Description:
    """Read a description; lines that make no sense are left out."""
    told = Description()
    for line in text.splitlines()[:_MOST_LINES]:
        kind, _, value = line.strip().partition("=")
        if kind == "m":
            _medium(told, value)
        elif kind == "a":
            name, _, rest = value.partition(":")
            _attribute(told, name.lower(), rest.strip())
    return told


def resolve(base: str, control: str) -> str:
    """Return the address of a track (RFC 2326, C.1.1), never one of another host.

    Most devices mean `base/control` also where the base has no closing slash, and RFC 3986 would cut it off.
    """
    if not control or control == "*":
        return base
    if "://" in control:
        parts, own = urlsplit(control), urlsplit(base)
        tail = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return f"{own.scheme}://{own.netloc}{tail}"
    if control.startswith("/"):
        return urljoin(base, control)
    return base + ("" if base.endswith("/") else "/") + control


def _medium(told: Description, value: str) -> None:
    words = value.split()
    if len(words) >= 4:
        told.tracks.append(Track(words[0].lower(), words[3], _STATIC.get(words[3], "")))


def _attribute(told: Description, name: str, value: str) -> None:
    if not told.tracks:
        if name == "control":
            told.control = value
        return
    track = told.tracks[-1]
    if name == "control":
        track.control = value
    elif name == "rtpmap":
        _map(track, value)
    elif name == "fmtp" and value.split(" ", 1)[0] == track.payload:
        _parameters(track, value.partition(" ")[2])
    elif name == "framerate":
        track.fps = _rate(value)


def _map(track: Track, value: str) -> None:
    payload, _, rest = value.partition(" ")
    encoding, _, clock = rest.strip().partition("/")
    if payload != track.payload or not encoding:
        return
    track.encoding = {"HEVC": "H265"}.get(encoding.upper(), encoding.upper())
    ticks = clock.partition("/")[0]
    if ticks.isascii() and ticks.isdigit() and int(ticks) > 0:
        track.clock_hz = int(ticks)


def _rate(value: str) -> float | None:
    try:
        rate = float(value)
    except ValueError:
        return None
    return rate if 0 < rate <= 1000 else None


def _parameters(track: Track, value: str) -> None:
    named = {}
    for item in value.split(";"):
        name, _, given = item.strip().partition("=")
        named[name.lower()] = given.strip()
    names = ("sprop-vps", "sprop-sps", "sprop-pps", "sprop-parameter-sets")
    track.sets = tuple(
        unit for name in names for coded in named.get(name, "").split(",") if (unit := _unit(coded))
    )
    mode = named.get("packetization-mode", "0")
    numbered = named.get("sprop-max-don-diff", "0") not in {"", "0"}
    track.mode = int(mode) if mode in {"0", "1", "2"} and not numbered else int(numbered)


def _unit(coded: str) -> bytes:
    try:
        return b64decode(coded + "=" * (-len(coded) % 4))
    except (NotBase64, ValueError):
        return b""
