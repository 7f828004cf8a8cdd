"""The book of event subscriptions on disk."""

import stat

from agent import subscriptions
from agent.subscriptions import FileBook
from collectors.onvif.events import MemoryBook
from collectors.onvif.events.book import Kept

ONE = Kept("10.0.0.5", 80, "http://10.0.0.5/onvif/sub?x=1", "<a/>")
TWO = Kept("10.0.0.6", 80, "http://10.0.0.6/onvif/sub")


def test_what_is_kept_is_there_after_a_kill(tmp_path):
    path = tmp_path / "book.jsonl"
    book = FileBook(path)
    book.put("cam-1", ONE)
    book.put("cam-2", TWO)
    book.put("cam-2", None)
    again = FileBook(path)
    assert (again.get("cam-1"), again.get("cam-2")) == (ONE, None)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_line_that_was_cut_off_costs_the_others_nothing(tmp_path):
    path = tmp_path / "book.jsonl"
    FileBook(path).put("cam-1", ONE)
    path.write_text(path.read_text() + '{"device": "cam-2", "ke')
    assert FileBook(path).devices() == ("cam-1",)


def test_the_file_does_not_grow_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(subscriptions, "MOST_LINES", 10)
    book = FileBook(tmp_path / "book.jsonl")
    for n in range(100):
        book.put("cam-1", Kept("h", n, "http://h/s"))
    assert len((tmp_path / "book.jsonl").read_text().splitlines()) <= 11
    assert FileBook(tmp_path / "book.jsonl").get("cam-1").port == 99


def test_where_it_cannot_be_written_it_is_kept_in_memory(tmp_path):
    book = FileBook(tmp_path / "none" / "book.jsonl")
    book.put("cam-1", ONE)
    assert book.get("cam-1") == ONE


def test_a_book_in_memory_forgets_on_request():
    book = MemoryBook()
    book.put("cam-1", ONE)
    book.put("cam-1", None)
    book.put("cam-1", None)
    assert book.get("cam-1") is None
