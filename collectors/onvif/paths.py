"""Where the services of a device are: GetServices, else GetCapabilities, else where they usually are."""

from collections.abc import Callable, Iterator
from typing import Final

from collectors.base import BadReply, NotSupported
from collectors.onvif import xml
from collectors.onvif.addresses import own_path
from collectors.onvif.operations import SERVICES
from collectors.onvif.xml import Element

_KEEP_SECONDS: Final = 86400.0  # a firmware update may move them


class Paths:
    """The paths of one device's services, asked for once a day.

    Args:
        monotonic: clock, in seconds.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._found: dict[str, str] = {}
        self._read_at: float | None = None

    def of(self, service: str, ask: Callable[[str], Element]) -> str:
        """Return the path of a service.

        Args:
            service: its name in `SERVICES`.
            ask: sends one of the two operations of the device service and returns its answer.

        Raises:
            NotSupported: the device lists its services, and this is not among them.
            CollectError: the device could not be asked.
        """
        if service == "device":
            return SERVICES[service].path
        if self._read_at is None or self._monotonic() - self._read_at > _KEEP_SECONDS:
            self._found = _ask_for(ask)
            self._read_at = self._monotonic()
        if self._found and service not in self._found:
            raise NotSupported(f"it does not list a {service} service")
        return self._found.get(service, SERVICES[service].path)

    @property
    def listed(self) -> tuple[str, ...]:
        """The services the device listed, by name; empty before it was asked, or where it lists none."""
        return tuple(self._found)

    def usual_instead(self, service: str, path: str) -> str | None:
        """Take the usual path from now on, as the one it gave leads nowhere; None when they are equal."""
        usual = SERVICES[service].path
        if path == usual:
            return None
        self._found[service] = usual
        return usual


def _ask_for(ask: Callable[[str], Element]) -> dict[str, str]:
    for operation, read in (("GetServices", from_services), ("GetCapabilities", from_capabilities)):
        try:
            found = dict(read(ask(operation)))
        except (NotSupported, BadReply):
            continue
        if found:
            return found
    return {}


def from_services(response: Element) -> Iterator[tuple[str, str]]:
    """Yield name and path of each service we know in a GetServicesResponse."""
    names = {service.namespace: service.name for service in SERVICES.values()}
    for row in xml.children(response, "Service"):
        name = names.get(xml.text(row, "Namespace"))
        if name is not None:
            yield from _believed(name, xml.text(row, "XAddr"))


def from_capabilities(response: Element) -> Iterator[tuple[str, str]]:
    """Yield the same from a GetCapabilitiesResponse, whose newer services hide under Extension."""
    top = xml.find(response, "Capabilities")
    for level in (top, xml.find(top, "Extension")):
        for service in SERVICES.values():
            found = xml.find(level, service.capability)
            if found is not None:
                yield from _believed(service.name, xml.text(found, "XAddr"))


def _believed(name: str, address: str) -> Iterator[tuple[str, str]]:
    try:
        yield name, own_path(address)
    except BadReply:
        yield name, SERVICES[name].path
