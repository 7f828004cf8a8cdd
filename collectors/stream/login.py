"""Answer a server's question for a login: HTTP Digest (RFC 7616, RFC 2617) and Basic (RFC 7617). Pure.

RTSP takes both over from HTTP (RFC 2326, section 14). Of several offers the strongest that we speak is taken.
"""

import hashlib
import re
import secrets
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from models.facts import Login

_FIELD: Final = re.compile(r'([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]*))')
_HASHES: Final = {"SHA-256": "sha256", "MD5": "md5"}  # best first; `-sess` is left out: no camera uses it
_BASIC: Final = "basic"


@dataclass(slots=True)
class Challenge:
    """How a server wants to be answered; `count` numbers the answers to one nonce."""

    scheme: str  # "digest" | "basic"
    fields: Mapping[str, str]
    count: int = 0

    @property
    def is_stale(self) -> bool:
        """Whether the server says that only its nonce was too old, not the password wrong."""
        return self.fields.get("stale", "").lower() == "true"


def challenge(headers: Iterable[str]) -> Challenge | None:
    """Return the best challenge of the WWW-Authenticate headers, None when we speak none of them."""
    offers = [offer for header in headers if (offer := _parse(header)) is not None]
    return min(offers, key=_weakness, default=None)


def authorization(asked: Challenge, login: Login, method: str, uri: str) -> str:
    """Return the Authorization header for one request. It holds the password or what is made of it."""
    password = login.password.reveal()
    if asked.scheme == _BASIC:
        return "Basic " + b64encode(f"{login.user}:{password}".encode()).decode()
    asked.count += 1
    fields = asked.fields
    shown = {
        "username": login.user,
        "realm": fields.get("realm", ""),
        "nonce": fields.get("nonce", ""),
        "uri": uri,
        "response": "",
    }
    hashed = _HASHES[_algorithm(fields)]
    secret = _hash(hashed, login.user, shown["realm"], password)
    signed = _hash(hashed, method, uri)
    bare = ""
    if "auth" in [word.strip() for word in fields.get("qop", "").split(",")]:
        cnonce, count = secrets.token_hex(8), f"{asked.count:08x}"
        shown["response"] = _hash(hashed, secret, shown["nonce"], count, cnonce, "auth", signed)
        shown["cnonce"] = cnonce
        bare = f", qop=auth, nc={count}"
    else:
        shown["response"] = _hash(hashed, secret, shown["nonce"], signed)
    shown |= {name: fields[name] for name in ("opaque",) if name in fields}
    if "algorithm" in fields:
        bare += f", algorithm={_algorithm(fields)}"
    return "Digest " + ", ".join(f'{name}="{_quoted(value)}"' for name, value in shown.items()) + bare


def _parse(header: str) -> Challenge | None:
    scheme, _, rest = header.strip().partition(" ")
    fields = {name.lower(): _plain(quoted) or plain for name, quoted, plain in _FIELD.findall(rest)}
    found = Challenge(scheme.lower(), fields)
    if found.scheme == _BASIC or (found.scheme == "digest" and _algorithm(fields) in _HASHES):
        return found
    return None


def _algorithm(fields: Mapping[str, str]) -> str:
    return fields.get("algorithm", "").upper() or "MD5"


def _weakness(offer: Challenge) -> int:
    return len(_HASHES) if offer.scheme == _BASIC else list(_HASHES).index(_algorithm(offer.fields))


def _hash(name: str, *parts: str) -> str:
    return hashlib.new(name, ":".join(parts).encode(), usedforsecurity=False).hexdigest()


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _plain(quoted: str) -> str:
    return re.sub(r"\\(.)", r"\1", quoted)
