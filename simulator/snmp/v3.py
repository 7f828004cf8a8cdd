"""The shape of v3 messages (RFC 3412, section 6; RFC 3414, section 2.4): read and build, no checks."""

from typing import Final, NamedTuple

from simulator.snmp import ber
from simulator.snmp.keys import User

VERSION: Final = 3
AUTH: Final = 0x01
PRIV: Final = 0x02
REPORTABLE: Final = 0x04
_USM: Final = 3
_SMALLEST_MAX_SIZE: Final = 484
MAX_SIZE: Final = 65_507  # what we take: all that a datagram can carry


class Message(NamedTuple):
    """A message as it came. `data` is the scoped unit, whole element, or its encryption, content only."""

    id: int
    max_size: int
    flags: int
    engine_id: bytes
    boots: int
    time: int
    user: bytes
    mac: bytes
    salt: bytes
    data: bytes
    unsigned: bytes  # the whole message with zeros in place of the digest


class Scoped(NamedTuple):
    """Where the unit stands inside a scoped unit, and in which context it was asked."""

    data: bytes
    context: bytes
    at: int
    end: int


class Security(NamedTuple):
    """What the user-based model puts into a message, the digest apart."""

    engine_id: bytes
    boots: int
    time: int
    user: bytes
    salt: bytes = b""


def parse(raw: bytes, at: int, end: int) -> Message:
    """Read what follows the version.

    Raises:
        BerError: it is malformed, of another security model, or encrypted without a digest.
    """
    start, stop = ber.enter(raw, at, end, ber.SEQUENCE)
    number, max_size, flags = _head(raw, start, stop)
    start, after = ber.enter(raw, stop, end, ber.OCTETS)
    engine_id, boots, time, user, mac, mac_end, salt = _security(raw, start, after)
    unsigned = raw[: mac_end - len(mac)] + bytes(len(mac)) + raw[mac_end:]
    data = _data(raw, after, end, flags)
    return Message(number, max_size, flags, engine_id, boots, time, user, mac, salt, data, unsigned)


def _head(raw: bytes, at: int, end: int) -> tuple[int, int, int]:
    number, at = ber.read_integer(raw, at, end)
    max_size, at = ber.read_integer(raw, at, end)
    flags, at = ber.read_octets(raw, at, end)
    model, at = ber.read_integer(raw, at, end)
    if model != _USM or max_size < _SMALLEST_MAX_SIZE or len(flags) != 1:
        raise ber.BerError("no message of the user-based security model")
    if flags[0] & PRIV and not flags[0] & AUTH:
        raise ber.BerError("a message is encrypted and not signed")
    return number, max_size, flags[0]


def _security(raw: bytes, at: int, end: int) -> tuple[bytes, int, int, bytes, bytes, int, bytes]:
    at, end = ber.enter(raw, at, end, ber.SEQUENCE)
    engine_id, at = ber.read_octets(raw, at, end)
    boots, at = ber.read_integer(raw, at, end)
    time, at = ber.read_integer(raw, at, end)
    user, at = ber.read_octets(raw, at, end)
    mac, mac_end = ber.read_octets(raw, at, end)
    salt, _ = ber.read_octets(raw, mac_end, end)
    return engine_id, boots, time, user, mac, mac_end, salt


def _data(raw: bytes, at: int, end: int, flags: int) -> bytes:
    if flags & PRIV:
        return ber.read_octets(raw, at, end)[0]
    _, stop = ber.enter(raw, at, end, ber.SEQUENCE)
    return raw[at:stop]


def parse_scoped(data: bytes) -> Scoped:
    """Read a scoped unit as far as the unit in it.

    Raises:
        BerError: it is malformed; so is nearly everything that was decrypted with a wrong key.
    """
    at, end = ber.enter(data, 0, len(data), ber.SEQUENCE)
    _, at = ber.read_octets(data, at, end)
    context, at = ber.read_octets(data, at, end)
    return Scoped(data, context, at, end)


def scoped(engine_id: bytes, context: bytes, unit: bytes) -> bytes:
    """Return a scoped unit."""
    return ber.element(ber.SEQUENCE, ber.octets(engine_id) + ber.octets(context) + unit)


def build(number: int, flags: int, security: Security, data: bytes, signer: User) -> bytes:
    """Return a message, signed.

    Args:
        number: of the message it answers.
        flags: `AUTH`, `PRIV`.
        security: what the user-based model says.
        data: the scoped unit, or the OCTET STRING of its encryption, as an element.
        signer: whose digest it carries, none where the user has none.
    """
    head = ber.integer(number) + ber.integer(MAX_SIZE) + ber.octets(bytes((flags,))) + ber.integer(_USM)
    salt = ber.octets(security.salt)
    parameters = ber.octets(ber.element(ber.SEQUENCE, _fields(security, signer.mac_size) + salt))
    content = ber.integer(VERSION) + ber.element(ber.SEQUENCE, head) + parameters + data
    blank = ber.element(ber.SEQUENCE, content)
    end = len(blank) - len(data) - len(salt)
    return blank[: end - signer.mac_size] + signer.sign(blank) + blank[end:]


def _fields(security: Security, mac_size: int) -> bytes:
    return (
        ber.octets(security.engine_id)
        + ber.integer(security.boots)
        + ber.integer(security.time)
        + ber.octets(security.user)
        + ber.octets(bytes(mac_size))
    )
