"""Messages of v1 and v2c (RFC 1157, RFC 3416): a version, a community, a unit."""

from typing import Final, NamedTuple

from simulator.snmp import answer, ber, pdu
from simulator.snmp.pdu import Request
from simulator.snmp.quirks import Manners
from simulator.snmp.table import Table

V1: Final = 0
V2C: Final = 1
_ENVELOPE: Final = 12  # heads and version; the community comes on top


class Message(NamedTuple):
    """A request of v1 or v2c."""

    version: int
    community: bytes
    request: Request


def parse(data: bytes, at: int, end: int, version: int) -> Message:
    """Read what follows the version.

    Raises:
        BerError: it is malformed.
    """
    name, at = ber.read_octets(data, at, end)
    return Message(version, name, pdu.parse(data, at, end))


def reply(message: Message, table: Table, now: float, *, limit: int, manners: Manners | None = None) -> bytes:
    """Return the whole reply of at most `limit` bytes.

    Raises:
        BerError: a name is no object identifier, or v1 does not have this request.
    """
    respond = answer.answer_v1 if message.version == V1 else answer.answer
    room = limit - _ENVELOPE - len(message.community)
    unit = respond(message.request, table, now, room=room, manners=manners)
    return ber.element(ber.SEQUENCE, ber.integer(message.version) + ber.octets(message.community) + unit)


def notification(version: int, community: bytes, unit: bytes) -> bytes:
    """Return a message that tells something unasked."""
    return ber.element(ber.SEQUENCE, ber.integer(version) + ber.octets(community) + unit)
