"""Whether a device is in warranty on a day (DOMAIN 6): by the contract, or by the device's own date."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from models.service.rounds import add_months

Standing = Literal["in", "out", "unknown"]


@dataclass(frozen=True, slots=True)
class Warranty:
    """How long a warranty lasts; `until` is its last day, None where nobody said when it began."""

    until: date | None = None
    basis: str = ""  # acceptance | completion | a device's own words

    def standing(self, day: date) -> Standing:
        """Return whether it holds on a day."""
        if self.until is None:
            return "unknown"
        return "in" if day <= self.until else "out"


def warranty(begins: date | None, months: int, basis: str, *, own: date | None = None) -> Warranty:
    """Return the warranty of a device: its own last day wins over the contract's."""
    if own is not None:
        return Warranty(own, "device")
    return Warranty(add_months(begins, months) if begins else None, basis)
