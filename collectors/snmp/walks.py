"""What a walk brings, and when it has to stop: an agent may loop, or never come to an end."""

import math
from dataclasses import dataclass, field

from collectors.snmp.engine import Value
from collectors.snmp.oids import order, under


@dataclass(frozen=True, slots=True)
class Walk:
    """What a walk brought: values by OID, in the agent's order, and why it was cut short ("": it was not)."""

    rows: dict[str, Value]
    cut: str = ""  # "order" | "rows" | "time" | "silence"


@dataclass(slots=True)
class Basket:
    """What a walk has brought so far."""

    base: str
    cap: int
    until: float = math.inf  # by the loop's clock
    rows: dict[str, Value] = field(default_factory=dict)
    last: tuple[int, ...] = ()

    def take(self, oid: str, value: Value) -> str | None:
        """Take one row; return why to stop instead ("": the subtree ended), None to go on."""
        here = order(oid)
        if not under(self.base, oid):
            return ""
        if here <= self.last:
            return "order"
        if len(self.rows) >= self.cap and oid not in self.rows:
            return "rows"
        self.last = here
        self.rows[oid] = value
        return None
