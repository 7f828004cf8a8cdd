"""When server certificates end: the one shown on the connection, and those the device says are in use."""

import base64
import binascii
from collections.abc import Iterator
from typing import Final

from cryptography import x509

from collectors.onvif import xml
from collectors.onvif.identity import clean
from collectors.onvif.xml import Element
from models.facts import Reading
from models.metrics import CERT_EXPIRES

SHOWN: Final = "https"
_LONGEST: Final = 64 * 1024
_MOST: Final = 32


def expires(certificate: bytes) -> float | None:
    """Return when a certificate (DER, or PEM as some send it) ends, Unix seconds; None if unreadable."""
    if not certificate or len(certificate) > _LONGEST:
        return None
    try:
        load = (
            x509.load_pem_x509_certificate if b"-----BEGIN" in certificate else x509.load_der_x509_certificate
        )
        return load(certificate).not_valid_after_utc.timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def shown(certificate: bytes) -> Iterator[Reading]:
    """Yield the end of the certificate shown on the connection."""
    end = expires(certificate)
    if end is not None:
        yield Reading(CERT_EXPIRES, end, SHOWN)


def in_use(listed: Element | None, status: Element | None) -> Iterator[Reading]:
    """Yield the ends of the certificates of a GetCertificatesResponse that are switched on.

    Where the device does not say which are in use, none is told: expired authorities lie in many stores.
    """
    if listed is None or status is None:
        return
    used = {
        xml.text(row, "CertificateID")
        for row in xml.children(status, "CertificateStatus")
        if xml.text(row, "Status").lower() in {"true", "1"}
    }
    for row in list(xml.children(listed, "NvtCertificate"))[:_MOST]:
        name = xml.text(row, "CertificateID")
        end = expires(_decoded(xml.text(row, "Certificate/Data"))) if name in used else None
        if end is not None:
            yield Reading(CERT_EXPIRES, end, clean(name))


def kept(response: Element) -> Iterator[Reading]:
    """Yield the end of a certificate of the key store (GetCertificateResponse of Advanced Security)."""
    row = xml.find(response, "Certificate")
    end = expires(_decoded(xml.text(row, "CertificateContent")))
    name = clean(xml.text(row, "Alias")) or clean(xml.text(row, "CertificateID"))
    if end is not None and name:
        yield Reading(CERT_EXPIRES, end, name)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split())[: 2 * _LONGEST])
    except (binascii.Error, ValueError):
        return b""
