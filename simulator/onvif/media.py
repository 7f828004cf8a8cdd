"""The media service (ver10): sources, profiles, and where the streams and snapshots are.

It has no word for H.265; as many devices do, such a profile shows no encoder here. Media2 tells all.
"""

from typing import Final

from simulator.onvif.box import Box, Stream
from simulator.onvif.device import Operation
from simulator.onvif.soap import Ask, Fault, invalid


def sources(box: Box, _: Ask) -> str:
    """The video sources."""
    rows = "".join(
        f'<trt:VideoSources token="{channel.source}"><tt:Framerate>{channel.fps}</tt:Framerate>'
        f"{size(channel.size)}</trt:VideoSources>"
        for channel in box.channels
    )
    return f"<trt:GetVideoSourcesResponse>{rows}</trt:GetVideoSourcesResponse>"


def source_configurations(box: Box, _: Ask) -> str:
    """Every video source configuration."""
    rows = "".join(
        source_configuration(box, channel.streams[0], "trt:Configurations") for channel in box.channels
    )
    return f"<trt:GetVideoSourceConfigurationsResponse>{rows}</trt:GetVideoSourceConfigurationsResponse>"


def profiles(box: Box, _: Ask) -> str:
    """Every profile with its configurations."""
    rows = "".join(_profile(box, stream, "trt:Profiles") for stream in box.streams.values())
    return f"<trt:GetProfilesResponse>{rows}</trt:GetProfilesResponse>"


def profile(box: Box, ask: Ask) -> str:
    """One profile."""
    return (
        f"<trt:GetProfileResponse>{_profile(box, chosen(box, ask), 'trt:Profile')}</trt:GetProfileResponse>"
    )


def encoders(box: Box, _: Ask) -> str:
    """Every encoder configuration."""
    rows = "".join(
        _encoder(stream, "trt:Configurations") for stream in box.streams.values() if stream.codec == "h264"
    )
    return f"<trt:GetVideoEncoderConfigurationsResponse>{rows}</trt:GetVideoEncoderConfigurationsResponse>"


def stream_uri(box: Box, ask: Ask) -> str:
    """Where the stream of a profile is."""
    return f"<trt:GetStreamUriResponse>{_media_uri(rtsp(box, ask))}</trt:GetStreamUriResponse>"


def osds(box: Box, _: Ask) -> str:
    """What is written into each picture: date and time, and the name of the camera."""
    rows = "".join(
        f'<trt:OSDs token="osd-{channel.source}-{kind}"><tt:VideoSourceConfigurationToken>'
        f"{channel.source}-config</tt:VideoSourceConfigurationToken><tt:Type>Text</tt:Type><tt:Position>"
        f"<tt:Type>{place}</tt:Type></tt:Position><tt:TextString><tt:Type>{kind}</tt:Type></tt:TextString></trt:OSDs>"
        for channel in box.channels
        for kind, place in (("DateAndTime", "UpperLeft"), ("Plain", "LowerLeft"))
    )
    return f"<trt:GetOSDsResponse>{rows}</trt:GetOSDsResponse>"


def snapshot_uri(box: Box, ask: Ask) -> str:
    """Where a picture of a profile's source is."""
    return f"<trt:GetSnapshotUriResponse>{_media_uri(snapshot(box, ask))}</trt:GetSnapshotUriResponse>"


def service_capabilities(box: Box, _: Ask) -> str:
    """What the media service can do."""
    return (
        '<trt:GetServiceCapabilitiesResponse><trt:Capabilities SnapshotUri="true">'
        f'<trt:ProfileCapabilities MaximumNumberOfProfiles="{len(box.streams)}"/>'
        '<trt:StreamingCapabilities RTP_TCP="true" RTP_RTSP_TCP="true"/>'
        "</trt:Capabilities></trt:GetServiceCapabilitiesResponse>"
    )


def chosen(box: Box, ask: Ask) -> Stream:
    """Return the stream whose profile was asked for.

    Raises:
        Fault: there is no such profile.
    """
    stream = box.streams.get(ask.text("ProfileToken"))
    if stream is None:
        raise invalid("ter:NoProfile", why="no profile has this token")
    return stream


