"""The tables, as ordered migrations. Never edit one that was released: append the next."""

from typing import Final

from agent.store.migrations import Migration

# Names get small integer ids once. Everything that grows is keyed by time first: a commit then appends to a
# few pages instead of touching one page per series (which wears out a solid-state disk at 1,000 devices).
_NAMES: Final = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID",
    "CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE device (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    "CREATE TABLE collector (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    """CREATE TABLE series (
        id INTEGER PRIMARY KEY, device INTEGER NOT NULL REFERENCES device,
        metric TEXT NOT NULL, part TEXT NOT NULL, UNIQUE (device, metric, part))""",
)

# A reading is appended to `fresh` and moved, sorted, into `reading` once its ten-minute slot is over.
_HISTORY: Final = (
    """CREATE TABLE fresh (
        id INTEGER PRIMARY KEY AUTOINCREMENT, series INTEGER NOT NULL, at REAL NOT NULL,
        value REAL NOT NULL)""",
    """CREATE TABLE reading (
        slot INTEGER, series INTEGER, at REAL, value REAL NOT NULL,
        PRIMARY KEY (slot, series, at)) WITHOUT ROWID""",
    """CREATE TABLE text (
        series INTEGER, at REAL, value TEXT NOT NULL, PRIMARY KEY (series, at)) WITHOUT ROWID""",
)

_ROLLUP: Final = """CREATE TABLE rollup_{span} (
    {span} INTEGER, series INTEGER, n INTEGER NOT NULL, min REAL NOT NULL, max REAL NOT NULL,
    sum REAL NOT NULL, last REAL NOT NULL, last_at REAL NOT NULL,
    PRIMARY KEY ({span}, series)) WITHOUT ROWID"""

_COVERAGE: Final = """CREATE TABLE coverage_{span} (
    {span} INTEGER, device INTEGER, collector INTEGER, observed REAL NOT NULL, good REAL NOT NULL,
    ok INTEGER NOT NULL, failed INTEGER NOT NULL, blind INTEGER NOT NULL,
    PRIMARY KEY ({span}, device, collector)) WITHOUT ROWID"""

_LOOKS: Final = (
    """CREATE TABLE look (
        device INTEGER, collector INTEGER, at REAL NOT NULL, took REAL NOT NULL, trouble TEXT NOT NULL,
        detail TEXT NOT NULL, PRIMARY KEY (device, collector)) WITHOUT ROWID""",
    """CREATE TABLE outcome (
        device INTEGER, collector INTEGER, at REAL, trouble TEXT NOT NULL, detail TEXT NOT NULL,
        PRIMARY KEY (device, collector, at)) WITHOUT ROWID""",
    """CREATE TABLE run (
        boot INTEGER PRIMARY KEY AUTOINCREMENT, version TEXT NOT NULL, started REAL NOT NULL,
        seen REAL NOT NULL, clean INTEGER NOT NULL DEFAULT 0)""",
)

