import sqlite3

import pytest

from agent.helpdesk.base import Attachment, Draft, HelpdeskDown, HelpdeskRefused
from agent.helpdesk.local import LocalHelpdesk
from agent.helpdesk.tickets import TicketState

DRAFT = Draft(
    "site/cam-1/-/X#1", "site/cam-1/-/X", "大门 camera lost", "since 10:42", "S3", {"device": "cam-1"}
)


@pytest.fixture
def desk(tmp_path):
    moments = iter(range(1000))
    with LocalHelpdesk(tmp_path / "helpdesk.db", lambda: float(next(moments))) as desk:
        yield desk


def history(desk, number=1):
    _, steps = desk.ticket(number)
    return [(step.who, step.what, step.state.value, step.text) for step in steps]


def test_a_ticket_keeps_what_it_was_made_of(desk):
    number = desk.create(DRAFT)
    ticket, _ = desk.ticket(int(number))
    assert (ticket.subject, ticket.body, ticket.severity) == (DRAFT.subject, DRAFT.body, "S3")
    assert (ticket.state, ticket.is_open, ticket.fields) == (
        TicketState.REGISTERED,
        True,
        {"device": "cam-1"},
    )
    assert desk.find(DRAFT.reference).id == number
    assert desk.find("other#1") is None


def test_the_history_says_who_did_what_and_where_it_led(desk):
    number = desk.create(DRAFT)
    desk.comment(number, "looked", once="a")
    desk.resolve(number, "gone", once="b")
    desk.reopen(number, "back", once="c")
    desk.move(1, TicketState.CLOSED, who="li", text="replaced")
    assert history(desk) == [
        ("siteward", "created", "registered", ""),
        ("siteward", "comment", "registered", "looked"),
        ("siteward", "resolved", "resolved", "gone"),
        ("siteward", "reopened", "reopened", "back"),
        ("li", "closed", "closed", "replaced"),
    ]


def test_a_request_that_comes_twice_is_done_once(desk):
    number = desk.create(DRAFT)
    for _ in range(2):
        desk.comment(number, "looked", once="a")
        desk.resolve(number, "gone", once="b")
        desk.attach(number, Attachment("x.jpg", "image/jpeg", b"1"), once="c")
    assert [what for _, what, *_ in history(desk)] == ["created", "comment", "resolved", "attachment"]


def test_what_a_person_closed_stays_closed(desk):
    number = desk.create(DRAFT)
    desk.move(1, TicketState.CLOSED, who="li", text="no fault")
    desk.resolve(number, "gone", once="a")
    assert desk.get(number).state == "closed"
    assert history(desk)[-1] == ("siteward", "comment", "closed", "gone")


def test_a_step_that_a_person_cannot_take_is_refused_in_words(desk):
    desk.create(DRAFT)
    with pytest.raises(HelpdeskRefused, match="ticket 1 is registered and cannot become reopened"):
        desk.move(1, TicketState.REOPENED, who="li", text="")
    with pytest.raises(HelpdeskRefused, match="no ticket 7"):
        desk.say(7, "hello", who="li")
    with pytest.raises(HelpdeskRefused, match="no ticket number"):
        desk.comment("x", "hello", once="a")


def test_pictures_are_files_beside_the_tickets(desk, tmp_path):
    number = desk.create(DRAFT)
    desk.attach(number, Attachment("before.jpg", "image/jpeg", b"jpeg"), once="a")
    _, steps = desk.ticket(1)
    assert steps[-1].text == "before.jpg"
    assert steps[-1].file.read_bytes() == b"jpeg"
    assert steps[-1].file.parent == tmp_path / "attachments"


def test_lists_are_newest_first_and_may_leave_out_what_is_done(desk):
    for number in range(3):
        desk.create(Draft(f"k#{number}", "k", f"s{number}", ""))
    desk.resolve("2", "gone", once="a")
    assert [ticket.number for ticket in desk.tickets()] == [3, 2, 1]
    assert [ticket.number for ticket in desk.tickets(only_open=True)] == [3, 1]
    assert [ticket.number for ticket in desk.tickets(limit=1)] == [3]


def test_it_makes_a_second_ticket_when_asked_twice_like_any_other_helpdesk(desk):
    assert [desk.create(DRAFT), desk.create(DRAFT)] == ["1", "2"]
    assert desk.find(DRAFT.reference).id == "2"


def test_a_file_that_cannot_be_used_is_said_in_words(tmp_path):
    (tmp_path / "helpdesk.db").write_bytes(b"garbage" * 1000)
    with LocalHelpdesk(tmp_path / "helpdesk.db", lambda: 0.0) as desk:
        with pytest.raises(HelpdeskDown, match="cannot be used: file is not a database"):
            desk.create(DRAFT)
        (tmp_path / "helpdesk.db").rename(tmp_path / "damaged.db")
        assert desk.create(DRAFT) == "1"


def test_a_disk_that_fails_is_down_and_leaves_no_half_step(desk):
    number = desk.create(DRAFT)
    desk._db.execute("PRAGMA query_only = 1")
    with pytest.raises(HelpdeskDown, match="readonly"):
        desk.comment(number, "looked", once="a")
    desk.comment(number, "looked", once="a")
    assert [what for _, what, *_ in history(desk)] == ["created", "comment"]


def test_another_process_may_read_it_meanwhile(desk, tmp_path):
    desk.create(DRAFT)
    with LocalHelpdesk(tmp_path / "helpdesk.db", lambda: 0.0) as other:
        assert len(other.tickets()) == 1
        desk.comment("1", "looked", once="a")
        assert len(other.ticket(1)[1]) == 2
    assert sqlite3.connect(tmp_path / "helpdesk.db").execute("PRAGMA journal_mode").fetchone() == ("wal",)
