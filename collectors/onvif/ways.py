"""The ways to say who we are, and which to try after a refusal: one that the refusal gives a reason for."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

_MOST_TRIES: Final = 3


class Way(Enum):
    """How we say who we are."""

    NONE = "none"
    WSSE = "wsse"  # signed with the device's clock
    WSSE_HOST_TIME = "wsse, host time"  # signed with ours: for devices whose UTC is really local time
    DIGEST = "digest"
    BOTH = "both"

    @property
    def digest(self) -> bool:
        """Whether an HTTP digest goes with it."""
        return self in {Way.DIGEST, Way.BOTH}

    @property
    def token(self) -> bool:
        """Whether a WS-UsernameToken goes with it."""
        return self in {Way.WSSE, Way.WSSE_HOST_TIME, Way.BOTH}


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is known when a way was refused.

    Attributes:
        tried: the ways tried in this call, in order; the last was refused.
        http: it was HTTP that refused (401), not the service behind it.
        challenged: it came with a digest challenge.
        old_nonce: our digest answered a challenge from an earlier request, or the device calls it stale.
        proven: some way was accepted before.
        skewed: the device's clock is far from ours.
    """

    tried: tuple[Way, ...]
    http: bool
    challenged: bool
    old_nonce: bool
    proven: bool
    skewed: bool


def next_way(refusal: Refusal, clock_moved: Callable[[], bool]) -> Way | None:
    """Return the way to try now, None when there is no reason to try another.

    Args:
        refusal: what is known.
        clock_moved: reads the device's clock again and says whether it was set meanwhile.
    """
    way, tried = refusal.tried[-1], refusal.tried
    first_time = tried.count(way) == 1
    if len(tried) >= _MOST_TRIES or (way is Way.BOTH and not first_time):
        return None
    if way.digest and refusal.http and refusal.old_nonce and first_time:
        return way
    if way is Way.DIGEST:
        return _after_digest(refusal)
    if way.token and not way.digest and refusal.challenged and Way.DIGEST not in tried:
        return Way.DIGEST
    if way is Way.WSSE:
        return _after_token(refusal, clock_moved if first_time else lambda: False)
    return None


def _after_token(refusal: Refusal, clock_moved: Callable[[], bool]) -> Way | None:
    """Sign again when the device's clock was set meanwhile; with host time when it may tell a false one."""
    if clock_moved():
        return Way.WSSE
    return Way.WSSE_HOST_TIME if refusal.skewed and not refusal.proven else None


def _after_digest(refusal: Refusal) -> Way | None:
    """Where HTTP let us pass and the service did not, it wants its token too; else maybe the token alone."""
    if not refusal.http:
        return Way.BOTH
    return Way.WSSE if not refusal.proven and Way.WSSE not in refusal.tried else None
