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

# An agent that is killed right after the n-th call to the helpdesk came back, before the store hears of it.
AGENT = """
import os, signal, sys
from pathlib import Path
from agent.helpdesk import intents
from agent.helpdesk.local import LocalHelpdesk
from agent.helpdesk.worker import HelpdeskWorker
from agent.store import Store
from tests.agent.store.made import T0, incident

folder, fatal, now = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
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
"""


def run(folder, fatal, now):
    done = subprocess.run(
        [sys.executable, "-c", AGENT, str(folder), str(fatal), str(now)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
        timeout=60,
    )
    return done.returncode


@pytest.mark.parametrize("calls", [(1,), (1, 1), (1, 2), (1, 1, 1, 1, 1), (2, 1, 1), (3,)], ids=str)
def test_killed_after_each_of_these_calls_there_is_one_ticket_and_each_comment_once(tmp_path, calls):
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
