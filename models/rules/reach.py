"""Is the device there at all?"""

from collections.abc import Iterator
from typing import Final

from models.facts import Health, Trouble, Verdict
from models.metrics import ICMP_UP
from models.seen import REACH
from models.view import Asked, Sign, View

SLOWER: Final = 4.0  # a collector that asks this much less often than another tells too little of now
METRICS: Final = frozenset({ICMP_UP.name})


def lost(view: View) -> Iterator[Verdict]:
    """REACH_LOST: what could answer was asked and did not, and nothing answered since."""
    silent, spoke_at = view.silences(), view.sign_of_life()
    if silent and is_proof(view, silent):
        yield _bad(view, silent)
    elif spoke_at is not None:
        yield view.verdict("REACH_LOST", Health.GOOD, "", "reach.answers", spoke_at)
    else:
        yield view.verdict("REACH_LOST", Health.UNKNOWN, "", "unknown.not_asked", view.at)


def is_proof(view: View, silent: list[Asked]) -> bool:
    """Whether these silences prove that the device is lost.

    The reach collector tries every port and decides alone. Where it can tell nothing (a device of SNMP alone)
    every collector that asks about as often must be silent; one that asks each ten minutes is not waited
    for. A deadline that passed is no proof of its own: it may be our own slowness.
    """
    timeouts = [a for a in silent if a.sign_trouble is Trouble.DEADLINE]
    enough = len(silent) > len(timeouts) or len(timeouts) >= 2
    informed = _informed(view)
    if any(a.collector == REACH for a in informed):
        return enough and any(a.collector == REACH for a in silent)
    pace = min((view.stale_after(a.collector) for a in informed), default=0.0)
    return enough and all(a in silent for a in informed if view.stale_after(a.collector) <= SLOWER * pace)


def _informed(view: View) -> list[Asked]:
    return [
        a for a in view.asked.values() if a.sign is not Sign.NONE and view.is_fresh(a.sign_at, a.collector)
    ]


def _bad(view: View, silent: list[Asked]) -> Verdict:
    asked = ", ".join(sorted({a.family for a in silent}))
    newest = max(a.sign_at for a in silent)
    last_sign = max((a.alive_at for a in view.asked.values()), default=0.0)
    ping = view.number(ICMP_UP)
    still_pings = ping is not None and ping.value == 1 and ping.at > last_sign
    detail = "reach.ping_only" if still_pings else "reach.silent"
    if not last_sign:
        return view.verdict("REACH_LOST", Health.BAD, "", detail, newest, asked=asked)
    return view.verdict(
        "REACH_LOST", Health.BAD, "", f"{detail}_since", newest, asked=asked, last_sign=last_sign
    )
