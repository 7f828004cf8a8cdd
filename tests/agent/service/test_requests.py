"""What a person orders reaches the agent once, or not at all."""

import json
import threading

from agent.service.config import ServiceConfig
from agent.service.requests import FOLDER, Done, Inbox, Request, ask, carry_out, wrong_use
from tests.agent.service.rig import Desk

MOVE = Request("1", "move", "Li", "on_site")


def test_an_answered_request_leaves_nothing_behind(tmp_path):
    taken = []

    def answer(request):
        taken.append(request)
        return Done(ok=True, said="done")

    inbox, stop = Inbox(tmp_path, answer), threading.Event()

    def agent():
        while not stop.wait(0.02):
            inbox.step()

    thread = threading.Thread(target=agent)
    thread.start()
    try:
        assert ask(tmp_path, MOVE, seconds=10) == Done(ok=True, said="done")
    finally:
        stop.set()
        thread.join()
    assert taken == [MOVE]
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_a_request_that_nobody_takes_is_taken_back(tmp_path):
    done = ask(tmp_path, MOVE, seconds=0.3)
    assert (done.ok, "nothing was done" in done.said) == (False, True)
    taken = []
    Inbox(tmp_path, taken.append).step()
    assert taken == []


def test_a_request_that_is_none_is_answered_and_harms_nobody(tmp_path):
    folder = tmp_path / FOLDER
    folder.mkdir()
    (folder / "a.ask").write_text("no json")
    (folder / "b.ask").write_text(json.dumps({"ticket": "1", "shell": "rm"}))
    (folder / "c.ask").write_text("[]")
    Inbox(tmp_path, lambda _request: Done(ok=True, said="never")).step()
    assert {json.loads(path.read_text())["ok"] for path in folder.glob("*.done")} == {False}
    assert len(list(folder.glob("*.done"))) == 3


def test_what_a_killed_agent_left_is_cleared(tmp_path):
    folder = tmp_path / FOLDER
    folder.mkdir()
    for name in ("a.taken", "b.done", "c.tmp"):
        (folder / name).touch()
    Inbox(tmp_path, lambda _request: Done(ok=True, said="")).clear()
    assert list(folder.iterdir()) == []


async def test_a_refusal_says_what_is_missing_in_the_sites_language(tmp_path):
    desk = await Desk(tmp_path).registered()
    done = carry_out(Request("1", "move", "Li", "cancelled"), desk.orders, desk.terms, desk.at)
    assert (done.ok, "--why" in done.said) == (False, True)
    done = carry_out(Request("1", "fly", "Li"), desk.orders, desk.terms, desk.at)
    assert not done.ok
    desk.close()


def test_wrong_use_is_told_before_anybody_is_asked():
    assert "one change at a time" in wrong_use([MOVE, MOVE])
    assert "--who" in wrong_use([Request("1", "move", " ", "on_site")])
    assert "choose of" in wrong_use([Request("1", "move", "Li", "registered")])
    assert "access, parts, approved" in wrong_use([Request("1", "pause", "Li", "tired")])
    assert wrong_use([MOVE]) == ""


def test_without_a_contract_there_are_orders_and_no_clocks():
    assert ServiceConfig().level().profile.targets == ()
