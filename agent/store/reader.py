"""The store as another process sees it while the agent runs: `siteward devices`, `siteward tickets`."""

import sqlite3
import threading
from pathlib import Path
from typing import Self

from agent.store.connect import describe, open_reader
from agent.store.questions import Query, Questions, T
from agent.store.records import PICTURES


class ReadConnection:
    """One read-only connection, used by one thread at a time.

    Raises:
        StoreError: there is no database, or it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._db = open_reader(path)

    def ask(self, query: Query[T]) -> T:
        """Run a query.

        Raises:
            StoreError: the database cannot be read any more.
        """
        with self._lock:
            try:
                return query(self._db)
            except sqlite3.Error as err:
                raise describe(err, str(self._path)) from None

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()


class Reader(Questions):
    """Reads beside a running agent, and never writes."""

    def __init__(self, path: Path, *, day_offset: float = 0.0) -> None:
        self._connection = ReadConnection(path)
        ask = self._connection.ask
        super().__init__(ask, ask, pictures=path.parent / PICTURES, day_offset=day_offset)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
