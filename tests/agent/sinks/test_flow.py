import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.sinks.flow import HOLD_SECONDS, LOOK_SECONDS, Flow
from agent.store import Store
from agent.store.records import Channel, Message, QueuedMessage
from tests.agent.store.made import event, telemetry


class Outbox:
    """An outbox in memory with the store's promises."""

    def __init__(self):
        self.rows = []
        self.asked = 0
        self._last = 0

    def add(self, *messages):
        for message in messages:
            self._last += 1
            self.rows.append(QueuedMessage(self._last, message))

    def mqtt_pending(self, channel, limit, *, after=0):
        self.asked += 1
        return [row for row in self.rows if row.message.channel is channel and row.id > after][:limit]

    def mqtt_done(self, ids):
        self.rows = [row for row in self.rows if row.id not in set(ids)]


@pytest.fixture
def outbox():
    return Outbox()


@pytest.fixture
def flow(outbox):
    return Flow(outbox)


def send(flow, now=0.0, window=1000):
    """Fill the window; return mid -> payload."""
    sent = {}
    while len(flow) < window and (row := flow.next(now)) is not None:
        flow.sent(row.id, row)
        sent[row.id] = int(row.message.payload)
    return sent


def test_events_go_before_telemetry(flow, outbox):
    outbox.add(telemetry(1, "a"), event(2, "b"), telemetry(3, "c"), event(4, "d"))
    assert list(send(flow).values()) == [2, 4, 1, 3]


def test_one_topic_has_one_message_under_way(flow, outbox):
    outbox.add(telemetry(1, "a"), telemetry(2, "a"), telemetry(3, "b"))
    sent = send(flow)
    assert list(sent.values()) == [1, 3]
    for mid in sent:
        assert flow.taken(mid)
    assert list(send(flow).values()) == [2]


def test_what_the_broker_took_leaves_the_outbox(flow, outbox):
    outbox.add(*(telemetry(n, f"t/{n}") for n in range(3)))
    for mid in send(flow):
        flow.taken(mid)
    assert len(outbox.rows) == 3
    flow.settle()
    assert outbox.rows == []


def test_what_the_broker_refused_stays_and_its_topic_waits(flow, outbox):
    outbox.add(telemetry(1, "a"), telemetry(2, "a"), telemetry(3, "b"))
    first, third = send(flow)
    assert flow.refused(first, now=0.0) == "a"
    flow.taken(third)
    outbox.add(telemetry(4, "b"), telemetry(5, "a"))
    assert list(send(flow, now=HOLD_SECONDS - 1).values()) == [4]
    assert [int(row.message.payload) for row in outbox.rows][:2] == [1, 2]


def test_a_topic_that_waited_goes_on_in_order(flow, outbox):
    outbox.add(telemetry(1, "a"), telemetry(2, "a"), telemetry(3, "b"))
    first, _ = send(flow)
    flow.refused(first, now=0.0)
    order = []
    now = HOLD_SECONDS
    for _ in range(5):
        for mid, number in send(flow, now).items():
            order.append(number)
            flow.taken(mid)
        now += LOOK_SECONDS
    assert [number for number in order if number in (1, 2)] == [1, 2]


def test_what_is_under_way_is_not_sent_again_when_a_topic_is_released(flow, outbox):
    outbox.add(telemetry(1, "a"), telemetry(2, "b"))
    first, second = send(flow)
    flow.refused(first, now=0.0)
    sent = send(flow, HOLD_SECONDS)
    assert list(sent.values()) == [1]
    flow.taken(second)
    assert send(flow, HOLD_SECONDS + LOOK_SECONDS) == {}


def test_after_a_new_connection_what_was_under_way_goes_again(flow, outbox):
    outbox.add(telemetry(1, "a"), telemetry(2, "b"), telemetry(3, "c"))
    sent = send(flow)
    flow.taken(next(iter(sent)))
    flow.restart()
    assert list(send(flow).values()) == [2, 3]


def test_answers_to_messages_that_are_not_ours_mean_nothing(flow):
    assert not flow.taken(99)
    assert flow.refused(99, now=0.0) == ""


def test_an_empty_outbox_is_asked_only_now_and_then(flow, outbox):
    for moment in range(100):
        flow.next(moment * LOOK_SECONDS / 50)
    assert outbox.asked <= 2 * 4


def test_memory_is_bounded_however_much_waits(flow, outbox):
    outbox.add(*(telemetry(n, f"t/{n % 7}") for n in range(5000)))
    send(flow)
    assert max(len(source._rows) for source in flow._sources) <= 400


PLAN = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 3)),
        st.tuples(st.just("send"), st.integers(1, 5)),
        st.tuples(st.just("take"), st.integers(0, 5)),
        st.tuples(st.just("refuse"), st.integers(0, 5)),
        st.tuples(st.just("restart"), st.just(0)),
        st.tuples(st.just("wait"), st.integers(1, 100)),
    ),
    max_size=60,
)


class Broker:
    """Takes and refuses as the plan says."""

    def __init__(self):
        self.outbox = Outbox()
        self.flow = Flow(self.outbox)
        self.now, self.added, self.sent = 0.0, 0, 0
        self.under_way, self.taken = {}, []

    def add(self, size):
        self.added += 1
        self.outbox.add((event if size == 0 else telemetry)(self.added, f"t/{size}"))

    def send(self, size):
        while len(self.flow) < size and (row := self.flow.next(self.now)) is not None:
            self.sent += 1
            self.flow.sent(self.sent, row)
            self.under_way[self.sent] = row

    def take(self, size):
        if self.under_way:
            mid = sorted(self.under_way)[size % len(self.under_way)]
            self.taken.append(self.under_way.pop(mid))
            assert self.flow.taken(mid)

    def refuse(self, size):
        if self.under_way:
            mid = sorted(self.under_way)[size % len(self.under_way)]
            assert self.flow.refused(mid, self.now) == self.under_way.pop(mid).message.topic

    def restart(self, _size):
        self.flow.restart()
        self.under_way.clear()

    def wait(self, size):
        self.now += size


@settings(max_examples=200, deadline=None)
@given(plan=PLAN)
def test_whatever_happens_nothing_is_lost_and_each_topic_stays_in_order(plan):
    broker = Broker()
    to_the_end = [("wait", 100), ("send", 50), *[("take", 0)] * 4] * 60
    for what, size in [*plan, *to_the_end]:
        getattr(broker, what)(size)
    broker.flow.settle()
    assert broker.outbox.rows == []
    assert len(broker.taken) == broker.added
    for topic in {row.message.topic for row in broker.taken}:
        ids = [row.id for row in broker.taken if row.message.topic == topic]
        assert ids == sorted(set(ids)), "in order, and no row taken twice"


def test_the_store_is_such_an_outbox(tmp_path):
    store = Store.open(tmp_path / "s.db")
    store.add_messages([Message("a", b"1", Channel.TELEMETRY, 0.0), Message("b", b"2", Channel.EVENT, 0.0)])
    flow = Flow(store)
    for mid in send(flow):
        flow.taken(mid)
    flow.settle()
    assert store.mqtt_queue(0.0).pending == 0
    store.close()
