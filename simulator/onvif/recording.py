"""The recording service (ONVIF Recording Control): which recordings and jobs there are, and their state."""

from typing import Final
from xml.sax.saxutils import escape

from simulator.onvif.archive import Recorded, archive
from simulator.onvif.box import Box
from simulator.onvif.device import Operation
from simulator.onvif.soap import Ask, Fault, invalid


def recordings(box: Box, _: Ask) -> str:
    """Every recording with its tracks."""
    rows = "".join(
        f"<trc:RecordingItem><tt:RecordingToken>{one.token}</tt:RecordingToken><tt:Configuration>"
        f"{source(box, one)}<tt:Content>{one.channel.camera}</tt:Content>"
        "<tt:MaximumRetentionTime>PT0S</tt:MaximumRetentionTime></tt:Configuration><tt:Tracks><tt:Track>"
        "<tt:TrackToken>video</tt:TrackToken><tt:Configuration><tt:TrackType>Video</tt:TrackType>"
        "<tt:Description/></tt:Configuration></tt:Track></tt:Tracks></trc:RecordingItem>"
        for one in archive(box)
    )
    return f"<trc:GetRecordingsResponse>{rows}</trc:GetRecordingsResponse>"


def jobs(box: Box, _: Ask) -> str:
    """A job for each recording; all are told to record.

    Raises:
        Fault: the quirk onvif_jobs_closed.
    """
    if box.has("onvif_jobs_closed"):
        raise Fault("Receiver", ("ter:ActionNotSupported",), "Optional Action Not Implemented")
    rows = "".join(
        f"<trc:JobItem><tt:JobToken>job-{one.token}</tt:JobToken><tt:JobConfiguration><tt:RecordingToken>"
        f"{one.token}</tt:RecordingToken><tt:Mode>Active</tt:Mode><tt:Priority>1</tt:Priority><tt:Source>"
        '<tt:SourceToken Type="http://www.onvif.org/ver10/schema/Profile"><tt:Token>'
        f"{one.channel.streams[0].token}</tt:Token></tt:SourceToken></tt:Source></tt:JobConfiguration>"
        "</trc:JobItem>"
        for one in archive(box)
    )
    return f"<trc:GetRecordingJobsResponse>{rows}</trc:GetRecordingJobsResponse>"


def job_state(box: Box, ask: Ask) -> str:
    """How one job does.

    Raises:
        Fault: there is no such job.
    """
    wanted = ask.text("JobToken")
    one = next((one for one in archive(box) if f"job-{one.token}" == wanted), None)
    if one is None:
        raise invalid("ter:NoRecordingJob", why="no job has this token")
    state = "Active" if one.is_running else "Error"
    return (
        f"<trc:GetRecordingJobStateResponse><trc:State><tt:RecordingToken>{one.token}</tt:RecordingToken>"
        f"<tt:State>{state}</tt:State></trc:State></trc:GetRecordingJobStateResponse>"
    )


def source(box: Box, one: Recorded) -> str:
    """Return where a recording comes from, as the recorder shows it."""
    camera = box.site.device(one.channel.camera)
    return (
        f"<tt:Source><tt:SourceId>{escape(camera.id)}</tt:SourceId><tt:Name>{escape(camera.name)}</tt:Name>"
        f"<tt:Location>{escape(camera.place)}</tt:Location><tt:Description/><tt:Address/></tt:Source>"
    )


OPERATIONS: Final[dict[str, Operation]] = {
    "GetRecordings": recordings,
    "GetRecordingJobs": jobs,
    "GetRecordingJobState": job_state,
}
