"""Is every channel recorded, without gaps, and kept for as long as the contract says? By ONVIF Profile G.

A recorder that cannot tell says nothing here: that is unknown, not well.
"""

from collections.abc import Iterator
from typing import Final

from models.facts import Health, Verdict
from models.metrics import (
    COMPLETENESS,
    LONGEST_GAP,
    RECORDING_ACTIVE,
    RECORDING_GAPS,
    RECORDING_MISSING,
    RECORDING_OLDEST,
    RETENTION,
    RETENTION_GOAL,
)
from models.rules.many import Opinion, told
from models.view import View

METRICS: Final = frozenset(
    metric.name
    for metric in (
        COMPLETENESS, LONGEST_GAP, RECORDING_ACTIVE, RECORDING_GAPS, RECORDING_MISSING, RECORDING_OLDEST,
        RETENTION, RETENTION_GOAL,
    )
)  # fmt: skip


def stopped(view: View) -> Iterator[Verdict]:
    """REC_STOPPED by channel, REC_DOWN where it is most of them."""
    parts = {*view.parts(RECORDING_ACTIVE), *view.parts(RECORDING_MISSING)}
    opinions = {part: _stopped(view, part) for part in sorted(parts)}
    yield from told(view, "REC_STOPPED", opinions, whole="REC_DOWN")


def _stopped(view: View, part: str) -> Opinion:
    active, missing = view.number(RECORDING_ACTIVE, part), view.number(RECORDING_MISSING, part)
    at = max(one.at for one in (active, missing) if one is not None)
    if missing is not None and missing.value > view.limits.recording_missing_seconds:
        return Opinion(Health.BAD, "recording.missing", at, {"missing": missing.value})
    if active is not None and active.value == 0:
        return Opinion(Health.BAD, "recording.inactive", at)
    return Opinion(Health.GOOD, "recording.active", at)


def gaps(view: View) -> Iterator[Verdict]:
    """REC_GAP, of the day before."""
    opinions = {part: _gap(view, part) for part in sorted(view.parts(COMPLETENESS))}
    yield from told(view, "REC_GAP", opinions)


def _gap(view: View, part: str) -> Opinion:
    ratio, longest, count = (view.number(m, part) for m in (COMPLETENESS, LONGEST_GAP, RECORDING_GAPS))
    assert ratio is not None  # noqa: S101  it is among the parts
    if view.was_bad("REC_STOPPED", part) or view.was_bad("REC_DOWN", ""):
        return Opinion(Health.UNKNOWN, "unknown.explained", view.at, {"by": "REC_STOPPED"})
    facts = {
        "ratio": ratio.value,
        "longest": longest.value if longest else 0.0,
        "gaps": count.value if count else 0.0,
    }
    is_bad = ratio.value < view.limits.recording_complete_ratio
    return Opinion(Health.BAD if is_bad else Health.GOOD, "recording.day", ratio.at, facts)


def retention(view: View) -> Iterator[Verdict]:
    """REC_RETENTION: shorter than the goal on a recorder that overwrites.

    While the oldest recording stands still the archive grows: a new camera, or a new disk, has until it
    begins to overwrite.
    """
    opinions = {part: _kept(view, part) for part in sorted(view.parts(RETENTION_GOAL))}
    yield from told(view, "REC_RETENTION", opinions)


def _kept(view: View, part: str) -> Opinion:
    goal, kept, oldest = (view.number(m, part) for m in (RETENTION_GOAL, RETENTION, RECORDING_OLDEST))
    if goal is None or kept is None:
        return Opinion(Health.UNKNOWN, "unknown.not_told", view.at)
    facts = {"kept": kept.value, "goal": goal.value}
    if kept.value >= goal.value * view.limits.retention_share:
        return Opinion(Health.GOOD, "recording.kept", kept.at, facts)
    if oldest is not None and view.at - oldest.grew_at < view.limits.retention_still_seconds:
        return Opinion(Health.BAD, "recording.short", kept.at, facts)
    return Opinion(Health.UNKNOWN, "recording.growing", kept.at, facts)
