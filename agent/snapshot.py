"""What is known now, in memory: the newest report of each collector on each device."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace

from models.facts import Report


class Snapshot:
    """Newest reports, read by the metrics page and the message sink. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reports: dict[str, dict[str, Report]] = {}
        self._last_success: dict[tuple[str, str], float] = {}

    def take(self, report: Report) -> None:
        """Keep a report, without its pictures; what the one before it said is gone."""
        kept = replace(report, pictures=()) if report.pictures else report
        with self._lock:
            self._reports.setdefault(report.device, {})[report.collector] = kept
            if report.ok:
                self._last_success[report.device, report.collector] = report.at

    def keep_only(self, devices: Iterable[str]) -> None:
        """Forget devices that left the inventory: their series vanish."""
        wanted = set(devices)
        with self._lock:
            self._reports = {d: reports for d, reports in self._reports.items() if d in wanted}
            self._last_success = {k: at for k, at in self._last_success.items() if k[0] in wanted}

    def forget_stale(self, now: float, stale_after: Callable[[str], float]) -> None:
        """Forget what was learnt too long ago to be called known; that a check failed stays.

        Args:
            now: Unix seconds.
            stale_after: collector name -> age in seconds.
        """
        with self._lock:
            for reports in self._reports.values():
                for name in [n for n, r in reports.items() if r.ok and now - r.at > stale_after(n)]:
                    del reports[name]

    def reports(self) -> list[Report]:
        """Return all newest reports, device by device."""
        with self._lock:
            return [report for reports in self._reports.values() for report in reports.values()]

    def device(self, device: str) -> list[Report]:
        """Return the newest reports of one device."""
        with self._lock:
            return list(self._reports.get(device, {}).values())

    def last_success(self) -> dict[tuple[str, str], float]:
        """Return (device, collector) -> when it last told us something."""
        with self._lock:
            return dict(self._last_success)
