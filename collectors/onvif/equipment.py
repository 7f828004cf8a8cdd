"""What a device lists beside its picture: alarm inputs, relays, storage. What vanishes was lost."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from collectors.onvif import xml
from collectors.onvif.client import Onvif
from collectors.onvif.identity import clean
from collectors.onvif.several import Ask, several
from collectors.onvif.xml import Element
from models.facts import Answer, Device, Reading
from models.metrics import INPUT_LISTED, INPUTS, RELAY_LISTED, RELAYS, STORAGE_LISTED, STORAGES, Metric

_MOST: Final = 256
_ASKS: Final = (
    Ask("io", "GetDigitalInputs"),
    Ask("device", "GetRelayOutputs"),
    Ask("device", "GetStorageConfigurations"),
)
_ROWS: Final = {  # operation -> element of a row, how many, each one
    "GetDigitalInputs": ("DigitalInputs", INPUTS, INPUT_LISTED),
    "GetRelayOutputs": ("RelayOutputs", RELAYS, RELAY_LISTED),
    "GetStorageConfigurations": ("StorageConfigurations", STORAGES, STORAGE_LISTED),
}


class OnvifEquipment:
    """Reads which inputs, relays and storages the device lists."""

    name = "onvif_equipment"
    metrics: tuple[Metric, ...] = (INPUTS, INPUT_LISTED, RELAYS, RELAY_LISTED, STORAGES, STORAGE_LISTED)
    slots = 2
    leisurely = True

    def __init__(self, onvif: Onvif) -> None:
        self._onvif = onvif

    def applies(self, device: Device) -> bool:
        """Whether the inventory gives an ONVIF port."""
        return device.onvif_port is not None

    async def collect(self, device: Device) -> Answer:
        """Ask for the lists.

        Raises:
            CollectError: not one of them was told.
        """
        return Answer(tuple(equipment(await several(self._onvif, device, _ASKS))))


def equipment(told: Mapping[str, Element]) -> Iterator[Reading]:
    """Yield how many there are of a kind, and each by its token."""
    for operation, (row_name, count, each) in _ROWS.items():
        if operation not in told:
            continue
        rows = islice(xml.children(told[operation], row_name), _MOST)
        tokens = list(dict.fromkeys(token for row in rows if (token := clean(xml.attribute(row, "token")))))
        yield Reading(count, float(len(tokens)))
        yield from (Reading(each, 1.0, token) for token in tokens)
