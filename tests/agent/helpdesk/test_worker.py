import itertools

import pytest

from agent.helpdesk import intents
from agent.helpdesk.base import (
    Abilities,
    HelpdeskBusy,
    HelpdeskDenied,
    HelpdeskDown,
    HelpdeskRefused,
    HelpdeskUnsure,
)
from agent.helpdesk.worker import COLLAPSED, HelpdeskWorker, Patience
from agent.store import Store
from models.facts import Picture
from tests.agent.helpdesk.fake import FakeHelpdesk
from tests.agent.store.made import T0, incident

KEY = "site/cam-1/-/REACH_LOST"


class Clock:
    def __init__(self):
        self.now = T0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path):
    store = Store.open(tmp_path / "siteward.db")
    yield store
    store.close()


@pytest.fixture
def desk(clock):
    return FakeHelpdesk(clock)


@pytest.fixture
def worker(store, desk, clock):
    return HelpdeskWorker(store, desk, clock=clock, jitter=lambda: 1.0)


def create(key=KEY, at=T0):
    return intents.create(key, at, subject="camera lost", body="…", fields={"device": "cam-1"})


def opened(store, *more, device="cam-1"):
    key = f"site/{device}/-/REACH_LOST"
    store.commit_incidents(opened=[incident(device)], intents=[create(key), *more])


def drain(worker, clock, *, hours=24.0):
    """Let time pass, second by second where something happens, until nothing waits."""
    end = clock.now + hours * 3600
    while clock.now < end:
        while worker.step(clock.now):
            pass
        if not worker.stats(clock.now).pending:
            return
        clock.now += 1.0
    raise AssertionError(f"still waiting: {worker.stats(clock.now)}")


def test_intents_arrive_in_order_and_the_ledger_learns_the_ticket(store, desk, worker, clock):
    opened(store, intents.comment(KEY, T0, "one"), intents.comment(KEY, T0, "two"))
    drain(worker, clock)
    assert [name for name, _ in desk.calls] == ["create", "comment", "comment"]
    assert desk.tickets["1"].texts == ["one", "two"]
    assert desk.tickets["1"].reference == f"{KEY}#1"
    assert store.incident(KEY).ticket == "1"


def test_a_whole_life_is_one_ticket(store, desk, worker, clock):
    opened(store)
    drain(worker, clock)
    for _ in range(3):
        store.commit_incidents(closed=[incident(closed_at=T0)], intents=[intents.resolve(KEY, T0, "gone")])
        drain(worker, clock)
        assert desk.tickets["1"].state == "resolved"
        store.commit_incidents(reopened=[incident()], intents=[intents.reopen(KEY, T0, "back")])
        drain(worker, clock)
        assert desk.tickets["1"].state == "open"
    assert len(desk.tickets) == 1


def test_a_picture_is_attached_as_it_was_kept(store, desk, worker, clock):
    kept = store.add_picture("cam-1", Picture(b"jpeg", 1, 1), at=T0, keep_seconds=60)
    opened(store, intents.attach(KEY, T0, picture=kept.id, name="before.jpg"))
    drain(worker, clock)
    assert desk.tickets["1"].files == [b"jpeg"]


def test_a_picture_that_expired_holds_nothing_up(store, desk, worker, clock):
    opened(store, intents.attach(KEY, T0, picture=99, name="x.jpg"), intents.comment(KEY, T0, "after"))
    drain(worker, clock)
    assert (desk.tickets["1"].files, desk.tickets["1"].texts) == ([], ["after"])


def test_while_it_is_down_tries_grow_rare_and_nothing_is_lost(store, desk, worker, clock):
    opened(store)
    desk.errors = [HelpdeskDown("refused")] * 8
    drain(worker, clock)
    moments = [at for name, at in desk.calls if name == "create"]
    pauses = [after - before for before, after in itertools.pairwise(moments)]
    assert pauses == sorted(pauses)
    assert pauses[-1] <= 300
    assert len(desk.tickets) == 1
    assert worker.stats(clock.now).failed == 8


def test_a_breaker_spares_a_helpdesk_that_is_down_for_all_incidents_at_once(store, desk, worker, clock):
    for number in range(100):
        opened(store, device=f"cam-{number}")
    desk.errors = [HelpdeskDown("refused")] * 10
    for _ in range(200):
        worker.step(clock.now)
    assert len(desk.calls) == 3
    assert worker.stats(clock.now).is_open
    drain(worker, clock)
    assert len(desk.tickets) == 100