_WORK: Final = (
    "CREATE TABLE watch (device TEXT PRIMARY KEY, data TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE incident (
        key TEXT, generation INTEGER, device TEXT NOT NULL, part TEXT NOT NULL, code TEXT NOT NULL,
        opened_at REAL NOT NULL, closed_at REAL, ticket TEXT NOT NULL DEFAULT '',
        state_hash TEXT NOT NULL DEFAULT '', children TEXT NOT NULL DEFAULT '[]',
        reopened INTEGER NOT NULL DEFAULT 0, note TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (key, generation)) WITHOUT ROWID""",
    "CREATE UNIQUE INDEX incident_open ON incident (key) WHERE closed_at IS NULL",
    "CREATE INDEX incident_opened ON incident (opened_at)",
    """CREATE TABLE intent (
        id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, generation INTEGER NOT NULL,
        deed TEXT NOT NULL, at REAL NOT NULL, body TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
        due REAL NOT NULL DEFAULT 0, uncertain INTEGER NOT NULL DEFAULT 0, begun REAL,
        error TEXT NOT NULL DEFAULT '', dead INTEGER NOT NULL DEFAULT 0)""",
    "CREATE INDEX intent_key ON intent (dead, key, id)",
    """CREATE TABLE message (
        id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT NOT NULL, topic TEXT NOT NULL,
        payload BLOB NOT NULL, retain INTEGER NOT NULL, at REAL NOT NULL)""",
    "CREATE INDEX message_channel ON message (channel, id)",
    """CREATE TABLE picture (
        id INTEGER PRIMARY KEY AUTOINCREMENT, device TEXT NOT NULL, part TEXT NOT NULL, at REAL NOT NULL,
        expires REAL NOT NULL, file TEXT NOT NULL)""",
    "CREATE INDEX picture_expires ON picture (expires)",
)

# Work orders beside the ledger: one for each generation of an incident. The log is only ever added to:
# the triggers keep it so, whoever has the file open.
_SERVICE: Final = (
    "ALTER TABLE incident ADD COLUMN ending TEXT NOT NULL DEFAULT ''",
    """CREATE TABLE work_order (
        key TEXT, generation INTEGER, device TEXT NOT NULL, part TEXT NOT NULL, code TEXT NOT NULL,
        severity TEXT NOT NULL, first_seen REAL NOT NULL, detected_at REAL, reported_at REAL,
        state TEXT NOT NULL, since REAL NOT NULL, turn INTEGER NOT NULL, repeat_of TEXT NOT NULL,
        proof TEXT NOT NULL, proof_by TEXT NOT NULL, resolved_at REAL, cause TEXT NOT NULL,
        cause_by TEXT NOT NULL, is_open INTEGER NOT NULL, data TEXT NOT NULL,
        PRIMARY KEY (key, generation)) WITHOUT ROWID""",
    "CREATE INDEX work_order_open ON work_order (is_open) WHERE is_open = 1",
    """CREATE TABLE clock (
        key TEXT, generation INTEGER, turn INTEGER, name TEXT, allowed REAL, calendar TEXT NOT NULL,
        started_at REAL NOT NULL, stopped_at REAL, pauses TEXT NOT NULL, told REAL NOT NULL,
        breached_at REAL, PRIMARY KEY (key, generation, turn, name)) WITHOUT ROWID""",
    "CREATE INDEX clock_breached ON clock (name) WHERE breached_at IS NOT NULL",
    """CREATE TABLE cause_label (
        id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, generation INTEGER NOT NULL,
        at REAL NOT NULL, who TEXT NOT NULL, fault TEXT NOT NULL, suggested TEXT NOT NULL,
        confirmed TEXT NOT NULL)""",
    """CREATE TABLE audit (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL,
        key TEXT NOT NULL, generation INTEGER NOT NULL, why TEXT NOT NULL)""",
    "CREATE INDEX audit_key ON audit (key, generation)",
    *(
        f"""CREATE TRIGGER {table}_no_{deed} BEFORE {deed} ON {table}
        BEGIN SELECT RAISE(ABORT, '{table} is only ever added to'); END"""
        for table in ("audit", "cause_label")
        for deed in ("update", "delete")
    ),
)

# Maintenance windows and silences; ended, never removed.
_QUIET: Final = (
    """CREATE TABLE quiet (
        id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, devices TEXT NOT NULL,
        since REAL NOT NULL, until REAL NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL,
        faults TEXT NOT NULL, ended_at REAL, ended_by TEXT NOT NULL DEFAULT '')""",
    "CREATE INDEX quiet_until ON quiet (until)",
)

# What cameras usually show: an epoch is only ever followed by another one.
_REFERENCES: Final = (
    """CREATE TABLE picture_reference (
        device TEXT NOT NULL, part TEXT NOT NULL, epoch INTEGER NOT NULL, began REAL NOT NULL,
        why TEXT NOT NULL, who TEXT NOT NULL, updated REAL NOT NULL, blob BLOB NOT NULL,
        PRIMARY KEY (device, part, epoch))""",
)

# Hours of a week in which a window holds, and the zone of their clock; empty: all the time.
_EACH: Final = (
    "ALTER TABLE quiet ADD COLUMN each TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE quiet ADD COLUMN zone TEXT NOT NULL DEFAULT ''",
)

# Letters to people, until a mail server took them.
_LETTERS: Final = (
    """CREATE TABLE letter (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, "to" TEXT NOT NULL, subject TEXT NOT NULL,
        body TEXT NOT NULL, once TEXT NOT NULL UNIQUE, key TEXT NOT NULL, generation INTEGER NOT NULL,
        due REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0)""",
)

MIGRATIONS: Final = (
    Migration(
        1,
        "first schema",
        (
            *_NAMES,
            *_HISTORY,
            *(_ROLLUP.format(span=span) for span in ("hour", "day")),
            *(_COVERAGE.format(span=span) for span in ("hour", "day")),
            *_LOOKS,
            *_WORK,
        ),
    ),
    Migration(2, "work orders, clocks, audit", _SERVICE),
    Migration(3, "maintenance windows and silences", _QUIET),
    Migration(4, "reference pictures", _REFERENCES),
    Migration(5, "windows that come back every week", _EACH),
    Migration(6, "letters to people", _LETTERS),
)

# Small tables whose every row matters, with their keys: carried into memory when the disk fails, and back.
WORK_TABLES: Final = {
    "watch": ("device",),
    "incident": ("key", "generation"),
    "intent": ("id",),
    "message": ("id",),
    "picture": ("id",),
    "counter": ("name",),
    "work_order": ("key", "generation"),
    "clock": ("key", "generation", "turn", "name"),
    "cause_label": ("id",),
    "audit": ("id",),
    "quiet": ("id",),
    "letter": ("id",),
    "picture_reference": ("device", "part", "epoch"),
}

# Work tables that only grow: in memory they begin empty, and what was added there is added to the disk.
APPEND_ONLY: Final = frozenset({"cause_label", "audit"})
