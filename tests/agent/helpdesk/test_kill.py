"""kill -9 between the helpdesk's doing and our noting it: one ticket, one comment, every time."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agent.helpdesk.local import LocalHelpdesk
from agent.store import Store
from tests.agent.store.made import T0

ROOT = Path(__file__).parents[3]

# Agents that are killed right after the n-th call to the helpdesk came back, before the store hears of it. What they
# need loads once: each is a fork of this process, which answers each line with how its agent ended.
AGENTS = """
import os, signal, sys
from pathlib import Path
from agent.helpdesk import intents
from agent.helpdesk.local import LocalHelpdesk
from agent.helpdesk.worker import HelpdeskWorker
from agent.store import Store
from tests.agent.store.made import T0, incident

calls = 0

class Deadly(LocalHelpdesk):
    pass

def deadly(name):
    def call(self, *args, **how):
        global calls
        result = getattr(LocalHelpdesk, name)(self, *args, **how)
        calls += 1
        if calls == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return call

for name in ("find", "create", "comment", "resolve"):
    setattr(Deadly, name, deadly(name))

def live(folder, now):
    store = Store.open(folder / "siteward.db")
    key = "site/cam-1/-/REACH_LOST"
    if store.incident(key) is None:
        store.commit_incidents(opened=[incident()], intents=[
            intents.create(key, T0, subject="camera lost", body="…"),
            intents.comment(key, T0, "one"),
            intents.comment(key, T0, "two"),
        ])
    worker = HelpdeskWorker(store, Deadly(folder / "helpdesk.db", lambda: now), clock=lambda: now)
    while worker.step(now):
        pass
    store.close()

for line in sys.stdin:
    folder, fatal, now = line.rstrip().split(chr(9))
    fatal = int(fatal)
    child = os.fork()
    if not child:
        status = 1
        try:
            live(Path(folder), float(now))
            status = 0
        finally:
            os._exit(status)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def run():
    """Return what runs an agent over a folder until it has nothing to do or is killed, and says how it ended."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", AGENTS], cwd=ROOT, env=env, text=True, **pipes) as agents:

        def run(folder, fatal, now):
            agents.stdin.write(f"{folder}\t{fatal}\t{now}\n")
            agents.stdin.flush()
            return int(agents.stdout.readline())

        yield run


@pytest.mark.parametrize("calls", [(1,), (1, 1), (1, 2), (1, 1, 1, 1, 1), (2, 1, 1), (3,)], ids=str)
def test_killed_after_each_of_these_calls_there_is_one_ticket_and_each_comment_once(run, tmp_path, calls):
    now = T0
    for fatal in calls:
        assert run(tmp_path, fatal, now) == -signal.SIGKILL
        now += 1000.0
    assert run(tmp_path, 0, now) == 0
    with LocalHelpdesk(tmp_path / "helpdesk.db", lambda: now) as desk:
        (ticket,) = desk.tickets()
        _, steps = desk.ticket(ticket.number)
        assert [(step.what, step.text) for step in steps] == [
            ("created", ""),
            ("comment", "one"),
            ("comment", "two"),
        ]
    store = Store.open(tmp_path / "siteward.db")
    assert store.incident("site/cam-1/-/REACH_LOST").ticket == str(ticket.number)
    assert store.helpdesk_queue(now).pending == 0
    store.close()
