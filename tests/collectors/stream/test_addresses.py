"""Which stream is chosen, and which addresses are never opened."""

import pytest
from conftest import LIMITS

from collectors.base import BadReply, NotSupported
from collectors.stream.addresses import channels, job_for
from models.facts import Device, Kind, Login, Secret, StreamUri

LOGIN = Login("viewer", Secret("secret"))
CAMERA = Device("cam-1", Kind.CAMERA, "127.0.0.1", login=LOGIN)


@pytest.mark.parametrize(
    ("names", "prefer", "chosen"),
    [
        (["main", "sub"], "sub", ["sub"]),
        (["main", "sub"], "main", ["main"]),
        (["main"], "sub", ["main"]),
        (["main", "third", "sub"], "sub", ["sub"]),
        (["ch1/main", "ch1/sub", "ch2/main"], "sub", ["ch1/sub", "ch2/main"]),
        ([], "sub", []),
    ],
)
def test_one_stream_per_channel_is_chosen(names, prefer, chosen):
    streams = [StreamUri(name, "rtsp://x/") for name in names]
    assert [stream.name for stream in channels(streams, prefer)] == chosen


@pytest.mark.parametrize(
    ("uri", "kind"),
    [
        ("rtsp://192.0.2.7/live", BadReply),
        ("rtsp://127.0.0.1@192.0.2.7/live", BadReply),
        ("rtsp://user:secret@127.0.0.1/live", BadReply),
        ("rtsp://127.0.0.1:99999/live", BadReply),
        ("rtsp://127.0.0.1:port/live", BadReply),
        ("rtsp://127.0.0.1/li ve", BadReply),
        ("rtsp://[::1/live", BadReply),
        ("rtsp:///live", BadReply),
        ("ftp://127.0.0.1/live", NotSupported),
        ("http://192.0.2.7/live", BadReply),
        ("rtsp://127.0.0.1/livé", BadReply),
        ("file:///etc/passwd", NotSupported),
        ("", NotSupported),
    ],
)
def test_only_rtsp_of_the_device_s_own_host_is_ever_opened(uri, kind):
    with pytest.raises(kind) as caught:
        job_for(CAMERA, StreamUri("main", uri), LIMITS, fast=True)
    assert "secret" not in str(caught.value)
    assert "live" not in str(caught.value)


@pytest.mark.parametrize(
    ("uri", "port", "path"),
    [
        ("rtsp://127.0.0.1/live/1?a=b&c=d", 554, "/live/1?a=b&c=d"),
        ("rtsp://127.0.0.1:8554", 8554, "/"),
        ("RTSP://127.0.0.1:8554/Live", 8554, "/Live"),
        ("rtsp://127.0.0.1/a%20b", 554, "/a%20b"),
    ],
)
def test_an_address_is_taken_apart_and_its_path_kept_as_it_is(uri, port, path):
    job = job_for(CAMERA, StreamUri("main", uri), LIMITS, fast=True)
    assert (job.host, job.port, job.path, job.login) == ("127.0.0.1", port, path, LOGIN)


@pytest.mark.parametrize(("scheme", "port"), [("rtsp", 554), ("rtsps", 322), ("http", 80), ("https", 443)])
def test_each_protocol_has_its_usual_port(scheme, port):
    job = job_for(CAMERA, StreamUri("main", f"{scheme}://127.0.0.1/live"), LIMITS, udp=True)
    assert (job.scheme, job.port, job.udp) == (scheme, port, True)
