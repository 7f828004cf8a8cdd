"""TLS to one device: what makes us believe that it is the device, and how old firmwares are met.

    pin       the certificate of the first connection is remembered; another one is told, and gets nothing
    verify    a certificate authority of this machine vouches for name or address
    insecure  anything is taken

Cameras bring self-signed certificates and old OpenSSLs, so pinning is the default where TLS is used at all.
Nothing is sent before the certificate was looked at.
"""

import contextlib
import hashlib
import socket
import ssl
from functools import lru_cache
from typing import Final, Protocol

from collectors.base import BadReply, Unreachable
from models.facts import Device, TlsMode

_LEGACY_SERVER_CONNECT: Final = 0x4  # ssl.OP_LEGACY_SERVER_CONNECT, which Python names from 3.12 on
_TRY_SHARE: Final = 0.5  # of the time left: an old stack stalls on TLS 1.3, and a second try must fit


class CertificateChanged(BadReply):
    """The device showed another certificate than the pinned one: it was replaced, or it is not the device."""


class Pins(Protocol):
    """Where fingerprints are kept; thread-safe."""

    def get(self, key: str) -> str:
        """Return the fingerprint pinned for a device at an address, "" when there is none."""
        ...

    def keep(self, key: str, fingerprint: str) -> None:
        """Pin a fingerprint.

        Raises:
            OSError, ValueError: it cannot be kept, as `get` when it cannot be read.
        """
        ...


class MemoryPins:
    """Pins that end with the process."""

    def __init__(self) -> None:
        self._pins: dict[str, str] = {}

    def get(self, key: str) -> str:
        """Return what is pinned."""
        return self._pins.get(key, "")

    def keep(self, key: str, fingerprint: str) -> None:
        """Pin."""
        self._pins[key] = fingerprint


def pin_key(device: Device) -> str:
    """Return what a pin is kept under: another address of the same row is another first use."""
    return f"{device.id} {device.host}:{device.onvif_port}"


def fingerprint(certificate: bytes) -> str:
    """Return SHA-256 of a certificate (DER) in hex, as browsers and `openssl x509 -fingerprint` show it."""
    return hashlib.sha256(certificate).hexdigest()


def encryption(device: Device, pins: Pins) -> "Encryption | None":
    """Return the TLS of a device's ONVIF port, None where it is asked in clear."""
    return Encryption(device, pins) if device.tls else None


class Encryption:
    """TLS of one device. `certificate` is the newest one it showed (DER), b"" before."""

    def __init__(self, device: Device, pins: Pins) -> None:
        self._device = device
        self._pins = pins
        self._is_old = False  # it was met with TLS 1.2 at most
        self.certificate = b""

    def wrap(self, sock: socket.socket, seconds: float) -> ssl.SSLSocket:
        """Shake hands over a fresh connection, in `seconds` at most.

        Raises:
            CertificateChanged: it is not the pinned one.
            BadReply: no TLS, or a certificate that nobody vouches for.
            Unreachable: it did not answer in time.
        """
        address = sock.getpeername()[:2]
        wrapped = self._shake(sock, address, seconds)
        self.certificate = wrapped.getpeercert(binary_form=True) or b""
        try:
            self._check()
        except BadReply:
            wrapped.close()
            raise
        return wrapped

    def _shake(self, sock: socket.socket, address: tuple[str, int], seconds: float) -> ssl.SSLSocket:
        if self._is_old:
            return self._try(sock, seconds, old=True)
        try:
            return self._try(sock, seconds * _TRY_SHARE, old=False)
        except (Unreachable, BadReply):
            if self._device.tls is TlsMode.VERIFY:
                raise  # what must be vouched for is not met half-way
        sock.close()
        try:
            again = socket.create_connection(address, seconds * _TRY_SHARE / 2)
        except OSError as err:
            raise Unreachable("no connection in time") from err
        try:
            wrapped = self._try(again, seconds * _TRY_SHARE / 2, old=True)
        except BaseException:
            again.close()
            raise
        self._is_old = True
        return wrapped

    def _try(self, sock: socket.socket, seconds: float, *, old: bool) -> ssl.SSLSocket:
        context = _context(self._device.tls, old=old)
        sock.settimeout(seconds)
        name = self._device.host if self._device.tls is TlsMode.VERIFY else None
        try:
            return context.wrap_socket(sock, server_hostname=name)
        except TimeoutError as err:
            raise Unreachable("it accepted the connection and did not answer in TLS in time") from err
        except ssl.SSLCertVerificationError as err:
            raise BadReply(f"its certificate is not trusted: {err.verify_message}") from err
        except (ssl.SSLError, ValueError) as err:
            reason = getattr(err, "reason", None) or type(err).__name__
            raise BadReply(f"it does not speak TLS as we do ({reason})") from err
        except OSError as err:
            raise BadReply("it closed the connection during the TLS handshake") from err

    def _check(self) -> None:
        if self._device.tls is not TlsMode.PIN:
            return
        key, shown = pin_key(self._device), fingerprint(self.certificate)
        try:
            known = self._pins.get(key)
            if not known:
                self._pins.keep(key, shown)
        except (OSError, ValueError) as err:
            raise BadReply(f"its certificate cannot be compared: {err}; nothing was sent") from err
        if known and known != shown:
            raise CertificateChanged(
                f"its certificate changed (SHA-256 {shown[:16]}…, pinned {known[:16]}…): nothing was sent. If"
                f" it was replaced or renewed: siteward trust {self._device.id}"
            )


@lru_cache(maxsize=8)
def _context(mode: TlsMode, *, old: bool) -> ssl.SSLContext:
    """Return the shared context of a mode; `old` meets stacks that stall on what is newer than TLS 1.2."""
    if mode is TlsMode.VERIFY:
        return ssl.create_default_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the fingerprint decides, or the operator said that nothing does
    context.options |= _LEGACY_SERVER_CONNECT
    if old:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with contextlib.suppress(ValueError, ssl.SSLError):  # as far down as this OpenSSL goes
            context.minimum_version = ssl.TLSVersion.TLSv1
        with contextlib.suppress(ssl.SSLError):
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context
