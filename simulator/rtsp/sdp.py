"""What a stream is, told before it plays: SDP (RFC 8866), for H.264 (RFC 6184, 8) and H.265 (RFC 7798, 7)."""

from base64 import b64encode

from simulator.rtsp.encode import Format
from simulator.rtsp.rtp import CLOCK_HZ, PAYLOAD_TYPE

TRACK = "trackID=0"
AUDIO = "trackID=1"


def describe(
    address: str,
    name: str,
    form: Format,
    parameter_sets: tuple[bytes, ...],
    *,
    audio: bool = False,
    named: str = "",
) -> bytes:
    """Return the description of a stream: a video track, and one of sound where there is any.

    Args:
        address: of the device.
        name: of the session.
        form: how the video is encoded.
        parameter_sets: what its encoder announces.
        audio: whether sound comes with it.
        named: the codec that is named in place of the true one.
    """
    encoding = (named or form.codec).upper()
    lines = (
        "v=0",
        f"o=- 1 1 IN IP4 {address}",
        f"s={name or 'camera'}",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=control:*",
        "a=range:npt=now-",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"a=rtpmap:{PAYLOAD_TYPE} {encoding}/{CLOCK_HZ}",
        *([] if named else [f"a=fmtp:{PAYLOAD_TYPE} {_parameters(form.codec, parameter_sets)}"]),
        f"a=framerate:{form.fps}",
        f"a=control:{TRACK}",
        *(["m=audio 0 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", f"a=control:{AUDIO}"] if audio else []),
    )
    return "\r\n".join([*lines, ""]).encode()


def _parameters(codec: str, units: tuple[bytes, ...]) -> str:
    coded = [b64encode(unit).decode() for unit in units]
    if codec == "h265":
        return ";".join(
            f"sprop-{name}={unit}" for name, unit in zip(("vps", "sps", "pps"), coded, strict=True)
        )
    level = units[0][1:4].hex()  # profile, constraints and level stand right behind the SPS's first byte
    return f"packetization-mode=1;profile-level-id={level};sprop-parameter-sets={','.join(coded)}"
