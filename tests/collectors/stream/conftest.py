"""One pool of real workers for each file of tests that looks at streams."""

import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest_asyncio

from collectors.stream.job import Limits
from collectors.stream.pool import WorkerPool

sys.path.append(str(Path(__file__).parent))  # the fake server is a module of this folder

LIMITS = Limits(opening=1.0, silence=0.5, window=0.6, longest=3.0)
LONGER = replace(LIMITS, window=1.2)  # for the rate of arrival, which leaves out the first half second


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def pool():
    pool = WorkerPool(3)
    yield pool
    await pool.close()


def free_port(address: str) -> int:
    """Return a TCP port nobody listens on."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]
