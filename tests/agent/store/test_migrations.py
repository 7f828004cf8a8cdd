import sqlite3

import pytest

from agent.store import Store, StoreNewer
from agent.store.migrations import Migration, applied, migrate
from agent.store.schema import MIGRATIONS, WORK_TABLES

ONE = Migration(1, "one", ("CREATE TABLE a (x)", "INSERT INTO a VALUES (1)"))
TWO = Migration(2, "two", ("ALTER TABLE a ADD COLUMN y", "UPDATE a SET y = 2"))


@pytest.fixture
def db():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


def test_an_empty_database_gets_every_step_in_order(db):
    assert migrate(db, (ONE, TWO)) == [1, 2]
    assert db.execute("SELECT x, y FROM a").fetchall() == [(1, 2)]
    assert applied(db) == {1: "one", 2: "two"}


def test_an_old_database_gets_only_the_new_steps_and_keeps_its_rows(db):
    migrate(db, (ONE,))
    db.execute("INSERT INTO a VALUES (7)")
    assert migrate(db, (ONE, TWO)) == [2]
    assert db.execute("SELECT x, y FROM a").fetchall() == [(1, 2), (7, 2)]


def test_a_second_run_changes_nothing(db):
    migrate(db, (ONE, TWO))
    assert migrate(db, (ONE, TWO)) == []
    assert db.execute("SELECT count(*) FROM a").fetchone() == (1,)


def test_a_step_that_fails_leaves_nothing_behind_and_keeps_those_before(db):
    broken = Migration(2, "broken", ("CREATE TABLE b (x)", "SELECT * FROM nowhere"))
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        migrate(db, (ONE, broken))
    assert applied(db) == {1: "one"}
    assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'b'").fetchone() == (0,)


def test_a_newer_database_is_refused_and_left_alone(path):
    Store.open(path).close()
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO migration VALUES (99, 'from the future')")
    with pytest.raises(StoreNewer, match=r"newer siteward \(schema 99 'from the future'.*upgrade"):
        Store.open(path)
    with pytest.raises(StoreNewer):
        Store.open_or_memory(path)
    with sqlite3.connect(path) as db:
        assert max(applied(db)) == 99


def test_the_numbers_of_our_migrations_grow_by_one():
    assert [step.number for step in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


def test_the_keys_of_the_work_tables_are_those_of_the_schema(db):
    migrate(db, MIGRATIONS)
    for table, key in WORK_TABLES.items():
        columns = db.execute(f"PRAGMA table_info({table})").fetchall()
        assert tuple(name for _, name, *_, place in columns if place) == key
