"""The lives of the agent: an agent that was down is not a camera that was down."""

import sqlite3
from dataclasses import replace

from agent.store.records import Run


def begin(db: sqlite3.Connection, at: float, version: str) -> Run:
    """Begin a life; its `boot` is greater than that of every life before."""
    last = db.execute("SELECT max(boot) FROM run").fetchone()[0] or 0
    run = Run(last + 1, version, at, at, clean=False)
    seen(db, run, at)
    return run


def unrecorded(at: float, version: str) -> Run:
    """Return a life that begins while the disk fails: its `boot` is the time, beyond any count."""
    return Run(int(at), version, at, at, clean=False)


def seen(db: sqlite3.Connection, run: Run, at: float) -> None:
    """Note that the agent was alive at `at`."""
    db.execute(
        """INSERT INTO run (boot, version, started, seen) VALUES (?, ?, ?, ?)
        ON CONFLICT (boot) DO UPDATE SET seen = max(seen, excluded.seen)""",
        (run.boot, run.version, run.started, max(run.started, at)),
    )


def end(db: sqlite3.Connection, run: Run, at: float) -> Run:
    """Note that the agent stopped by itself."""
    seen(db, run, at)
    db.execute("UPDATE run SET clean = 1 WHERE boot = ?", (run.boot,))
    return replace(run, seen=at, clean=True)
