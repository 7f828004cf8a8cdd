"""Which channel a recording is of: by the profile its job records, else by the name the recorder gives it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from collectors.base import AuthRejected, BadReply, Busy, CollectError, NotSupported
from collectors.onvif import xml
from collectors.onvif.client import Onvif
from collectors.onvif.identity import clean
from collectors.onvif.media import OnvifMedia
from collectors.onvif.profiles import Profile
from collectors.onvif.search import Recording
from collectors.onvif.xml import Element
from models.facts import Device

_MOST_JOBS: Final = 256


@dataclass(frozen=True, slots=True)
class Job:
    """One recording job: what records what.

    `mode`: active where the recorder is told to record, idle where not. `source`: token of what it records.
    """

    token: str
    recording: str
    mode: str
    source: str


async def jobs(onvif: Onvif, device: Device) -> list[Job]:
    """Ask for the recording jobs; none where the recorder does not tell.

    Raises:
        CollectError: the device is gone, or the login is refused.
    """
    try:
        told = await onvif.call(device, "recording", "GetRecordingJobs")
    except (NotSupported, BadReply, Busy):
        return []
    except AuthRejected:
        if onvif.session(device).memory.examines_login(("recording", "GetRecordingJobs")):
            raise
        return []
    rows = islice(xml.children(told.body, "JobItem"), _MOST_JOBS)
    return [job for row in rows if (job := read_job(row)) is not None]


def read_job(row: Element) -> Job | None:
    """Read a JobItem; None without a recording."""
    config = xml.find(row, "JobConfiguration")
    recording = xml.text(config, "RecordingToken")
    if not recording:
        return None
    return Job(
        xml.text(row, "JobToken"),
        recording,
        xml.text(config, "Mode").lower(),
        xml.text(config, "Source/SourceToken/Token"),
    )


async def names(
    device: Device, media: OnvifMedia, found: Iterable[Recording], jobs_: Iterable[Job]
) -> dict[str, str]:
    """Return recording token -> channel, each channel once."""
    try:
        named = await media.profiles(device)
    except CollectError:
        named = {}
    return named_recordings(found, jobs_, named)


def named_recordings(
    found: Iterable[Recording], jobs_: Iterable[Job], named: Mapping[str, Profile]
) -> dict[str, str]:
    """Return token -> channel: `ch3` by its job's profile, else the name of the source, else the token."""
    of_profile: dict[str, str] = {}
    for name, profile in named.items():
        channel = name.rpartition("/")[0] or name
        of_profile.setdefault(profile.source, channel)
        of_profile[profile.token] = channel
    by_job = {job.recording: of_profile[job.source] for job in jobs_ if job.source in of_profile}
    result: dict[str, str] = {}
    for one in found:
        for candidate in (by_job.get(one.token, ""), one.name, clean(one.token)):
            if candidate and candidate not in result.values():
                result[one.token] = candidate
                break
    return result
