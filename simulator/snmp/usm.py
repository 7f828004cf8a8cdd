"""The user-based security model of an agent (RFC 3414): who may ask, and what those who may not are told.

discovery   ──▶ report unknownEngineIDs, with our engine id
first signed request, boots and time 0 ──▶ report notInTimeWindows, signed, with our boots and time
then        ──▶ responses, at the level of the request
"""

from hmac import compare_digest
from typing import Final

from simulator.snmp import answer, ber, keys, pdu, v3
from simulator.snmp.ber import Oid
from simulator.snmp.keys import User
from simulator.snmp.life import Life
from simulator.snmp.quirks import Manners
from simulator.snmp.table import Table
from simulator.snmp.v3 import AUTH, PRIV, REPORTABLE, Message, Scoped, Security

_USM_STATS: Final[Oid] = (1, 3, 6, 1, 6, 3, 15, 1, 1)
UNSUPPORTED_LEVEL: Final[Oid] = (*_USM_STATS, 1)
NOT_IN_TIME: Final[Oid] = (*_USM_STATS, 2)
UNKNOWN_USER: Final[Oid] = (*_USM_STATS, 3)
UNKNOWN_ENGINE: Final[Oid] = (*_USM_STATS, 4)
WRONG_DIGEST: Final[Oid] = (*_USM_STATS, 5)
DECRYPTION_ERROR: Final[Oid] = (*_USM_STATS, 6)
UNKNOWN_CONTEXT: Final[Oid] = (1, 3, 6, 1, 6, 3, 12, 1, 5)  # RFC 3413, section 4.1.2
COUNTERS: Final = (
    UNSUPPORTED_LEVEL,
    NOT_IN_TIME,
    UNKNOWN_USER,
    UNKNOWN_ENGINE,
    WRONG_DIGEST,
    DECRYPTION_ERROR,
    UNKNOWN_CONTEXT,
)

_TIME_WINDOW_SECONDS: Final = 150  # RFC 3414, section 2.2.3
_ENVELOPE: Final = 90  # most that stands around a unit, engine ids, user and digest apart
_NOBODY: Final = User(b"")


class _NotServed(Exception):
    """The counter that says why a request is not served, and the flags of the report that says so."""

    def __init__(self, counter: Oid, flags: int = 0) -> None:
        super().__init__(counter)
        self.counter = counter
        self.flags = flags


