"""What the lines of FFmpeg's log are understood to say."""

import logging

import av.logging
import pytest

from collectors.stream.ffmpeg_log import Session, hear_everything, listening


def heard(*lines: str) -> Session:
    session = Session()
    for line in lines:
        session.hear_rtsp(logging.DEBUG, line)
    return session


def test_gaps_and_packets_are_counted_and_reports_are_not_packets():
    session = heard(
        "id=0 len=1400", "id=1 len=28", "RTP: missed 3 packets", "id=0 len=9", "RTP: missed 1 packets"
    )
    assert (session.packets, session.missed) == (2, 4)


def test_a_status_is_of_the_request_before_it():
    session = heard("Sending:\nDESCRIBE rtsp://h/ RTSP/1.0", "line='RTSP/1.0 401 Unauthorized'")
    assert (session.status, session.asked_login, session.playing) == (401, True, False)
    session = heard("Sending:\nPLAY rtsp://h/ RTSP/1.0", "line='RTSP/1.0 200 OK'")
    assert (session.status, session.asked_login, session.playing) == (200, False, True)


@pytest.mark.parametrize(
    ("reason", "silent", "closed"),
    [
        ("Immediate exit requested", True, False),
        ("End of file", False, True),
        ("Connection reset by peer", False, True),
    ],
)
def test_silence_is_told_from_an_end(reason, silent, closed):
    session = heard(f"Failed reading RTSP data: {reason}")
    assert (session.silent, session.closed, session.broken) == (silent, closed, True)


def test_what_the_camera_puts_into_other_lines_counts_for_nothing():
    assert heard("sdp: s='RTP: missed 9 packets'", "line='X: id=0 len=1'", "ret=1 c=52 [R]") == Session()


def test_nothing_of_the_log_is_passed_on(caplog, capfd):
    with caplog.at_level(0), listening() as session:
        hear_everything()
        for component in ("rtsp", "tcp", "h264", "something"):
            av.logging.log(av.logging.ERROR, component, "Sending:\nDESCRIBE rtsp://user:secret@h/")
    assert session.method == "DESCRIBE"
    assert session.decode_errors == 1
    assert "secret" not in caplog.text + "".join(capfd.readouterr())


def test_one_session_hears_nothing_of_the_next():
    with listening() as first:
        pass
    with listening() as second:
        hear_everything()
        av.logging.log(av.logging.WARNING, "rtsp", "RTP: missed 2 packets")
    assert (first.missed, second.missed) == (0, 2)
