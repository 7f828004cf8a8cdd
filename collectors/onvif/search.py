"""The search service (ONVIF Recording Search): what is recorded, and when it was interrupted.

A search is a handle at the device: it is ended also after an error, and ends by itself after its keep-alive
time. One search at a time.
"""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from collectors.base import BadReply, CollectError, Unreachable
from collectors.onvif import times, xml
from collectors.onvif.client import Onvif
from collectors.onvif.identity import clean
from collectors.onvif.soap import Scalar, Xml
from collectors.onvif.xml import Element
from models.facts import Device

_KEEP_ALIVE: Final = "PT10S"
_WAIT: Final = "PT1S"
_MOST_ROUNDS: Final = 40
_MOST_RESULTS: Final = 20_000  # a channel that flaps each minute of a day, on a recorder of 14 channels
_TOPIC: Final = Xml(
    '<wsnt:TopicExpression xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" xmlns:tns1="http://www.onvif.org/'
    'ver10/topics" Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">'
    "tns1:RecordingHistory/Track/State</wsnt:TopicExpression>"
)


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording: usually one channel.

    Attributes:
        token: names it to the device.
        name: of its source, as the recorder shows it.
        earliest, latest: Unix seconds by the device's clock; None when not told.
        status: RecordingStatus in lower case: recording, stopped, …; "" when not told.
        video: tokens of its video tracks.
    """

    token: str
    name: str = ""
    earliest: float | None = None
    latest: float | None = None
    status: str = ""
    video: frozenset[str] = frozenset()


@dataclass(slots=True)
class Track:
    """The changes of one track: (moment by the device's clock, whether there is data from then on)."""

    recording: str
    token: str
    states: list[tuple[float, bool]] = field(default_factory=list)


async def recordings(onvif: Onvif, device: Device) -> list[Recording]:
    """Search for all recordings.

    Raises:
        NotSupported: the device has no such search.
        CollectError: it could not be asked.
    """
    found: dict[str, Recording] = {}
    ask: dict[str, Scalar] = {"Scope": Xml(""), "KeepAliveTime": _KEEP_ALIVE}
    async for row in _search(onvif, device, "FindRecordings", "GetRecordingSearchResults", ask):
        if xml.local(row) == "RecordingInformation" and (one := recording(row)) is not None:
            found[one.token] = one
    return list(found.values())


async def track_states(onvif: Onvif, device: Device, start: float, end: float) -> list[Track]:
    """Search for when recording began and stopped, track by track, between two moments of the device's clock.

    Raises:
        NotSupported: the device has no such search.
        CollectError: it could not be asked.
    """
    ask: dict[str, Scalar] = {
        "StartPoint": iso(start),
        "EndPoint": iso(end),
        "Scope": Xml(""),
        "SearchFilter": _TOPIC,
        "IncludeStartState": True,
        "KeepAliveTime": _KEEP_ALIVE,
    }
    found: dict[tuple[str, str], Track] = {}
    async for row in _search(onvif, device, "FindEvents", "GetEventSearchResults", ask):
        state = event(row) if xml.local(row) == "Result" else None
        if state is not None:
            key, at, present = state
            found.setdefault(key, Track(*key)).states.append((at, present))
    return list(found.values())


async def _search(
    onvif: Onvif, device: Device, begin: str, results: str, ask: dict[str, Scalar]
) -> AsyncIterator[Element]:
    """Begin a search, yield the rows of its results, and end it whatever happens."""
    told = await onvif.call(device, "search", begin, **ask)
    token = xml.text(told.body, "SearchToken")
    if not token:
        raise BadReply(f"{begin}: it gives no search token")
    gone = False
    try:
        async for row in _rows(onvif, device, results, token):
            yield row
    except Unreachable:
        gone = True
        raise
    finally:
        if not gone:
            with contextlib.suppress(CollectError):
                await onvif.call(device, "search", "EndSearch", SearchToken=token)


async def _rows(onvif: Onvif, device: Device, results: str, token: str) -> AsyncIterator[Element]:
    count = 0
    for _ in range(_MOST_ROUNDS):
        told = await onvif.call(device, "search", results, SearchToken=token, WaitTime=_WAIT)
        listed = xml.find(told.body, "ResultList")
        rows = [row for row in listed if xml.local(row) != "SearchState"] if listed is not None else []
        for row in islice(rows, max(0, _MOST_RESULTS - count)):
            yield row
        count += len(rows)
        if xml.text(listed, "SearchState").lower() == "completed":
            return
        if count >= _MOST_RESULTS:
            raise BadReply(f"{results}: more than {_MOST_RESULTS} results")
    raise BadReply(f"{results}: the search does not come to an end")


# ---------------------------------------------------------------- parsing


def recording(row: Element) -> Recording | None:
    """Read a RecordingInformation; None without a token."""
    token = xml.text(row, "RecordingToken")
    if not token:
        return None
    tracks = list(islice(xml.children(row, "Track"), 64))
    video = [xml.text(track, "TrackToken") for track in tracks if xml.text(track, "TrackType") == "Video"]
    ends = [times.iso(xml.text(track, "DataTo")) for track in tracks]
    begins = [times.iso(xml.text(track, "DataFrom")) for track in tracks]
    return Recording(
        token=token,
        name=clean(xml.text(row, "Source/Name")),
        earliest=_best(xml.text(row, "EarliestRecording"), begins, min),
        latest=_best(xml.text(row, "LatestRecording"), ends, max),
        status=xml.text(row, "RecordingStatus").lower(),
        video=frozenset(video),
    )


def _best(text: str, others: list[float | None], choose: Callable[[list[float]], float]) -> float | None:
    told = times.iso(text)
    known = [one for one in others if one is not None]
    return told if told is not None else choose(known) if known else None


def event(row: Element) -> tuple[tuple[str, str], float, bool] | None:
    """Read a Result: (recording, track), moment, whether there is data from then on; else None."""
    at = times.iso(xml.text(row, "Time"))
    message = xml.find(row, "Event")
    value = _boolean(message) if message is not None else None
    recorded, track = xml.text(row, "RecordingToken"), xml.text(row, "TrackToken")
    if at is None or value is None or not recorded:
        return None
    return (recorded, track), at, value


def _boolean(message: Element) -> bool | None:
    """Return the first boolean item under Data, whatever its name."""
    data = xml.descendant(message, "Data")
    for item in data if data is not None else ():
        value = xml.attribute(item, "Value").lower()
        if value in {"true", "1", "active"}:
            return True
        if value in {"false", "0", "inactive"}:
            return False
    return None


def summary(response: Element) -> Iterator[tuple[str, float]]:
    """Yield `earliest` and `latest` of a GetRecordingSummaryResponse; nothing when nothing is recorded."""
    told = xml.find(response, "Summary")
    count = xml.number(told, "NumberRecordings")
    if count == 0:
        return
    for name, path in (("earliest", "DataFrom"), ("latest", "DataUntil")):
        moment = times.iso(xml.text(told, path))
        if moment is not None:
            yield name, moment


def iso(at: float) -> str:
    """Return Unix seconds as xs:dateTime in UTC: relative and local ones are misread by some."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
