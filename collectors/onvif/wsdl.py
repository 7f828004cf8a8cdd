"""The ONVIF WSDLs, parsed once for all devices, and zeep as a codec for rare calls with structured arguments.

zeep writes the body and reads the answer; login, deadline and connection are the session's, as for every
call. One parsed Document per WSDL is shared: 1,000 devices with documents of their own would take 20 GB
(docs/decisions/020).

The WSDL files come with the package onvif-zeep. Its module `onvif` is looked up, never imported: importing it
sets up the root logger.
"""

import importlib
import importlib.util
import logging
import sys
import sysconfig
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from lxml import etree

from collectors.base import BadReply
from collectors.onvif import xml
from collectors.onvif.operations import Service
from collectors.onvif.xml import Element

_NOWHERE: Final = "http://device.invalid/"  # zeep wants an address to bind to; nothing is ever sent there


class NoWsdl(RuntimeError):
    """The WSDL files are not installed: a fault of the installation, to be told at start."""


def folders() -> list[Path]:
    """Return where the WSDL files may be, best first."""
    spec = importlib.util.find_spec("onvif")
    beside = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    places = [place.parent / "wsdl" for place in beside]
    places += [Path(sysconfig.get_path("purelib")) / "wsdl", Path(sys.prefix) / "wsdl"]
    return places + [place / "wsdl" for place in beside]


def find_folder(candidates: Iterable[Path] | None = None) -> Path:
    """Return the folder that holds the WSDL files.

    Raises:
        NoWsdl: none does; the message says where was looked and what to install.
    """
    looked = list(folders() if candidates is None else candidates)
    for folder in looked:
        if (folder / "devicemgmt.wsdl").is_file():
            return folder
    places = ", ".join(str(folder) for folder in looked)
    raise NoWsdl(f"no ONVIF WSDL files in {places}: install onvif-zeep 0.2.12 (and not onvif-zeep-async)")


class Registry:
    """One parsed zeep Document per WSDL, made when first asked for. Thread-safe.

    Args:
        folder: where the WSDL files are; found by itself when not given.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._documents: dict[str, Any] = {}

    def document(self, service: Service) -> Any:
        """Return the shared Document of a service.

        Raises:
            NoWsdl: the file is not there.
        """
        with self._lock:
            if service.name not in self._documents:
                self._documents[service.name] = self._parse(service)
            return self._documents[service.name]

    def warm(self, services: Iterable[Service]) -> None:
        """Parse now what would otherwise delay the first rare call, and find out that files are missing."""
        for service in services:
            self.document(service)

    def request(self, service: Service, operation: str, args: Mapping[str, Any]) -> str:
        """Return the body of a request with structured arguments.

        Raises:
            TypeError, ValueError: the arguments do not fit the schema (a bug of ours).
        """
        client, port = self._bound(service)
        message = client.create_message(port, operation, **args)
        body = xml.find(message, "Body")
        if body is None or not len(body):
            raise ValueError(f"zeep wrote no body for {operation}")
        return etree.tostring(body[0], encoding="unicode")

    def read(self, service: Service, operation: str, response: Element) -> Any:
        """Return an answer as zeep's objects, by the schema.

        Raises:
            BadReply: it does not fit the schema.
        """
        _, port = self._bound(service)
        envelope = etree.Element("{http://www.w3.org/2003/05/soap-envelope}Envelope")
        body = etree.SubElement(envelope, "{http://www.w3.org/2003/05/soap-envelope}Body")
        parent = response.getparent()
        body.append(response)
        codec = port._binding.get(operation)  # noqa: SLF001 - zeep's codec has no public door
        try:
            return codec.process_reply(envelope)
        except Exception as err:  # zeep raises whatever its schema code stumbles over
            raise BadReply(f"{operation}: the answer does not fit the schema ({type(err).__name__})") from err
        finally:
            if parent is not None:
                parent.append(response)

    def _bound(self, service: Service) -> tuple[Any, Any]:
        """Return a light client of the shared Document: per call, since zeep's clients keep state."""
        zeep = _zeep()
        client = zeep.Client(self.document(service), settings=zeep.Settings(strict=False))
        return client, client.create_service(f"{{{service.namespace}}}{service.binding}", _NOWHERE)

    def _parse(self, service: Service) -> Any:
        zeep = _zeep()
        # zeep logs a traceback for each odd date a device sends: 11,417 lines in one known case
        logging.getLogger("zeep.xsd.types.simple").setLevel(logging.CRITICAL)
        self._folder = self._folder or find_folder()
        path = self._folder / service.wsdl
        if not service.wsdl or not path.is_file():
            raise NoWsdl(f"no WSDL for the {service.name} service in {self._folder}")
        return zeep.wsdl.Document(str(path), zeep.Transport(), settings=zeep.Settings(strict=False))


def _zeep() -> Any:
    """Import zeep now: 0.2 s and 24 MB that only rare calls need."""
    return importlib.import_module("zeep")
