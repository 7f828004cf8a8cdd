"""Does the device's own snapshot show a picture? Its bytes are judged, not the status it comes with."""

import time
from collections.abc import Callable
from typing import Final

from collectors.base import CollectError, NotSupported
from collectors.onvif.client import Onvif
from collectors.onvif.media import OnvifMedia
from models.facts import Answer, Device, Reading
from models.metrics import SNAPSHOT_BYTES, SNAPSHOT_OK, Metric

_KEEP_SECONDS: Final = 86400.0  # devices are asked for the address once a day, or when it failed
_SMALLEST: Final = 200  # bytes; a picture of one colour is larger


class OnvifSnapshot:
    """Fetches the snapshot of the main stream; nothing of it is kept.

    Args:
        onvif: the client.
        media: knows the profiles.
        monotonic: clock for the age of the address.
    """

    name = "onvif_snapshot"
    metrics: tuple[Metric, ...] = (SNAPSHOT_OK, SNAPSHOT_BYTES)
    slots = 2
    leisurely = True

    def __init__(
        self, onvif: Onvif, media: OnvifMedia, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._onvif = onvif
        self._media = media
        self._monotonic = monotonic
        self._kept: dict[str, tuple[Device, float, str, str]] = {}

    def applies(self, device: Device) -> bool:
        """Whether the inventory gives an ONVIF port."""
        return device.onvif_port is not None

    async def collect(self, device: Device) -> Answer:
        """Fetch one picture.

        Raises:
            NotSupported: the device offers none.
            CollectError: it could not be fetched.
        """
        stream, path = await self._where(device)
        try:
            reply = await self._onvif.fetch(device, path)
        except NotSupported:  # an address that leads nowhere is the device's fault, not a lack
            self.forget(device.id)
            return Answer((Reading(SNAPSHOT_OK, 0.0, stream),))
        except CollectError:
            self.forget(device.id)
            raise
        ok = is_picture(reply.data)
        size = (Reading(SNAPSHOT_BYTES, float(len(reply.data)), stream),) if ok else ()
        return Answer((Reading(SNAPSHOT_OK, float(ok), stream), *size))

    def forget(self, device_id: str) -> None:
        """Forget where a device's snapshot is."""
        self._kept.pop(device_id, None)

    async def _where(self, device: Device) -> tuple[str, str]:
        known = self._kept.get(device.id)
        if known and known[0] == device and self._monotonic() - known[1] < _KEEP_SECONDS:
            return known[2], known[3]
        stream, path = await self._media.snapshot_path(device)
        self._kept[device.id] = (device, self._monotonic(), stream, path)
        return stream, path


def is_picture(data: bytes) -> bool:
    """Whether these are the bytes of a whole JPEG or PNG: devices answer 200 with a page that says no."""
    jpeg = data.startswith(b"\xff\xd8\xff") and b"\xff\xd9" in data[-32:]
    png = data.startswith(b"\x89PNG\r\n\x1a\n") and b"IEND" in data[-16:]
    return len(data) >= _SMALLEST and (jpeg or png)