def test_a_breaker_does_not_hold_for_ever_when_the_clock_is_set_back(store, desk, worker, clock):
    opened(store)
    desk.errors = [HelpdeskDown("refused")] * 3
    for _ in range(3):
        assert not worker.stats(clock.now).is_open
        clock.now += 10
        assert worker.step(clock.now)
    assert worker.stats(clock.now).is_open
    clock.now -= 30 * 86400
    drain(worker, clock, hours=0.1)
    assert len(desk.tickets) == 1


def test_when_it_says_when_to_come_again_we_come_then(store, desk, worker, clock):
    opened(store)
    desk.errors = [HelpdeskBusy("too many requests", 42.0)]
    drain(worker, clock)
    assert [at - T0 for _, at in desk.calls] == [0.0, 42.0]


def test_a_create_whose_answer_was_lost_is_looked_up_and_not_made_again(store, desk, worker, clock):
    opened(store)
    desk.errors, desk.late = [HelpdeskUnsure("timed out")], True
    drain(worker, clock)
    assert [name for name, _ in desk.calls] == ["create", "find"]
    assert list(desk.tickets) == ["1"]
    assert store.incident(KEY).ticket == "1"


def test_a_create_that_never_arrived_is_made_after_the_look(store, desk, worker, clock):
    opened(store)
    desk.errors = [HelpdeskUnsure("timed out")]
    drain(worker, clock)
    assert [name for name, _ in desk.calls] == ["create", "find", "create"]
    assert list(desk.tickets) == ["1"]


def test_a_search_that_lags_is_asked_for_longer_than_it_lags(store, clock):
    desk = FakeHelpdesk(clock, Abilities(search_is_consistent=False, index_lag_seconds=600.0))
    worker = HelpdeskWorker(store, desk, clock=clock, jitter=lambda: 1.0)
    opened(store)
    desk.errors, desk.late = [HelpdeskUnsure("timed out")], True
    drain(worker, clock)
    assert list(desk.tickets) == ["1"]
    assert store.incident(KEY).ticket == "1"
    assert [name for name, _ in desk.calls].count("find") > 1


def test_a_look_that_fails_leaves_the_doubt(store, desk, worker, clock):
    opened(store)
    desk.errors, desk.late = [HelpdeskUnsure("timed out"), HelpdeskDown("down"), HelpdeskBusy("x", 5.0)], True
    drain(worker, clock)
    assert [name for name, _ in desk.calls].count("create") == 1
    assert list(desk.tickets) == ["1"]


def test_what_it_will_never_take_becomes_a_dead_letter_and_holds_nothing_up(store, desk, worker, clock):
    opened(store, intents.comment(KEY, T0, "too long"), intents.comment(KEY, T0, "short"))
    worker.step(clock.now)
    desk.errors = [HelpdeskRefused("text too long")]
    drain(worker, clock)
    assert desk.tickets["1"].texts == ["short"]
    (letter,) = store.dead_letters()
    assert letter.error == "text too long"
    assert worker.stats(clock.now).dead == 1


def test_without_a_ticket_the_rest_becomes_dead_letters_too(store, desk, worker, clock):
    opened(store, intents.comment(KEY, T0, "lost"))
    desk.errors = [HelpdeskRefused("no such queue")]
    drain(worker, clock)
    assert len(store.dead_letters()) == 2
    for letter in store.dead_letters():
        store.helpdesk_revive(letter.id)
    drain(worker, clock)
    assert desk.tickets["1"].texts == ["lost"]


def test_a_fault_of_ours_in_an_adapter_is_tried_again_and_then_put_aside(store, desk, worker, clock):
    opened(store)
    desk.errors = [RuntimeError("boom")] * 50
    drain(worker, clock)
    (letter,) = store.dead_letters()
    assert letter.error == "fault in the adapter: RuntimeError"


def test_what_came_and_went_while_it_was_down_makes_no_ticket(store, desk, worker, clock):
    desk.errors = [HelpdeskDown("down")] * 5
    opened(store, intents.comment(KEY, T0, "more"))
    worker.step(clock.now)
    store.commit_incidents(closed=[incident(closed_at=T0)], intents=[intents.resolve(KEY, T0, "gone")])
    opened(store, device="cam-2")
    drain(worker, clock)
    assert [ticket.reference for ticket in desk.tickets.values()] == ["site/cam-2/-/REACH_LOST#1"]
    assert store.incident(KEY).note == COLLAPSED
    assert worker.stats(clock.now).collapsed == 1


