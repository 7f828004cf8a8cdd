"""Is the device's clock right? One cause per clock: a wrong zone explains the offset."""

from collections.abc import Iterator
from typing import Final

from models.facts import Health, Verdict
from models.metrics import CLOCK_NTP, CLOCK_OFFSET
from models.view import Sample, View

METRICS: Final = frozenset({CLOCK_OFFSET.name, CLOCK_NTP.name})
HALF_HOUR: Final = 1800.0
WIDEST_ZONE: Final = 26 * 3600.0  # from UTC-12 to UTC+14
RESET: Final = 365 * 86400.0  # a year behind: the clock began anew at its epoch, its battery is empty


def clock(view: View) -> Iterator[Verdict]:
    """CLOCK_RESET, CLOCK_ZONE, CLOCK_OFFSET and CLOCK_BY_HAND."""
    offset = view.number(CLOCK_OFFSET)
    if offset is None:
        return
    if offset.value < -RESET:
        yield view.verdict("CLOCK_RESET", Health.BAD, "", "clock.reset", offset.at, offset=offset.value)
        for code in ("CLOCK_ZONE", "CLOCK_OFFSET", "CLOCK_BY_HAND"):
            yield view.verdict(code, Health.UNKNOWN, "", "unknown.explained", view.at, by="CLOCK_RESET")
        return
    yield view.verdict("CLOCK_RESET", Health.GOOD, "", "clock.offset", offset.at, offset=offset.value)
    yield from _zone_or_offset(view, offset)
    yield from _by_hand(view, offset)


def _zone_or_offset(view: View, offset: Sample) -> Iterator[Verdict]:
    if is_zone(offset.value, view.limits.clock_zone_slack_seconds):
        yield view.verdict("CLOCK_ZONE", Health.BAD, "", "clock.zone", offset.at, offset=offset.value)
        yield view.verdict("CLOCK_OFFSET", Health.UNKNOWN, "", "unknown.explained", view.at, by="CLOCK_ZONE")
        return
    yield view.verdict("CLOCK_ZONE", Health.GOOD, "", "clock.offset", offset.at, offset=offset.value)
    yield _offset(view, offset)


def is_zone(offset: float, slack: float) -> bool:
    """Whether an offset in seconds is a wrong time zone: whole or half hours, give or take `slack`."""
    steps = round(offset / HALF_HOUR)
    return steps != 0 and abs(offset) <= WIDEST_ZONE and abs(offset - steps * HALF_HOUR) <= slack


def _offset(view: View, offset: Sample) -> Verdict:
    limits = view.limits
    limit = limits.clock_warn_seconds if view.was_bad("CLOCK_OFFSET", "") else limits.clock_fail_seconds
    if abs(offset.value) < limit:
        return view.verdict("CLOCK_OFFSET", Health.GOOD, "", "clock.offset", offset.at, offset=offset.value)
    ntp = view.number(CLOCK_NTP)
    detail = "clock.wrong"
    if ntp is not None:
        detail = "clock.wrong_ntp" if ntp.value == 1 else "clock.wrong_by_hand"
    return view.verdict(
        "CLOCK_OFFSET",
        Health.BAD,
        "",
        detail,
        offset.at,
        offset=offset.value,
        limit=limits.clock_fail_seconds,
    )


def _by_hand(view: View, offset: Sample) -> Iterator[Verdict]:
    """Judge a clock without NTP: a fault where it drifts, none where something else keeps it right."""
    ntp = view.number(CLOCK_NTP)
    if ntp is None:
        return
    at, facts = offset.at, {"offset": offset.value}
    was_bad = view.was_bad("CLOCK_BY_HAND", "")
    if ntp.value == 1:
        yield view.verdict("CLOCK_BY_HAND", Health.GOOD, "", "clock.by_ntp", at)
    elif abs(offset.value) >= view.limits.clock_fail_seconds:
        yield view.verdict(
            "CLOCK_BY_HAND", Health.UNKNOWN, "", "unknown.explained", view.at, by="CLOCK_OFFSET"
        )
    elif abs(offset.value) >= view.limits.clock_by_hand_seconds / (2 if was_bad else 1):
        yield view.verdict("CLOCK_BY_HAND", Health.BAD, "", "clock.by_hand", at, **facts)
    else:
        yield view.verdict("CLOCK_BY_HAND", Health.GOOD, "", "clock.by_hand_kept", at, **facts)
