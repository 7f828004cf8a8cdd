"""What every helpdesk must do, said once: one suite for the local one, the real peers and the strict fakes.

    class TestZammad(Contract):
        @pytest.fixture
        def rig(self):
            with FakeRig(FakeZammad) as rig:
                yield rig

A rig stands on the helpdesk's own side: it sees what really arrived, loses answers, and acts as a person would.
"""

import base64
import contextlib
import http.client
import json
import uuid
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode, urlsplit

import pytest

from agent.helpdesk import intents
from agent.helpdesk.base import (
    Attachment,
    Draft,
    HelpdeskBusy,
    HelpdeskDown,
    HelpdeskError,
    HelpdeskRefused,
    HelpdeskUnsure,
)
from agent.helpdesk.worker import HelpdeskWorker
from agent.store import Store
from models.facts import Picture
from tests.agent.helpdesk.fakes.web import Web
from tests.agent.store.made import T0, incident
from tests.fixtures.mosquitto import free_port

# A real JPEG, 8 x 8, grey: a helpdesk may look into what it is given.
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0"
    "Hyc5PTgyPC4zNDL/wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8A"
    "Kp//2Q=="
)
HOSTILE = (
    "<script>alert(1)</script> '; DROP TABLE ticket; -- {{ ticket.title }} {{ a b }} {% now %} {# x #} "
    '${jndi:ldap://x} %s %n \\ " \u202e大门 🎥 [~admin] @all !img! <%= 1 %>'
)
SECRETS = ("wrong-token-seed",)


class Clock:
    def __init__(self):
        self.now = T0

    def __call__(self):
        return self.now


@dataclass
class Seen:
    """A ticket as it stands at the helpdesk."""

    subject: str
    body: str
    is_open: bool
    texts: list[str] = field(default_factory=list)
    files: list[bytes] = field(default_factory=list)

    def said(self, text):
        return sum(text in one for one in self.texts)


class Rig:
    """What a test needs of a helpdesk's own side; each kind fills it in."""

    wrong_login = (HelpdeskRefused,)
    keeps_comments = True

    def __init__(self):
        self.clock = Clock()

    def desk(self):
        raise NotImplementedError

    def stranger(self):
        """Return a desk whose login is wrong; None where there is none."""
        raise NotImplementedError

    def away(self):
        """Return a desk that is not reached."""
        raise NotImplementedError

    def lose(self, what):
        """Lose the answer to the next "create" or "comment", which is done all the same."""
        raise NotImplementedError

    def busy(self, seconds):
        """Answer the next create with 429 and Retry-After; False where that cannot be."""
        return False

    def decide(self, ticket, *, rejected=False):
        """Let a person close a ticket, or say that there is no fault."""
        raise NotImplementedError

    def seen(self, ticket):
        raise NotImplementedError

    def count(self, reference):
        """Return how many tickets carry a reference."""
        raise NotImplementedError

    def settle(self, desk):
        """Let the search catch up."""
        if not desk.abilities.search_is_consistent:
            self.clock.now += desk.abilities.index_lag_seconds + 1


class FakeRig(Rig):
    """A rig over a strict fake of tests/agent/helpdesk/fakes."""

    def __init__(self, fake):
        super().__init__()
        self.web = fake(self.clock)

    def __enter__(self):
        self.web.start()
        return self

    def __exit__(self, *_):
        self.web.stop()
        assert not self.web.errors, self.web.errors

    def desk(self):
        return self.web.desk()

    def stranger(self):
        return self.web.desk(SECRETS[0])

    def is_linked(self, ticket, other):
        return tuple(one.rpartition(":")[2] for one in (ticket, other)) in self.web.links

    def away(self):
        port, self.web._port = self.web._port, free_port()
        try:
            return self.web.desk()
        finally:
            self.web._port = port

    def lose(self, what):
        method, path = {"create": self.web.creates, "comment": self.web.comments}[what]
        self.web.trouble("lost", method, path=path)

    def busy(self, seconds):
        method, path = self.web.creates
        self.web.trouble(seconds, method, path=path)
        return True

    def decide(self, ticket, *, rejected=False):
        self.web.decide(ticket, rejected=rejected)

    def seen(self, ticket):
        card = self.web.by_ticket(ticket)
        return Seen(card.subject, card.body, self.web.is_open(card), card.texts, list(card.files.values()))

    def count(self, reference):
        return sum(reference in {card.reference, *card.texts} for card in self.web.cards.values())


