"""All that is kept of one device: what was seen, what is normal for it, where each of its faults stands."""

from collections.abc import Callable, Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from models import life
from models.accepted import LISTS, WATCHED, Accepted, Difference
from models.baseline import Baselines
from models.facts import Device, FaultKey, Finding, Health, Phase, Report, Verdict
from models.faults import Hold
from models.life import Life
from models.metrics import PICTURE_CONTRAST, PICTURE_FAULT, STREAM_FPS, Metric
from models.rules import NEEDED, REACH_ENTRY, Entry, entries_of, stream_settings
from models.rules.picture import own_values
from models.seen import EVERYTHING, Seen
from models.thresholds import Thresholds
from models.view import View

CALM_SECONDS: Final = 900.0  # a device that says what it said before is judged anew at least this often
_LEARNT_FROM: Final = frozenset({PICTURE_CONTRAST.name, STREAM_FPS.name})
_AT_REST: Final = frozenset({Phase.OK, Phase.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Judgement:
    """How faults are judged; the same for all devices of a site.

    `holds`: fault code -> hold times. `stale_after`: collector -> seconds.
    `others`: fault code, device, now -> share of the site's other cameras that show it.
    `of_site`: fault code -> which fault of the site explains it.
    """

    limits: Thresholds
    holds: Mapping[str, Hold]
    stale_after: Callable[[str], float]
    baseline_samples: int
    others: Callable[[str, str, float], float] = lambda _code, _device, _at: 0.0
    of_site: Callable[[str], str] = lambda _code: ""


class Dossier:
    """One device under watch.

    While none of its faults stirs, a report is only looked at for what it says anew, by the rules that look
    at that: where they find what they found before, nothing has to be judged.
    """

    def __init__(self, device: Device, judgement: Judgement) -> None:
        self.device = device
        self.lives: dict[FaultKey, Life] = {}
        self.due = float("inf")  # no evidence goes stale before
        self._judgement = judgement
        self._seen = Seen(device, NEEDED)
        self._baselines = Baselines(judgement.baseline_samples)
        self._accepted = Accepted()
        self._judged_at = 0.0
        self._rules: tuple[int, tuple[Entry, ...]] = 0, ()  # for so many metrics and collectors
        self._paced = 0, float("inf")  # for so many collectors
        self._is_calm = False
        self._is_behind = False  # verdicts are as they were, and of older evidence than there is
        self._whole_at = 0.0  # when everything was judged last
        self._spoken: dict[Entry, AbstractSet[FaultKey]] = {}  # of what each rule spoke then

    @property
    def identity(self) -> Mapping[str, str]:
        """Who the device says it is."""
        return self._seen.identity

    @property
    def is_looked_at(self) -> bool:
        """Whether its pictures were ever judged."""
        return PICTURE_FAULT.name in self._seen.told_of

    @property
    def was_asked(self) -> bool:
        """Whether anything was ever asked of it."""
        return bool(self._seen.asked)

    @property
    def failing_in_us(self) -> Collection[str]:
        """The collectors that fail by a fault of the agent: they say nothing about the device."""
        return self._seen.failing_in_us

    def take(self, report: Report) -> list[Finding]:
        """Take in a report; return the findings whose phase changed."""
        last_at = self._seen.last_at(report.collector)
        said, pace = self._seen.take(report), self._pace()
        if said is EVERYTHING or self._accepted.is_other or not said.isdisjoint(WATCHED):
            self._accepted.take(report.readings, report.at)
        if self._accepted.accept(self._listed()) or report.at - last_at > pace:  # … what was stale
            said = EVERYTHING
        changed = [] if self._is_as_before(said, report.at) else self.judge(report.at)
        self.due = min(self.due, report.at + pace)
        self._commission(report)
        return changed

    def _pace(self) -> float:
        asked = self._seen.asked
        if len(asked) != self._paced[0]:  # names are only ever added
            self._paced = len(asked), self._seen.pace(self._judgement.stale_after)
        return self._paced[1]

    def accept(self) -> None:
        """Accept the device as it is, from its next report on. May be called from another thread."""
        self._accepted.want()

    @property
    def accepted(self) -> Accepted:
        """What it was accepted with."""
        return self._accepted

    def differences(self) -> list[Difference]:
        """Return what is not as it was accepted."""
        return self._accepted.differences(self._listed())

    def _listed(self) -> Iterator[tuple[str, str]]:
        """Yield what the device listed when it was last asked for it."""
        for metric in LISTS & self._seen.samples.keys():
            samples = self._seen.samples[metric]
            newest = max(sample.at for sample in samples.values())
            yield from ((metric, part) for part, sample in samples.items() if sample.at == newest)

    def view(self, at: float) -> View:
        """Return the device as the rules see it."""
        return self._view(at)

    def judge(self, at: float) -> list[Finding]:
        """Look at everything anew; return the findings whose phase changed."""
        view = self._view(at)
        verdicts = self._verdicts(view)
        self._judged_at = self._whole_at = at
        self._is_behind = False
        changed = [self._step(key, verdict, at) for key, verdict in verdicts.items()]
        unspoken = [key for key in self.lives if key not in verdicts]
        changed += [self._step(key, self._unseen(key, view, at), at) for key in unspoken]
        found = [finding for finding in changed if finding is not None]
        self._is_calm = not found and all(one.phase in _AT_REST for one in self.lives.values())
        return found

    def _is_as_before(self, said: AbstractSet[str], at: float) -> bool:
        """Whether what a report says anew changes no opinion; `said` is what `Seen.take` gave."""
        if not self._is_calm or said is EVERYTHING or not 0 <= at - self._whole_at <= CALM_SECONDS:
            return False
        if at < self._judged_at or (self.due < at and self.is_stale(at)):
            return False
        if said:
            view = self._view(at)
            asked = (REACH_ENTRY, *self._entries())
            if not all(self._agrees(one, view) for one in asked if not one.inputs.isdisjoint(said)):
                return False
        self._judged_at, self._is_behind = at, True
        return True

    def _agrees(self, entry: Entry, view: View) -> bool:
        """Whether a rule finds what it found before; its newer evidence is taken over."""
        spoken: set[FaultKey] = set()
        for verdict in entry.rule(view):
            if not self._confirms(_key(verdict), verdict):
                return False
            spoken.add(_key(verdict))
        return spoken == self._spoken.get(entry, set())

    def _confirms(self, key: FaultKey, verdict: Verdict) -> bool:
        one = self.lives.get(key)
        expected = Health.GOOD if one is not None and one.phase is Phase.OK else Health.UNKNOWN
        if one is None or verdict.health is not expected:
            return False
        one.verdict = verdict
        return True

    def catch_up(self) -> None:
        """Take over the newest evidence of what was only found to be as before; no phase changes by it."""
        if self._is_behind:
            self._is_behind = False
            view = self._view(self._judged_at)
            for entry in (REACH_ENTRY, *self._entries()):
                self._agrees(entry, view)

    def is_stale(self, at: float) -> bool:
        """Whether evidence went stale since it was judged last; notes when the next does."""
        due = self._seen.oldest(self._judgement.stale_after, self._judged_at)
        if due < at:
            return True
        self.due = due
        return False

    def change(self, device: Device) -> None:
        """Take a new row of the inventory; evidence from another address or login is void."""
        if _way_in(device) != _way_in(self.device):
            self._seen, self._rules, self._paced = Seen(device, NEEDED), (0, ()), (0, float("inf"))
        self._is_calm = False
        self.device = self._seen.device = device

    def dump(self) -> dict[str, Any]:
        """Return the state as plain data."""
        return {
            "lives": [one.dump() for one in self.lives.values()],
            "baselines": self._baselines.dump(),
            "accepted": self._accepted.dump(),
        }

    def load(self, data: Mapping[str, Any]) -> None:
        """Take up what `dump` gave. What was good then is unknown now: nobody has looked yet.

        Raises:
            KeyError, TypeError, ValueError: the data is of another make; nothing was taken up.
        """
        lives = [life.load(self.device.id, one) for one in data["lives"]]
        baselines = Baselines(self._judgement.baseline_samples)
        baselines.load(data["baselines"])
        accepted = Accepted()
        if "accepted" in data:  # states written before there was such a thing have none
            accepted.load(data["accepted"])
        for one in lives:
            if one.phase is Phase.OK:
                one.phase = Phase.UNKNOWN
        self.lives, self._baselines = {one.key: one for one in lives}, baselines
        self._accepted = accepted
        self._is_calm = False

    def _verdicts(self, view: View) -> dict[FaultKey, Verdict]:
        """Ask the rules; of a device that is lost, only whether it still is."""
        self._spoken = {}
        found = self._spoken_by(REACH_ENTRY, view)
        if all(verdict.health is not Health.BAD for verdict in found.values()):
            for entry in self._entries():
                found |= self._spoken_by(entry, view)
        return found

    def _spoken_by(self, entry: Entry, view: View) -> dict[FaultKey, Verdict]:
        found = {_key(verdict): verdict for verdict in entry.rule(view)}
        if found:
            self._spoken[entry] = found.keys()
        return found

    def _entries(self) -> tuple[Entry, ...]:
        told_of = self._seen.told_of
        if len(told_of) != self._rules[0]:  # names are only ever added
            self._rules = len(told_of), entries_of(told_of)
        return self._rules[1]

    def _step(self, key: FaultKey, verdict: Verdict, at: float) -> Finding | None:
        one = self.lives.get(key)
        if one is None:
            one = self.lives[key] = Life(key, since=at)
        return one.finding() if one.step(verdict, self._judgement.holds[key.code], at) else None

    def _unseen(self, key: FaultKey, view: View, at: float) -> Verdict:
        detail = "unknown.device_lost" if self._is_bad("REACH_LOST", "") else "unknown.stale"
        return view.verdict(key.code, Health.UNKNOWN, key.part, detail, at)

    def _is_bad(self, code: str, part: str) -> bool:
        one = self.lives.get(FaultKey(self.device.id, part, code))
        return one is not None and one.is_bad

    def _view(self, at: float) -> View:
        return View(
            device=self.device,
            at=at,
            asked=self._seen.asked,
            samples=self._seen.samples,
            stale_after=self._judgement.stale_after,
            was_bad=self._is_bad,
            reference_of=self._baselines.get,
            limits=self._judgement.limits,
            texts=self._seen.texts,
            accepted=self._accepted,
            others=lambda code: self._judgement.others(code, self.device.id, at),
            of_site=self._judgement.of_site,
        )

    def _commission(self, report: Report) -> None:
        """Let the pictures of this report, those that are quiet, teach what is normal."""
        if self._seen.told_of.isdisjoint(_LEARNT_FROM):
            return
        parts = [r.part for r in report.readings if r.metric is PICTURE_CONTRAST]
        for part in parts:
            if not self._is_troubled(part):
                for metric, value in own_values(self._view(report.at), part):
                    self._learn(metric, part, value)
        for part in [r.part for r in report.readings if r.metric is STREAM_FPS]:
            if not self._is_troubled(part):
                for metric, value in stream_settings.own_values(self._view(report.at), part, report.at):
                    self._learn(metric, part, value)

    def _learn(self, metric: Metric, part: str, value: float) -> None:
        if self._baselines.learn(metric.name, part, value):
            self._is_calm = False

    def _is_troubled(self, part: str) -> bool:
        return any(
            (one.is_bad or one.is_standing)
            and key.code.startswith(("IMG_", "STREAM_"))
            and key.part in {part, ""}
            for key, one in self.lives.items()
        )


def _key(verdict: Verdict) -> FaultKey:
    return FaultKey(verdict.device, verdict.part, verdict.fault.code)


def _way_in(device: Device) -> tuple[object, ...]:
    asked = (device.host, device.onvif_port, device.tls, device.login, device.snmp)
    return (*asked, device.streams, device.tcp_ports)
