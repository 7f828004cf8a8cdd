"""The collector of recorders' own pages: opt-in, since their web login may be another than ONVIF's."""

import time
from collections.abc import Callable
from typing import Final

from collectors.base import AuthRejected, BadReply, CollectError, NotSupported
from collectors.onvif.client import Onvif
from collectors.vendor.knowledge import Area, areas_of
from collectors.vendor.pages import read
from models.facts import Answer, Device, Kind, Login, Reading
from models.metrics import CHANNEL_OK, DISK_OK, DISK_SIZE, DISK_USED, DISK_WARNING, Metric

REFUSED_SECONDS: Final = 86400.0  # a web page that refuses is left alone so long: ONVIF shares the account
_LACKING_SECONDS: Final = 7 * 86400.0


class RecorderPages:
    """Reads disks and channels of recorders whose maker is known.

    Args:
        onvif: the client, whose connection, login and breaker are used.
        maker: device id -> the name by which it calls itself, "" while not known.
        monotonic: a clock that never steps.
    """

    name = "vendor_http"
    metrics: tuple[Metric, ...] = (DISK_OK, DISK_WARNING, DISK_SIZE, DISK_USED, CHANNEL_OK)
    slots = 2

    def __init__(
        self,
        onvif: Onvif,
        maker: Callable[[str], str],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._onvif = onvif
        self._maker = maker
        self._monotonic = monotonic
        self._refused: dict[str, tuple[Login | None, float]] = {}
        self._lacking: dict[tuple[str, str], float] = {}

    def applies(self, device: Device) -> bool:
        """Whether it is a recorder that speaks HTTP."""
        return device.kind is Kind.NVR and device.onvif_port is not None

    async def collect(self, device: Device) -> Answer:
        """Ask each area that this recorder was not found to lack.

        Raises:
            NotSupported: nothing is known of its maker, or it has none of the pages.
            AuthRejected: its pages refuse the login; they are left alone for a day.
            CollectError: the first trouble, when no area told anything.
        """
        areas = areas_of(self._maker(device.id))
        if not areas:
            raise NotSupported(
                f"no knowledge of the pages of its maker ({self._maker(device.id) or 'not told'})"
            )
        self._check_refused(device)
        found: dict[tuple[str, str], Reading] = {}
        trouble: CollectError | None = None
        for area in areas:
            try:
                found |= await self._area(device, area)
            except (NotSupported, BadReply) as err:
                trouble = trouble or err
            except AuthRejected as err:
                self._refused[device.id] = device.login, self._monotonic() + REFUSED_SECONDS
                raise AuthRejected(f"its web pages refuse what ONVIF may have accepted: {err}") from err
        if not found and trouble is not None:
            raise trouble
        return Answer(tuple(found.values()))

    def forget(self, device_id: str) -> None:
        """Forget what is known of a device."""
        self._refused.pop(device_id, None)

    async def _area(self, device: Device, area: Area) -> dict[tuple[str, str], Reading]:
        until = self._lacking.get((device.id, area.name), 0.0)
        if self._monotonic() < until:
            raise NotSupported(f"it has no page for its {area.name} (remembered)")
        found: dict[tuple[str, str], Reading] = {}
        for question in area.questions:
            try:
                reply = await self._onvif.fetch(device, question.path)
            except NotSupported:
                self._lacking[device.id, area.name] = self._monotonic() + _LACKING_SECONDS
                raise
            found |= read(question, reply.data)
        return found

    def _check_refused(self, device: Device) -> None:
        login, until = self._refused.get(device.id, (None, 0.0))
        if self._monotonic() < until and login == device.login:
            raise NotSupported("its web pages refused our login; they are left alone for a day")
