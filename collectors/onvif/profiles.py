"""Media profiles, read from GetProfiles and sorted into streams: main and sub, of which channel. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from collectors.onvif import xml
from collectors.onvif.xml import Element
from models.facts import Kind, Reading
from models.metrics import (
    CONFIGURED_BITRATE,
    CONFIGURED_CODEC,
    CONFIGURED_FPS,
    CONFIGURED_GOP,
    CONFIGURED_HEIGHT,
    CONFIGURED_WIDTH,
    PROFILE_INFO,
)

_NO_LIMIT_KBPS: Final = 2_000_000  # more than any camera sends: one maker writes 2147483647 for "none"
_NAMES: Final = ("main", "sub")
_CODECS: Final = {"H264": 264.0, "H265": 265.0}
_MOST_PROFILES: Final = 1024  # no recorder has more; a reply without end must not become work without end
_MOST_CHANNELS: Final = 256


@dataclass(frozen=True, slots=True)
class Profile:
    """One media profile with a video encoder.

    Attributes:
        token: names it to the device.
        source: token of its video source: the channel of a recorder.
        encoder: token of its encoder configuration; profiles may share one.
        codec: as the device writes it, `H264`, `H265`, `JPEG`; "" when it does not say.
        width, height: pixels, 0 when not given.
        fps: frames per second after the encoding interval; None when not given or not limited.
        bitrate: bits per second; None likewise.
        gop: frames from one key frame to the next; None likewise.
    """

    token: str
    source: str
    encoder: str
    codec: str
    width: int
    height: int
    fps: float | None
    bitrate: float | None
    gop: float | None = None


def read(response: Element) -> list[Profile]:
    """Read a GetProfilesResponse (ONVIF Media or Media2); profiles without token or encoder are left out."""
    rows = islice(xml.children(response, "Profiles"), _MOST_PROFILES)
    return [profile for row in rows if (profile := _profile(row)) is not None]


def _profile(row: Element) -> Profile | None:
    token = xml.attribute(row, "token")
    encoder = _first(row, "VideoEncoderConfiguration", "Configurations/VideoEncoder")
    source = _first(row, "VideoSourceConfiguration", "Configurations/VideoSource")
    if not token or encoder is None:
        return None
    return Profile(
        token=token,
        source=xml.text(source, "SourceToken"),
        encoder=xml.attribute(encoder, "token") or token,
        codec=xml.text(encoder, "Encoding")[:20],
        width=_pixels(encoder, "Resolution/Width"),
        height=_pixels(encoder, "Resolution/Height"),
        fps=_fps(encoder),
        bitrate=_bitrate(encoder),
        gop=_gop(encoder),
    )


def _first(row: Element, *places: str) -> Element | None:
    """Return what is in the first place that exists: Media and Media2 differ in where they put it."""
    return next((found for place in places if (found := xml.find(row, place)) is not None), None)


def _pixels(encoder: Element, path: str) -> int:
    value = xml.number(encoder, path)
    return int(value) if value is not None and 0 < value < 100_000 else 0


def _fps(encoder: Element) -> float | None:
    """Return FrameRateLimit divided by EncodingInterval (ONVIF Schema, VideoRateControl)."""
    limit = xml.number(encoder, "RateControl/FrameRateLimit")
    interval = xml.number(encoder, "RateControl/EncodingInterval") or 1.0
    if limit is None or not 0 < limit <= 1000 or interval < 1:
        return None
    return limit / interval


def _bitrate(encoder: Element) -> float | None:
    """Return BitrateLimit, which is in kbit/s."""
    limit = xml.number(encoder, "RateControl/BitrateLimit")
    return limit * 1000 if limit is not None and 0 < limit < _NO_LIMIT_KBPS else None


def _gop(encoder: Element) -> float | None:
    """Return GovLength: an element of the codec in Media, an attribute in Media2."""
    places = (xml.text(encoder, "H264/GovLength"), xml.text(encoder, "MPEG4/GovLength"))
    found = xml.finite(next((text for text in (*places, xml.attribute(encoder, "GovLength")) if text), ""))
    return found if found is not None and 0 < found < 10_000 else None


def sources(profiles: Iterable[Profile]) -> list[str]:
    """Return the video sources the profiles name, in the order they appear."""
    return list(dict.fromkeys(profile.source for profile in profiles))


def streams(profiles: Sequence[Profile], channels: Sequence[str], kind: Kind) -> dict[str, Profile]:
    """Return stream name -> profile, best first: `main`, `sub`, or `ch<N>/main`, `ch<N>/sub` of a recorder.

    Args:
        profiles: as the device lists them.
        channels: tokens of its video sources in its own order, from 1; others that profiles name come after.
        kind: of the device; a recorder has channel numbers even with one channel.
    """
    order = list(dict.fromkeys([*channels, *sources(profiles)]))[:_MOST_CHANNELS]
    used = [channel for channel in order if any(profile.source == channel for profile in profiles)]
    numbered = kind is Kind.NVR or len(used) > 1
    found: dict[str, Profile] = {}
    for number, channel in enumerate(order, start=1):
        ranked = _ranked(profile for profile in profiles if profile.source == channel)
        for name, profile in zip(_NAMES, ranked, strict=False):
            found[f"ch{number}/{name}" if numbered else name] = profile
    return found


def _ranked(profiles: Iterable[Profile]) -> list[Profile]:
    """Return profiles largest first, one per encoder; single pictures (JPEG) come after all video."""
    first = {profile.encoder: profile for profile in reversed(list(profiles))}
    ordered = reversed(first.values())
    return sorted(ordered, key=lambda p: (p.codec == "JPEG", -p.width * p.height, -(p.bitrate or 0.0)))


def readings(named: dict[str, Profile]) -> Iterator[Reading]:
    """Yield what is configured for each stream."""
    for name, profile in named.items():
        yield Reading(PROFILE_INFO, describe(profile), name)
        if profile.fps is not None:
            yield Reading(CONFIGURED_FPS, profile.fps, name)
        if profile.bitrate is not None:
            yield Reading(CONFIGURED_BITRATE, profile.bitrate, name)
        if profile.gop is not None:
            yield Reading(CONFIGURED_GOP, profile.gop, name)
        if profile.width and profile.height:
            yield Reading(CONFIGURED_WIDTH, float(profile.width), name)
            yield Reading(CONFIGURED_HEIGHT, float(profile.height), name)
        if profile.codec in _CODECS:
            yield Reading(CONFIGURED_CODEC, _CODECS[profile.codec], name)


def describe(profile: Profile) -> str:
    """Return a profile in words: `H264 1920x1080 25 fps 4096 kbit/s`; what is not known is left out."""
    words = [profile.codec]
    if profile.width and profile.height:
        words.append(f"{profile.width}x{profile.height}")
    if profile.fps is not None:
        words.append(f"{profile.fps:g} fps")
    if profile.bitrate is not None:
        words.append(f"{profile.bitrate / 1000:g} kbit/s")
    return " ".join(word for word in words if word) or "unknown"