class Engine:
    """The v3 side of one agent.

    Args:
        engine_id: the agent's name for itself.
        life: when it booted, and how often.
    """

    def __init__(self, engine_id: bytes, life: Life) -> None:
        self.engine_id = engine_id
        self.life = life
        self.counts = dict.fromkeys(COUNTERS, 0)
        self.writes = 0
        self._salt = 0
        self._sent = 0

    def reply(
        self,
        message: Message,
        user: User,
        table: Table,
        now: float,
        *,
        limit: int,
        manners: Manners | None = None,
    ) -> bytes | None:
        """Return the reply to a message: a response, a report where it is refused, None where silence is due.

        Args:
            message: as it came.
            user: the only one there is.
            table: the values.
            now: Unix seconds.
            limit: most bytes of a reply.
            manners: how this agent differs from the RFC.

        Raises:
            BerError: what was signed or encrypted makes no sense: to be dropped (RFC 3412, section 7.2).
        """
        try:
            scoped = self._open(message, user, now)
        except _NotServed as refusal:
            return self._report(message, user, refusal, now)
        request = pdu.parse(scoped.data, scoped.at, scoped.end)
        self.writes += request.kind == pdu.SET
        if _level(message.flags) < _level(_flags(user)):
            unit = pdu.refusal(request, pdu.AUTHORIZATION_ERROR)
        else:
            room = min(limit, message.max_size) - self._envelope(user)
            unit = answer.answer(request, table, now, room=room, manners=manners)
        return self._seal(message, user, message.flags, unit, now)

    def _envelope(self, user: User) -> int:
        return _ENVELOPE + 2 * len(self.engine_id) + len(user.name) + user.mac_size

    def _open(self, message: Message, user: User, now: float) -> Scoped:
        """Check a message in the order of RFC 3414, section 3.2, and return what it asks."""
        if message.engine_id != self.engine_id:
            raise _NotServed(UNKNOWN_ENGINE)
        if message.user != user.name:
            raise _NotServed(UNKNOWN_USER)
        if message.flags & ~_flags(user) & (AUTH | PRIV):
            raise _NotServed(UNSUPPORTED_LEVEL)
        if message.flags & AUTH:
            self._check_signature(message, user, now)
        scoped = v3.parse_scoped(_decrypted(message, user) if message.flags & PRIV else message.data)
        if scoped.context:  # the engine id beside it is not checked: some clients leave it empty
            raise _NotServed(UNKNOWN_CONTEXT, message.flags)
        return scoped

    def _check_signature(self, message: Message, user: User, now: float) -> None:
        if not compare_digest(message.mac, user.sign(message.unsigned)):
            raise _NotServed(WRONG_DIGEST)
        late = abs(message.time - int(self.life.agent_uptime(now)))
        if message.boots != self.life.boots or late > _TIME_WINDOW_SECONDS:
            raise _NotServed(NOT_IN_TIME, AUTH)

    def _report(self, message: Message, user: User, refusal: _NotServed, now: float) -> bytes | None:
        """Say why, to those who can take it; the time window is reported signed, so that clients trust it."""
        self.counts[refusal.counter] += 1
        if not message.flags & REPORTABLE:
            return None
        name = ber.encode_oid((*refusal.counter, 0))
        binding = pdu.binding(name, ber.counter32(self.counts[refusal.counter]))
        unit = pdu.build(pdu.REPORT, _asked(message), bindings=binding)
        return self._seal(message, user, refusal.flags, unit, now)

    def _seal(self, message: Message, user: User, flags: int, unit: bytes, now: float) -> bytes:
        """Encrypt and sign a unit as the flags say."""
        boots, time = self.life.boots, int(self.life.agent_uptime(now))
        data, salt = v3.scoped(self.engine_id, b"", unit), b""
        if flags & PRIV:
            salt = self._next_salt()
            data = ber.octets(user.encrypt(data, boots, time, salt))
        security = Security(self.engine_id, boots, time, message.user, salt)
        signer = user if flags & AUTH else _NOBODY
        return v3.build(message.id, flags & (AUTH | PRIV), security, data, signer)

    def notify(self, unit: bytes, user: User, now: float) -> bytes:
        """Return a message that tells something unasked, by our own engine id, at the user's level."""
        self._sent += 1
        message = Message(self._sent, v3.MAX_SIZE, 0, b"", 0, 0, user.name, b"", b"", b"", b"")
        return self._seal(message, user, _flags(user), unit, now)

    def _next_salt(self) -> bytes:
        """Return a salt that this engine has not used since it booted (RFC 3826, section 3.1.2.1)."""
        self._salt += 1
        return (self.life.boots << 32 | self._salt & 0xFFFFFFFF).to_bytes(keys.SALT_BYTES, "big")


def _flags(user: User) -> int:
    """Return the highest level a user can ask at, which is also the lowest he is served at."""
    return (AUTH if user.digest else 0) | (PRIV if user.priv_key else 0)


def _level(flags: int) -> int:
    return flags & (AUTH | PRIV)


def _decrypted(message: Message, user: User) -> bytes:
    if len(message.salt) != keys.SALT_BYTES:
        raise _NotServed(DECRYPTION_ERROR)
    return user.decrypt(message.data, message.boots, message.time, message.salt)


def _asked(message: Message) -> int:
    """Return the request id, 0 where it cannot be read (RFC 3412, section 7.1, 3c)."""
    if message.flags & PRIV:
        return 0
    try:
        scoped = v3.parse_scoped(message.data)
        return pdu.parse(scoped.data, scoped.at, scoped.end).id
    except ber.BerError:
        return 0
