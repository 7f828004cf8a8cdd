"""Runs a program that must not outlive us: `python leash.py PARENT_PID PROGRAM [ARGUMENT…]`.

Linux kills a process when the thread that made it dies, if it asked for that (prctl 2, PR_SET_PDEATHSIG). The
wish survives exec, but not a change of user. Asking in a process of its own spares the agent a `preexec_fn`,
which is unsafe beside threads.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Final

_PR_SET_PDEATHSIG: Final = 1

Process = subprocess.Popen[bytes]


def start_leashed(program: Sequence[str]) -> Process:
    """Start a program that ends when this process ends, even by kill -9; its output is thrown away.

    Raises:
        OSError: Python itself cannot be started.
    """
    started: Future[Process] = Future()
    # A thread that lasts as long as the program: the death of the caller's own thread must not end it.
    threading.Thread(target=_keep, args=(program, started), name="leash", daemon=True).start()
    return started.result()


def _keep(program: Sequence[str], started: "Future[Process]") -> None:
    command = [sys.executable, "-P", __file__, str(os.getpid()), *program]
    try:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except OSError as err:
        started.set_exception(err)
        return
    started.set_result(process)
    process.wait()


def main(arguments: list[str]) -> None:
    """Ask to die with the parent, then become the program.

    Raises:
        SystemExit: the parent is gone already, or the program cannot be run.
    """
    parent, *program = arguments
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != int(parent):
        raise SystemExit("the parent is gone")
    try:
        os.execvp(program[0], program)  # noqa: S606 - becoming the program is the purpose; there is no shell
    except OSError as err:
        raise SystemExit(f"{program[0]} cannot be run: {err.strerror}") from None


if __name__ == "__main__":
    main(sys.argv[1:])
