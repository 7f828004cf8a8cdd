"""Devices that answer on the camera network and are in no inventory. One finding each, or one for many."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from models import life
from models.facts import SITE, FaultKey, Finding, Health, Phase, Verdict
from models.faults import FAULTS
from models.life import Life

CODE: Final = "DEVICE_UNKNOWN"
MOST: Final = 5  # more at once are one finding: a site whose inventory was never finished
_SHOWN: Final = 20  # addresses that are written out

Seen = Mapping[str, Mapping[str, str]]  # address -> what is known of it: model, known_as


class Strangers:
    """Where each stranger stands. Holds no clock."""

    def __init__(self) -> None:
        self.lives: dict[FaultKey, Life] = {}

    def see(self, seen: Seen, at: float) -> list[Finding]:
        """Take in one whole scan; return the findings whose phase changed."""
        verdicts = {verdict.part: verdict for verdict in _verdicts(seen, at)}
        changed = []
        for part in dict.fromkeys((*verdicts, *(key.part for key in self.lives))):
            key = FaultKey(SITE, part, CODE)
            one = self.lives.setdefault(key, Life(key, since=at))
            verdict = verdicts.get(part) or _verdict(Health.GOOD, part, "stranger.gone", at)
            if one.step(verdict, FAULTS[CODE].hold, at):
                changed.append(one.finding())
        self.lives = {key: one for key, one in self.lives.items() if one.phase is not Phase.OK}
        return changed

    def dump(self) -> list[dict[str, Any]]:
        """Return the state as plain data."""
        return [one.dump() for one in self.lives.values()]

    def load(self, data: list[dict[str, Any]]) -> None:
        """Take up what `dump` gave.

        Raises:
            KeyError, TypeError, ValueError: the data is of another make; nothing was taken up.
        """
        self.lives = life.load_all(SITE, data)


def _verdicts(seen: Seen, at: float) -> Iterator[Verdict]:
    if len(seen) > MOST:
        which = ", ".join(list(seen)[:_SHOWN]) + (" …" if len(seen) > _SHOWN else "")
        yield _verdict(Health.BAD, "", "stranger.many", at, count=float(len(seen)), which=which)
        return
    for address, known in seen.items():
        facts = {"address": address, "model": known.get("model", "") or "-"}
        if moved := known.get("known_as", ""):
            yield _verdict(Health.BAD, address, "stranger.moved", at, **facts, device=moved)
        else:
            yield _verdict(Health.BAD, address, "stranger.found", at, **facts)


def _verdict(health: Health, part: str, detail: str, at: float, **facts: float | str) -> Verdict:
    return Verdict(SITE, FAULTS[CODE], health, part, detail, facts, at)
