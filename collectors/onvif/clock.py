"""How a device's clock stands: GetSystemDateAndTime, which answers anybody and so is the sign of life too.

With a login, each round also makes one cheap call that examines it. A changed password is seen in the first
round, and the guard lets at most two such calls be refused an hour: after that a round asks the clock only.
"""

from collections.abc import Iterator
from typing import Final

from collectors.base import AuthRejected, BadReply, CollectError
from collectors.onvif.client import Onvif
from collectors.onvif.times import SystemTime, system_time
from collectors.onvif.tls import CertificateChanged
from models.facts import Answer, Device, Reading, TlsMode
from models.metrics import CLOCK_NTP, CLOCK_OFFSET, MALFORMED_REPLIES, TLS_PINNED, Metric

_HALF_A_SECOND: Final = 0.5  # it tells whole seconds: on average it is half a second later than it says
_PART: Final = "onvif"


class OnvifClock:
    """Reads how far the device's clock is from the agent's, and whether NTP sets it."""

    name = "onvif_clock"
    metrics: tuple[Metric, ...] = (CLOCK_OFFSET, CLOCK_NTP, MALFORMED_REPLIES, TLS_PINNED)
    slots = 9

    def __init__(self, onvif: Onvif) -> None:
        self._onvif = onvif

    def applies(self, device: Device) -> bool:
        """Whether the inventory gives an ONVIF port."""
        return device.onvif_port is not None

    async def collect(self, device: Device) -> Answer:
        """Ask the clock without a login, then whether the login is still right.

        Raises:
            AuthRejected: the login is refused; `learnt` holds what the clock said.
            CollectError: the clock could not be asked.
        """
        try:
            told = await self._onvif.call(device, "device", "GetSystemDateAndTime")
        except CertificateChanged as err:
            err.learnt = (Reading(TLS_PINNED, 0.0),)
            raise
        clock = system_time(told.body)
        readings = tuple(offset(clock, told.at))
        if not readings:
            raise BadReply("GetSystemDateAndTime: it gives no possible time")
        malformed = self._onvif.session(device).malformed
        readings += (Reading(MALFORMED_REPLIES, float(malformed), _PART),)
        if device.tls is TlsMode.PIN:
            readings += (Reading(TLS_PINNED, 1.0),)
        await self._check_login(device, readings)
        return Answer(readings)

    async def _check_login(self, device: Device, readings: tuple[Reading, ...]) -> None:
        try:
            await self._onvif.check_login(device)
        except AuthRejected as err:
            err.learnt = readings
            raise
        except CollectError:
            return  # says nothing of the login, and the clock has answered


def offset(clock: SystemTime, asked_at: float) -> Iterator[Reading]:
    """Yield what a clock says, seen at `asked_at` (Unix seconds of the agent, middle of the exchange)."""
    if clock.utc is not None:
        yield Reading(CLOCK_OFFSET, clock.utc + _HALF_A_SECOND - asked_at)
    if clock.ntp is not None:
        yield Reading(CLOCK_NTP, float(clock.ntp))
