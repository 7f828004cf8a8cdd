"""What the helpdesks behind REST must do beyond the contract, each against its strict fake."""

import itertools

import pytest

from agent.helpdesk import intents
from agent.helpdesk.base import (
    Attachment,
    Draft,
    HelpdeskError,
    HelpdeskRefused,
    HelpdeskUnsure,
)
from agent.helpdesk.worker import HelpdeskWorker
from agent.store import Store
from models.facts import Picture, Secret
from tests.agent.helpdesk.fakes.freshdesk import FakeFreshdesk
from tests.agent.helpdesk.fakes.glpi import FakeGlpi, FakeGlpiWithoutExternalId
from tests.agent.helpdesk.fakes.jira import FakeJira, FakeJiraServer, FakeJsm
from tests.agent.helpdesk.fakes.redmine import FakeRedmine
from tests.agent.helpdesk.fakes.servicenow import FakeServiceNow
from tests.agent.helpdesk.fakes.webhook import FakeReceiver
from tests.agent.helpdesk.fakes.zammad import FakeZammad
from tests.agent.store.made import T0, incident

SEARCHING = [
    FakeZammad, FakeGlpi, FakeGlpiWithoutExternalId, FakeJira, FakeJiraServer, FakeJsm, FakeServiceNow,
    FakeFreshdesk, FakeRedmine,
]  # fmt: skip
ALL = [*SEARCHING, FakeReceiver]
KEY = "site/cam-1/-/REACH_LOST"
REFERENCE = f"{KEY}#1"
WILD = "a ^ b\"c\\d 'e' <b>&{noformat}</pre> 摄像机 {{subject}} *bold* h1. x"


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


@pytest.fixture(params=ALL, ids=lambda fake: fake.__name__)
def web(request, clock):
    yield from serve(request.param(clock))


@pytest.fixture(params=SEARCHING, ids=lambda fake: fake.__name__)
def searching(request, clock):
    yield from serve(request.param(clock))


def serve(fake):
    fake.start()
    yield fake
    fake.stop()
    assert fake.errors == []


@pytest.fixture
def desk(web):
    desk = web.desk()
    yield desk
    desk.close()


@pytest.fixture
def worker(store, desk, clock):
    return HelpdeskWorker(store, desk, clock=clock, jitter=lambda: 1.0)


def draft(reference=REFERENCE, subject="camera 1 lost", body="what\nwhere\n\nsince when", **more):
    fields = {"site": "site", "device": "cam-1", "fault": "REACH_LOST"}
    return Draft(reference, KEY, subject, body, severity="S2", fields=fields, **more)


def opened(store, *more, device="cam-1"):
    key = f"site/{device}/-/REACH_LOST"
    made = intents.create(key, T0, subject="camera lost", body="…", severity="S2", fields={"device": device})
    store.commit_incidents(opened=[incident(device)], intents=[made, *more])


def drain(worker, clock, *, hours=24.0, step=5.0):
    end = clock.now + hours * 3600
    while clock.now < end:
        while worker.step(clock.now):
            pass
        if not worker.stats(clock.now).pending:
            return
        clock.now += step
    raise AssertionError(f"still waiting: {worker.stats(clock.now)}")


def only(web):
    (card,) = web.cards.values()
    return card


# ---------------------------------------------------------------- one call


def test_what_is_made_is_found_by_its_reference_once_the_index_knows(searching, clock):
    desk = searching.desk()
    made = desk.create(draft())
    desk.create(draft(reference=f"{KEY}#11"))
    desk.create(draft(reference="site/cam-2/-/REACH_LOST#1"))
    clock.now += searching.lag
    found = desk.find(REFERENCE)
    assert (found.id, found.reference, found.is_open) == (made, REFERENCE, True)
    assert desk.find(f"{KEY}#2") is None
    assert desk.get(made) == found


