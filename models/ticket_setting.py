"""What a ticket's text needs beside the incident: names, language, what else is known of the device. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, tzinfo

from models.facts import Device, FaultKey
from models.messages import render
from models.service.warranty import Warranty
from models.words import Lang

Due = tuple[str, float]
"""A clock of the contract by its name, and when it runs out (Unix seconds)."""

Likely = tuple[str, float, int]
"""A cause learnt from confirmed ones: its code, how probable it is (0-1), and by how many cases."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a text needs beside the incident.

    `site`: its name for people. `identity`: device id -> label -> text, as the device said it (maker, model,
    firmware, serial).
    `fine`: device id -> codes of the faults that it was checked for and does not have.
    `warranty`: device id -> until when; with `today` the ticket says whether it holds.
    `pages`: where people reach the site's own pages, "" where they do not.
    `hangs`: device id -> what it hangs on and at which port ("": not known).
    `likely`: what is probably behind a fault, as learnt from confirmed causes.
    `promised`: severity and when a fault was told -> the clocks that run from then on.
    `told_at`: when the text is written, Unix seconds.
    `contact`: whom to call at the site; `access`: how to get in.
    """

    site: str
    devices: Mapping[str, Device]
    lang: Lang = "en"
    zone: tzinfo = UTC
    identity: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fine: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    warranty: Mapping[str, Warranty] = field(default_factory=dict)
    today: date | None = None
    pages: str = ""
    hangs: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    likely: Callable[[FaultKey], Likely | None] = lambda _fault: None
    promised: Callable[[str, float], Sequence[Due]] = lambda _severity, _at: ()
    told_at: float = 0.0
    contact: str = ""
    access: str = ""

    def say(self, message: str, /, **facts: object) -> str:
        """Return a message in the setting's language and zone."""
        return render(message, self.lang, self.zone, **facts)
