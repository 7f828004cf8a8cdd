"""Who a device says it is: GetDeviceInformation, and the MAC address of its first interface."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from collectors.base import BadReply, Busy, CollectError, NotSupported
from collectors.onvif import xml
from collectors.onvif.client import Onvif
from collectors.onvif.xml import Element
from models.facts import Answer, Device, Reading
from models.metrics import DEVICE_INFO, Metric

_LABELS: Final = {
    "maker": "Manufacturer",
    "model": "Model",
    "firmware": "FirmwareVersion",
    "serial": "SerialNumber",
    "hardware": "HardwareId",
}
_LONGEST: Final = 120
_NO_MAC: Final = frozenset({"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"})


class OnvifIdentity:
    """Reads maker, model, firmware, serial, hardware and MAC; serials and MACs only detect a swap."""

    name = "onvif_identity"
    metrics: tuple[Metric, ...] = (DEVICE_INFO,)
    slots = 2

    def __init__(self, onvif: Onvif) -> None:
        self._onvif = onvif

    def applies(self, device: Device) -> bool:
        """Whether the inventory gives an ONVIF port."""
        return device.onvif_port is not None

    async def collect(self, device: Device) -> Answer:
        """Ask who it is, then for its interfaces.

        Raises:
            CollectError: it could not be asked who it is.
        """
        told = await self._onvif.call(device, "device", "GetDeviceInformation")
        readings = tuple(identity(told.body))
        if not readings:
            raise BadReply("GetDeviceInformation: it gives no name, model, firmware or serial")
        self._onvif.session(device).memory.firmware(_firmware(readings))
        return Answer(readings + await self._mac(device, readings))

    async def _mac(self, device: Device, known: Sequence[Reading]) -> tuple[Reading, ...]:
        try:
            told = await self._onvif.call(device, "device", "GetNetworkInterfaces")
        except (NotSupported, BadReply, Busy):
            return ()  # absent: the rest of its identity stands
        except CollectError as err:
            err.learnt = tuple(known)
            raise
        found = mac(told.body)
        return (Reading(DEVICE_INFO, found, "mac"),) if found else ()


def identity(response: Element) -> Iterator[Reading]:
    """Yield a label for each thing a GetDeviceInformationResponse tells."""
    for label, name in _LABELS.items():
        value = clean(xml.text(response, name))
        if value:
            yield Reading(DEVICE_INFO, value, label)


def mac(response: Element) -> str:
    """Return the first possible MAC of a GetNetworkInterfacesResponse as `aa:bb:cc:dd:ee:ff`, or "".

    Interfaces that are switched on come first. Firmwares write colons, dashes or nothing between the digits.
    """
    rows = list(xml.children(response, "NetworkInterfaces"))
    rows.sort(key=lambda row: xml.text(row, "Enabled").lower() not in {"true", "1"})
    for row in rows:
        digits = re.sub(r"[^0-9a-f]", "", xml.text(row, "Info/HwAddress").lower())
        address = ":".join(re.findall("..", digits))
        if len(digits) == 12 and address not in _NO_MAC:
            return address
    return ""


def clean(value: str) -> str:
    """Return a device's text as one short printable line."""
    printable = "".join(char if char.isprintable() else " " for char in value)
    return " ".join(printable.split())[:_LONGEST]


def _firmware(readings: Sequence[Reading]) -> str:
    return next((str(reading.value) for reading in readings if reading.part == "firmware"), "")
