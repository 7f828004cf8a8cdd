"""The self-signed certificate of a simulated device, made anew at each start."""

import datetime as dt
import ipaddress
import ssl
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from simulator.onvif.box import Box

EXPIRING_DAYS: Final = 10
USUAL_DAYS: Final = 3650


def days_left(box: Box) -> int:
    """Return for how many days the certificate of a device is good."""
    if box.has("onvif_cert_expired"):
        return -1
    return EXPIRING_DAYS if box.has("onvif_cert_expiring") else USUAL_DAYS


def der(box: Box) -> bytes:
    """Return the certificate a device shows now (DER)."""
    return x509.load_pem_x509_certificate(_pem(box)).public_bytes(serialization.Encoding.DER)


def context(box: Box) -> ssl.SSLContext:
    """Return the TLS of a device's HTTPS server."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if box.has("onvif_tls_old"):
        made.maximum_version = ssl.TLSVersion.TLSv1_2
        made.set_ciphers("ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "device.pem"
        path.write_bytes(_pem(box))
        made.load_cert_chain(path)
    return made


def _pem(box: Box) -> bytes:
    return _made(box.spec.address, days_left(box), changed=bool(box.has("onvif_cert_changed")))


@lru_cache(maxsize=256)
def _made(address: str, days: int, *, changed: bool) -> bytes:
    """Return key and certificate (PEM); asked again, the same ones."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"camera {address}{' new' * changed}")])
    end = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - dt.timedelta(days=USUAL_DAYS))
        .not_valid_after(end)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)
