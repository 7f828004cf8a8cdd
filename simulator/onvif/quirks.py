"""What ONVIF devices do wrong, each a switch: `OnvifSpec.quirks` has it always on, the fault board now.

Imports nothing of the simulator, since the board itself reads the names.
"""

from typing import Final

FAULTS: Final[dict[str, str]] = {
    # ---------------------------------------------------------------- TLS
    "onvif_cert_changed": "HTTPS shows another certificate than before",
    "onvif_cert_expiring": "the certificate of HTTPS ends 10 days from now",
    "onvif_cert_expired": "the certificate of HTTPS ended a day ago",
    "onvif_tls_old": "HTTPS speaks TLS 1.2 at most, with a cipher of its day",
}
OF_TLS: Final = frozenset(FAULTS)  # these need a new listener
