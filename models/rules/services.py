"""Does each service of a device that is there answer? Low severity: we see less, it may do its work."""

from collections.abc import Iterator
from typing import Final

from models.facts import Health, Trouble, Verdict
from models.view import View, speaks_only_snmp

CLOCK: Final = "onvif_clock"  # asks what no ONVIF device may lack (Core, GetSystemDateAndTime)


def snmp(view: View) -> Iterator[Verdict]:
    """SNMP_SILENT, where other services answer; where SNMP is all there is, silence is REACH_LOST."""
    if view.device.snmp is not None and not speaks_only_snmp(view.device):
        yield from _silent(view, "snmp", "SNMP_SILENT")


def onvif(view: View) -> Iterator[Verdict]:
    """ONVIF_SILENT."""
    if view.device.onvif_port is not None:
        yield from _silent(view, "onvif", "ONVIF_SILENT")


def discovery(view: View) -> Iterator[Verdict]:
    """DISCOVERY_LOST: it answered scans of the network, and does no more."""
    asked = view.asked.get("discovery")
    if asked is None or not view.is_fresh(asked.at, "discovery"):
        return
    is_gone = asked.trouble is Trouble.UNREACHABLE
    detail = "discovery.silent" if is_gone else "discovery.answers"
    yield view.verdict("DISCOVERY_LOST", Health.BAD if is_gone else Health.GOOD, "", detail, asked.at)


def _silent(view: View, family: str, code: str) -> Iterator[Verdict]:
    off = [a.at for a in view.asked.values() if a.collector == CLOCK and a.trouble is Trouble.NOT_SUPPORTED]
    if family == "onvif" and off and view.is_fresh(max(off), CLOCK):
        yield view.verdict(code, Health.BAD, "", "service.onvif_off", max(off), asked=family)
        return
    silent = [a.sign_at for a in view.silences(family) if a.sign_trouble is Trouble.UNREACHABLE]
    spoke_at = view.sign_of_life(family)
    if silent:
        yield view.verdict(code, Health.BAD, "", "service.silent", max(silent), asked=family)
    elif spoke_at is not None:
        yield view.verdict(code, Health.GOOD, "", "service.answers", spoke_at, asked=family)
