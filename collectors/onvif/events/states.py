"""What a device said last of each of its events, and what of it is news."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from collectors.onvif.events.messages import moment
from collectors.onvif.events.notices import Notice
from models.facts import Reading
from models.metrics import DEVICE_REBOOTS_DAY, EVENT_STATE, EVENTS_SEEN

MOST: Final = 128  # states a device; a recorder of 64 channels has fewer
PULSE_SECONDS: Final = 600.0  # a message without an end stands so long
DAY: Final = 86400.0
JITTER_SECONDS: Final = (
    120.0  # some compute the moment of their start from an uptime, a bit differently each time
)

Name = Callable[[Notice], str]


@dataclass(slots=True)
class _State:
    trouble: bool
    until: float  # monotonic; infinity for a property


class States:
    """The events of one device by part, `event` or `event:source`.

    Args:
        monotonic: a clock that never steps.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._states: dict[str, _State] = {}
        self._seen: dict[str, int] = {}
        self._moments: dict[str, str] = {}
        self._reboots: deque[float] = deque(maxlen=100)

    def begin(self) -> None:
        """Forget what an earlier subscription said: nobody vouches for it any more."""
        self._states.clear()

    def take(self, notices: Iterable[Notice], name: Name) -> tuple[str, ...]:
        """Take in notices; return the parts of which trouble is news.

        What is told at the moment of subscribing is a state, not an event.
        """
        news: dict[str, None] = {}
        for notice in notices:
            part = name(notice)
            if len(self._states) >= MOST and part not in self._states:
                continue
            is_news = (
                self._moment(part, notice) if notice.meaning.value == "time" else self._state(part, notice)
            )
            if is_news:
                news[part] = None
                event = notice.meaning.event
                self._seen[event] = self._seen.get(event, 0) + 1
        return tuple(news)

    def readings(self) -> Iterator[Reading]:
        """Yield what stands now."""
        now = self._monotonic()
        self._states = {part: one for part, one in self._states.items() if one.until > now}
        for part, one in self._states.items():
            yield Reading(EVENT_STATE, float(one.trouble), part)
        for event, count in self._seen.items():
            yield Reading(EVENTS_SEEN, float(count), event)
        if "reboot" in self._moments:
            yield Reading(DEVICE_REBOOTS_DAY, float(sum(now - at < DAY for at in self._reboots)))

    def _state(self, part: str, notice: Notice) -> bool:
        initial = notice.how == "Initialized"
        if notice.how == "Deleted":
            self._states.pop(part, None)
            return False
        if notice.trouble is None or (initial and notice.trouble and notice.meaning.trust == "nothing"):
            return False
        known = self._states.get(part)
        until = float("inf") if notice.how else self._monotonic() + PULSE_SECONDS
        self._states[part] = _State(notice.trouble, until)
        changed = known is None or known.trouble is not notice.trouble
        return notice.trouble and changed and not (initial and known is None)

    def _moment(self, part: str, notice: Notice) -> bool:
        before, now = self._moments.get(part), notice.text
        self._moments[part] = now
        if before is None or not now or _is_same(before, now):
            return False
        if notice.meaning.event == "reboot":
            self._reboots.append(self._monotonic())
        return True


def _is_same(before: str, now: str) -> bool:
    first, second = moment(before), moment(now)
    if first is None or second is None:
        return before == now
    return abs(first - second) < JITTER_SECONDS
