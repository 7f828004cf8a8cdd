"""The key store (ONVIF Advanced Security): which certificate the web server uses, and when it ends."""

import base64
from typing import Final

from simulator.onvif.box import Box
from simulator.onvif.device import Operation
from simulator.onvif.soap import Ask, Fault, invalid

PATH, CERTIFICATE = "path-1", "certificate-1"


def assigned(box: Box, _: Ask) -> str:
    """The certification path that is in use."""
    _known(box)
    return (
        f"<tas:GetAssignedServerCertificatesResponse><tas:CertificationPathID>{PATH}</tas:CertificationPathID>"
        "</tas:GetAssignedServerCertificatesResponse>"
    )


def path(box: Box, ask: Ask) -> str:
    """The certificates of a path, the server's own first.

    Raises:
        Fault: there is no such path.
    """
    _known(box)
    if ask.text("CertificationPathID") != PATH:
        raise invalid("ter:CertificationPathID", why="no path has this id")
    return (
        f"<tas:GetCertificationPathResponse><tas:CertificationPath><tas:CertificateID>{CERTIFICATE}"
        "</tas:CertificateID></tas:CertificationPath></tas:GetCertificationPathResponse>"
    )


def certificate(box: Box, ask: Ask) -> str:
    """One certificate.

    Raises:
        Fault: there is none of this id.
    """
    _known(box)
    if ask.text("CertificateID") != CERTIFICATE:
        raise invalid("ter:CertificateID", why="no certificate has this id")
    from simulator.onvif.certificate import der  # noqa: PLC0415  cryptography loads only where it is asked

    content = base64.b64encode(der(box)).decode()
    return (
        f"<tas:GetCertificateResponse><tas:Certificate><tas:CertificateID>{CERTIFICATE}</tas:CertificateID>"
        f"<tas:KeyID>key-1</tas:KeyID><tas:Alias>web server</tas:Alias><tas:CertificateContent>{content}"
        "</tas:CertificateContent></tas:Certificate></tas:GetCertificateResponse>"
    )


def _known(box: Box) -> None:
    if not box.has("onvif_key_store"):
        raise Fault("Receiver", ("ter:ActionNotSupported",), "this device does not know the action")


OPERATIONS: Final[dict[str, Operation]] = {
    "GetAssignedServerCertificates": assigned,
    "GetCertificationPath": path,
    "GetCertificate": certificate,
}
