"""MAC addresses in the spellings that devices use. Pure."""

import re
from functools import lru_cache
from typing import Final

_GROUPS: Final = re.compile(r"[0-9a-fA-F]{1,2}(?:([:\-. ])[0-9a-fA-F]{1,2})(?:\1[0-9a-fA-F]{1,2}){4}")
_CISCO: Final = re.compile(r"[0-9a-fA-F]{4}([.:\-])[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}")
_BARE: Final = re.compile(r"[0-9a-fA-F]{12}")
# Addresses of a router that several boxes share: VRRP (RFC 5798), HSRP 1 and 2, GLBP.
_SHARED: Final = ("00:00:5e:00:01:", "00:00:5e:00:02:", "00:00:0c:07:ac:", "00:00:0c:9f:f", "00:07:b4:")


@lru_cache(maxsize=16_384)  # devices tell theirs again and again
def mac(text: str) -> str:
    """Return a MAC as `aa:bb:cc:dd:ee:ff`; "" when it is none, or none that tells one device from another.

    Reads `AA-BB-CC-DD-EE-FF`, `aabb.ccdd.eeff`, `aabbccddeeff`, and groups without leading zeros as net-snmp
    prints them. Zeros, groups (multicast) and the addresses that routers share tell nothing.
    """
    said = text.strip()
    if _GROUPS.fullmatch(said):
        digits = "".join(group.zfill(2) for group in re.split(r"[:\-. ]", said))
    elif _CISCO.fullmatch(said) or _BARE.fullmatch(said):
        digits = re.sub(r"[.:\-]", "", said)
    else:
        return ""
    return of_bytes(bytes.fromhex(digits))


def of_bytes(octets: bytes) -> str:
    """Return six octets as `mac` does."""
    if len(octets) != 6 or not any(octets) or octets[0] & 1:
        return ""
    written = octets.hex(":")
    return "" if written.startswith(_SHARED) else written
