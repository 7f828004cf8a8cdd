"""Fog, rain, dusk, power: what all cameras of a site show at once is one finding of the site, by its name."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

from models import life
from models.facts import SITE, FaultKey, Finding, Health, Phase, Verdict
from models.fault import Hold, Place
from models.faults import FAULTS
from models.life import Life
from models.siblings import FEWEST, GROUP_OF, Shown, named

CODES: Final = ("SITE_FOG", "SITE_RAIN", "SITE_DUSK", "SITE_POWER")
NAMED: Final = 20  # cameras that are written out
Sun = Callable[[float], float | None]


def no_sun(_at: float) -> float | None:
    """Say that the place of the site is not known."""
    return None


class SiteWide:
    """Where each fault of the site's weather, light and power stands. Holds no clock.

    Args:
        holds: fault code -> hold times.
        sun: its elevation in degrees at a time in Unix seconds.
    """

    def __init__(self, holds: Mapping[str, Hold], sun: Sun = no_sun) -> None:
        self._holds, self._sun = holds, sun
        self.lives: dict[FaultKey, Life] = {}
        self._causes: Mapping[str, str] = {}

    def see(self, shown: Shown, standing: Collection[FaultKey], at: float) -> list[Finding]:
        """Take in what the cameras show; return the findings whose phase changed.

        Args:
            shown: as `Siblings.shown` gives it.
            standing: the faults of all devices that are open.
            at: when the newest of the pictures was taken.
        """
        power = any(FAULTS[key.code].place is Place.POWER for key in standing if key.device != SITE)
        self._causes = named(shown.wide(), self._sun(at), power=power)
        changed = []
        for code in CODES:
            key = FaultKey(SITE, "", code)
            one = self.lives.setdefault(key, Life(key, since=at))
            if one.step(self._verdict(code, shown, at), self._holds[code], at):
                changed.append(one.finding())
        return changed

    def cause_of(self, code: str) -> str:
        """Return which fault of the site explains a fault of a picture now, "" for none."""
        return self._causes.get(GROUP_OF.get(code, ""), "")

    def _verdict(self, code: str, shown: Shown, at: float) -> Verdict:
        who = sorted(
            {id_ for group, cause in self._causes.items() if cause == code for id_ in shown.by[group]}
        )
        facts = {"count": float(len(who)), "of": float(shown.cameras)}
        if who:
            which = ", ".join(who[:NAMED]) + (" …" if len(who) > NAMED else "")
            return Verdict(SITE, FAULTS[code], Health.BAD, "", "site.shown", {**facts, "which": which}, at)
        if shown.cameras <= FEWEST:
            return Verdict(SITE, FAULTS[code], Health.UNKNOWN, "", "site.too_few", facts, at)
        return Verdict(SITE, FAULTS[code], Health.GOOD, "", "site.not_shown", facts, at)

    def dump(self) -> list[dict[str, Any]]:
        """Return the state as plain data."""
        return [one.dump() for one in self.lives.values()]

    def load(self, data: list[dict[str, Any]]) -> None:
        """Take up what `dump` gave.

        Raises:
            KeyError, TypeError, ValueError: the data is of another make; nothing was taken up.
        """
        lives = life.load_all(SITE, data)
        self.lives = {key: one for key, one in lives.items() if key.code in CODES}


def explained(
    standing: Mapping[FaultKey, Finding], cause_of: Callable[[str], str]
) -> dict[FaultKey, FaultKey]:
    """Return fault of a camera's picture -> the site's fault that stands and explains it."""
    sites = {key.code: key for key in standing if key.device == SITE and key.code in CODES}
    pairs = ((key, sites.get(cause_of(key.code))) for key in standing if sites and key.code in GROUP_OF)
    return {key: site for key, site in pairs if site is not None}


def standing_of(lives: Mapping[FaultKey, Life]) -> Iterator[Finding]:
    """Yield the findings that stand."""
    return (one.finding() for one in lives.values() if one.phase in {Phase.OPEN, Phase.RECOVERING})
