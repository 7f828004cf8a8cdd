"""How much of yesterday was recorded, channel by channel (ONVIF Profile G, FindEvents).

Recording completeness is recorded time over required time of a local day. A recorder that cannot search for
track states says nothing: unknown, not incomplete.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from collectors.base import BadReply
from collectors.onvif import channels, search
from collectors.onvif.archive import OfArchive
from collectors.onvif.search import Recording, Track
from models.facts import Answer, Device, Reading
from models.metrics import COMPLETENESS, LONGEST_GAP, RECORDED, RECORDING_GAPS, REQUIRED, Metric
from models.recording import SEAM, Span, day_before, from_states, merged, overlap, required, total, without

_CORRECT_SECONDS: Final = 1.0  # a clock nearer than this is right


class OnvifGaps(OfArchive):
    """Reads recorded and required time, and the gaps, of the day before."""

    name = "onvif_gaps"
    metrics: tuple[Metric, ...] = (RECORDED, REQUIRED, COMPLETENESS, RECORDING_GAPS, LONGEST_GAP)

    async def collect(self, device: Device) -> Answer:
        """Search the day before.

        Raises:
            NotSupported: the device cannot search for it.
            CollectError: it could not be asked.
        """
        start, end = day_before(self._wall(), self._zone)
        found = await search.recordings(self._onvif, device)
        ahead = self._onvif.session(device).device_ahead
        ahead = ahead if abs(ahead) > _CORRECT_SECONDS else 0.0
        tracks = await search.track_states(self._onvif, device, start + ahead, end + ahead)
        if found and not tracks:
            raise BadReply("FindEvents: it finds no state of any track, not even at the start")
        jobs = await channels.jobs(self._onvif, device)
        names = await channels.names(device, self._media, found, jobs)
        readings: list[Reading] = []
        for one in found:
            recorded = spans(one, tracks, (start, end), ahead)
            if recorded is None:
                continue
            channel = names.get(one.token, one.token)
            begins = start if one.earliest is None else max(start, one.earliest - ahead)  # a new camera
            plan = self._plan_of(device, channel)
            if begins < end:
                wanted = required(plan, begins, end, self._zone)
                readings += completeness(channel, wanted, recorded)
        return Answer(tuple(readings))


def spans(one: Recording, tracks: Sequence[Track], day: Span, ahead: float) -> list[Span] | None:
    """Return when a recording has data on a day, in true time; None when nothing tells."""
    own = [track for track in tracks if track.recording == one.token]
    own = [track for track in own if track.token in one.video] or own
    start, end = day
    told = [
        found
        for track in own
        if (found := from_states([(at - ahead, v) for at, v in track.states], start, end)) is not None
    ]
    if not told:
        return None
    found = merged((span for spans_ in told for span in spans_), SEAM)
    if one.latest is not None and one.status != "recording":  # it stopped without saying so in an event
        found = overlap(found, [(start, max(start, one.latest - ahead))])
    return found


def completeness(channel: str, wanted: Sequence[Span], recorded: Sequence[Span]) -> Iterator[Reading]:
    """Yield the figures of one channel; of a day on which nothing was required only that."""
    if not wanted:
        yield Reading(RECORDED, 0.0, channel)
        yield Reading(REQUIRED, 0.0, channel)
        return
    got, should = total(overlap(recorded, wanted)), total(wanted)
    gaps = [span for span in without(wanted, recorded) if total([span]) > SEAM]
    yield Reading(RECORDED, got, channel)
    yield Reading(REQUIRED, should, channel)
    yield Reading(COMPLETENESS, min(1.0, got / should), channel)
    yield Reading(RECORDING_GAPS, float(len(gaps)), channel)
    yield Reading(LONGEST_GAP, max((total([gap]) for gap in gaps), default=0.0), channel)
