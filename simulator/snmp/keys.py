"""Keys, digests and encryption of the user-based security model (RFC 3414, RFC 3826, RFC 7860)."""

import hmac
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import new
from typing import Final, NamedTuple

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES

SALT_BYTES: Final = 8
_MEBIBYTE: Final = 1 << 20
_SHORTEST_PASSWORD: Final = 8  # RFC 3414, section 11.2


class Digest(NamedTuple):
    """How messages are signed: a hash function, and how many bytes of its HMAC are sent."""

    hash: str
    size: int


_DIGESTS: Final = {
    "SHA": Digest("sha1", 12),
    "SHA224": Digest("sha224", 16),
    "SHA256": Digest("sha256", 24),
    "SHA384": Digest("sha384", 32),
    "SHA512": Digest("sha512", 48),
}


@dataclass(frozen=True, slots=True)
class User:
    """A user as one engine knows it: keys localised, and so useless elsewhere.

    Without `digest` it has no keys at all.
    """

    name: bytes
    digest: Digest | None = None
    auth_key: bytes = field(default=b"", repr=False)
    priv_key: bytes = field(default=b"", repr=False)

    @property
    def mac_size(self) -> int:
        """Bytes of a digest of this user."""
        return self.digest.size if self.digest else 0

    def sign(self, message: bytes) -> bytes:
        """Return the digest of a message whose place for it holds zeros; b"" for a user who signs nothing."""
        if self.digest is None:
            return b""
        return hmac.digest(self.auth_key, message, self.digest.hash)[: self.digest.size]

    def encrypt(self, plain: bytes, boots: int, time: int, salt: bytes) -> bytes:
        """Return AES-128-CFB of `plain` (RFC 3826, section 3.1.3)."""
        context = self._cipher(boots, time, salt).encryptor()
        return context.update(plain) + context.finalize()

    def decrypt(self, secret: bytes, boots: int, time: int, salt: bytes) -> bytes:
        """Return what was encrypted; with a wrong key that is noise."""
        context = self._cipher(boots, time, salt).decryptor()
        return context.update(secret) + context.finalize()

    def _cipher(self, boots: int, time: int, salt: bytes) -> Cipher[CFB]:
        start = (boots & 0xFFFFFFFF).to_bytes(4, "big") + (time & 0xFFFFFFFF).to_bytes(4, "big") + salt
        return Cipher(AES(self.priv_key), CFB(start))


def make_user(
    name: str,
    engine_id: bytes,
    *,
    auth: str = "",
    auth_password: str = "",
    priv: str = "",
    priv_password: str = "",
) -> User:
    """Return a user with keys for this engine.

    Raises:
        ValueError: an algorithm is not known, a password is short, or encryption is wanted without a digest.
    """
    if priv and not auth:
        raise ValueError(f"user {name!r} cannot encrypt without signing")
    if priv not in {"", "AES"}:
        raise ValueError(f"user {name!r} needs AES, not {priv!r}")
    if not auth:
        return User(name.encode())
    digest = _digest(name, auth)
    auth_key = localise(digest.hash, auth_password, engine_id)
    priv_key = localise(digest.hash, priv_password, engine_id)[:16] if priv else b""
    return User(name.encode(), digest, auth_key, priv_key)


def _digest(user: str, algorithm: str) -> Digest:
    try:
        return _DIGESTS[algorithm.upper().replace("-", "")]
    except KeyError:
        raise ValueError(f"user {user!r} needs one of {', '.join(_DIGESTS)}, not {algorithm!r}") from None


def localise(algorithm: str, password: str, engine_id: bytes) -> bytes:
    """Return the key of a password for one engine (RFC 3414, section 2.6).

    Raises:
        ValueError: the password has less than 8 characters.
    """
    key = _key_of(algorithm, password.encode())
    return new(algorithm, key + engine_id + key, usedforsecurity=False).digest()


@lru_cache(maxsize=256)
def _key_of(algorithm: str, password: bytes) -> bytes:
    """Hash a mebibyte of the repeated password (RFC 3414, A.2): dear, so it is done once for a whole site."""
    if len(password) < _SHORTEST_PASSWORD:
        raise ValueError(f"an SNMPv3 password needs at least {_SHORTEST_PASSWORD} characters")
    stream = (password * (_MEBIBYTE // len(password) + 1))[:_MEBIBYTE]
    return new(algorithm, stream, usedforsecurity=False).digest()
