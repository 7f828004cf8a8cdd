"""The scheduled scan: who answers that is in no inventory, and who of the inventory answers no more."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from agent.discovery.config import DiscoveryConfig, hosts
from agent.run import Clocks
from collectors.base import CollectError
from collectors.discovery import SECONDS, Found, discover
from models.facts import Device, Failure, Report, Trouble

log = logging.getLogger(__name__)

NAME: Final = "discovery"
FIRST_SECONDS: Final = 120.0  # after start: the first round of checks comes before
Strangers = Mapping[str, Mapping[str, str]]


class Scan:
    """Sends probes now and then and tells what came of it.

    Args:
        config: where to look and how often.
        devices: the inventory now.
        deliver: takes a report of each device that is or was found.
        strangers: takes what answered and is in no inventory, address -> what is known of it.
        clocks: wall and monotonic time.
        seconds: how long each scan listens.
    """

    def __init__(
        self,
        config: DiscoveryConfig,
        *,
        devices: Callable[[], Sequence[Device]],
        deliver: Callable[[Report], None],
        strangers: Callable[[Strangers], None],
        clocks: Clocks,
        seconds: float = SECONDS,
    ) -> None:
        self._config = config
        self._devices = devices
        self._deliver = deliver
        self._strangers = strangers
        self._clocks = clocks
        self._seconds = seconds
        self._endpoints: dict[str, str] = {}  # identity -> device of the inventory
        self._answered: set[str] = set()

    async def run(self, first_seconds: float = FIRST_SECONDS) -> None:
        """Scan until cancelled."""
        await asyncio.sleep(first_seconds)
        while True:
            try:
                await self.look()
            except CollectError as err:
                log.warning("network not scanned: %s; mend discovery.interface", err)
            except Exception:  # a fault of ours must not end the looking
                log.exception("network not scanned")
            await asyncio.sleep(self._config.every)

    async def look(self) -> None:
        """Scan once. Devices of the inventory are asked directly too, since they may be behind a router.

        Raises:
            CollectError: the network could not be asked.
        """
        devices = [device for device in self._devices() if device.onvif_port is not None]
        targets = (*hosts(self._config.networks), *(device.host for device in devices))
        began = self._clocks.monotonic()
        answers = await discover(self._config.interface, targets, seconds=self._seconds)
        found = {one.address: one for one in answers}
        took = self._clocks.monotonic() - began
        for device in devices:
            self._tell(device, found.get(device.host), took)
        mine = {device.host for device in self._devices()} | set(self._config.ignore)
        self._strangers({a: self._known(one) for a, one in found.items() if a not in mine})

    def _tell(self, device: Device, found: Found | None, took: float) -> None:
        """Report a device that answered, or that did and does no more; who never did has it switched off."""
        if found is not None:
            self._answered.add(device.id)
            if found.endpoint:
                self._endpoints[found.endpoint] = device.id
        elif device.id not in self._answered:
            return
        error = None if found else Failure(Trouble.UNREACHABLE, "it answers no more to discovery")
        self._deliver(Report(device.id, NAME, self._clocks.wall(), took, error=error))

    def _known(self, one: Found) -> dict[str, str]:
        return {"model": one.hardware or one.name, "known_as": self._endpoints.get(one.endpoint, "")}
