"""Devices and reports for the tests of models, and a small site that is polled by hand."""

from collections.abc import Iterable

from models.accepted import Accepted
from models.baseline import Baselines
from models.facts import (
    Device,
    Failure,
    Kind,
    Login,
    Reading,
    Report,
    Secret,
    SnmpAccess,
    StreamUri,
    Trouble,
    Verdict,
)
from models.metrics import METRICS
from models.rules import ENTRIES, NEEDED, REACH_ENTRY, entries_of
from models.seen import Seen
from models.thresholds import Thresholds
from models.view import View
from models.watch import Changes, Watch

T0 = 1_700_000_000.0
PASSWORD = "s3cret-Pa55"

CAMERA = Device(
    "cam-1",
    Kind.CAMERA,
    "127.9.0.1",
    name="Gate A",
    place="Gate A, mast 1",
    onvif_port=8080,
    login=Login("watchman-7", Secret(PASSWORD)),
    streams=(StreamUri("main", "rtsp://127.9.0.1:8554/main"),),
)
SWITCH = Device("sw-1", Kind.SWITCH, "127.9.0.2", name="Switch 1", snmp=SnmpAccess(community=Secret("c0mm")))
UPS = Device("ups-1", Kind.UPS, "127.9.0.3", snmp=SnmpAccess(community=Secret("c0mm")))
NVR = Device(
    "nvr-1", Kind.NVR, "127.9.0.4", onvif_port=8080, snmp=SnmpAccess(community=Secret("c0mm"), port=1161)
)


def camera(id_: str, parent: str = "") -> Device:
    return Device(id_, Kind.CAMERA, f"host-{id_}", onvif_port=80, parent=parent)


def ok(device: Device, collector: str, at: float = T0, /, **values: float | tuple[float, str]) -> Report:
    """A report with readings: `clock_offset_seconds=40`, or `disk_ok=(0, "1")` for a part."""
    readings = tuple(
        Reading(METRICS[f"cctv_{name}"], *(v if isinstance(v, tuple) else (v,))) for name, v in values.items()
    )
    return Report(device.id, collector, at, 0.1, readings)


def failed(device: Device, collector: str, trouble: Trouble, at: float = T0, detail: str = "") -> Report:
    return Report(device.id, collector, at, 0.1, error=Failure(trouble, detail or trouble.value))


def reached(device: Device, at: float = T0) -> Report:
    """The reach collector found an open port (or, where there is none to try, a ping)."""
    if device.onvif_port is None:
        return ok(device, "reach", at, icmp_up=1)
    return ok(device, "reach", at, icmp_up=1, tcp_up=(1, str(device.onvif_port)))


def unreached(device: Device, at: float = T0) -> Report:
    return failed(device, "reach", Trouble.UNREACHABLE, at)


class Looker:
    """Runs all rules over reports, without hold times: what they say now. `bad` plays the hysteresis."""

    def __init__(self, device: Device, *, limits: Thresholds | None = None, stale: float = 300.0) -> None:
        self.device = device
        self.seen = Seen(device, NEEDED)
        self.accepted = Accepted()
        self.baselines = Baselines(samples=3)
        self.bad: set[tuple[str, str]] = set()
        self._limits = limits or Thresholds()
        self._stale = stale

    def take(self, *reports: Report) -> "Looker":
        for report in reports:
            self.seen.take(report)
            self.accepted.take(report.readings, report.at)
        return self

    def learn(self, part: str = "main", /, **values: float) -> "Looker":
        for name, value in values.items():
            for _ in range(3):
                self.baselines.learn(f"cctv_{name}", part, value)
        return self

    def verdicts(self, at: float = T0) -> dict[tuple[str, str], Verdict]:
        view = View(
            self.device,
            at,
            self.seen.asked,
            self.seen.samples,
            lambda _collector: self._stale,
            lambda code, part: (code, part) in self.bad,
            self.baselines.get,
            self._limits,
            self.seen.texts,
            self.accepted,
        )
        told = entries_of(self.seen.told_of)
        assert not [v for entry in ENTRIES if entry not in told for v in entry.rule(view)], (
            "a rule that is left out speaks"
        )
        return {(v.fault.code, v.part): v for entry in (REACH_ENTRY, *told) for v in entry.rule(view)}

    def says(self, code: str, part: str = "", at: float = T0) -> str:
        """Return good, bad, unknown, or "" when no rule speaks of the fault."""
        verdict = self.verdicts(at).get((code, part))
        return verdict.health.value if verdict else ""

    def detail(self, code: str, part: str = "", at: float = T0) -> str:
        return self.verdicts(at)[code, part].detail


class Polled:
    """A site under watch whose devices are asked by hand every `step` seconds; those in `off` are silent."""

    def __init__(self, devices: Iterable[Device], *, step: float = 10.0, **options: object) -> None:
        self.devices = tuple(devices)
        options = {"hold_scale": 0.1, "correlate_seconds": 20.0, "stale_after": lambda _c: 60.0, **options}
        self.watch = Watch("site", self.devices, **options)
        self.off: set[str] = set()
        self.mute: set[str] = set()  # not asked at all
        self.at = T0
        self.step = step
        self.log: list[Changes] = []

    def run(self, seconds: float, *extra: object) -> "Polled":
        """Poll for so long; `extra` are functions (device, at) -> report that are asked too."""
        end = self.at + seconds
        while self.at < end:
            for number, device in enumerate(self.devices):
                at = self.at + self.step * number / len(self.devices)
                if device.id in self.mute:
                    continue
                self._take(self.watch.observe(self._ask(device, at)))
                for ask in extra if device.id not in self.off else ():
                    self._take(self.watch.observe(ask(device, at)))
            self.at += self.step
            self._take(self.watch.tick(self.at))
        return self

    def _ask(self, device: Device, at: float) -> Report:
        if device.id in self.off:
            trouble = Trouble.UNREACHABLE
            return failed(device, "snmp_health" if device.onvif_port is None else "reach", trouble, at)
        if device.onvif_port is None:
            return ok(device, "snmp_health", at, uptime_seconds=1)
        return reached(device, at)

    def _take(self, changes: Changes) -> None:
        if changes:
            self.log.append(changes)

    def opened(self) -> list[str]:
        return [incident.key for changes in self.log for incident in changes.opened]

    def closed(self) -> list[tuple[str, str]]:
        return [(incident.key, str(incident.ending)) for changes in self.log for incident in changes.closed]

    def children(self, key: str) -> set[str]:
        found = {i.key: i for i in self.watch.incidents()}
        return {child.device for child in found[key].children}
