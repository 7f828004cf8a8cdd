"""Who is let in: the community or the user of one agent, and what these are after somebody changed them."""

from typing import Final, Protocol

from simulator.site import SnmpSpec
from simulator.snmp import ber, community, pdu, v3
from simulator.snmp.keys import User, make_user
from simulator.snmp.quirks import Manners
from simulator.snmp.table import Table
from simulator.snmp.usm import Engine

_OTHER: Final = "/changed"  # what the new community, user and passwords end in


class Door(Protocol):
    """Answers messages of the versions it knows, and is silent on all others."""

    @property
    def writes(self) -> int:
        """How many requests wanted to write; all are refused."""
        ...

    def reply(
        self,
        datagram: bytes,
        table: Table,
        now: float,
        *,
        changed: bool,
        limit: int,
        manners: Manners | None = None,
    ) -> bytes | None:
        """Return the reply, None where silence is due.

        Args:
            datagram: as it came.
            table: the values.
            now: Unix seconds.
            changed: whether the password was changed since the site file was written.
            limit: most bytes of a reply.
            manners: how this agent differs from the RFC.

        Raises:
            BerError: it is no SNMP message.
        """
        ...

    def notify(self, unit: bytes, now: float) -> bytes:
        """Return a message that tells something unasked."""
        ...


class CommunityDoor:
    """v1 and v2c: to a wrong community there is no reply."""

    def __init__(self, spec: SnmpSpec) -> None:
        self._writes = 0
        self._community = spec.community.encode()

    @property
    def writes(self) -> int:
        """How many requests wanted to write, those with a wrong community too."""
        return self._writes

    def reply(
        self,
        datagram: bytes,
        table: Table,
        now: float,
        *,
        changed: bool,
        limit: int,
        manners: Manners | None = None,
    ) -> bytes | None:
        """Return the reply, None for a wrong community or version."""
        version, at, end = _version(datagram)
        if version not in {community.V1, community.V2C}:
            return None
        if version != community.V1 and manners and manners.is_old:
            return None
        message = community.parse(datagram, at, end, version)
        self._writes += message.request.kind == pdu.SET
        if changed or message.community != self._community:
            return None
        return community.reply(message, table, now, limit=limit, manners=manners)

    def notify(self, unit: bytes, now: float) -> bytes:  # noqa: ARG002  v3 needs the time
        """Return a v2c message that tells something unasked."""
        return community.notification(community.V2C, self._community, unit)


class UserDoor:
    """v3: who is not let in is told why.

    Raises:
        ValueError: the user of the site file makes no sense.
    """

    def __init__(self, spec: SnmpSpec, engine: Engine) -> None:
        self._engine = engine
        self._user = _user(spec, engine, "")
        self._changed = _user(spec, engine, _OTHER)

    @property
    def writes(self) -> int:
        """How many requests wanted to write."""
        return self._engine.writes

    def reply(
        self,
        datagram: bytes,
        table: Table,
        now: float,
        *,
        changed: bool,
        limit: int,
        manners: Manners | None = None,
    ) -> bytes | None:
        """Return the reply or report, None for a wrong version."""
        version, at, end = _version(datagram)
        if version != v3.VERSION:
            return None
        message = v3.parse(datagram, at, end)
        user = self._changed if changed else self._user
        return self._engine.reply(message, user, table, now, limit=limit, manners=manners)

    def notify(self, unit: bytes, now: float) -> bytes:
        """Return a message of the user that tells something unasked."""
        return self._engine.notify(unit, self._user, now)


def _version(datagram: bytes) -> tuple[int, int, int]:
    """Return the version and where what follows it begins and ends."""
    at, end = ber.enter(datagram, 0, len(datagram), ber.SEQUENCE)
    version, at = ber.read_integer(datagram, at, end)
    return version, at, end


def _user(spec: SnmpSpec, engine: Engine, suffix: str) -> User:
    """Return the user; with a suffix it has other passwords, or, where it has none, another name."""
    return make_user(
        spec.user if spec.auth_protocol else spec.user + suffix,
        engine.engine_id,
        auth=spec.auth_protocol,
        auth_password=spec.auth_key + suffix,
        priv=spec.priv_protocol,
        priv_password=spec.priv_key + suffix,
    )
