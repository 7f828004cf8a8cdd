"""Who may get into a device, and until when its certificates are good. No login is ever tried for it."""

from collections.abc import Iterator
from functools import cache
from importlib import resources
from itertools import islice
from typing import Final

import yaml

from collectors.base import AuthRejected, BadReply, Busy, NotSupported
from collectors.onvif import certificates, xml
from collectors.onvif.client import Onvif
from collectors.onvif.identity import clean
from collectors.onvif.several import Ask, several
from collectors.onvif.tls import CertificateChanged
from collectors.onvif.xml import Element
from models.facts import Answer, Device, Reading, TlsMode
from models.metrics import CERT_EXPIRES, DEFAULT_ACCOUNTS, TLS_PINNED, USERS, Metric

_MOST_USERS: Final = 256
_MOST_PATHS: Final = 4
_KEY_STORE: Final = ("security", "GetAssignedServerCertificates")
_ASKS: Final = tuple(Ask("device", name) for name in ("GetUsers", "GetCertificates", "GetCertificatesStatus"))


class OnvifAccess:
    """Reads the accounts by name, and when certificates end."""

    name = "onvif_access"
    metrics: tuple[Metric, ...] = (USERS, DEFAULT_ACCOUNTS, CERT_EXPIRES, TLS_PINNED)
    slots = 2
    leisurely = True

    def __init__(self, onvif: Onvif) -> None:
        self._onvif = onvif

    def applies(self, device: Device) -> bool:
        """Whether the inventory gives an ONVIF port."""
        return device.onvif_port is not None

    async def collect(self, device: Device) -> Answer:
        """Ask for accounts and certificates.

        Raises:
            CollectError: none of it could be asked; `learnt` says when a certificate was not the pinned one.
        """
        try:
            told = await several(self._onvif, device, _ASKS)
        except CertificateChanged as err:
            err.learnt = (Reading(TLS_PINNED, 0.0),)
            raise
        except NotSupported:
            told = {}
        shown = self._onvif.session(device).certificate
        readings = [*accounts(told.get("GetUsers"), device), *certificates.shown(shown)]
        if not shown:  # else the same certificate would be told twice
            readings += certificates.in_use(told.get("GetCertificates"), told.get("GetCertificatesStatus"))
            readings += await self._assigned(device)
        if shown and device.tls is TlsMode.PIN:
            readings.append(Reading(TLS_PINNED, 1.0))
        if not readings:
            raise NotSupported("it tells neither accounts nor certificates")
        return Answer(tuple(readings))

    async def _assigned(self, device: Device) -> list[Reading]:
        """Ask the key store (ONVIF Advanced Security) which certificates the web server uses."""
        try:
            told = await self._onvif.call(device, "security", "GetAssignedServerCertificates")
            paths = [xml.text(row) for row in xml.children(told.body, "CertificationPathID")]
            readings: list[Reading] = []
            for path in paths[:_MOST_PATHS]:
                told = await self._onvif.call(
                    device, "security", "GetCertificationPath", CertificationPathID=path
                )
                first = xml.text(told.body, "CertificationPath/CertificateID")
                told = await self._onvif.call(device, "security", "GetCertificate", CertificateID=first)
                readings += certificates.kept(told.body)
        except (NotSupported, BadReply, Busy):
            return []
        except AuthRejected:
            if self._onvif.session(device).memory.examines_login(_KEY_STORE):
                raise
            return []
        return readings


def accounts(told: Element | None, device: Device) -> Iterator[Reading]:
    """Yield the number of accounts, and those that bear a factory name, but for our own.

    Raises:
        BadReply: the answer lists nobody, which cannot be: somebody asked.
    """
    if told is None:
        return
    names = [clean(xml.text(row, "Username")) for row in islice(xml.children(told, "User"), _MOST_USERS)]
    if not any(names):
        raise BadReply("GetUsers: it lists no account")
    yield Reading(USERS, float(len(names)))
    own = device.login.user if device.login else ""
    for name in dict.fromkeys(names):
        if name != own and (kind := factory_names().get(name.lower())) is not None:
            yield Reading(DEFAULT_ACCOUNTS, kind, name)


@cache
def factory_names() -> dict[str, float]:
    """Return account name -> 1 where it could be removed, 0 where it could not."""
    data = resources.files("collectors.onvif").joinpath("accounts.yaml").read_text(encoding="utf-8")
    known = yaml.safe_load(data)
    return {str(n): 0.0 for n in known["built_in"]} | {str(n): 1.0 for n in known["removable"]}