def test_a_search_says_honestly_whether_it_lags(searching):
    desk = searching.desk()
    assert desk.abilities.search_is_consistent == (searching.lag == 0)
    assert searching.lag <= desk.abilities.index_lag_seconds
    desk.create(draft())
    assert (desk.find(REFERENCE) is None) == (searching.lag > 0)


def test_wild_texts_arrive_as_they_are(web, desk):
    made = desk.create(draft(subject=WILD, body=WILD))
    desk.comment(made, WILD, once="a")
    card = only(web)
    assert card.subject.startswith(WILD)
    for text in (card.body, card.texts[0]):
        assert text.replace("{no format}", "{noformat}").startswith(WILD)


def test_a_long_subject_and_a_long_text_are_cut_to_what_is_taken(web, desk):
    made = desk.create(draft(subject="s" * 400 + "\nnext line", body="b" * 200_000))
    desk.comment(made, "c" * 200_000, once="a")
    card = only(web)
    assert "\n" not in card.subject
    assert (len(card.body) < 200_000) == (desk.name != "webhook")
    desk.comment(made, "c" * 200_000, once="a")
    assert len(card.texts) == 1


def test_a_comment_and_a_picture_arrive_once_however_often_they_are_sent(web, desk):
    made = desk.create(draft())
    for _ in range(2):
        desk.comment(made, "one", once="a:1")
        desk.attach(made, Attachment("vor her.jpg", "image/jpeg", b"\xff\xd8jpeg\r\n--"), once="a:2")
    desk.comment(made, "one", once="a:3")
    desk.attach(made, Attachment("vor her.jpg", "image/jpeg", b"other"), once="a:4")
    card = only(web)
    texts = [text for text in card.texts if text.startswith("one")]
    assert len(texts) == 2
    if desk.name != "webhook":  # the receiver keeps files by their names, which are the receiver's to choose
        assert sorted(card.files.values()) == [b"other", b"\xff\xd8jpeg\r\n--"]
        assert all(name.endswith(".jpg") for name in card.files)


def test_a_life_goes_from_open_to_resolved_and_back(searching):
    desk = searching.desk()
    made = desk.create(draft())
    for number in range(2):
        desk.resolve(made, "the fault is gone", once=f"r{number}")
        assert not desk.get(made).is_open
        desk.reopen(made, "the fault is back", once=f"o{number}")
        assert desk.get(made).is_open
    told = [text.split("\n")[0] for text in only(searching).texts]
    assert told == ["the fault is gone", "the fault is back"] * 2


def test_a_resolve_or_reopen_made_twice_is_said_once(searching):
    desk = searching.desk()
    made = desk.create(draft())
    for _ in range(2):
        desk.resolve(made, "gone", once="r")
    for _ in range(2):
        desk.reopen(made, "back", once="o")
    assert len(only(searching).texts) == 2


def test_what_a_person_closed_stays_closed_until_the_engine_asks(searching):
    desk = searching.desk()
    made = desk.create(draft())
    searching.decide(made)
    state = only(searching).state
    desk.resolve(made, "gone", once="r")
    assert only(searching).state == state
    try:
        desk.reopen(made, "back", once="o")
    except HelpdeskRefused:
        assert desk.name == "servicenow"  # a closed incident is read-only
    else:
        assert desk.get(made).is_open


# ---------------------------------------------------------------- errors


def test_a_comment_whose_answer_is_lost_is_unsure(web, desk):
    made = desk.create(draft())
    web.trouble("lost", web.comments[0], path=web.comments[1])
    with pytest.raises(HelpdeskUnsure):
        desk.comment(made, "one", once="a")


@pytest.mark.parametrize("trouble", ["lost", "broken", 5])
def test_no_error_shows_a_secret(web, trouble):
    desk = web.desk()
    web.trouble(trouble, "*", times=20)
    with pytest.raises(HelpdeskError) as caught:
        desk.create(draft())
    secret = type(web).__module__
    token = __import__(secret, fromlist=["TOKEN"]).TOKEN
    assert token not in str(caught.value)
    assert token not in repr(vars(desk))
    assert isinstance(Secret(token), Secret)


