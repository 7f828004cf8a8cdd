"""What a site knows to learn from: daily values, what happened, and what kind of device each is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from agent.predictions.daily import Daily
from agent.predictions.events import Epoch, Happened

DAY: Final = 86400.0


@dataclass(frozen=True, slots=True)
class History:
    """One site's history.

    Attributes:
        daily: daily values.
        happened: faults and confirmed causes.
        kinds: device -> its kind.
        epochs: what is to be learnt anew from when on.
        offset: seconds that the site's days begin before UTC's.
    """

    daily: Daily
    happened: Sequence[Happened] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)
    epochs: Sequence[Epoch] = ()
    offset: float = 0.0

    def column(self, at: float) -> int:
        """Return the column of a moment; may lie outside."""
        return int((at + self.offset) // DAY) - self.daily.first
