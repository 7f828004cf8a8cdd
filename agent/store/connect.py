"""Opening the database file, and saying in words what is wrong with it."""

import fcntl
import os
import sqlite3
from pathlib import Path
from typing import Final

from agent.store.migrations import migrate
from agent.store.records import StoreDamaged, StoreError, StoreInUse, StoreUnwritable
from agent.store.schema import MIGRATIONS

# What a failing disk or file raises; everything else is a fault of ours and must not be taken for one.
DISK_ERRORS: Final = (sqlite3.OperationalError, sqlite3.DatabaseError, OSError)
_OURS: Final = (
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
    sqlite3.InterfaceError,
    sqlite3.DataError,
    sqlite3.NotSupportedError,
)
_NOT_A_DATABASE: Final = {"SQLITE_CORRUPT", "SQLITE_NOTADB"}
_BUSY_SECONDS: Final = 5.0
_WAL_LIMIT_BYTES: Final = 64 * 1024 * 1024


def is_disk_trouble(err: BaseException) -> bool:
    """Whether an error is about the file or the disk, not about what we asked of it."""
    if isinstance(err, _OURS) or _code(err) == "SQLITE_ERROR":
        return False
    return isinstance(err, DISK_ERRORS)


def describe(err: BaseException, path: str) -> StoreError:
    """Turn an error of SQLite or the system into the one of our tree that says what to do."""
    if isinstance(err, StoreError):
        return err
    if any(_code(err).startswith(code) for code in _NOT_A_DATABASE):
        return StoreDamaged(f"{path} is damaged ({err}): move it away or restore a backup")
    detail = err.strerror if isinstance(err, OSError) and err.strerror else str(err)
    return StoreUnwritable(f"{path} cannot be written ({detail}): check free space, permissions and the disk")


def _code(err: BaseException) -> str:
    return getattr(err, "sqlite_errorname", "") or ""


class FileLock:
    """An advisory lock beside the database; the kernel frees it when the process dies, however it dies.

    A record lock and not `flock`: a child made by fork would inherit that, and could outlive us with it.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            os.close(self._file)
            raise StoreInUse(f"{path} is in use by another siteward: stop that one first") from None

    def release(self) -> None:
        """Let the next one in."""
        os.close(self._file)


def open_writer(path: Path) -> sqlite3.Connection:
    """Open and migrate the database; the one connection that writes.

    Raises:
        StoreError: it cannot be used; the message says why.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _refuse_read_only(path)
        db = _connect(str(path))
    except (sqlite3.Error, OSError) as err:
        raise describe(err, str(path)) from None
    try:
        _prepare(db)
    except (sqlite3.Error, OSError, StoreError) as err:
        db.close()
        raise describe(err, str(path)) from None
    return db


def open_memory() -> sqlite3.Connection:
    """Open an empty database with the same tables in memory."""
    db = _connect(":memory:")
    migrate(db, MIGRATIONS)
    return db


def open_reader(path: Path) -> sqlite3.Connection:
    """Open the database for reading beside its writer, from this or another process.

    Raises:
        StoreError: it is not there, or cannot be read.
    """
    try:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
        db.execute(f"PRAGMA busy_timeout = {int(_BUSY_SECONDS * 1000)}")
        db.execute("SELECT 1 FROM migration").fetchone()
    except (sqlite3.Error, OSError) as err:
        if not path.exists():
            raise StoreError(f"there is no database at {path}: has the agent run yet?") from None
        raise describe(err, str(path)) from None
    return db


def _connect(name: str) -> sqlite3.Connection:
    # isolation_level None: we write BEGIN and COMMIT ourselves. Only the writer's thread uses it.
    return sqlite3.connect(name, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)


def _prepare(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")
    migrate(db, MIGRATIONS)
    # Opening alone does not touch the disk: write once, so that a full or read-only one is found now.
    db.execute("INSERT OR REPLACE INTO meta VALUES ('opened', 1)")


def _refuse_read_only(path: Path) -> None:
    # SQLite opens a read-only file silently and fails later. Root may write it all the same: then it is fine.
    target = path if path.exists() else path.parent
    if not os.access(target, os.W_OK):
        raise PermissionError(13, "it is read-only")
