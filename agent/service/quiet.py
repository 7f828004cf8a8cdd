"""Maintenance windows and silences: set and ended by people, with a name and a reason, in the audit log."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Final

from agent.service import audit
from agent.store.orders import AuditEntry
from agent.store.work import Work
from models.facts import Device
from models.faults import FAULTS
from models.quiet import EVERYTHING, Quiet, Window, matched
from models.service.texts import Say
from models.service.workorder import NotAllowed

LONGEST_SECONDS: Final = 366 * 86400.0


class Quiets:
    """The windows of a site.

    Args:
        store: where they are kept.
        devices: the inventory as it is now.
        changed: called when one was set or ended.
    """

    def __init__(
        self,
        store: Work,
        devices: Callable[[], Iterable[Device]],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._devices = devices
        self._changed = changed

    def add(self, window: Window, now: float) -> Window:
        """Set a window.

        Raises:
            NotAllowed: nobody is named, no reason is given, its time cannot be, or it means no device.
        """
        self._check(window, now)
        what = audit.MAINTENANCE if window.kind is Quiet.MAINTENANCE else audit.SILENCED
        line = AuditEntry(now, window.who, what, ", ".join(window.devices), 0, _told(window))
        kept = self._store.add_window(window, [line])
        self._changed()
        return kept

    def end(self, number: int, *, who: str, now: float) -> Window:
        """End a window before its time; what it kept quiet and still lasts is told now.

        Raises:
            NotAllowed: nobody is named, or there is no such window that lasts.
        """
        if not who.strip():
            raise NotAllowed("order.needs_name")
        line = AuditEntry(now, who, audit.QUIET_ENDED, str(number), 0)
        ended = self._store.end_window(number, now, who, [line])
        if ended is None:
            raise NotAllowed("quiet.unknown", number=str(number))
        self._changed()
        return ended

    def _check(self, window: Window, now: float) -> None:
        if not window.who.strip():
            raise NotAllowed("order.needs_name")
        if not window.why.strip():
            raise NotAllowed("quiet.needs_why")
        if window.until <= max(now, window.since) or window.until - now > LONGEST_SECONDS:
            raise NotAllowed("quiet.bad_time")
        unknown = sorted(set(window.faults) - set(FAULTS))
        if unknown:
            raise NotAllowed("quiet.no_fault", codes=", ".join(unknown))
        devices = list(self._devices())
        lost = [one for one in window.devices if one != EVERYTHING and not matched(one, devices)]
        if lost or not window.devices:
            raise NotAllowed("quiet.no_device", devices=", ".join(lost) or "?")


def shown(window: Window, say: Say) -> str:
    """Return a window in one sentence."""
    return say(
        f"quiet.{window.kind.value}",
        number=window.id, devices=", ".join(window.devices), faults=", ".join(window.faults),
        since=window.since, until=window.ends, who=window.who, why=window.why,
        each=str(window.each) if window.each else "",
    )  # fmt: skip


def row(window: Window, zone: tzinfo) -> Mapping[str, object]:
    """Return a window as plain data."""
    return {
        "id": window.id, "kind": window.kind.value, "devices": list(window.devices),
        "faults": list(window.faults), "since": window.since, "until": window.until,
        "until_local": datetime.fromtimestamp(window.ends, zone).isoformat(timespec="seconds"),
        "who": window.who, "why": window.why, "ended_at": window.ended_at, "ended_by": window.ended_by,
        "each": str(window.each) if window.each else "",
    }  # fmt: skip


def _told(window: Window) -> str:
    faults = f" ({', '.join(window.faults)})" if window.faults else ""
    each = f" each {window.each}" if window.each else ""
    return f"{window.since:.0f}-{window.until:.0f}{each}{faults}: {window.why}"
