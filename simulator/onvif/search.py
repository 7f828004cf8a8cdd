"""The search service (ONVIF Recording Search): a search is begun, its results fetched, and it is ended.

A recorder has room for two searches at a time; one that nobody ends is gone after its keep-alive time.
"""

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import Final

from simulator.onvif.archive import Recorded, archive
from simulator.onvif.box import Box
from simulator.onvif.recording import source
from simulator.onvif.soap import Ask, Fault, invalid

ROOM: Final = 2
A_PAGE: Final = 50  # results at once
_SECONDS: Final = re.compile(r"PT(\d+(?:\.\d+)?)S")


@dataclass(slots=True)
class Search:
    """One search under way: what is left of its results, and until when it lives (device time)."""

    rows: list[str]
    until: float
    keep: float


@dataclass(slots=True)
class Searches:
    """The searches of one device. `begun` and `ended` are counted, for whoever looks for leaks."""

    box: Box
    begun: int = 0
    ended: int = 0
    _live: dict[str, Search] = field(default_factory=dict)

    def __len__(self) -> int:
        now = self.box.now()
        self._live = {token: one for token, one in self._live.items() if one.until > now}
        return len(self._live)

    def answer(self, ask: Ask) -> str:
        """Return the reply to a request.

        Raises:
            Fault: it is refused.
        """
        known = {
            "GetRecordingSummary": self._summary,
            "GetRecordingInformation": self._information,
            "FindRecordings": self._find_recordings,
            "GetRecordingSearchResults": self._recordings,
            "FindEvents": self._find_events,
            "GetEventSearchResults": self._events,
            "EndSearch": self._end,
        }
        if ask.operation not in known or not self.box.spec.channels:
            raise Fault("Receiver", ("ter:ActionNotSupported",), "this device does not know the action")
        return known[ask.operation](ask)

    def _summary(self, _: Ask) -> str:
        held = archive(self.box)
        return (
            f"<tse:GetRecordingSummaryResponse><tse:Summary><tt:DataFrom>{_time(min(o.oldest for o in held))}"
            f"</tt:DataFrom><tt:DataUntil>{_time(max(o.newest for o in held))}</tt:DataUntil>"
            f"<tt:NumberRecordings>{len(held)}</tt:NumberRecordings></tse:Summary></tse:GetRecordingSummaryResponse>"
        )

    def _information(self, ask: Ask) -> str:
        wanted = ask.text("RecordingToken")
        for one in archive(self.box):
            if one.token == wanted:
                row = _information(self.box, one, "tse:RecordingInformation")
                return f"<tse:GetRecordingInformationResponse>{row}</tse:GetRecordingInformationResponse>"
        raise invalid("ter:InvalidToken", why="no recording has this token")

    def _find_recordings(self, ask: Ask) -> str:
        self._has("onvif_no_recording_search")
        rows = [_information(self.box, one, "tt:RecordingInformation") for one in archive(self.box)]
        return self._begun("FindRecordings", rows, ask)

    def _find_events(self, ask: Ask) -> str:
        self._has("onvif_no_event_search")
        start, end = _moment(ask.text("StartPoint")), _moment(ask.text("EndPoint"))
        wants_start = ask.text("IncludeStartState").lower() in {"true", "1"}
        rows = []
        for one in archive(self.box):
            if wants_start and not self.box.has("onvif_no_start_state"):
                rows.append(_event(one, start, one.had_data(start), is_start=True))
            rows += [_event(one, at, value, is_start=False) for at, value in one.states(start, end)]
        return self._begun("FindEvents", rows, ask)

    def _has(self, quirk: str) -> None:
        if self.box.has(quirk):
            raise Fault("Receiver", ("ter:ActionNotSupported",), "Optional Action Not Implemented")

    def _begun(self, operation: str, rows: list[str], ask: Ask) -> str:
        if len(self) >= ROOM:
            raise Fault(
                "Receiver", ("ter:Action", "ter:ResourceUnavailable"), "too many searches", status=500
            )
        self.begun += 1
        match = _SECONDS.fullmatch(ask.text("KeepAliveTime"))
        keep = float(match.group(1)) if match else 60.0
        token = f"search-{self.begun}"
        self._live[token] = Search(rows, self.box.now() + keep, keep)
        return (
            f"<tse:{operation}Response><tse:SearchToken>{token}</tse:SearchToken></tse:{operation}Response>"
        )

    def _recordings(self, ask: Ask) -> str:
        return self._results("GetRecordingSearchResults", ask)

    def _events(self, ask: Ask) -> str:
        return self._results("GetEventSearchResults", ask)

    def _results(self, operation: str, ask: Ask) -> str:
        search = self._found(ask)
        search.until = self.box.now() + search.keep
        page, search.rows = search.rows[:A_PAGE], search.rows[A_PAGE:]
        done = not search.rows and not self.box.has("onvif_search_hangs")
        state = "Completed" if done else "Searching"
        return (
            f"<tse:{operation}Response><tse:ResultList><tt:SearchState>{state}</tt:SearchState>{''.join(page)}"
            f"</tse:ResultList></tse:{operation}Response>"
        )

    def _end(self, ask: Ask) -> str:
        self._found(ask)
        del self._live[ask.text("SearchToken")]
        self.ended += 1
        now = _time(self.box.now())
        return f"<tse:EndSearchResponse><tse:Endpoint>{now}</tse:Endpoint></tse:EndSearchResponse>"

    def _found(self, ask: Ask) -> Search:
        len(self)  # forgets those whose time is over
        search = self._live.get(ask.text("SearchToken"))
        if search is None:
            raise invalid("ter:InvalidToken", why="no search has this token")
        return search


