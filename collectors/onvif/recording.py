"""Is each channel recorded now, and how far back do the recordings go? By ONVIF Profile G.

What the recorder does not tell is absent: that a device has no search is no proof that it does not record.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from collectors.base import AuthRejected, BadReply, Busy, NotSupported
from collectors.onvif import channels, search, xml
from collectors.onvif.archive import OfArchive
from collectors.onvif.channels import Job
from collectors.onvif.search import Recording
from models.facts import Answer, Device, Reading
from models.metrics import (
    RECORDING_ACTIVE,
    RECORDING_MISSING,
    RECORDING_NEWEST,
    RECORDING_OLDEST,
    RETENTION,
    RETENTION_GOAL,
    Metric,
)
from models.recording import Plan, required, total

_MOST_STATES: Final = 64
_STEADY_SECONDS: Final = 300.0  # below it the device's clock is not corrected: the correction itself wavers


class OnvifRecording(OfArchive):
    """Reads, by channel, whether it is recorded, the oldest and the newest recording."""

    name = "onvif_recording"
    metrics: tuple[Metric, ...] = (
        RECORDING_ACTIVE, RECORDING_OLDEST, RECORDING_NEWEST, RECORDING_MISSING, RETENTION, RETENTION_GOAL,
    )  # fmt: skip

    async def collect(self, device: Device) -> Answer:
        """Ask for recordings, jobs and their state.

        Raises:
            NotSupported: the device tells nothing of recordings.
            CollectError: it could not be asked.
        """
        try:
            found = await search.recordings(self._onvif, device)
        except NotSupported:
            found = await self._summary(device)
        jobs = await channels.jobs(self._onvif, device)
        states = {job.recording: await self._state(device, job) for job in jobs[:_MOST_STATES]}
        names = await channels.names(device, self._media, found, jobs)
        now = self._wall()
        ahead = steady(self._onvif.session(device).device_ahead)
        readings: list[Reading] = []
        for one in found:
            channel = names.get(one.token, one.token)
            plan = self._plan_of(device, channel)
            readings += _active(one, channel, jobs, states)
            readings += self._reach(one, channel, plan, now, ahead)
        return Answer(tuple(readings))

    async def _summary(self, device: Device) -> list[Recording]:
        """Ask for the recorder as a whole, where it cannot list its recordings."""
        told = await self._onvif.call(device, "search", "GetRecordingSummary")
        ends = dict(search.summary(told.body))
        return [Recording("", "", ends.get("earliest"), ends.get("latest"))] if ends else []

    async def _state(self, device: Device, job: Job) -> str:
        try:
            told = await self._onvif.call(device, "recording", "GetRecordingJobState", JobToken=job.token)
        except (NotSupported, BadReply, Busy):
            return ""
        except AuthRejected:
            if self._onvif.session(device).memory.examines_login(("recording", "GetRecordingJobState")):
                raise
            return ""
        return xml.text(told.body, "State/State").lower()

    def _reach(self, one: Recording, channel: str, plan: Plan, now: float, ahead: float) -> Iterator[Reading]:
        if plan.retention:
            yield Reading(RETENTION_GOAL, plan.retention, channel)
        if one.earliest is not None:
            oldest = one.earliest - ahead
            yield Reading(RECORDING_OLDEST, oldest, channel)
            yield Reading(RETENTION, max(0.0, now - oldest), channel)
        if one.latest is None:
            return
        newest = min(one.latest - ahead, now)
        yield Reading(RECORDING_NEWEST, newest, channel)
        if one.status != "recording":
            missing = total(required(plan, newest, now, self._zone)) if newest < now else 0.0
            yield Reading(RECORDING_MISSING, missing, channel)


def _active(
    one: Recording, channel: str, jobs: Iterable[Job], states: Mapping[str, str]
) -> Iterator[Reading]:
    """Yield whether it is recorded, where the recorder is told to and says so.

    A job that is active and idle at the moment may wait for a motion: that says nothing.
    """
    is_wanted = any(job.recording == one.token and job.mode == "active" for job in jobs)
    state = states.get(one.token, "")
    if state in {"active", "partiallyactive"} or one.status == "recording":
        yield Reading(RECORDING_ACTIVE, float(state != "error"), channel)
    elif is_wanted and (state == "error" or one.status in {"stopped", "removed"}):
        yield Reading(RECORDING_ACTIVE, 0.0, channel)


def steady(ahead: float) -> float:
    """Return what to take off the device's times, whole minutes, 0 for a clock that is nearly right.

    Taken to the second it would waver from round to round, and the oldest recording would seem to move.
    """
    return 0.0 if abs(ahead) < _STEADY_SECONDS else round(ahead / 60.0) * 60.0
