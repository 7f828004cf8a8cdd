"""200 times kill -9 between a call to a real django-helpdesk and its commit: no ticket twice, none lost.

Each life is a forked process: it opens one incident, carries what waits, and is killed at a random moment
between the beginning of a random call and its commit, which is held up until the kill comes.
"""

import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.helpdesk import intents
from agent.helpdesk.django_helpdesk import DjangoHelpdesk
from agent.helpdesk.settings import DjangoHelpdeskConfig
from agent.helpdesk.worker import HelpdeskWorker, Patience
from agent.store import Store
from models.facts import FaultKey, Finding, Incident, Phase, Secret

T0 = 1_760_000_000.0
MOST_CALLS = 4
LONGEST_SECONDS = 0.12  # a call takes about 0.03 s; what is later waits before its commit


def kills(wanted: int, seed: int) -> dict[str, int]:
    """Return how many tickets and comments were doubled and lost over so many kills."""
    from tests.fixtures.django_desk import django_desk  # needs django-helpdesk

    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with django_desk(folder / "django") as server:
            config = DjangoHelpdeskConfig(
                kind="django-helpdesk",
                url=server.url,
                token="env:NONE",  # noqa: S106  a reference, and never looked up
                queue=server.queue,
            )

            def desk() -> DjangoHelpdesk:
                return DjangoHelpdesk(config, Secret(server.token))

            done = lives = 0
            while done < wanted:
                lives += 1
                done += _life(folder, lives, desk, rng)
                if done % 20 == 0:
                    print(f"kill: {done} of {wanted}", file=sys.stderr)
                if lives > 3 * wanted:
                    raise SystemExit("too few of the lives could be killed")
            _carry(folder, lives + 1, desk, lambda _call: None)
            return {**_counted(desk(), lives), "killed": done}


def _life(folder: Path, number: int, desk: Callable[[], DjangoHelpdesk], rng: random.Random) -> bool:
    """Let one life begin and end; return whether it was killed."""
    fatal, delay = rng.randint(1, MOST_CALLS), rng.uniform(0, LONGEST_SECONDS)
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(ours)

        def begins(call: int) -> None:
            if call == fatal:
                os.write(theirs, b"x")

        try:
            _carry(folder, number, desk, begins, hold=fatal)
        finally:
            os._exit(0)
    os.close(theirs)
    began = os.read(ours, 1)
    os.close(ours)
    if began:
        time.sleep(delay)
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status)


def _carry(
    folder: Path,
    number: int,
    make: Callable[[], DjangoHelpdesk],
    begins: Callable[[int], None],
    *,
    hold: int = 0,
) -> None:
    now = T0 + 1000.0 * number
    store, desk, calls = Store.open(folder / "siteward.db"), make(), 0
    if hold:
        _open(store, number, now)

    def counted(name: str) -> Callable[..., Any]:
        real = getattr(desk, name)

        def call(*args: Any, **how: Any) -> Any:
            nonlocal calls
            calls += 1
            begins(calls)
            result = real(*args, **how)
            if calls == hold:
                time.sleep(30)  # the commit waits for the kill
            return result

        return call

    for name in ("find", "create", "comment"):
        setattr(desk, name, counted(name))
    patience = Patience(first=0.01, most=0.02, breaker_after=1000)
    worker = HelpdeskWorker(store, desk, patience=patience, clock=lambda: now)
    until = time.monotonic() + (60 if hold else 900)  # the last one carries all that is left
    while worker.stats(now).pending and time.monotonic() < until:
        now += 1.0
        worker.step(now)
    store.close()


def _open(store: Store, number: int, at: float) -> None:
    key = FaultKey(f"cam-{number:04d}", "", "REACH_LOST")
    incident = Incident(f"site/{key}", Finding(key, Phase.OPEN, at, at), opened_at=at)
    todo = [
        intents.create(incident.key, at, subject=f"camera {number} lost", body="bench"),
        intents.comment(incident.key, at, "seen again"),
    ]
    store.commit_incidents(opened=[incident], intents=todo)


def _counted(desk: DjangoHelpdesk, lives: int) -> dict[str, int]:
    """Count what stands in the helpdesk, by our reference."""
    rows = list(desk._newest_first())  # noqa: SLF001  every ticket there is
    found = Counter(str(row.get(desk._field) or "") for row in rows)  # noqa: SLF001
    wanted = [f"site/cam-{number:04d}/-/REACH_LOST#1" for number in range(1, lives + 1)]
    twice = sum(max(0, found[reference] - 1) for reference in wanted)
    lost = sum(not found[reference] for reference in wanted)
    said = [sum("seen again" in text for text in desk._said(str(row["id"]))) for row in rows]  # noqa: SLF001
    return {
        "duplicates": twice + sum(max(0, count - 1) for count in said),
        "lost": lost + sum(count == 0 for count in said),
        "lives": lives,
    }
