"""What all tests share: random tests that repeat, and a second chance for those that run against real time."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The suite says the same of the same code each time it runs; `HYPOTHESIS_PROFILE=wild` looks elsewhere each time.
settings.register_profile("same", derandomize=True, print_blob=True)
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


def pytest_collection_modifyitems(items):
    root = Path(__file__).parent
    for item in items:
        if item.get_closest_marker("real") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(300))  # its fixture starts programs first
        place = item.path.relative_to(root).as_posix()
        if place.startswith(ALONE):
            item.add_marker(pytest.mark.alone)
        elif place.startswith(REAL_TIME):
            item.add_marker(pytest.mark.flaky(reruns=2, reruns_delay=1))
