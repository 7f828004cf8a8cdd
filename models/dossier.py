"""All that is kept of one device: what was seen, what is normal for it, where each of its faults stands."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from models import life
from models.accepted import LISTS, Accepted, Difference
from models.baseline import Baselines
from models.facts import Device, FaultKey, Finding, Health, Phase, Report, Verdict
from models.faults import Hold
from models.life import Life
from models.metrics import PICTURE_CONTRAST, STREAM_FPS
from models.rules import NEEDED, REACH_RULE, Rule, rules_of, stream_settings
from models.rules.picture import own_values
from models.seen import Seen
from models.thresholds import Thresholds
from models.view import View


@dataclass(frozen=True, slots=True)
class Judgement:
    """How faults are judged; the same for all devices of a site.

    `holds`: fault code -> hold times. `stale_after`: collector -> seconds.
    `others`: fault code, device, now -> share of the site's other cameras that show it.
    """

    limits: Thresholds
    holds: Mapping[str, Hold]
    stale_after: Callable[[str], float]
    baseline_samples: int
    others: Callable[[str, str, float], float] = lambda _code, _device, _at: 0.0


class Dossier:
    """One device under watch."""

    def __init__(self, device: Device, judgement: Judgement) -> None:
        self.device = device
        self.lives: dict[FaultKey, Life] = {}
        self.due = float("inf")  # no evidence goes stale before
        self._judgement = judgement
        self._seen = Seen(device, NEEDED)
        self._baselines = Baselines(judgement.baseline_samples)
        self._accepted = Accepted()
        self._judged_at = 0.0
        self._rules: tuple[int, tuple[Rule, ...]] = 0, ()  # for so many metrics and collectors

    @property
    def identity(self) -> Mapping[str, str]:
        """Who the device says it is."""
        return self._seen.identity

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
        self._seen.take(report)
        self._accepted.take(report.readings, report.at)
        self._accepted.accept(self._listed())
        changed = self.judge(report.at)
        self.due = min(self.due, report.at + self._judgement.stale_after(report.collector))
        self._commission(report)
        return changed

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
        verdicts = {FaultKey(v.device, v.part, v.fault.code): v for v in self._verdicts(view)}
        self._judged_at = at
        changed = [self._step(key, verdict, at) for key, verdict in verdicts.items()]
        unspoken = [key for key in self.lives if key not in verdicts]
        changed += [self._step(key, self._unseen(key, view, at), at) for key in unspoken]
        return [finding for finding in changed if finding is not None]

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
            self._seen, self._rules = Seen(device, NEEDED), (0, ())
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

    def _verdicts(self, view: View) -> Iterator[Verdict]:
        """Ask the rules; of a device that is lost, only whether it still is."""
        is_lost = False
        for verdict in REACH_RULE(view):
            is_lost |= verdict.health is Health.BAD
            yield verdict
        if is_lost:
            return
        told_of = self._seen.told_of
        if len(told_of) != self._rules[0]:  # names are only ever added
            self._rules = len(told_of), rules_of(told_of)
        for rule in self._rules[1]:
            yield from rule(view)

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
        )

    def _commission(self, report: Report) -> None:
        """Let the pictures of this report, those that are quiet, teach what is normal."""
        parts = [r.part for r in report.readings if r.metric is PICTURE_CONTRAST]
        for part in parts:
            if not self._is_troubled(part):
                for metric, value in own_values(self._view(report.at), part):
                    self._baselines.learn(metric.name, part, value)
        for part in [r.part for r in report.readings if r.metric is STREAM_FPS]:
            if not self._is_troubled(part):
                for metric, value in stream_settings.own_values(self._view(report.at), part, report.at):
                    self._baselines.learn(metric.name, part, value)

    def _is_troubled(self, part: str) -> bool:
        return any(
            (one.is_bad or one.is_standing)
            and key.code.startswith(("IMG_", "STREAM_"))
            and key.part in {part, ""}
            for key, one in self.lives.items()
        )


def _way_in(device: Device) -> tuple[object, ...]:
    asked = (device.host, device.onvif_port, device.tls, device.login, device.snmp)
    return (*asked, device.streams, device.tcp_ports)