class Relay(Web):
    """Stands before a real helpdesk and passes everything on, troubles apart."""

    def __init__(self, upstream):
        super().__init__(clock=lambda: 0.0)
        self.upstream = upstream

    def _answer(self, call):
        where = urlsplit(self.upstream)
        connection = http.client.HTTPConnection(where.hostname, where.port, timeout=60)
        keep = {"authorization", "content-type", "accept"}
        headers = {name: value for name, value in call.headers.items() if name in keep}
        path = call.path + ("?" + urlencode(call.query, doseq=True) if call.query else "")
        try:
            connection.request(call.method, path, call.body or None, headers)
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        try:
            return answer.status, json.loads(data) if data else None, {}
        except ValueError:  # an error page
            return answer.status, {"detail": data.decode("utf-8", "replace")[-300:]}, {}


def draft(**change):
    key = f"site/cam-{uuid.uuid4().hex[:8]}/通道 1/REACH_LOST"
    made = {
        "reference": f"{key}#1",
        "key": key,
        "subject": "大门摄像机 掉线 camera lost",
        "body": "since 10:42\n第二行",
        "severity": "S3",
        "fields": {"device": "cam-1", "site": "site"},
    }
    return Draft(**{**made, **change})


class Contract:
    """Subclasses bring the fixture `rig`."""

    @pytest.fixture
    def desk(self, rig):
        desk = rig.desk()
        yield desk
        desk.close()

    @pytest.fixture
    def store(self, tmp_path):
        store = Store.open(tmp_path / "siteward.db")
        yield store
        store.close()

    # ------------------------------------------------------------ a ticket

    def test_a_ticket_arrives_as_it_was_written(self, rig, desk):
        wanted = draft()
        ticket = desk.create(wanted)
        seen = rig.seen(ticket)
        assert wanted.subject in seen.subject
        assert "since 10:42" in seen.body
        assert "第二行" in seen.body
        assert seen.is_open
        assert isinstance(ticket, str)

    def test_it_is_found_by_its_reference_and_no_other_is(self, rig, desk):
        if not desk.abilities.can_search_key:
            assert desk.find(draft().reference) is None
            return
        wanted = draft()
        ticket = desk.create(wanted)
        desk.create(draft())
        rig.settle(desk)
        found = desk.find(wanted.reference)
        assert (found.id, found.is_open) == (ticket, True)
        assert desk.find(wanted.reference + "0") is None
        assert desk.find(wanted.reference[:-1]) is None

    @pytest.mark.parametrize(
        "part", ["a\"b'c\\", "x\" OR Status='new", "%_*?", "{}[]#&=+", "长" * 150, "p" * 400]
    )
    def test_a_reference_of_whatever_letters_finds_its_own_ticket_only(self, rig, desk, part):
        if not desk.abilities.can_search_key:
            pytest.skip("it cannot search")
        other = desk.create(draft())
        key = f"site/cam-{uuid.uuid4().hex[:8]}/{part}/REACH_LOST"
        ticket = desk.create(draft(reference=f"{key}#1", key=key))
        rig.settle(desk)
        assert desk.find(f"{key}#1").id == ticket != other
        assert desk.find(f"{key}#2") is None

    def test_it_is_got_by_its_id(self, rig, desk):
        ticket = desk.create(draft())
        got = desk.get(ticket)
        assert (got.id, got.is_open) == (ticket, True)
        assert got.state

    def test_a_ticket_that_is_not_there_is_none_and_takes_no_comment(self, rig, desk):
        if not rig.keeps_comments:
            pytest.skip("it answers nothing")
        assert desk.get("999999") is None
        with pytest.raises(HelpdeskRefused):
            desk.comment("999999", "hello", once="a:1")

    def test_a_long_subject_is_cut_and_not_refused(self, rig, desk):
        limit = desk.abilities.max_subject
        subject = ("门" * 300)[: limit or 300]
        seen = rig.seen(desk.create(draft(subject=subject)))
        assert "门" * 60 in seen.subject
        assert "\ufffd" not in seen.subject

    def test_hostile_text_stays_text(self, rig, desk):
        ticket = desk.create(draft(subject=HOSTILE[:120] + "\r\nBcc: x@y", body=HOSTILE))
        desk.comment(ticket, HOSTILE, once=f"{ticket}:1")
        seen = rig.seen(ticket)
        assert "\n" not in seen.subject.strip()
        assert "DROP TABLE ticket" in seen.body
        assert "大门" in seen.body
        assert seen.said("DROP TABLE ticket") == 1

    # ------------------------------------------------------------ its life

    def test_a_whole_life(self, rig, desk):
        ticket = desk.create(draft())
        once = iter(f"{ticket}:{number}" for number in range(9))
        desk.comment(ticket, "看过了 looked", once=next(once))
        assert rig.seen(ticket).said("看过了 looked") == 1
        if desk.abilities.can_close:
            desk.resolve(ticket, "gone for 5 min", once=next(once))
            assert not rig.seen(ticket).is_open
            assert not desk.get(ticket).is_open
        if desk.abilities.can_reopen:
            desk.reopen(ticket, "back again", once=next(once))
            assert rig.seen(ticket).is_open
            assert desk.get(ticket).is_open
            assert rig.seen(ticket).said("back again") == 1

    def test_its_subject_and_priority_can_be_changed_and_it_stays_what_it_was(self, rig, desk):
        if not desk.abilities.can_edit or not rig.keeps_comments:
            pytest.skip("it cannot be edited, or nobody can look")
        first = draft()
        ticket = desk.create(first)
        for _ in range(2):
            desk.edit(ticket, replace(first, subject="worse than foreseen", severity="S1"))
        assert "worse than foreseen" in rig.seen(ticket).subject
        assert desk.get(ticket).is_open
        assert desk.get(ticket).reference == first.reference

    def test_a_ticket_can_be_linked_with_an_older_one(self, rig, desk):
        if not desk.abilities.can_link or not rig.keeps_comments:
            pytest.skip("it has no links")
        old, new = desk.create(draft()), desk.create(draft())
        for _ in range(2):
            desk.link(new, old)
        assert rig.is_linked(new, old)

    def test_a_picture_arrives_byte_by_byte(self, rig, desk):
        if not desk.abilities.can_attach:
            pytest.skip("it takes no pictures")
        ticket = desk.create(draft())
        desk.attach(ticket, Attachment("前 before.jpg", "image/jpeg", JPEG), once=f"{ticket}:1")
        assert rig.seen(ticket).files == [JPEG]

    def test_what_is_asked_twice_under_one_name_is_done_once(self, rig, desk):
        ticket = desk.create(draft())
        for _ in range(2):
            desk.comment(ticket, "only once", once=f"{ticket}:1")
            if desk.abilities.can_attach:
                desk.attach(ticket, Attachment("a.jpg", "image/jpeg", JPEG), once=f"{ticket}:2")
        assert rig.seen(ticket).said("only once") == 1
        assert len(rig.seen(ticket).files) == bool(desk.abilities.can_attach)
        for _ in range(2 if desk.abilities.can_close else 0):
            desk.resolve(ticket, "gone", once=f"{ticket}:3")
        assert rig.seen(ticket).is_open is not desk.abilities.can_close

    def test_the_same_words_of_another_request_are_said_again(self, rig, desk):
        ticket = desk.create(draft())
        desk.comment(ticket, "still there", once=f"{ticket}:1")
        desk.comment(ticket, "still there", once=f"{ticket}:2")
        assert rig.seen(ticket).said("still there") == 2

    # ------------------------------------------------------------ people

    def test_what_a_person_closed_meanwhile_is_not_closed_again(self, rig, desk):
        if not desk.abilities.can_close:
            pytest.skip("it cannot close")
        ticket = desk.create(draft())
        rig.decide(ticket)
        assert not desk.get(ticket).is_open
        state = desk.get(ticket).state
        desk.resolve(ticket, "gone", once=f"{ticket}:1")
        assert desk.get(ticket).state == state

    def test_what_a_person_turned_down_is_not_reopened(self, rig, desk):
        if not desk.abilities.can_reopen or desk.name == "local":
            pytest.skip("no state says: no fault")
        ticket = desk.create(draft())
        rig.decide(ticket, rejected=True)
        with contextlib.suppress(HelpdeskRefused):  # where it takes no comment any more
            desk.reopen(ticket, "back", once=f"{ticket}:1")
        assert not rig.seen(ticket).is_open

    # ------------------------------------------------------------ trouble

    def test_a_wrong_login_is_refused_in_words_without_the_secret(self, rig):
        desk = rig.stranger()
        if desk is None:
            pytest.skip("it has no login")
        with pytest.raises(rig.wrong_login) as caught:
            desk.create(draft())
        assert not any(secret in f"{caught.value!r}{caught.value}" for secret in SECRETS)
        checks = desk.preflight()
        assert not all(check.ok for check in checks)
        assert all(check.ok or check.todo for check in checks)
        assert not any(secret in repr(checks) for secret in SECRETS)
        desk.close()

    def test_one_that_is_not_there_is_down(self, rig):
        desk = rig.away()
        with pytest.raises(HelpdeskDown):
            desk.create(draft())
        (check,) = desk.preflight()
        assert not check.ok
        assert check.todo
        desk.close()

    def test_its_preflight_is_content_and_leaves_nothing_behind(self, rig, desk):
        checks = desk.preflight()
        assert [check for check in checks if not check.ok] == []
        assert checks

    def test_when_it_is_busy_it_says_for_how_long(self, rig, desk):
        if not rig.busy(17):
            pytest.skip("it is never busy")
        with pytest.raises(HelpdeskBusy) as caught:
            desk.create(draft())
        assert caught.value.retry_after == 17

    def test_a_lost_answer_leaves_doubt(self, rig, desk):
        wanted = draft()
        rig.lose("create")
        with pytest.raises(HelpdeskUnsure):
            desk.create(wanted)
        rig.settle(desk)
        if desk.abilities.can_search_key:
            assert desk.find(wanted.reference).is_open

    # ------------------------------------------------------------ through the worker

    def test_a_create_whose_answer_is_lost_makes_one_ticket(self, rig, desk, store):
        if not desk.abilities.can_search_key and not desk.abilities.idempotent_create:
            pytest.skip("better a ticket twice than none")
        worker = HelpdeskWorker(store, desk, clock=rig.clock, jitter=lambda: 1.0)
        name = f"cam-{uuid.uuid4().hex[:8]}"
        key = f"site/{name}/-/REACH_LOST"
        picture = store.add_picture(name, Picture(JPEG, 8, 8), at=T0, keep_seconds=1e9)
        todo = [
            intents.create(key, T0, subject="camera lost", body="…", fields={"device": name}),
            intents.attach(key, T0, picture=picture.id, name="before.jpg"),
            intents.comment(key, T0, "one"),
        ]
        store.commit_incidents(opened=[incident(name)], intents=todo)
        rig.lose("create")
        self._drain(rig, worker, store)
        entry = store.incident(key)
        assert entry.ticket
        assert rig.count(entry.reference) == 1
        assert len(rig.seen(entry.ticket).files) == bool(desk.abilities.can_attach)
        rig.lose("comment")
        store.commit_incidents(intents=[intents.comment(key, T0, "said again")])
        self._drain(rig, worker, store)
        assert rig.seen(entry.ticket).said("said again") == 1

    def test_a_wrong_login_loses_no_ticket(self, rig, store):
        desk = rig.stranger()
        if desk is None:
            pytest.skip("it has no login")
        worker = HelpdeskWorker(store, desk, clock=rig.clock, jitter=lambda: 1.0)
        name = f"cam-{uuid.uuid4().hex[:8]}"
        key = f"site/{name}/-/REACH_LOST"
        store.commit_incidents(
            opened=[incident(name)], intents=[intents.create(key, T0, subject="camera lost", body="…")]
        )
        worker.step(rig.clock.now)
        desk.close()
        queue = store.helpdesk_queue(rig.clock.now)
        assert queue.pending + queue.dead == 1
        good = rig.desk()
        for letter in store.dead_letters():
            store.helpdesk_revive(letter.id)
        self._drain(rig, HelpdeskWorker(store, good, clock=rig.clock, jitter=lambda: 1.0), store)
        good.close()
        assert store.incident(key).ticket

    @staticmethod
    def _drain(rig, worker, store, hours=4.0):
        end = rig.clock.now + hours * 3600
        while store.helpdesk_queue(rig.clock.now).pending:
            assert rig.clock.now < end, f"still waiting: {worker.stats(rig.clock.now)}"
            while worker.step(rig.clock.now):
                pass
            rig.clock.now += 1.0
        assert [letter.error for letter in store.dead_letters()] == []


__all__ = ["JPEG", "Contract", "FakeRig", "HelpdeskError", "Relay", "Rig", "Seen", "draft"]
