import time

import pytest

from collectors.guard import LoginGuard
from collectors.onvif.client import Onvif
from collectors.onvif.exchange import LastExchanges
from tests.collectors.onvif.fake_device import FakeDevice


class Client:
    """An Onvif client with clocks the test can move."""

    def __init__(self, **more):
        self.wall_jump = 0.0
        self.later = 0.0
        self.tap = LastExchanges()
        self.guard = LoginGuard(self.monotonic)
        self.onvif = Onvif(self.guard, wall=self.wall, monotonic=self.monotonic, tap=self.tap, **more)

    def wall(self):
        return time.time() + self.wall_jump

    def monotonic(self):
        return time.monotonic() + self.later

    def restarted(self):
        """Start the client anew, as another process would, but with the same guard."""
        self.onvif = Onvif(self.guard, wall=self.wall, monotonic=self.monotonic, tap=self.tap)


@pytest.fixture
async def client():
    made = Client()
    yield made
    await made.onvif.close()


@pytest.fixture
def fake():
    with FakeDevice().running() as device:
        yield device
