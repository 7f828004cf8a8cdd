"""Which message of the outbox goes next: events before telemetry, and never two of one topic at once.

One at a time per topic keeps their order even when the broker refuses one of them: a retained state that is
published late must not replace a newer one. Many topics keep the window full all the same.
"""

from collections import deque
from typing import Final, Protocol

from agent.store.records import Channel, QueuedMessage

LOOK_SECONDS: Final = 0.25  # how often the outbox is asked when nobody called `wake`
HOLD_SECONDS: Final = 60.0  # a topic waits this long after the broker refused it
_FETCH: Final = 200
_SETTLE: Final = 100


class Outbox(Protocol):
    """The part of the store that the flow needs."""

    def mqtt_pending(self, channel: Channel, limit: int, *, after: int = 0) -> list[QueuedMessage]:
        """Return waiting messages with ids beyond `after`."""
        ...

    def mqtt_done(self, ids: list[int]) -> None:
        """Take messages out."""
        ...


class _Source:
    """One channel of the outbox, read forward in batches."""

    def __init__(self, outbox: Outbox, channel: Channel) -> None:
        self._outbox = outbox
        self._channel = channel
        self.restart()

    def restart(self) -> None:
        """Read from the beginning again."""
        self._rows: deque[QueuedMessage] = deque()
        self._after = 0
        self._look_at = 0.0

    def look(self) -> None:
        """Ask the outbox at the next opportunity."""
        self._look_at = 0.0

    def take(self, now: float, flow: "Flow") -> QueuedMessage | None:
        """Return the first message whose topic is free; those of held topics wait for the next restart."""
        self._fill(now, flow)
        passed = 0
        for _ in range(len(self._rows)):
            topic = self._rows[passed].message.topic
            if topic in flow.busy:
                passed += 1
                continue
            self._rows.rotate(-passed)
            row = self._rows.popleft()
            self._rows.rotate(passed)
            if topic not in flow.held:
                return row
        return None

    def _fill(self, now: float, flow: "Flow") -> None:
        if len(self._rows) >= _FETCH // 2 or now < self._look_at:
            return
        fetched = self._outbox.mqtt_pending(self._channel, _FETCH, after=self._after)
        self._rows.extend(row for row in fetched if not flow.is_under_way(row))
        self._after = fetched[-1].id if fetched else self._after
        self._look_at = 0.0 if len(fetched) == _FETCH else now + LOOK_SECONDS


class Flow:
    """Hands out messages, and hears what became of them. Times are of a monotonic clock."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._sources = (_Source(outbox, Channel.EVENT), _Source(outbox, Channel.TELEMETRY))
        self._under_way: dict[int, QueuedMessage] = {}
        self.busy: set[str] = set()  # topics with a message under way
        self.held: dict[str, float] = {}  # topics that were refused -> until when they wait
        self._taken: list[int] = []

    def __len__(self) -> int:
        return len(self._under_way)

    def is_under_way(self, row: QueuedMessage) -> bool:
        """Whether a message was sent and is not yet answered."""
        return any(row.id == other.id for other in self._under_way.values())

    def restart(self) -> None:
        """The connection is new: what was under way goes again."""
        self._under_way.clear()
        self.busy.clear()
        self._resume()

    def look(self) -> None:
        """There may be something new."""
        for source in self._sources:
            source.look()

    def next(self, now: float) -> QueuedMessage | None:
        """Return the message to send next, or None while there is none."""
        self._release(now)
        for source in self._sources:
            row = source.take(now, self)
            if row is not None:
                return row
        return None

    def sent(self, mid: int, row: QueuedMessage) -> None:
        """Note that a message is under way as number `mid`."""
        self._under_way[mid] = row
        self.busy.add(row.message.topic)

    def taken(self, mid: int) -> bool:
        """Note that the broker took a message; False where it was none of ours."""
        row = self._answered(mid)
        if row is None:
            return False
        self._taken.append(row.id)
        if len(self._taken) >= _SETTLE:
            self.settle()
        return True

    def refused(self, mid: int, now: float) -> str:
        """Note that the broker refused a message: it stays, its topic waits. Return that; "" if not ours."""
        row = self._answered(mid)
        if row is None:
            return ""
        self.held[row.message.topic] = now + HOLD_SECONDS
        return row.message.topic

    def settle(self) -> None:
        """Take out of the outbox what the broker took."""
        if self._taken:
            self._outbox.mqtt_done(self._taken)
            self._taken = []

    def _answered(self, mid: int) -> QueuedMessage | None:
        row = self._under_way.pop(mid, None)
        if row is not None:
            self.busy.discard(row.message.topic)
        return row

    def _resume(self) -> None:
        self.settle()  # or what is taken already would be read again
        for source in self._sources:
            source.restart()

    def _release(self, now: float) -> None:
        over = [topic for topic, until in self.held.items() if until <= now]
        if not over:
            return
        for topic in over:
            del self.held[topic]
        self._resume()
