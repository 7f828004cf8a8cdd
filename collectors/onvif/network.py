"""How a device is set on the network: address, gateway, name and time servers, host name."""

from collections.abc import Iterator, Mapping
from typing import Final

from collectors.onvif import xml
from collectors.onvif.client import Onvif
from collectors.onvif.identity import clean
from collectors.onvif.several import Ask, several
from collectors.onvif.xml import Element
from models.facts import Answer, Device, Reading
from models.metrics import NETWORK_INFO, Metric

_ASKS: Final = tuple(
    Ask("device", name)
    for name in ("GetNetworkInterfaces", "GetNetworkDefaultGateway", "GetDNS", "GetNTP", "GetHostname")
)

_KINDS: Final = ("DNSname", "IPv4Address", "IPv6Address")


class OnvifNetwork:
    """Reads the network settings as one line of labels."""

    name = "onvif_network"
    metrics: tuple[Metric, ...] = (NETWORK_INFO,)
    slots = 2
    leisurely = True

    def __init__(self, onvif: Onvif) -> None:
        self._onvif = onvif

    def applies(self, device: Device) -> bool:
        """Whether the inventory gives an ONVIF port."""
        return device.onvif_port is not None

    async def collect(self, device: Device) -> Answer:
        """Ask for what the device tells of its network.

        Raises:
            CollectError: none of it could be asked.
        """
        told = await several(self._onvif, device, _ASKS)
        return Answer(tuple(network(told, device.host)))


def network(told: Mapping[str, Element], host: str) -> Iterator[Reading]:
    """Yield a label for each thing that is set; `host` chooses among several interfaces."""
    labels = {
        **_interface(told.get("GetNetworkInterfaces"), host),
        "gateway": _first(told.get("GetNetworkDefaultGateway"), "NetworkGateway/IPv4Address"),
        "dns": _servers(told.get("GetDNS"), "DNSInformation", ("DNSManual", "DNSFromDHCP")),
        "ntp": _servers(told.get("GetNTP"), "NTPInformation", ("NTPManual", "NTPFromDHCP")),
        "hostname": _first(told.get("GetHostname"), "HostnameInformation/Name"),
    }
    for label, value in labels.items():
        if value:
            yield Reading(NETWORK_INFO, value, label)


def _first(told: Element | None, path: str) -> str:
    return clean(xml.text(told, path))


def _interface(told: Element | None, host: str) -> dict[str, str]:
    """Return address with prefix, and whether it comes from DHCP, of the interface that we ask."""
    found: dict[str, str] = {}
    for row in xml.children(told, "NetworkInterfaces") if told is not None else ():
        config = xml.find(row, "IPv4/Config")
        for place in ("Manual", "FromDHCP", "LinkLocal"):
            for entry in xml.children(config, place) if config is not None else ():
                address = clean(xml.text(entry, "Address"))
                if address and (address == host or not found):
                    length = clean(xml.text(entry, "PrefixLength"))
                    dhcp = xml.text(config, "DHCP").lower() in {"true", "1"}
                    found = {"address": f"{address}/{length}".strip("/"), "dhcp": "yes" if dhcp else "no"}
    return found


def _servers(told: Element | None, top: str, places: tuple[str, ...]) -> str:
    """Return the servers that are set, by hand before by DHCP, with a comma between."""
    information = xml.find(told, top)
    entries = [
        entry
        for place in places
        for entry in (xml.children(information, place) if information is not None else ())
    ]
    names = [clean(_server(entry)) for entry in entries[:8]]
    return ", ".join(dict.fromkeys(name for name in names if name))


def _server(entry: Element) -> str:
    return next((found for kind in _KINDS if (found := xml.text(entry, kind))), "")
