"""Faults of streams below the picture: what is described, how it is encoded, how it is sent."""

from typing import Final

STREAM_FAULTS: Final[dict[str, str]] = {
    "stream_stall": "frames stop in the middle of the stream, the connection stays open",
    "packet_loss": "a share of the RTP packets is lost: 5 % times strength",
    "stream_garbage": "a share of the RTP packets is spoilt: 5 % times strength",
    "stream_drop": "the connection is closed a second after the stream began",
    "half_speed": "frames come at half their pace while their timestamps go on as usual",
    "slow_describe": "the stream's description comes late, by 2 s times strength",
    "frames_dropped": "a share of the pictures is left out: 30 % times strength",
    "codec_lie": "the description names another codec than is sent",
    "codec_changed": "streams are encoded in the other codec than the device is set to",
    "size_changed": "streams have half the width and height that the device is set to",
    "size_unsteady": "the picture changes its size a second after the stream began",
    "fps_low": "streams have a third of the frame rate that the device is set to",
    "bitrate_high": "streams have far more bits than usual: a finer quantiser, by 10 times strength",
    "gop_long": "key frames come five times as far apart as they should",
    "audio_lost": "the sound of a stream that has some stops coming",
    "late_stream": "frames come long after they were taken, by 8 s times strength",
    "frames_enormous": "each key frame is blown up by 4 MB times strength",
    "stream_redirect": "the description is refused and another address named",
    "stream_rubbish": "bytes that mean nothing come instead of packets",
    "stream_hang": "connections are accepted, and nothing is answered",
}
