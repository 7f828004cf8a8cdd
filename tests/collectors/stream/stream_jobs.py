"""Jobs that do to a worker process what broken streams do; the path says which. Loaded inside workers."""

import os
import signal
import time

from collectors.base import Busy
from collectors.stream.job import StreamJob, StreamResult

KEPT = []


def play(job: StreamJob) -> StreamResult:
    return {
        "/pid": lambda _: StreamResult({"pid": os.getpid()}),
        "/hang": hang,
        "/crash": crash,
        "/leak": leak,
        "/noise": noise,
        "/busy": busy,
        "/bug": bug,
        "/environment": lambda _: StreamResult(dict.fromkeys(os.environ, 1.0)),
        "/login": lambda job: StreamResult({job.login.password.reveal(): 1.0}),
        "/jpeg": lambda _: StreamResult({}, jpeg=bytes(range(256)), width=3, height=2),
    }[job.path](job)


def hang(job):
    while True:  # as in a decoder that spins: it never comes back and hears no polite signal
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        time.sleep(60)


def crash(job):
    os.kill(os.getpid(), signal.SIGSEGV)
    time.sleep(60)


def leak(job):
    KEPT.append(b"x" * (40 << 20))
    return StreamResult({"pid": os.getpid()})


def noise(job):
    print("a library talks on standard output")
    os.write(1, b"and below python too")
    return StreamResult({"pid": os.getpid()})


def busy(job):
    raise Busy("no room")


def bug(job):
    raise ValueError(f"rtsp://user:{job.login.password.reveal()}@host/")
