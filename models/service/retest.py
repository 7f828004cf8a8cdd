"""The re-test of a repair: N rounds in each of which the fault's recipe must be seen to be absent. Pure.

    round: ask the device now ─▶ fresh verdicts ─┬─ all good ─▶ the next round, or passed
                                                 ├─ the same thing bad in two looks ─▶ failed
                                                 └─ not all seen in time ─▶ failed: unknown is not passed

What no rule can tell of this device at all (it has no such disk; its scene is too dark to judge) is left out
and named, except the fault itself: that must be seen to be gone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from models.facts import FaultKey, Finding, Health
from models.faults import UNSEEN, Retest

# Why a rule cannot tell, today and with this device; anything else unknown may still be seen.
CANNOT_TELL: Final = frozenset(
    {
        "unknown.learning",
        "unknown.low_texture",
        "unknown.dim",
        "unknown.still_scene",
        "unknown.not_told",
    }
)

# Which faults only one collector sees: a device that has no such service cannot show them.
SEEN_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "stream": ("STREAM_", "IMG_"),
    "onvif_clock": ("CLOCK_",),
    "snmp_health": ("DISK_",),
    "snmp_ups": ("POWER_", "BATTERY_"),
}


class Sight(StrEnum):
    """What is known of one fault of the recipe in the round under way."""

    GOOD = "good"
    BAD = "bad"
    WAITING = "waiting"  # nothing definite since the device was asked
    LEFT_OUT = "left_out"  # cannot be told on this device, or has a ticket of its own


@dataclass(frozen=True, slots=True)
class Seen:
    """One fault of the recipe as it was seen, and when."""

    sight: Sight
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Trial:
    """A re-test under way; survives a restart as plain data.

    Attributes:
        root: the fault that was repaired; `first_seen`: since when it was there.
        absent: codes of the recipe.
        passed: rounds passed so far, of `rounds`.
        asked_at: when the round under way began; None between two rounds.
        next_at: when the next round begins.
        bad: code -> when it was first seen bad in this round.
    """

    root: FaultKey
    first_seen: float
    absent: tuple[str, ...]
    rounds: int
    every: float
    patience: float
    who: str
    began: float
    passed: int = 0
    asked_at: float | None = None
    next_at: float = 0.0
    bad: Mapping[str, float] = field(default_factory=dict)

    def dump(self) -> dict[str, Any]:
        """Return it as plain data."""
        names = ("first_seen", "rounds", "every", "patience", "who", "began", "passed", "next_at")
        root = [self.root.device, self.root.part, self.root.code]
        return {"root": root, "absent": list(self.absent), **{name: getattr(self, name) for name in names}}


def load(data: Mapping[str, Any]) -> Trial:
    """Return what `dump` gave; the round that was under way begins anew.

    Raises:
        KeyError, TypeError, ValueError: the data is of another make.
    """
    rest = {name: value for name, value in data.items() if name not in {"root", "absent"}}
    return Trial(root=FaultKey(*data["root"]), absent=tuple(data["absent"]), **rest)


def begin(
    root: FaultKey, recipe: Retest, at: float, *, first_seen: float, who: str, scale: float, patience: float
) -> Trial:
    """Return a re-test that begins now; `scale` shortens the pauses between its rounds."""
    own = () if root.code in UNSEEN else (root.code,)
    absent = tuple(dict.fromkeys((*own, *recipe.absent)))
    every = recipe.every_seconds * scale
    return Trial(root, first_seen, absent, max(1, recipe.rounds), every, patience, who, at, next_at=at)


def begin_round(trial: Trial, at: float) -> Trial:
    """Return the re-test with a round that begins now: the device is to be asked."""
    return replace(trial, asked_at=at, bad={})


def look(trial: Trial, findings: Iterable[Finding], missing: Iterable[str] = ()) -> dict[str, Seen]:
    """Return what is seen of each fault of the recipe since the round began.

    `missing`: collectors to which the device says that it has no such thing.
    """
    own = [one for one in findings if one.key.device == trial.root.device]
    hidden = tuple(prefix for collector in missing for prefix in SEEN_BY.get(collector, ()))
    seen = {}
    for code in trial.absent:
        found = _worst(trial, code, [f for f in own if _concerns(trial, f, code)])
        is_hidden = code.startswith(hidden) and code != trial.root.code and found.sight is Sight.WAITING
        seen[code] = Seen(Sight.LEFT_OUT) if is_hidden else found
    return seen


def is_due(trial: Trial, at: float) -> bool:
    """Whether the next round should begin; a clock that was set back does not hold it up."""
    return trial.asked_at is None and (at >= trial.next_at or trial.next_at - at > trial.every + 1.0)


@dataclass(frozen=True, slots=True)
class Result:
    """How a re-test ended: the codes seen bad, those not seen, those left out."""

    passed: bool
    rounds: int  # passed ones
    bad: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def judge(trial: Trial, seen: Mapping[str, Seen], at: float, *, is_settled: bool) -> Trial | Result:
    """Return the re-test as it goes on, or how it ended.

    Args:
        trial: with a round under way.
        seen: what `look` gave.
        at: now.
        is_settled: every collector of the device has answered since the round began.
    """
    asked_at = trial.asked_at if trial.asked_at is not None else at
    if at < asked_at:  # the clock was set back: what is fresh cannot be told any more
        return begin_round(trial, at)
    twice = [c for c, one in seen.items() if one.sight is Sight.BAD and one.at > trial.bad.get(c, one.at)]
    if twice or at - asked_at > trial.patience:
        return _failed(trial, seen)
    if is_settled and all(one.sight in {Sight.GOOD, Sight.LEFT_OUT} for one in seen.values()):
        return _passed(trial, seen, asked_at, at)
    new = {c: one.at for c, one in seen.items() if one.sight is Sight.BAD and c not in trial.bad}
    return replace(trial, bad={**trial.bad, **new}) if new else trial


def _passed(trial: Trial, seen: Mapping[str, Seen], asked_at: float, at: float) -> Trial | Result:
    rounds = trial.passed + 1
    if rounds >= trial.rounds:
        return Result(passed=True, rounds=rounds, left_out=_with(seen, Sight.LEFT_OUT))
    next_at = max(at, asked_at + trial.every)
    return replace(trial, passed=rounds, asked_at=None, next_at=next_at, bad={})


def _failed(trial: Trial, seen: Mapping[str, Seen]) -> Result:
    return Result(
        passed=False,
        rounds=trial.passed,
        bad=_with(seen, Sight.BAD),
        unseen=_with(seen, Sight.WAITING),
        left_out=_with(seen, Sight.LEFT_OUT),
    )


def _with(seen: Mapping[str, Seen], sight: Sight) -> tuple[str, ...]:
    return tuple(code for code, one in seen.items() if one.sight is sight)


def _concerns(trial: Trial, finding: Finding, code: str) -> bool:
    """Whether a finding is about this fault of the recipe: the same stream or disk, or the whole device."""
    key = finding.key
    return key.code == code and (not trial.root.part or key.part in {"", trial.root.part})


def _worst(trial: Trial, code: str, findings: list[Finding]) -> Seen:
    is_root = code == trial.root.code
    seen = [_seen(trial, one, is_root=is_root) for one in findings]
    if not seen:  # no rule ever spoke of it
        return Seen(Sight.WAITING if is_root else Sight.LEFT_OUT)
    for sight in (Sight.BAD, Sight.WAITING, Sight.GOOD):
        those = [one for one in seen if one.sight is sight]
        if those:
            return max(those, key=lambda one: one.at)
    return Seen(Sight.LEFT_OUT)


def _seen(trial: Trial, finding: Finding, *, is_root: bool) -> Seen:
    verdict, asked_at = finding.verdict, trial.asked_at
    if not is_root and finding.opened_at is not None and finding.opened_at < trial.first_seen:
        return Seen(Sight.LEFT_OUT)  # it was open before: it has a ticket of its own
    if verdict is None or asked_at is None or verdict.at < asked_at:
        return Seen(Sight.WAITING)
    if verdict.health is Health.UNKNOWN:
        tells = is_root or verdict.detail not in CANNOT_TELL
        return Seen(Sight.WAITING if tells else Sight.LEFT_OUT, verdict.at)
    return Seen(Sight.BAD if verdict.health is Health.BAD else Sight.GOOD, verdict.at)
