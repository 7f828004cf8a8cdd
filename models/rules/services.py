"""Does each service of a device that is there answer? Low severity: we see less, it may do its work."""

from collections.abc import Iterator
from typing import Final

from models.facts import Health, Trouble, Verdict
from models.view import View, speaks_only_snmp

METRICS: Final[frozenset[str]] = frozenset()


def snmp(view: View) -> Iterator[Verdict]:
    """SNMP_SILENT, where other services answer; where SNMP is all there is, silence is REACH_LOST."""
    if view.device.snmp is not None and not speaks_only_snmp(view.device):
        yield from _silent(view, "snmp", "SNMP_SILENT")


def onvif(view: View) -> Iterator[Verdict]:
    """ONVIF_SILENT."""
    if view.device.onvif_port is not None:
        yield from _silent(view, "onvif", "ONVIF_SILENT")


def _silent(view: View, family: str, code: str) -> Iterator[Verdict]:
    silent = [a.sign_at for a in view.silences(family) if a.sign_trouble is Trouble.UNREACHABLE]
    spoke_at = view.sign_of_life(family)
    if silent:
        yield view.verdict(code, Health.BAD, "", "service.silent", max(silent), asked=family)
    elif spoke_at is not None:
        yield view.verdict(code, Health.GOOD, "", "service.answers", spoke_at, asked=family)
