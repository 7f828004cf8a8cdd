"""The Media2 service (ver20): the same streams, H.265 included."""

from typing import Final

from simulator.onvif.box import Box, Stream
from simulator.onvif.device import Operation
from simulator.onvif.media import gov_length, rtsp, size, snapshot, source_configuration
from simulator.onvif.soap import NAMESPACES, Ask


def profiles(box: Box, ask: Ask) -> str:
    """Every profile, with those configurations that `Type` asks for: without a `Type`, none."""
    types = {(element.text or "").strip() for element in ask.body.iter(f"{{{NAMESPACES['tr2']}}}Type")}
    rows = "".join(
        f'<tr2:Profiles token="{stream.token}" fixed="true"><tr2:Name>{stream.path}</tr2:Name>'
        f"{_configurations(box, stream, types)}</tr2:Profiles>"
        for stream in _asked(box, ask.text("Token"))
    )
    return f"<tr2:GetProfilesResponse>{rows}</tr2:GetProfilesResponse>"


def encoders(box: Box, ask: Ask) -> str:
    """Every encoder configuration, or that of one profile."""
    rows = "".join(_encoder(stream, "tr2:Configurations") for stream in _asked(box, ask.text("ProfileToken")))
    return f"<tr2:GetVideoEncoderConfigurationsResponse>{rows}</tr2:GetVideoEncoderConfigurationsResponse>"


def stream_uri(box: Box, ask: Ask) -> str:
    """Where the stream of a profile is."""
    return f"<tr2:GetStreamUriResponse><tr2:Uri>{rtsp(box, ask)}</tr2:Uri></tr2:GetStreamUriResponse>"


def snapshot_uri(box: Box, ask: Ask) -> str:
    """Where a picture of a profile's source is."""
    return f"<tr2:GetSnapshotUriResponse><tr2:Uri>{snapshot(box, ask)}</tr2:Uri></tr2:GetSnapshotUriResponse>"


def service_capabilities(box: Box, _: Ask) -> str:
    """What the service can do."""
    return (
        '<tr2:GetServiceCapabilitiesResponse><tr2:Capabilities SnapshotUri="true">'
        f'<tr2:ProfileCapabilities MaximumNumberOfProfiles="{len(box.streams)}" '
        'ConfigurationsSupported="VideoSource VideoEncoder"/>'
        '<tr2:StreamingCapabilities RTSPStreaming="true" RTP_RTSP_TCP="true"/>'
        "</tr2:Capabilities></tr2:GetServiceCapabilitiesResponse>"
    )


def _asked(box: Box, token: str) -> list[Stream]:
    return [stream for stream in box.streams.values() if token in {"", stream.token}]


def _configurations(box: Box, stream: Stream, types: set[str]) -> str:
    parts = ""
    if types & {"All", "VideoSource"}:
        parts += source_configuration(box, stream, "tr2:VideoSource")
    if types & {"All", "VideoEncoder"}:
        parts += _encoder(stream, "tr2:VideoEncoder")
    return f"<tr2:Configurations>{parts}</tr2:Configurations>" if parts else ""


def _encoder(stream: Stream, element: str) -> str:
    return (
        f'<{element} token="{stream.token}-encoder" GovLength="{gov_length(stream)}" Profile="Main">'
        f"<tt:Name>{stream.path}</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>{stream.codec.upper()}"
        f'</tt:Encoding>{size(stream.size)}<tt:RateControl ConstantBitRate="false">'
        f"<tt:FrameRateLimit>{stream.fps}</tt:FrameRateLimit><tt:BitrateLimit>{stream.kbps}</tt:BitrateLimit></tt:RateControl>"
        f"<tt:Quality>4</tt:Quality></{element}>"
    )


OPERATIONS: Final[dict[str, Operation]] = {
    "GetServiceCapabilities": service_capabilities,
    "GetVideoEncoderConfigurations": encoders,
    "GetProfiles": profiles,
    "GetStreamUri": stream_uri,
    "GetSnapshotUri": snapshot_uri,
}
