"""What all tests share: random tests that repeat, an order, a second chance for those that run against real time."""

import logging
import os
from pathlib import Path

import pytest
from hypothesis import settings

# Files run side by side, and so do the processes they start: threads of one calculation would only wait for each other.
for library in ("OMP", "OPENBLAS"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

# The suite says the same of the same code each time it runs; `HYPOTHESIS_PROFILE=wild` looks elsewhere each time, and twice as long.
settings.register_profile("same", derandomize=True, print_blob=True, max_examples=50)
settings.register_profile("wild", print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

# Here programs talk over sockets in real time, and a pause of the machine can look like a fault of a camera: that
# is what such a test would see on a busy machine. They have a second chance, and `-ra` says who took it.
REAL_TIME = (
    "agent/helpdesk", "agent/service/test_site.py", "agent/test_app", "agent/test_traps.py", "agent/web",
    "collectors", "deploy", "real", "simulator",
)  # fmt: skip

# A whole site of cameras on two cores: what runs beside it would be seen as faults of the site.
ALONE = (
    "collectors/stream/test_real_server.py", "real/test_agent_demo.py", "real/test_prometheus.py",
)  # fmt: skip

# Long files begin first: one that begins last has a core to itself while the other has nothing left to do.
LONG = (
    "real/test_agent.py", "real/test_agent_storage.py", "real/test_agent_secrets.py", "real/test_web.py", "agent/helpdesk/test_contract_real.py",
    "real/test_agent_demo_ends.py", "real/test_mqtt.py", "deploy/test_notify.py",
    "agent/service/test_site.py", "agent/web", "agent/test_app", "agent/test_cli.py", "agent/test_pipeline",
    "agent/predictions", "models/learning", "bench",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _logging_as_it_was():
    """Undo what a command does that runs in this process: it says how much is logged, and where to."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = [one for one in root.handlers if one in handlers]
    root.setLevel(level)


def pytest_collection_modifyitems(items):
    root = Path(__file__).parent
    items.sort(key=lambda item: length(item.path.relative_to(root).as_posix()))
    for item in items:
        if item.get_closest_marker("real") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(300))  # its fixture starts programs first
        place = item.path.relative_to(root).as_posix()
        if place.startswith(ALONE):
            item.add_marker(pytest.mark.alone)
        elif place.startswith(REAL_TIME):
            item.add_marker(pytest.mark.flaky(reruns=2, reruns_delay=1))


def length(place):
    """Return the place of a file in the order: long ones as listed, then the others."""
    return next((number for number, name in enumerate(LONG) if place.startswith(name)), len(LONG))