def rtsp(box: Box, ask: Ask) -> str:
    """Return the RTSP address of the profile asked for.

    Raises:
        Fault: no such profile, or this device streams nothing.
    """
    stream = chosen(box, ask)
    if box.spec.rtsp is None:
        raise Fault("Receiver", ("ter:ActionNotSupported",), "this device does not stream")
    return f"rtsp://{box.spec.address}:{box.spec.rtsp.port}/{stream.path}"


def snapshot(box: Box, ask: Ask) -> str:
    """Return the address of a picture of the profile asked for.

    Raises:
        Fault: there is no such profile.
    """
    token = chosen(box, ask).token
    if box.has("onvif_snapshot_none"):
        raise Fault("Receiver", ("ter:ActionNotSupported",), "Optional Action Not Implemented")
    if box.has("onvif_snapshot_gone"):
        return f"{box.base}/gone/{token}"
    login = "?user=operator&amp;password=in-the-address" if box.has("onvif_snapshot_login") else ""
    return f"{box.base}/snapshot/{token}{login}"


def size(pixels: tuple[int, int]) -> str:
    """Return a resolution."""
    return (
        f"<tt:Resolution><tt:Width>{pixels[0]}</tt:Width><tt:Height>{pixels[1]}</tt:Height></tt:Resolution>"
    )


def source_configuration(box: Box, stream: Stream, element: str) -> str:
    """Return the video source configuration of a stream."""
    width, height = next(channel.size for channel in box.channels if channel.source == stream.source)
    return (
        f'<{element} token="{stream.source}-config"><tt:Name>{stream.source}</tt:Name>'
        f"<tt:UseCount>2</tt:UseCount><tt:SourceToken>{stream.source}</tt:SourceToken>"
        f'<tt:Bounds x="0" y="0" width="{width}" height="{height}"/></{element}>'
    )


def _profile(box: Box, stream: Stream, element: str) -> str:
    encoder = _encoder(stream, "tt:VideoEncoderConfiguration") if stream.codec == "h264" else ""
    return (
        f'<{element} token="{stream.token}" fixed="true"><tt:Name>{stream.path}</tt:Name>'
        f"{source_configuration(box, stream, 'tt:VideoSourceConfiguration')}{encoder}</{element}>"
    )


def _encoder(stream: Stream, element: str) -> str:
    return (
        f'<{element} token="{stream.token}-encoder"><tt:Name>{stream.path}</tt:Name>'
        f"<tt:UseCount>1</tt:UseCount><tt:Encoding>H264</tt:Encoding>{size(stream.size)}<tt:Quality>4</tt:Quality><tt:RateControl>"
        f"<tt:FrameRateLimit>{stream.fps}</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval>"
        f"<tt:BitrateLimit>{stream.kbps}</tt:BitrateLimit></tt:RateControl><tt:H264><tt:GovLength>"
        f"{gov_length(stream)}</tt:GovLength><tt:H264Profile>Main</tt:H264Profile></tt:H264><tt:Multicast>"
        "<tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address><tt:Port>0"
        "</tt:Port><tt:TTL>0</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>"
        f"<tt:SessionTimeout>PT60S</tt:SessionTimeout></{element}>"
    )


def gov_length(stream: Stream) -> int:
    """Return the frames from one key frame to the next."""
    return max(1, round(stream.fps * stream.gop_seconds))


def _media_uri(uri: str) -> str:
    return (
        f"<trt:MediaUri><tt:Uri>{uri}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>"
        "<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri>"
    )


OPERATIONS: Final[dict[str, Operation]] = {
    "GetServiceCapabilities": service_capabilities,
    "GetVideoSources": sources,
    "GetVideoSourceConfigurations": source_configurations,
    "GetVideoEncoderConfigurations": encoders,
    "GetProfiles": profiles,
    "GetProfile": profile,
    "GetStreamUri": stream_uri,
    "GetSnapshotUri": snapshot_uri,
    "GetOSDs": osds,
}