# ---------------------------------------------------------------- pre-flight


def test_a_preflight_is_content_where_there_are_tickets(searching, clock):
    desk = searching.desk()
    desk.create(draft())
    clock.now += searching.lag
    assert all(check.ok for check in desk.preflight())


# ---------------------------------------------------------------- with the worker


def test_the_worker_keeps_the_order_of_what_is_open(store, web, worker, clock):
    kept = store.add_picture("cam-1", Picture(b"jpeg", 1, 1), at=T0, keep_seconds=60)
    opened(store, intents.attach(KEY, T0, picture=kept.id, name="before.jpg"))
    store.commit_incidents(intents=[intents.comment(KEY, T0, f"text {n}") for n in range(3)])
    drain(worker, clock)
    store.commit_incidents(closed=[incident(closed_at=T0)], intents=[intents.resolve(KEY, T0, "gone")])
    drain(worker, clock)
    card = only(web)
    assert [text.split("\n")[0] for text in card.texts] == ["text 0", "text 1", "text 2", "gone"]
    assert list(card.files.values()) == [b"jpeg"]
    assert store.incident(KEY).ticket
    assert not web.is_open(card)
    assert store.dead_letters() == []


def test_a_create_whose_answer_was_lost_makes_no_second_ticket(store, web, worker, clock):
    opened(store, intents.comment(KEY, T0, "more"))
    web.trouble("lost", path=web.creates[1])
    drain(worker, clock)
    assert [text.split("\n")[0] for text in only(web).texts] == ["more"]
    assert store.incident(KEY).ticket


def test_a_comment_whose_answer_was_lost_is_not_said_twice(store, web, worker, clock):
    opened(store, intents.comment(KEY, T0, "one"), intents.comment(KEY, T0, "two"))
    drain_until_ticket(store, worker, clock)
    web.trouble("lost", web.comments[0], path=web.comments[1], times=2)
    drain(worker, clock)
    assert [text.split("\n")[0] for text in only(web).texts] == ["one", "two"]


def drain_until_ticket(store, worker, clock):
    while not store.incident(KEY).ticket:
        worker.step(clock.now)
        clock.now += 1.0


def test_a_limit_delays_and_loses_nothing(store, web, worker, clock):
    opened(store, intents.comment(KEY, T0, "one"))
    web.trouble(120, "*", times=3)
    drain(worker, clock)
    assert clock.now >= T0 + 120
    assert [text.split("\n")[0] for text in only(web).texts] == ["one"]


def test_a_helpdesk_that_is_down_for_a_while_gets_all_that_is_true(store, web, worker, clock):
    web.stop()
    for number in range(5):
        opened(store, device=f"cam-{number}")
    for _ in range(50):
        worker.step(clock.now)
        clock.now += 60.0
    key = "site/cam-0/-/REACH_LOST"
    store.commit_incidents(
        closed=[incident("cam-0", closed_at=T0)], intents=[intents.resolve(key, T0, "gone")]
    )
    assert web.cards == {}
    web.start()
    drain(worker, clock)
    assert len(web.cards) == 4
    assert all(web.is_open(card) for card in web.cards.values())


def test_with_troubles_at_every_turn_there_is_one_ticket_and_each_text_once(store, web, worker, clock):
    opened(store, *(intents.comment(KEY, T0, f"text {n}") for n in range(4)))
    for what, _ in zip(itertools.cycle(["lost", "broken", "dropped", 3]), range(16), strict=False):
        web.trouble(what, "*", path=r"^(?!.*(initSession|statuses))")
        drain_some(worker, clock)
    drain(worker, clock)
    assert [text.split("\n")[0] for text in only(web).texts] == [f"text {n}" for n in range(4)]
    assert store.dead_letters() == []


def drain_some(worker, clock):
    for _ in range(3):
        worker.step(clock.now)
        clock.now += 7.0
