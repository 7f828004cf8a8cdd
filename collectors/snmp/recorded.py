"""An engine that replays a recording: for tests, and to try knowledge on a walk someone sent in."""

from collections.abc import AsyncGenerator, Mapping, Sequence

from collectors.base import Unreachable
from collectors.snmp.engine import Value
from collectors.snmp.oids import order, under
from models.facts import Device


class Recorded:
    """Answers each device with the same recording. Counts the requests.

    Args:
        values: value by OID; change it between polls to see what follows. None: it is silent.
    """

    name = "recorded"

    def __init__(self, values: Mapping[str, Value] | None) -> None:
        self.values = values
        self.requests = 0

    async def get(self, device: Device, oids: Sequence[str], wait: float) -> dict[str, Value]:
        """Return what was recorded."""
        values = self._heard(device, wait)
        return {oid: values[oid] for oid in oids if oid in values}

    async def walk(
        self, device: Device, base: str, bulk: int, wait: float
    ) -> AsyncGenerator[tuple[str, Value], None]:
        """Yield what was recorded below `base`, in order; each `bulk` rows are one request."""
        values = self._heard(device, wait)
        below = [oid for oid in values if under(base, oid) and oid != base]
        self.requests += len(below) // bulk
        for oid in sorted(below, key=order):
            yield oid, values[oid]

    def forget(self, device_id: str) -> None:
        """Keep nothing."""

    def close(self) -> None:
        """Keep nothing."""

    def _heard(self, device: Device, wait: float) -> Mapping[str, Value]:
        self.requests += 1
        if self.values is None:
            raise Unreachable(f"{device.id} gave no SNMP answer within {wait:g} s")
        return self.values
