"""Does the device take our name and password?"""

from collections.abc import Iterator
from typing import Final

from models.facts import Health, Trouble, Verdict
from models.view import Asked, View

# They send no login, so their success proves none; or they want more of it than to look (web pages of another
# user list, the right to move), so their refusal proves nothing.
NO_PROOF: Final = frozenset({"reach", "onvif_clock", "discovery", "vendor_http", "ptz_test"})


def refused(view: View) -> Iterator[Verdict]:
    """AUTH_REFUSED: some protocol was refused, and its login was not accepted since.

    Judged by protocol: a stream that needs no password does not heal a refused ONVIF login.
    """
    using = [a for a in view.asked.values() if a.collector not in NO_PROOF]
    refusals = [a for a in using if a.refused_order and a.refused_order > _accepted(using, a.family)]
    newest = max(refusals, key=lambda a: a.refused_order, default=None)
    if newest and newest.trouble is Trouble.AUTH and view.is_fresh(newest.at, newest.collector):
        families = ", ".join(sorted({a.family for a in refusals}))
        yield view.verdict("AUTH_REFUSED", Health.BAD, "", "login.refused", newest.refused_at, asked=families)
    elif refusals:
        yield view.verdict("AUTH_REFUSED", Health.UNKNOWN, "", "unknown.not_asked", view.at)
    else:
        yield from _good(view, using)


def _accepted(using: list[Asked], family: str) -> int:
    return max((a.ok_order for a in using if a.family == family), default=0)


def _good(view: View, using: list[Asked]) -> Iterator[Verdict]:
    fresh = [a.ok_at for a in using if a.ok_order and view.is_fresh(a.ok_at, a.collector)]
    if fresh:
        yield view.verdict("AUTH_REFUSED", Health.GOOD, "", "login.accepted", max(fresh))
