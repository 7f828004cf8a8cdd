"""The life of one fault: verdicts in, phases out.

              bad            enough bad             good              enough good
    unknown ──────▶ pending ────────────▶ open ──────────▶ recovering ───────────▶ ok
       ▲ ok ◀── good ──┘                   ▲ ◀──── bad ────────┘

How many good looks end a suspicion is the hold's to say (`Hold.lapses`): one, or the second of three looks.
Unknown neither opens nor closes: an open fault stays open while it cannot be seen. A fault that flickers
between open and recovering is one fault: only `ok` ends it, and a restless one (`Flaps`) waits longer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from models.facts import FaultKey, Finding, Health, Phase, Verdict
from models.faults import FAULTS, Hold

_STANDING: Final = (Phase.OPEN, Phase.RECOVERING)  # a tuple: it is asked of every fault of every device
_ROUNDING: Final = 1e-6
FLAPS_BEGIN: Final = 2.5  # the second opening within about an hour
FLAPS_END: Final = 1.2
FLAPS_MOST: Final = 5.0  # two half-lives of calm, whatever went before


@dataclass(slots=True)
class Run:
    """A row of like verdicts: how many looks, over how many seconds. The same evidence counts once.

    No gap between two looks counts for more than its share of the hold, so that a clock that jumps ahead
    cannot stand in for looks, and one that jumps back adds nothing.
    """

    count: int = 0
    held: float = 0.0
    mark: float | None = None  # `at` of the newest evidence counted
    lapses: int = 0  # looks between that say otherwise …
    lapsed: float | None = None  # … and `at` of the newest of them

    def add(self, at: float, count: int, seconds: float) -> bool:
        """Count a look; return whether the hold (`count` looks and `seconds`) is now fulfilled."""
        if self.mark is None or at != self.mark:
            gap = 0.0 if self.mark is None else at - self.mark
            self.held += min(max(gap, 0.0), seconds / max(1, count - 1))
            self.count += 1
            self.mark = at
        return self.count >= count and self.held >= seconds - _ROUNDING

    def lapse(self, at: float) -> int:
        """Count a look that says otherwise; return how many there were."""
        if self.lapsed is None or at != self.lapsed:
            self.lapses, self.lapsed = self.lapses + 1, at
        return self.lapses

    def clear(self) -> None:
        """Begin anew."""
        self.count, self.held, self.mark = 0, 0.0, None
        self.lapses, self.lapsed = 0, None


@dataclass(slots=True)
class Flaps:
    """How restless a fault is: each turn to bad or good adds one, and time halves the sum.

    From `FLAPS_BEGIN` on it is restless, until the sum fell below `FLAPS_END`; it never grows beyond
    `FLAPS_MOST`, so that the calm it takes has a bound. A wall clock set back takes nothing off.
    """

    score: float = 0.0
    at: float = 0.0
    is_restless: bool = False

    def turn(self, at: float, half_life: float) -> None:
        """Count a turn."""
        self.settle(at, half_life)
        self.score = min(self.score + 1.0, FLAPS_MOST)
        self.is_restless |= self.score >= FLAPS_BEGIN

    def settle(self, at: float, half_life: float) -> bool:
        """Let time pass; return whether it is restless still."""
        if self.score:
            gone = max(0.0, at - self.at)
            self.score = self.score * 0.5 ** (gone / half_life) if half_life > 0 else 0.0
        self.at = at
        self.is_restless &= self.score >= FLAPS_END
        return self.is_restless


@dataclass(slots=True)
class Life:
    """Where one fault stands. `began` is the first bad sight of what is pending, open or recovering.

    `verdict` is the opinion that put it into its phase or keeps it there: of an open fault the newest bad
    one.
    """

    key: FaultKey
    phase: Phase = Phase.UNKNOWN
    since: float = 0.0
    began: float = 0.0
    verdict: Verdict | None = None
    run: Run = field(default_factory=Run)
    flaps: Flaps = field(default_factory=Flaps)

    def step(self, verdict: Verdict, hold: Hold, at: float) -> bool:
        """Take in one verdict; return whether the phase changed."""
        before = self.phase
        self.flaps.settle(at, hold.calm_seconds)
        if verdict.health is Health.BAD:
            self._bad(verdict, hold, at)
        elif verdict.health is Health.GOOD:
            self._good(verdict, hold, at)
        else:
            self._unknown(verdict, at)
        if self.phase is not before and self._is_turn(before):
            self.flaps.turn(at, hold.calm_seconds)
        return self.phase is not before

    def _is_turn(self, before: Phase) -> bool:
        return self.phase is Phase.OPEN or (self.phase is Phase.RECOVERING and before is Phase.OPEN)

    @property
    def is_standing(self) -> bool:
        """Whether the fault has opened and not ended."""
        return self.phase in _STANDING

    @property
    def is_bad(self) -> bool:
        """Whether the last definite verdict was bad."""
        return self.phase in {Phase.PENDING, Phase.OPEN}

    def finding(self) -> Finding:
        """Return where it stands, as a fact."""
        return Finding(
            self.key,
            self.phase,
            self.since,
            self.began if self.is_standing else None,
            self.verdict,
            self.is_standing and self.flaps.is_restless,
        )

    def forgive(self) -> None:
        """Count none of its turns so far: something else made it come and go, and that is over."""
        self.flaps = Flaps()

    def _bad(self, verdict: Verdict, hold: Hold, at: float) -> None:
        self.verdict = verdict
        if self.phase is Phase.RECOVERING:
            self._go(Phase.OPEN, at)
        elif self.phase is not Phase.OPEN:
            if self.phase is not Phase.PENDING:
                self._go(Phase.PENDING, at)
                self.began = min(verdict.at, at)
            if self.run.add(verdict.at, hold.open_count, hold.open_seconds):
                self._go(Phase.OPEN, at)

    def _good(self, verdict: Verdict, hold: Hold, at: float) -> None:
        if self.phase is Phase.PENDING and self.run.lapse(verdict.at) <= hold.lapses:
            return
        self.verdict = verdict
        if self.phase in {Phase.UNKNOWN, Phase.PENDING}:
            self._go(Phase.OK, at)
        elif self.is_standing:
            if self.phase is Phase.OPEN:
                self._go(Phase.RECOVERING, at)
            is_calm = self.run.add(verdict.at, hold.close_count, hold.close_seconds)
            if is_calm and not self.flaps.is_restless:
                self._go(Phase.OK, at)

    def _unknown(self, verdict: Verdict, at: float) -> None:
        if self.phase in {Phase.OK, Phase.UNKNOWN}:
            self.verdict = verdict
            if self.phase is Phase.OK:
                self._go(Phase.UNKNOWN, at)

    def _go(self, phase: Phase, at: float) -> None:
        self.phase, self.since = phase, at
        self.run.clear()

    def dump(self) -> dict[str, Any]:
        """Return the state as plain data, without the device's id."""
        return {
            "part": self.key.part,
            "code": self.key.code,
            "phase": self.phase.value,
            "since": self.since,
            "began": self.began,
            "run": [self.run.count, self.run.held, self.run.mark, self.run.lapses, self.run.lapsed],
            "flaps": [self.flaps.score, self.flaps.at, self.flaps.is_restless],
            "verdict": _dump_verdict(self.verdict) if self.verdict else None,
        }