def _information(box: Box, one: Recorded, element: str) -> str:
    status = "Recording" if one.is_running else "Stopped"
    if box.has("onvif_odd_enums"):
        status = "Vendor_Status_7"
    return (
        f"<{element}><tt:RecordingToken>{one.token}</tt:RecordingToken>{source(box, one)}"
        f"<tt:EarliestRecording>{_time(one.oldest)}</tt:EarliestRecording>"
        f"<tt:LatestRecording>{_time(one.newest)}</tt:LatestRecording><tt:Content/><tt:Track>"
        "<tt:TrackToken>video</tt:TrackToken><tt:TrackType>Video</tt:TrackType><tt:Description/>"
        f"<tt:DataFrom>{_time(one.oldest)}</tt:DataFrom><tt:DataTo>{_time(one.newest)}</tt:DataTo></tt:Track>"
        f"<tt:RecordingStatus>{status}</tt:RecordingStatus></{element}>"
    )


def _event(one: Recorded, at: float, present: bool, *, is_start: bool) -> str:  # noqa: FBT001  a state
    value = str(present).lower()
    return (
        f"<tt:Result><tt:RecordingToken>{one.token}</tt:RecordingToken><tt:TrackToken>video</tt:TrackToken>"
        f"<tt:Time>{_time(at)}</tt:Time><tt:Event><wsnt:Topic>tns1:RecordingHistory/Track/State</wsnt:Topic>"
        f'<wsnt:Message><tt:Message UtcTime="{_time(at)}" PropertyOperation="Changed"><tt:Source>'
        f'<tt:SimpleItem Name="RecordingToken" Value="{one.token}"/><tt:SimpleItem Name="Track" '
        f'Value="video"/></tt:Source><tt:Data><tt:SimpleItem Name="IsDataPresent" Value="{value}"/></tt:Data>'
        "</tt:Message>"
        f"</wsnt:Message></tt:Event><tt:StartStateEvent>{str(is_start).lower()}</tt:StartStateEvent></tt:Result>"
    )


def _time(at: float) -> str:
    return dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(text: str) -> float:
    """Read a point in time.

    Raises:
        Fault: it is no xs:dateTime.
    """
    try:
        when = dt.datetime.fromisoformat(text)
    except ValueError as err:
        raise invalid(why=f"{text!r} is no time") from err
    return (when if when.tzinfo else when.replace(tzinfo=dt.UTC)).timestamp()
