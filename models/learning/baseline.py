"""What is normal for each series of a site: a robust level with the hour of the day and the day of the week.

    expected = level + hour(clock) + day(clock)          z = (value - expected) / scale

Everything is learnt by the time that passes, not by the number of samples: a series that is asked half as
often learns as fast. Updates are clipped, so a fault is not learnt; while a fault is open nothing is.

State is one array per quantity, [series] or [hour, series]: a cycle of 20,000 series is a few numpy calls.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.learning.priors import Priors

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]
Flags = NDArray[np.bool_]

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
HOURS, DAYS = 24, 7
MAD_TO_SIGMA: Final = 1.2533  # a normal distribution's standard deviation over its mean absolute deviation


@dataclass(frozen=True, slots=True)
class Settings:
    """How fast and how carefully is learnt; times in seconds."""

    level: float = 2 * DAY  # memory of the level
    season: float = 14 * DAY  # memory of an hour of the day; one hour of it is seen 1/24 of the time
    week: float = 42 * DAY
    spread: float = 7 * DAY
    clip: float = 6.0  # a sample moves what is learnt by no more than so many scales
    limit: float = 6.0  # |z| from which a value is unlike its past
    gap: float = HOUR  # one sample speaks for at most so long
    ready: float = 7 * DAY  # learnt so long, a series knows its day
    ready_week: float = 21 * DAY
    grace: float = 2 * DAY  # after a new epoch nothing is called unusual
    accept: float = 3 * DAY  # a shift that lasts so long without a fault is a new normal
    doubt: float = 0.1  # an unusual sample teaches at this share of the pace
    prior: float = 3 * DAY  # weight of what siblings say, as time observed


@dataclass(frozen=True, slots=True)
class Judged:
    """What a batch of samples looks like beside its past; arrays in the order of the batch.

    Attributes:
        expected: what was to be expected, in the series' unit; NaN while nothing is known.
        scale: robust standard deviation around it.
        z: (value - expected) / scale; NaN while nothing is known.
        known: share of what is needed that was learnt, 0 to 1; own learning only, without siblings.
        unusual: |z| beyond the limit, in a series that is neither learning nor in its grace.
        accepted: a shift lasted so long that it is taken for a new normal from here on.
        unlike_class: far from what its class shows, in a series of more than a day that is still learning.
    """

    expected: Floats
    scale: Floats
    z: Floats
    known: Floats
    unusual: Flags
    accepted: Flags
    unlike_class: Flags


_PER_SERIES: Final = {
    "level": np.nan,
    "mad": 0.0,  # mean absolute deviation, clipped
    "quantum": np.inf,  # the smallest step ever seen: what the sensor can tell apart
    "value": np.nan,  # the newest
    "at": np.nan,
    "learnt": 0.0,  # seconds observed, ever
    "level_learnt": 0.0,  # seconds observed in this epoch
    "epoch": -np.inf,
    "off_since": np.nan,  # since when it has been unusual without a break
    "off_sign": 0.0,
}


class Baselines:
    """The normal of every series of a site, by number 0..size-1. Holds no clock.

    Args:
        size: how many series.
        settings: how to learn.
        floor: smallest scale of each series in its unit (a metric's quantisation); one number or [size].
    """

    def __init__(
        self, size: int = 0, settings: Settings | None = None, *, floor: float | Floats = 0.0
    ) -> None:
        self.settings = settings or Settings()
        self._own = {name: np.full(size, start) for name, start in _PER_SERIES.items()}
        self._hour, self._hour_learnt = np.zeros((HOURS, size)), np.zeros((HOURS, size))
        self._day, self._day_learnt = np.zeros((DAYS, size)), np.zeros((DAYS, size))
        self.floor = np.broadcast_to(np.asarray(floor, dtype=float), (size,)).copy()

    def __len__(self) -> int:
        return len(self.floor)

    def grow(self, floors: Floats) -> None:
        """Add series at the end, one for each floor."""
        more = len(floors)
        for name, start in _PER_SERIES.items():
            self._own[name] = np.append(self._own[name], np.full(more, start))
        for name in ("_hour", "_hour_learnt", "_day", "_day_learnt"):
            old: Floats = getattr(self, name)
            setattr(self, name, np.concatenate([old, np.zeros((len(old), more))], axis=1))
        self.floor = np.append(self.floor, floors)

    # ------------------------------------------------------------ a cycle

    def take(
        self,
        series: Numbers,
        at: Floats,
        value: Floats,
        *,
        ahead: float = 0.0,
        frozen: Flags | None = None,
        priors: Priors | None = None,
    ) -> Judged:
        """Judge one sample of each of some series by its past, then learn from it.

        Args:
            series: numbers of the series, each at most once.
            at: Unix seconds of each sample; one not after the last of its series is judged, not learnt.
            value: NaN is "not measured": nothing is judged and nothing learnt.
            ahead: seconds that the site's clock is ahead of UTC: hours and days are the site's.
            frozen: series of which a fault is open: judged, not learnt.
            priors: what siblings say, for series that have not learnt enough.
        """
        when = _When.of(at + ahead)
        own = {name: array[series] for name, array in self._own.items()}
        expected, scale = self._expect(series, own, when, priors)
        with np.errstate(over="ignore"):  # a wild value is infinitely unlike its past
            z = (value - expected) / scale
        learnable = np.isfinite(value) & (True if frozen is None else ~frozen)
        known = self._known(own)
        unusual = (
            (np.abs(z) > self.settings.limit) & (known >= 1.0) & (at - own["epoch"] >= self.settings.grace)
        )
        accepted = self._follow(own, at, z, unusual, learnable)
        unlike = (known < 1.0) & (own["learnt"] >= DAY)
        unlike &= False if priors is None else priors.unlike(series, when.hour, value)
        elapsed = np.clip(at - own["at"], 0.0, self.settings.gap) * np.where(
            unusual, self.settings.doubt, 1.0
        )
        with np.errstate(over="ignore", invalid="ignore"):
            self._learn(
                series,
                own,
                when,
                value=np.where(learnable, value, np.nan),
                elapsed=np.nan_to_num(elapsed),
                scale=scale,
            )
        # A clock that jumped back begins anew from there: what was learnt stays.
        own["at"] = np.where(np.isfinite(value), at, own["at"])
        own["value"] = np.where(learnable, value, own["value"])
        for name, array in self._own.items():
            array[series] = own[name]
        if accepted.any():
            self.begin_epoch(series[accepted], at[accepted])
        return Judged(expected, scale, z, known, unusual, accepted, unlike)

    def begin_epoch(self, series: Numbers, at: Floats | float) -> None:
        """Forget the level of some series, keep season and scale: a repair, a swap, a firmware, a change."""
        self._own["level_learnt"][series] = 0.0
        self._own["epoch"][series] = at
        self._own["off_since"][series] = np.nan

    def forget(self, series: Numbers) -> None:
        """Forget everything of some series: their numbers may be given to others."""
        for name, start in _PER_SERIES.items():
            self._own[name][series] = start
        for table in (self._hour, self._hour_learnt, self._day, self._day_learnt):
            table[:, series] = 0.0

    # ------------------------------------------------------------ what is known

    def progress(self) -> Floats:
        """Return how much of what a daily season needs was learnt, 0 to 1, for each series."""
        return self._known(self._own)

    def weekly(self) -> Flags:
        """Return which series know their days of the week too."""
        return np.asarray(self._own["learnt"] >= self.settings.ready_week)

    @property
    def newest(self) -> Floats:
        """When each series was last measured, Unix seconds; NaN for never."""
        return self._own["at"]

    @property
    def level(self) -> Floats:
        """The level of each series; NaN while nothing is known."""
        return self._own["level"]

    def scale(self) -> Floats:
        """Return the robust standard deviation of each series around what is expected."""
        return self._scale(self._own, self.floor)

    def hours(self) -> Floats:
        """Return the hour-of-day pattern [24, series], relative to the level."""
        return np.asarray(self._hour - self._hour.mean(axis=0))

    def range_of(self, series: Numbers) -> tuple[Floats, Floats]:
        """Return between what some series usually lie over a day, three scales beside it; NaN: not known."""
        hours = self.hours()[:, series]
        level, room = self.level[series], 3.0 * self.scale()[series]
        known = self._known(self._own)[series] >= 1.0
        low, high = level + hours.min(axis=0) - room, level + hours.max(axis=0) + room
        return np.where(known, low, np.nan), np.where(known, high, np.nan)

    def learnt(self) -> Floats:
        """Return the time observed of each series, seconds."""
        return self._own["learnt"]

    # ------------------------------------------------------------ to disk and back

    def dump(self) -> dict[str, NDArray[np.float64]]:
        """Return the state as arrays; `load` of them gives the same object, to the last bit."""
        tables = {"hour": self._hour, "hour_learnt": self._hour_learnt}
        tables |= {"day": self._day, "day_learnt": self._day_learnt, "floor": self.floor}
        return {**self._own, **tables}

    def load(self, state: Mapping[str, NDArray[np.float64]]) -> None:
        """Take up what `dump` gave.

        Raises:
            KeyError, ValueError: the state is of another make.
        """
        size = len(state["floor"])
        own = {name: np.array(state[name], dtype=float) for name in _PER_SERIES}
        tables = {
            name: np.array(state[name], dtype=float) for name in ("hour", "hour_learnt", "day", "day_learnt")
        }
        shapes = {(HOURS, size) if name.startswith("hour") else (DAYS, size) for name in tables}
        if {array.shape for array in own.values()} != {(size,)} or {
            t.shape for t in tables.values()
        } != shapes:
            raise ValueError(f"the arrays are not those of {size} series")
        self._own, self.floor = own, np.array(state["floor"], dtype=float)
        self._hour, self._hour_learnt = tables["hour"], tables["hour_learnt"]
        self._day, self._day_learnt = tables["day"], tables["day_learnt"]

    # ------------------------------------------------------------ inside

    def _known(self, own: Mapping[str, Floats]) -> Floats:
        return np.minimum(own["learnt"] / self.settings.ready, 1.0)

    def _scale(self, own: Mapping[str, Floats], floor: Floats) -> Floats:
        # Half a step of the sensor: a reading that flips between two neighbours is not unusual.
        quantum = np.where(np.isfinite(own["quantum"]), own["quantum"], 0.0) / 2
        scale = np.maximum(np.maximum(MAD_TO_SIGMA * own["mad"], floor), quantum)
        return np.where(scale > 0, scale, np.finfo(float).tiny)

    def _season(self, series: Numbers, when: "_When") -> Floats:
        hour = when.share * self._hour[when.hour, series] + (1 - when.share) * self._hour[when.next, series]
        return hour + self._day[when.day, series]

    def _expect(
        self, series: Numbers, own: Mapping[str, Floats], when: "_When", priors: Priors | None
    ) -> tuple[Floats, Floats]:
        expected = own["level"] + self._season(series, when)
        scale = self._scale(own, self.floor[series])
        if priors is None:
            return expected, scale
        return priors.blend(
            series,
            when.hour,
            expected=expected,
            scale=scale,
            learnt=own["learnt"],
            weight=self.settings.prior,
            ready=self.settings.ready,
        )

    def _follow(
        self, own: dict[str, Floats], at: Floats, z: Floats, unusual: Flags, learnable: Flags
    ) -> Flags:
        """Note since when a series has been unusual to one side; return which have been so long enough."""
        sign = np.sign(z)
        goes_on = unusual & (own["off_sign"] == sign) & (own["off_since"] <= at)
        known = np.isfinite(z)
        since = np.where(goes_on, own["off_since"], np.where(unusual, at, np.nan))
        own["off_since"] = np.where(known, since, own["off_since"])
        own["off_sign"] = np.where(known, np.where(unusual, sign, 0.0), own["off_sign"])
        return np.asarray(goes_on & learnable & (at - own["off_since"] >= self.settings.accept))

    def _learn(
        self,
        series: Numbers,
        own: dict[str, Floats],
        when: "_When",
        *,
        value: Floats,
        elapsed: Floats,
        scale: Floats,
    ) -> None:
        s = self.settings
        is_first = np.isnan(own["level"]) & np.isfinite(value)
        own["level"] = np.where(is_first, value - self._season(series, when), own["level"])
        step = np.abs(value - own["value"])
        own["quantum"] = np.where(step > 0, np.minimum(own["quantum"], step), own["quantum"])
        error = value - own["level"] - self._season(series, when)
        takes = np.isfinite(error)
        elapsed = np.where(takes, elapsed, 0.0)
        error = np.where(takes, error, 0.0)
        # Young series have no scale yet to clip by; a new epoch has to find its level.
        is_young = (own["learnt"] < DAY) | (own["level_learnt"] < s.grace / 4)
        clipped = np.where(is_young, error, np.clip(error, -s.clip * scale, s.clip * scale))
        own["level"] += _share(elapsed, own["level_learnt"], s.level) * clipped
        # A new epoch's error is one of level, not of spread.
        spread = np.where(
            own["level_learnt"] < s.grace / 4, np.minimum(np.abs(clipped), s.clip * scale), np.abs(clipped)
        )
        spread = np.where(own["learnt"] < HOUR, np.abs(error), spread)
        own["mad"] += _share(elapsed, own["learnt"], s.spread) * (spread - own["mad"])
        self._learn_season(series, own, when, clipped, elapsed)
        own["learnt"] += elapsed
        own["level_learnt"] += elapsed

    def _learn_season(
        self, series: Numbers, own: Mapping[str, Floats], when: "_When", error: Floats, elapsed: Floats
    ) -> None:
        s = self.settings
        settled = np.where(own["level_learnt"] < s.grace / 4, 0.0, elapsed)
        settled = np.where(own["learnt"] < DAY, elapsed, settled)
        for hour, share in ((when.hour, when.share), (when.next, 1 - when.share)):
            seen = self._hour_learnt[hour, series]
            part = settled * share
            self._hour[hour, series] += _share(part, seen + HOUR / 4, s.season / HOURS) * error
            self._hour_learnt[hour, series] = seen + part
        seen = self._day_learnt[when.day, series]
        # The day of the week waits until the day is known: a first Monday's faults are no pattern.
        part = np.where(own["learnt"] >= s.ready, settled, 0.0)
        self._day[when.day, series] += _share(part, seen + DAY / 2, s.week / DAYS) * error
        self._day_learnt[when.day, series] = seen + part


@dataclass(frozen=True, slots=True)
class _When:
    """Where moments of local time stand in the day and the week; an hour's middle is all its own."""

    hour: Numbers
    next: Numbers
    share: Floats  # of `hour`; the rest is `next`'s
    day: Numbers

    @classmethod
    def of(cls, local: Floats) -> "_When":
        hours = local / HOUR - 0.5
        whole = np.floor(hours)
        hour = whole.astype(np.intp) % HOURS
        # 1970-01-01 was a Thursday; Monday is day 0.
        day = (np.floor(local / DAY).astype(np.intp) + 3) % DAYS
        return cls(hour, (hour + 1) % HOURS, 1.0 - (hours - whole), day)


def _share(elapsed: Floats, learnt: Floats, memory: float) -> Floats:
    """Return how far an estimate goes to a new sample: a plain mean at first, then a fading one."""
    return np.asarray(1.0 - np.exp(-elapsed / np.clip(learnt, MINUTE, memory)))