def load(device: str, data: Mapping[str, Any]) -> Life:
    """Return the life that `dump` gave.

    Raises:
        KeyError, TypeError, ValueError: the data is of another make, or of a fault that is no more.
    """
    code = FAULTS[data["code"]].code
    key = FaultKey(device, str(data["part"]), code)
    count, held, mark, *lapsed = data["run"]
    lapses, lapsed_at = lapsed or (0, None)
    score, scored_at, is_restless = data.get("flaps", (0.0, 0.0, False))
    return Life(
        key,
        Phase(data["phase"]),
        float(data["since"]),
        float(data["began"]),
        _load_verdict(key, data["verdict"]) if data["verdict"] else None,
        Run(int(count), float(held), _time(mark), int(lapses), _time(lapsed_at)),
        Flaps(float(score), float(scored_at), bool(is_restless)),
    )


def load_all(device: str, data: Iterable[Mapping[str, Any]]) -> dict[FaultKey, Life]:
    """Return the lives of a device that `Life.dump` gave, by key.

    Raises:
        KeyError, TypeError, ValueError: the data is of another make.
    """
    lives = [load(device, one) for one in data]
    return {one.key: one for one in lives}


def _time(value: float | None) -> float | None:
    return None if value is None else float(value)


def _dump_verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "health": verdict.health.value,
        "detail": verdict.detail,
        "facts": dict(verdict.facts),
        "at": verdict.at,
    }


def _load_verdict(key: FaultKey, data: Mapping[str, Any]) -> Verdict:
    facts = {str(k): v if isinstance(v, str) else float(v) for k, v in data["facts"].items()}
    health = Health(data["health"])
    return Verdict(
        key.device, FAULTS[key.code], health, key.part, str(data["detail"]), facts, float(data["at"])
    )
