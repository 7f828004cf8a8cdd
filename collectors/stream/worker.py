"""The worker process: takes jobs from standard input, hands outcomes to standard output, one at a time.

    python -m collectors.stream.worker PARENT_PID MODULE:FUNCTION

It may hang, leak or crash: whoever started it holds the clock and kills it. It dies with its parent, dumps no
core (a core would hold pictures and the password), and writes nothing to a terminal or a log.
"""

import ctypes
import gc
import importlib
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from collectors.base import CollectError
from collectors.stream.job import HEADER, Refusal, StreamJob, StreamResult, lengths, pack_outcome, read_job
from models.facts import Trouble

Work = Callable[[StreamJob], StreamResult]

PROCESS_NAME: Final = b"siteward-stream"  # as `ps` and `top` show it; Linux keeps 15 characters
NICENESS: Final = 5  # pictures may come late, polling may not
MEMORY_BYTES: Final = (
    2 << 30
)  # of address space: a frame that claims 60,000 x 60,000 pixels fails here, alone
PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
PR_SET_NAME: Final = 15
PAGE_BYTES: Final = resource.getpagesize()
OBJECTS_BETWEEN_SEARCHES: Final = 20_000  # a look makes 2,000 to 10,000 that can be part of a cycle


def main() -> None:
    """Serve until standard input ends."""
    parent, work_name = int(sys.argv[1]), sys.argv[2]
    settle_down(parent)
    jobs, outcomes = take_pipes()
    try:
        work = load(work_name)
    except Exception as error:  # noqa: BLE001 - whatever an import raises must reach the parent, not a lost stderr
        send(outcomes, Refusal(Trouble.BUG, f"{work_name} cannot be loaded: {error}"))
        return
    spare_searches()
    send(outcomes, StreamResult({}))  # ready
    serve(jobs, outcomes, work)


def spare_searches() -> None:
    """Search for cyclic garbage seldom, and not in what was imported: one look leaves hardly any."""
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_SEARCHES)


def settle_down(parent: int) -> None:
    """Be killed when the parent dies, be polite, be named, leave no core.

    The death signal of Linux follows the thread that started us; the agent starts workers from its main loop.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if hasattr(libc, "prctl"):
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        libc.prctl(PR_SET_NAME, PROCESS_NAME, 0, 0, 0)
    if os.getppid() != parent:  # it died before we could ask for the signal
        os._exit(0)
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Return the job and outcome pipes, and leave nothing where a library's print could disturb them."""
    jobs, outcomes = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
    return jobs, outcomes


def load(name: str) -> Work:
    """Return the function `module:function`; this is where the codec libraries are imported."""
    module, _, function = name.partition(":")
    work: Work = getattr(importlib.import_module(module), function)
    return work


def serve(jobs: BinaryIO, outcomes: BinaryIO, work: Work) -> None:
    """Do one job after the other."""
    while len(header := jobs.read(HEADER.size)) == HEADER.size:
        text, blob = lengths(header)
        send(outcomes, do(work, read_job(jobs.read(text), jobs.read(blob))))


def do(work: Work, job: StreamJob) -> StreamResult | Refusal:
    """Do one job; every failure becomes data.

    Of an error nobody foresaw only the type's name leaves the process: the libraries put the address,
    password included, into their messages.
    """
    try:
        return work(job)
    except CollectError as error:
        return Refusal(error.trouble, str(error))
    except MemoryError:
        return Refusal(Trouble.BAD_REPLY, "its stream asks for more memory than one look may use")
    except Exception as error:  # noqa: BLE001 - see above
        return Refusal(Trouble.BUG, f"looking at the stream failed with {type(error).__name__}")


def send(outcomes: BinaryIO, outcome: StreamResult | Refusal) -> None:
    """Write one outcome."""
    outcomes.write(pack_outcome(outcome, resident_bytes()))
    outcomes.flush()


def resident_bytes() -> int:
    """Return the resident memory of this process (proc(5), statm: pages)."""
    pages = Path("/proc/self/statm").read_bytes().split()[1]
    return int(pages) * PAGE_BYTES


if __name__ == "__main__":
    main()