def test_what_came_went_and_came_again_while_it_was_down_is_one_open_ticket(store, desk, worker, clock):
    desk.errors = [HelpdeskDown("down")] * 5
    opened(store)
    worker.step(clock.now)
    store.commit_incidents(closed=[incident(closed_at=T0)], intents=[intents.resolve(KEY, T0, "gone")])
    store.commit_incidents(reopened=[incident()], intents=[intents.reopen(KEY, T0, "back")])
    drain(worker, clock)
    assert [ticket.state for ticket in desk.tickets.values()] == ["open"]


def test_a_create_that_did_arrive_is_not_collapsed_but_resolved(store, desk, worker, clock):
    opened(store)
    desk.errors, desk.late = [HelpdeskUnsure("timed out")], True
    worker.step(clock.now)
    store.commit_incidents(closed=[incident(closed_at=T0)], intents=[intents.resolve(KEY, T0, "gone")])
    drain(worker, clock)
    assert [ticket.state for ticket in desk.tickets.values()] == ["resolved"]
    assert store.incident(KEY).ticket == "1"


def test_where_nothing_can_be_looked_up_a_doubtful_create_is_made_again_and_resolved(store, clock):
    desk = FakeHelpdesk(clock, Abilities(can_search_key=False))
    worker = HelpdeskWorker(store, desk, clock=clock, jitter=lambda: 1.0)
    opened(store)
    desk.errors = [HelpdeskUnsure("timed out")]
    worker.step(clock.now)
    store.commit_incidents(closed=[incident(closed_at=T0)], intents=[intents.resolve(KEY, T0, "gone")])
    drain(worker, clock)
    assert [name for name, _ in desk.calls] == ["create", "create", "resolve"]
    assert desk.tickets["1"].state == "resolved"


def test_a_fault_that_comes_back_after_it_made_no_ticket_gets_one(store, desk, worker, clock):
    opened(store, intents.resolve(KEY, T0, "gone"))
    store.commit_incidents(closed=[incident(closed_at=T0)])
    drain(worker, clock)
    assert desk.tickets == {}
    back = intents.reopen(KEY, T0 + 60, "back", subject="camera lost", body="it was gone for a while")
    store.commit_incidents(reopened=[incident(at=T0 + 60)], intents=[back])
    drain(worker, clock)
    (ticket,) = desk.tickets.values()
    assert (ticket.subject, ticket.state, ticket.reference) == ("camera lost", "open", f"{KEY}#2")


def test_a_helpdesk_that_can_do_less_gets_comments_instead(store, clock):
    desk = FakeHelpdesk(clock, Abilities(can_close=False, can_reopen=False, can_attach=False, max_subject=8))
    worker = HelpdeskWorker(store, desk, clock=clock)
    kept = store.add_picture("cam-1", Picture(b"jpeg", 1, 1), at=T0, keep_seconds=60)
    opened(store, intents.attach(KEY, T0, picture=kept.id, name="x.jpg"))
    drain(worker, clock)
    store.commit_incidents(closed=[incident(closed_at=T0)], intents=[intents.resolve(KEY, T0, "gone")])
    drain(worker, clock)
    ticket = desk.tickets["1"]
    assert (ticket.state, ticket.texts, ticket.files, ticket.subject) == ("open", ["gone"], [], "camera …")


def test_it_runs_in_a_thread_and_stops(store, desk, clock):
    worker = HelpdeskWorker(store, desk, clock=clock, patience=Patience(idle=0.05))
    worker.start()
    opened(store)
    worker.wake()
    for _ in range(400):
        if store.incident(KEY).ticket:
            break
        worker._thread.join(0.02)
    worker.stop()
    assert store.incident(KEY).ticket == "1"
    assert not worker._thread.is_alive()


def test_while_the_login_is_wrong_all_waits_and_nothing_is_buried(store, desk, worker, clock):
    opened(store)
    opened(store, device="cam-2")
    desk.errors = [HelpdeskDenied("it does not let us in: mend the token")] * 100
    for _ in range(40):
        worker.step(clock.now)
        clock.now += 1.0
    assert (worker.stats(clock.now).dead, worker.stats(clock.now).pending) == (0, 2)
    desk.errors.clear()
    drain(worker, clock)
    assert len(desk.tickets) == 2


def test_changes_of_state_that_were_overtaken_while_the_helpdesk_was_down_are_not_told(
    store, desk, worker, clock
):
    opened(store)
    drain(worker, clock)
    for _ in range(3):
        todo = [intents.resolve(KEY, T0, "over"), intents.reopen(KEY, T0, "again")]
        store.commit_incidents(intents=[*todo, intents.comment(KEY, T0, "seen")])
    drain(worker, clock)
    assert desk.tickets["1"].texts == ["seen", "seen", "again", "seen"]
    assert worker.stats(clock.now).collapsed == 5
