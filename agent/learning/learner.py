"""The learner of a site: every five minutes what is new, in one batch, in a thread; exact over restarts.

snapshot ─▶ gather ─▶ baselines, detectors ─▶ what each device shows ─▶ /metrics, learning.json
"""

import asyncio
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.files import LEARNING_FILE as STATE_FILE
from agent.files import LEARNING_SUMMARY_FILE as SUMMARY_FILE
from agent.learning import memory
from agent.learning.batch import Batch, Key, Register, gather
from agent.run import Clocks
from agent.sinks.prometheus import Sample
from agent.snapshot import Snapshot
from models import metrics
from models.facts import Device, Phase
from models.learning.anomaly import QUIET_RATIO, THRESHOLD, Detectors, Scored
from models.learning.baseline import Baselines, Judged
from models.learning.components import COMPONENTS
from models.learning.fleet import compare
from models.learning.priors import Priors, learn_priors
from models.learning.shipped import Usual, usual
from models.watch import Watch

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 300.0
SAVE_SECONDS: Final = 900.0
HOURLY: Final = 3600.0  # siblings and priors are looked at anew
SHOWN_SECONDS: Final = 3600.0  # a series stays on the page so long after it was unlike its past
SHOWN: Final = 200
REPAIR_SECONDS: Final = 3600.0  # a fault that was open so long ends in a new epoch
NORMAL_SHOWN: Final = 8
READY_WEEK_DAYS: Final = 21.0
DAY: Final = 86400.0
WEARING: Final = frozenset(measure.metric for one in COMPONENTS.values() for measure in one.measures)
_STANDING: Final = {Phase.OPEN, Phase.RECOVERING}
_IDENTITY: Final = ("serial", "mac", "model", "firmware")


@dataclass(frozen=True, slots=True)
class Unusual:
    """A series that is unlike its past: evidence, no fault."""

    metric: str
    part: str
    at: float
    score: float
    z: float
    why: str  # record, level, flat or quiet; class: of one that is still learning


@dataclass(frozen=True, slots=True)
class Normal:
    """Between what a series usually lies over a day, in its metric's unit."""

    metric: str
    part: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Standing:
    """What was learnt of one device. `state`: nothing, collecting, or the day or the week is known."""

    device: str
    progress: float  # 0 to 1, the mean of its series
    series: int
    frozen: bool
    unlike: float | None  # beside its siblings; None for not known
    unlike_by: str
    unusual: tuple[Unusual, ...] = ()
    state: str = "nothing"
    days: float = 0.0  # observed, the median of its series
    normal: tuple[Normal, ...] = ()


