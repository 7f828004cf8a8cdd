"""What an SNMP library must do for us: read. There is no operation here that could change a device.

An engine sends one request and waits for its reply; splitting, repeating, caps and the choice of the engine
are `client.Client`'s. Both engines give the same Python values for the same bytes on the wire.
"""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from models.facts import Device

Value = int | float | bytes | str
"""A value as it came: any whole number is int, OCTET STRING and Opaque are bytes, an OBJECT IDENTIFIER or an
IpAddress is dotted text. NULL, noSuchObject, noSuchInstance and endOfMibView are no value: the OID is absent.
"""


class Engine(Protocol):
    """One SNMP library. Every method raises nothing but the tree of `collectors.base`."""

    name: str

    async def get(self, device: Device, oids: Sequence[str], wait: float) -> dict[str, Value]:
        """Send one GET and return what came back, by OID.

        Empty when none of them exists and also when the agent refused the request as a whole (tooBig, or
        noSuchName in v1): libraries do not tell the two apart, so the caller asks again in smaller parts.

        Args:
            device: whom to ask; its `snmp` is set.
            oids: what to ask, at most 30.
            wait: seconds to wait for the reply.

        Raises:
            Unreachable: no reply in time.
            AuthRejected: the agent refused user or keys (v3).
            BadReply: a reply that is no SNMP message.
        """
        ...

    def walk(
        self, device: Device, base: str, bulk: int, wait: float
    ) -> AsyncGenerator[tuple[str, Value], None]:
        """Yield (OID, value) below `base` in the order the agent gives them, until it leaves the subtree.

        Nothing checks that the OIDs grow: the caller must, or an agent that loops would never end.

        Args:
            device: whom to ask.
            base: the subtree.
            bulk: rows to ask for per GETBULK; 1 asks by GETNEXT, as v1 always does.
            wait: seconds to wait for each reply.

        Raises:
            CollectError: as `get`, when iterated.
        """
        ...

    def forget(self, device_id: str) -> None:
        """Drop what is kept of a device: socket, engine id, keys."""
        ...

    def close(self) -> None:
        """Drop all."""
        ...
