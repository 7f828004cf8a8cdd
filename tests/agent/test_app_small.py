"""The agent's small parts: logs that hide logins, the word to systemd, the loop's lag, the snapshot."""

import asyncio
import io
import json
import logging
import socket
import time

import pytest

from agent import logs
from agent.lag import LoopLag
from agent.notify import Notifier
from agent.snapshot import Snapshot
from models.facts import Failure, Picture, Reading, Report, Trouble
from models.metrics import UPTIME

URLS = [
    ("rtsp://admin:pa55@10.0.0.1/main", "rtsp://***@10.0.0.1/main"),
    ("rtsp://admin:p@ss@10.0.0.1/main", "rtsp://***@10.0.0.1/main"),
    ("rtsp://admin:pa/55@10.0.0.1/main", "rtsp://***@10.0.0.1/main"),
    ("HTTP://u:pa55@h and rtsps://v:pa55@i/x", "HTTP://***@h and rtsps://***@i/x"),
    ("http://10.0.0.1:80/onvif", "http://10.0.0.1:80/onvif"),
    ("mail to a@b.c", "mail to a@b.c"),
]


@pytest.fixture(params=[False, True], ids=["text", "json"])
def log(request, monkeypatch):
    """Return a logger and what it wrote, as text and as JSON."""
    out = io.StringIO()
    monkeypatch.setattr("sys.stderr", out)
    logs.set_up(level="DEBUG", as_json=request.param)
    logger = logging.getLogger("test.logs")
    logger.out, logger.is_json = out, request.param
    return logger


@pytest.mark.parametrize(("said", "wanted"), URLS)
def test_a_login_in_a_url_is_blanked(log, said, wanted):
    log.warning("opening %s", said)
    line = log.out.getvalue()
    assert (json.loads(line)["event"] if log.is_json else line.strip()).endswith(wanted)
    assert "pa55" not in line
    assert "ss@" not in line


def test_a_login_in_a_traceback_is_blanked_too(log):
    try:
        open("rtsp://admin:pa55@10.0.0.1/main")  # noqa: PTH123, SIM115  it does not open, and names the URL
    except OSError:
        log.exception("bug")
    assert "pa55" not in log.out.getvalue()
    assert "Traceback" in log.out.getvalue()


def test_the_same_line_is_written_once_a_minute(log):
    for _ in range(50):
        log.warning("broker away")
    log.warning("broker back")
    assert len(log.out.getvalue().splitlines()) == 2


def test_a_call_with_wrong_arguments_does_not_come_down_on_the_caller(log):
    log.warning("%d devices", "many")
    assert "devices" in log.out.getvalue()


def test_a_percent_sign_in_a_blanked_line_is_text(log):
    log.warning("rtsp://u:pa55@h/%s at 100%%", "x")
    assert "rtsp://***@h/x at 100%" in log.out.getvalue()


def test_an_unknown_level_is_refused():
    with pytest.raises(ValueError, match="LOUD"):
        logs.set_up(level="loud")


# ---------------------------------------------------------------- systemd


def test_systemd_is_told_that_we_are_ready_alive_and_stopping(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "notify"))
        supervisor.settimeout(5)
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "60000000"})
        notifier.ready("watching 3 devices")
        notifier.alive()
        notifier.stopping()
        said = [supervisor.recv(100) for _ in range(3)]
    assert said == [b"READY=1\nSTATUS=watching 3 devices", b"WATCHDOG=1", b"STOPPING=1"]
    assert notifier.watchdog_seconds == 60


def test_an_abstract_socket_is_spoken_to():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind("")  # the kernel chooses an abstract name
        supervisor.settimeout(5)
        name = supervisor.getsockname().decode()
        Notifier({"NOTIFY_SOCKET": "@" + name[1:]}).alive()
        assert supervisor.recv(100) == b"WATCHDOG=1"


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": "/nowhere/at/all"}, {"WATCHDOG_USEC": "soon"}])
def test_without_a_supervisor_nothing_happens(environ):
    notifier = Notifier(environ)
    notifier.ready("x")
    assert notifier.watchdog_seconds is None


# ---------------------------------------------------------------- loop lag


async def test_a_loop_that_is_held_up_is_noticed():
    lag = LoopLag(time.monotonic)
    task = asyncio.create_task(lag.run())
    await asyncio.sleep(0.2)
    assert lag.p99() is None  # too early to say
    time.sleep(0.4)  # noqa: ASYNC251  to hold the loop up is the purpose
    await asyncio.sleep(1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert max(lag._lags) > 0.3
    assert lag.p99() is not None


# ---------------------------------------------------------------- snapshot


def test_a_failed_check_takes_the_readings_of_the_one_before_away():
    """What was read a minute ago is not known now: absent, not old and not 0."""
    snapshot = Snapshot()
    snapshot.take(Report("cam-1", "snmp_health", 10.0, 0.1, (Reading(UPTIME, 5.0),)))
    snapshot.take(Report("cam-1", "snmp_health", 20.0, 0.1, error=Failure(Trouble.UNREACHABLE, "no")))
    assert [report.readings for report in snapshot.reports()] == [()]
    assert snapshot.last_success() == {("cam-1", "snmp_health"): 10.0}


def test_pictures_do_not_stay_in_the_snapshot():
    snapshot = Snapshot()
    snapshot.take(Report("cam-1", "stream", 10.0, 0.1, pictures=(Picture(b"jpeg", 1, 1),)))
    assert snapshot.device("cam-1")[0].pictures == ()


def test_devices_that_are_gone_vanish():
    snapshot = Snapshot()
    for device in ("cam-1", "cam-2"):
        snapshot.take(Report(device, "reach", 10.0, 0.1))
    snapshot.keep_only(["cam-2"])
    assert [report.device for report in snapshot.reports()] == ["cam-2"]
    assert list(snapshot.last_success()) == [("cam-2", "reach")]