class Learner:
    """Learns from a site's snapshot.

    Args:
        snapshot: the newest reports.
        watch: which faults are open, who a device says it is.
        folder: where the state is kept.
        clocks: wall and monotonic time.
        ahead: seconds the site's clock is ahead of UTC at a moment.
        repaired: the devices whose repair was proven since a moment; asked in the thread.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        watch: Watch,
        folder: Path,
        *,
        clocks: Clocks,
        ahead: Callable[[float], float],
        repaired: Callable[[float], set[str]] = lambda _since: set(),
    ) -> None:
        self._snapshot, self._watch, self._folder = snapshot, watch, folder
        self._clocks, self._ahead = clocks, ahead
        self._repaired, self._looked = repaired, clocks.wall()
        self._told: set[str] = set()  # devices that begin an epoch, as somebody said
        self._kinds: dict[str, str] = {}
        self._register = Register()
        self._baselines, self._detectors = Baselines(), Detectors()
        self._priors: Priors | None = None
        self._taken: dict[tuple[str, str], float] = {}
        self._frozen_since: dict[str, float] = {}
        self._identity: dict[str, tuple[str, ...]] = {}
        self._unusual: dict[Key, Unusual] = {}
        self._unlike: dict[str, tuple[float, str]] = {}
        self._hourly = self._saved = float("-inf")
        self._standings: tuple[Standing, ...] = ()
        self._working: asyncio.Task[None] | None = None

    def set_devices(self, devices: Sequence[Device]) -> None:
        """Take a new inventory; what was learnt of those that left it is forgotten at the next round."""
        self._kinds = {device.id: device.kind.value for device in devices}

    def begin_epoch(self, device: str) -> None:
        """Find a device's level anew, from the next round on: somebody accepted it as it is now."""
        self._told.add(device)

    def standings(self) -> tuple[Standing, ...]:
        """Return what was learnt of each device, as of the last round."""
        return self._standings

    async def run(self) -> None:
        """Learn until cancelled; then save."""
        await asyncio.to_thread(self.restore)
        try:
            while True:
                await asyncio.sleep(EVERY_SECONDS)
                try:
                    await self.round()
                except Exception:  # scores are missing for five minutes; nothing else depends on them
                    log.exception("nothing learnt in this round")
        finally:
            if self._working is not None:  # a round goes on in its thread: what it learns is saved whole
                await asyncio.wait([self._working])
            await asyncio.to_thread(self._save_safely)

    async def round(self) -> None:
        """Learn once from what is new."""
        now = self._clocks.wall()
        frozen = {one.key.device for one in self._watch.findings() if one.phase in _STANDING}
        who = {id_: tuple(self._watch.identity(id_).get(k, "") for k in _IDENTITY) for id_ in self._kinds}
        kinds = dict(self._kinds)
        self._working = asyncio.create_task(asyncio.to_thread(self._learn, now, frozen, who, kinds))
        await asyncio.shield(self._working)

    # ------------------------------------------------------------ in the thread

    def _learn(
        self, now: float, frozen: set[str], who: dict[str, tuple[str, ...]], kinds: dict[str, str]
    ) -> None:
        self._forget(kinds)
        reports = (report for report in self._snapshot.reports() if report.device in kinds)
        batch = gather(self._register, reports, self._taken, frozen)
        self._grow()
        self._begin_epochs(now, frozen, who)
        if len(batch):
            ahead = self._ahead(now)
            judged = self._baselines.take(
                batch.series, batch.at, batch.value, ahead=ahead, frozen=batch.frozen, priors=self._priors
            )
            scored = self._detectors.take(
                batch.series, batch.at, batch.value, ahead=ahead, frozen=batch.frozen
            )
            self._note(batch, judged, scored)
        if not 0 <= now - self._hourly < HOURLY:
            self._hourly = now
            self._look_at_siblings(kinds)
        self._standings = tuple(self._stand(now, frozen, kinds))
        self._write_summary(now)
        if not 0 <= now - self._saved < SAVE_SECONDS:
            self._saved = now
            self._save_safely()

    def _forget(self, kinds: dict[str, str]) -> None:
        gone = {key[0] for key in self._register.numbers} - kinds.keys()
        if numbers := self._register.forget(gone):
            self._baselines.forget(np.array(numbers))
            self._detectors.forget(np.array(numbers))
        for known in (self._identity, self._frozen_since, self._unlike):
            for device in gone & known.keys():
                del known[device]
        self._unusual = {key: one for key, one in self._unusual.items() if key[0] not in gone}
        self._taken = {look: at for look, at in self._taken.items() if look[0] in kinds}

    def _grow(self) -> None:
        more = self._register.size - len(self._baselines)
        if more > 0:
            self._baselines.grow(np.zeros(more))
            self._detectors.grow(more)
            self._priors = None  # they know of fewer series; the next look at siblings brings new ones
            self._hourly = float("-inf")

    def _begin_epochs(self, now: float, frozen: set[str], who: dict[str, tuple[str, ...]]) -> None:
        """A device that was swapped, changed or repaired has a level to find again."""
        told, self._told = self._told, set()
        changed = told | self._repaired(self._looked)
        self._looked = now
        for device, now_is in who.items():
            was = self._identity.get(device, ())
            changed |= (
                {device} if any(a and b and a != b for a, b in zip(was, now_is, strict=False)) else set()
            )
            merged = tuple(b or a for a, b in zip(was or now_is, now_is, strict=True))
            self._identity[device] = merged
        for device in self._frozen_since.keys() - frozen:
            changed |= {device} if now - self._frozen_since.pop(device) >= REPAIR_SECONDS else set()
        for device in frozen:
            self._frozen_since.setdefault(device, now)
        if changed:
            numbers = [n for key, n in self._register.numbers.items() if key[0] in changed]
            self._baselines.begin_epoch(np.array(numbers, dtype=np.intp), now)

    def _note(self, batch: Batch, judged: Judged, scored: Scored) -> None:
        young = judged.known < 1.0
        with np.errstate(invalid="ignore"):
            kinds = {
                "record": scored.score >= THRESHOLD,
                "level": judged.unusual,
                "flat": scored.still >= 1.0,
                "quiet": scored.quiet <= QUIET_RATIO,
            }
        kinds = {why: flags & ~young for why, flags in kinds.items()} | {"class": judged.unlike_class}
        names = {number: key for key, number in self._register.numbers.items()}
        for why, flags in kinds.items():
            for row in np.flatnonzero(flags):
                key = names[int(batch.series[row])]
                score, z = float(scored.score[row]), float(np.nan_to_num(judged.z[row]))
                self._unusual[key] = Unusual(key[1], key[2], float(batch.at[row]), score, z, why)
        for row in np.flatnonzero(judged.accepted):
            key = names[int(batch.series[row])]
            log.info("a new normal device=%s metric=%s part=%s", *key)

    def _look_at_siblings(self, kinds: dict[str, str]) -> None:
        """Compare devices with their like, and learn what a class says to its young members."""
        base, numbers = self._baselines, self._register.numbers
        ready = base.progress() >= 1.0
        classes: dict[tuple[str, str], int] = {}
        shipped: list[Usual | None] = []
        of = np.full(len(base), -1, dtype=np.intp)
        for (device, metric, _), number in numbers.items():
            model = self._identity.get(device, ("", "", "", ""))[2] or kinds.get(device, "")
            of[number] = classes.setdefault((model, metric), len(classes))
            if len(classes) > len(shipped):
                shipped.append(usual(kinds.get(device, ""), metric))
        self._priors = learn_priors(of, base.level, base.hours(), base.scale(), ready, shipped=shipped)
        self._unlike = {}
        for kind in set(kinds.values()):
            self._compare([device for device, own in kinds.items() if own == kind], ready)

    def _compare(self, devices: list[str], ready: NDArray[np.bool_]) -> None:
        place = {device: row for row, device in enumerate(devices)}
        found: dict[str, dict[int, list[float]]] = {}
        for (device, metric, _), number in self._register.numbers.items():
            if device in place and ready[number]:
                found.setdefault(metric, {}).setdefault(place[device], []).append(
                    self._baselines.level[number]
                )
        names = sorted(found)
        rows = np.full((len(devices), len(names)), np.nan)
        for column, name in enumerate(names):
            for row, levels in found[name].items():
                rows[row, column] = np.median(levels)
        result = compare(rows)
        for device, row in place.items():
            if np.isfinite(result.score[row]):
                by = names[result.worst[row]] if result.worst[row] >= 0 else ""
                self._unlike[device] = (float(result.score[row]), by)

    def _stand(self, now: float, frozen: set[str], kinds: dict[str, str]) -> Iterator[Standing]:
        self._unusual = {key: one for key, one in self._unusual.items() if now - one.at < SHOWN_SECONDS}
        mine: dict[str, list[Unusual]] = {}
        for key, one in self._unusual.items():
            mine.setdefault(key[0], []).append(one)
        progress, numbers = self._baselines.progress(), self._register.of_device()
        days, ranges = self._baselines.learnt() / DAY, self._ranges()
        for device in kinds:
            own = numbers.get(device, [])
            unlike = self._unlike.get(device)
            yield Standing(
                device,
                round(float(progress[own].mean()), 4) if own else 0.0,
                len(own),
                device in frozen,
                unlike[0] if unlike else None,
                unlike[1] if unlike else "",
                tuple(sorted(mine.get(device, []), key=lambda one: -one.score)[:20]),
                _state(progress[own], days[own]),
                round(float(np.median(days[own])), 2) if own else 0.0,
                tuple(ranges.get(device, ())[:NORMAL_SHOWN]),
            )

    def _ranges(self) -> dict[str, list[Normal]]:
        """Return what is usual for the measures that people ask for, of each device."""
        wanted = {n: key for key, n in sorted(self._register.numbers.items()) if key[1] in WEARING}
        numbers = np.array(list(wanted), dtype=np.intp)
        low, high = self._baselines.range_of(numbers)
        out: dict[str, list[Normal]] = {}
        for place, (device, metric, part) in enumerate(wanted.values()):
            if np.isfinite(low[place]):
                own = out.setdefault(device, [])
                own.append(Normal(metric, part, float(f"{low[place]:.4g}"), float(f"{high[place]:.4g}")))
        return out

    # ------------------------------------------------------------ to disk, and to the metrics page

    def restore(self) -> None:
        """Take up what was saved; what cannot be read is begun anew, and said so."""
        try:
            state = memory.load(self._folder / STATE_FILE)
            if state is None:
                return
            baselines = Baselines()
            baselines.load(memory.part(state, "baseline_"))
            detectors = Detectors(len(baselines))
            if scores := memory.part(state, "anomaly_"):
                detectors.load(scores)
            else:
                log.info("the anomaly scores begin anew: those of the version before are of another make")
            names = [tuple(str(text) for text in row) for row in state["names"].reshape(-1, 3)]
            register = Register(
                {(a, b, c): int(n) for (a, b, c), n in zip(names, state["numbers"], strict=True)}
            )
            register.size = len(baselines)
            register.free = sorted(set(range(register.size)) - set(register.numbers.values()))
            if len(detectors) != register.size or max(register.numbers.values(), default=0) >= max(
                1, register.size
            ):
                raise ValueError("its parts are of different sizes")  # noqa: TRY301  told below
        except (memory.StrangeState, KeyError, ValueError) as err:
            log.warning("what was learnt is begun anew: %s", err)
            return
        self._baselines, self._detectors, self._register = baselines, detectors, register
        self._identity = {
            str(row[0]): tuple(str(t) for t in row[1:]) for row in state["identity"].reshape(-1, 5)
        }

    def _save_safely(self) -> None:
        keys = list(self._register.numbers)
        state = {
            **{f"baseline_{name}": array for name, array in self._baselines.dump().items()},
            **{f"anomaly_{name}": array for name, array in self._detectors.dump().items()},
            "names": np.array(keys, dtype=np.str_).reshape(-1, 3),
            "numbers": np.array([self._register.numbers[key] for key in keys], dtype=np.intp),
            "identity": np.array([(d, *who) for d, who in self._identity.items()], dtype=np.str_).reshape(
                -1, 5
            ),
        }
        try:
            memory.save(self._folder / STATE_FILE, state)
        except OSError as err:
            log.warning("what was learnt is not saved: %s", err.strerror or err)

    def _write_summary(self, now: float) -> None:
        path = self._folder / SUMMARY_FILE
        try:
            new = path.with_suffix(".tmp")
            new.write_text(json.dumps({"at": now, "devices": [asdict(one) for one in self._standings]}))
            new.replace(path)
        except OSError as err:
            log.warning("%s is not written: %s", path.name, err.strerror or err)

    def samples(self) -> Iterator[Sample]:
        """Yield what the metrics page shows: progress of each device, and what is unlike."""
        shown = 0
        for one in self._standings:
            if not one.series:
                continue
            yield Sample(metrics.LEARNING_PROGRESS, one.progress, (one.device,))
            yield Sample(metrics.UNUSUAL_SERIES, float(len(one.unusual)), (one.device,))
            if one.unlike is not None:
                yield Sample(metrics.UNLIKE_SIBLINGS, one.unlike, (one.device,))
            for series in one.unusual[: max(0, SHOWN - shown)]:
                yield Sample(metrics.ANOMALY_SCORE, series.score, (one.device, series.part, series.metric))
            shown += len(one.unusual)


def _state(progress: NDArray[np.float64], days: NDArray[np.float64]) -> str:
    if not len(progress):
        return "nothing"
    if float(np.median(progress)) < 1.0:
        return "collecting"
    return "week" if float(np.median(days)) >= READY_WEEK_DAYS else "day"
