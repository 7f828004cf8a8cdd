"""Accounts, sessions and API tokens, in a small SQLite file of their own (`access.db`).

Apart from the agent's store, which one program writes, because `siteward user add` must work while the agent
runs. Passwords are kept as Argon2id hashes, session and token secrets as SHA-256: a copy of the file logs
nobody in.
"""

import contextlib
import hashlib
import re
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, Self

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from agent.store.migrations import Migration, migrate
from agent.web.roles import Permission, Role, allowed

ACCESS_FILE: Final = "access.db"
IDLE_SECONDS: Final = 12 * 3600.0  # a session nobody used for so long is over
LONGEST_SECONDS: Final = 7 * 86400.0
SHORTEST_PASSWORD: Final = 10  # characters; NIST SP 800-63B asks for 8 at least
LONGEST_PASSWORD: Final = 200  # more would only make us compute
FREE_TRIES: Final = 5  # wrong log-ins of one name, or from one address, before it has to wait
LONGEST_WAIT: Final = 900.0
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,62}")
TOKEN_PREFIX: Final = "swt_"  # noqa: S105  so that a leaked one is recognised as ours

_SESSION: Final = """SELECT a.name, a.role, a.full_name, a.language, s.created, s.used FROM session s
    JOIN account a ON a.name = s.account WHERE s.digest = ?"""
_MIGRATIONS: Final = (
    Migration(
        1,
        "first schema",
        (
            """CREATE TABLE account (
                name TEXT PRIMARY KEY, role TEXT NOT NULL, full_name TEXT NOT NULL, hash TEXT NOT NULL,
                language TEXT NOT NULL DEFAULT '', created REAL NOT NULL) WITHOUT ROWID""",
            """CREATE TABLE session (
                digest TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES account ON DELETE CASCADE,
                created REAL NOT NULL, used REAL NOT NULL) WITHOUT ROWID""",
            """CREATE TABLE token (
                digest TEXT PRIMARY KEY, label TEXT NOT NULL, account TEXT NOT NULL
                REFERENCES account ON DELETE CASCADE, scopes TEXT NOT NULL, created REAL NOT NULL,
                expires REAL) WITHOUT ROWID""",
            """CREATE TABLE refusal (
                who TEXT PRIMARY KEY, count INTEGER NOT NULL, until REAL NOT NULL) WITHOUT ROWID""",
        ),
    ),
    Migration(
        2,
        "accounts that an OpenID Connect provider vouches for",
        ("ALTER TABLE account ADD COLUMN subject TEXT NOT NULL DEFAULT ''",),
    ),
)


class AccountError(Exception):
    """The account cannot be made or changed; the message says why and what to do."""


class TooManyTries(Exception):
    """Too many wrong log-ins; `seconds` until the next one is looked at."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"too many wrong log-ins: wait {seconds:.0f} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may log in, and what this log-in may do."""

    name: str
    role: Role
    full_name: str
    language: str  # "" is the site's
    may: frozenset[Permission]

    @property
    def shown(self) -> str:
        """The name as people know it."""
        return self.full_name or self.name


class Vouched(Protocol):
    """Somebody whom an issuer vouches for."""

    @property
    def subject(self) -> str:
        """Issuer and subject, which never change."""
        ...

    @property
    def name(self) -> str:
        """What the account is called."""
        ...

    @property
    def full_name(self) -> str:
        """The name as people know it."""
        ...

    @property
    def role(self) -> Role:
        """What he may do."""
        ...


class Accounts:
    """The accounts of a site. Thread-safe; opened by the agent and by commands beside it.

    Raises:
        AccountError: the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        # OWASP's least parameters for Argon2id; one at a time, so that guessing cannot starve the polls.
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._hashing = threading.Lock()
        self._nobody = self._hasher.hash(secrets.token_urlsafe())
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
            self._db = sqlite3.connect(path, timeout=5.0, check_same_thread=False, isolation_level=None)
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.execute("PRAGMA journal_mode = WAL")
            migrate(self._db, _MIGRATIONS)
            self._looking = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False
            )
        except (sqlite3.Error, OSError) as err:
            raise AccountError(f"{path} cannot be used ({err}): check its permissions and the disk") from None

    def close(self) -> None:
        """Close the file."""
        self._looking.close()
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------ accounts

    def add(self, name: str, role: Role, password: str, now: float, *, full_name: str = "") -> None:
        """Make an account, or give one that exists a new role and password; its sessions end.

        Raises:
            AccountError: the name or the password will not do.
        """
        if not _NAME.fullmatch(name):
            raise AccountError(f"{name!r} will not do as a name: letters, digits and . _ - @, 63 at most")
        digest = "" if role is Role.SERVICE else self._hasher.hash(_fit(password, name))
        with self._transaction() as db:
            db.execute("DELETE FROM session WHERE account = ?", (name,))
            db.execute(
                """INSERT INTO account (name, role, full_name, hash, created) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (name) DO UPDATE SET role = excluded.role, hash = excluded.hash,
                full_name = excluded.full_name, subject = ''""",
                (name, role.value, full_name, digest, now),
            )

    def enter(self, person: "Vouched", now: float) -> str:
        """Return the secret of a new session of whom an issuer vouches for; makes or renews the account.

        Raises:
            AccountError: the name will not do, or is that of an account with a password, or of somebody else.
        """
        if not _NAME.fullmatch(person.name):
            raise AccountError(f"{person.name[:63]!r} will not do as a name: set web.oidc.name_claim")
        row = self._one("SELECT subject FROM account WHERE name = ?", person.name)
        if row is not None and row[0] != person.subject:
            raise AccountError(f"{person.name} is another account's name: siteward user remove {person.name}")
        secret = secrets.token_urlsafe(32)
        with self._transaction() as db:
            db.execute(
                """INSERT INTO account (name, role, full_name, hash, created, subject)
                VALUES (?, ?, ?, '', ?, ?)
                ON CONFLICT (name) DO UPDATE SET role = excluded.role, full_name = excluded.full_name""",
                (person.name, person.role.value, person.full_name[:100], now, person.subject),
            )
            db.execute("INSERT INTO session VALUES (?, ?, ?, ?)", (_digest(secret), person.name, now, now))
        return secret

    def remove(self, name: str) -> bool:
        """Remove an account with its sessions and tokens; return whether there was one."""
        with self._transaction() as db:
            return db.execute("DELETE FROM account WHERE name = ?", (name,)).rowcount > 0

    def all(self) -> list[Account]:
        """Return every account by name."""
        rows = self._ask("SELECT name, role, full_name, language FROM account ORDER BY name")
        return [_account(*row) for row in rows]

    def set_language(self, name: str, language: str) -> None:
        """Keep the language somebody chose."""
        with self._transaction() as db:
            db.execute("UPDATE account SET language = ? WHERE name = ?", (language, name))

    # ------------------------------------------------------------ log-in

    def log_in(self, name: str, password: str, address: str, now: float) -> str | None:
        """Return the secret of a new session, None where name and password do not fit.

        An unknown name costs as much time as a wrong password.

        Raises:
            TooManyTries: this name, or this address, was wrong too often.
        """
        for who in (f"name:{name}", f"from:{address}"):
            self._check_tries(who, now)
        row = self._one("SELECT hash FROM account WHERE name = ?", name)
        known = row[0] if row and row[0] else ""
        if not self._fits(known or self._nobody, password) or not known:
            self._note_refusal(name, address, now)
            return None
        secret = secrets.token_urlsafe(32)
        with self._transaction() as db:
            db.execute("DELETE FROM refusal WHERE who IN (?, ?)", (f"name:{name}", f"from:{address}"))
            db.execute("INSERT INTO session VALUES (?, ?, ?, ?)", (_digest(secret), name, now, now))
        return secret

    def look(self, secret: str, now: float) -> Account | None:
        """Return whose session a secret is; None where that is nobody's, or only `session` can say.

        It waits for nobody who writes, so the loop may ask: a page needs no thread to know its reader. For
        one thread at a time.
        """
        row = self._looking.execute(_SESSION, (_digest(secret),)).fetchone()
        if row is None:
            return None
        *who, created, used = row
        lasts = 0 <= now - used <= IDLE_SECONDS / 100 and now - created <= LONGEST_SECONDS
        return _account(*who) if lasts else None

    def session(self, secret: str, now: float) -> Account | None:
        """Return whose session a secret is, None when it is nobody's or over."""
        row = self._one(_SESSION, _digest(secret))
        if row is None:
            return None
        *who, created, used = row
        if now - used > IDLE_SECONDS or now - created > LONGEST_SECONDS:
            self.log_out(secret)
            return None
        if now - used > IDLE_SECONDS / 100:
            with self._transaction() as db:
                db.execute("UPDATE session SET used = ? WHERE digest = ?", (now, _digest(secret)))
        return _account(*who)

    def log_out(self, secret: str) -> None:
        """End a session."""
        with self._transaction() as db:
            db.execute("DELETE FROM session WHERE digest = ?", (_digest(secret),))

    # ------------------------------------------------------------ tokens

    def add_token(
        self, account: str, label: str, scopes: frozenset[Permission], now: float, *, expires: float | None
    ) -> str:
        """Make an API token and return it; it is shown this once and cannot be had again.

        Raises:
            AccountError: there is no such account.
        """
        if self._one("SELECT 1 FROM account WHERE name = ?", account) is None:
            raise AccountError(f"there is no account {account!r}: siteward user add makes one")
        secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
        row = (_digest(secret), label, account, " ".join(sorted(scopes)), now, expires)
        with self._transaction() as db:
            db.execute("INSERT INTO token VALUES (?, ?, ?, ?, ?, ?)", row)
        return secret

    def token(self, secret: str, now: float) -> Account | None:
        """Return whose token this is and what it may do, None when it is nobody's or has expired."""
        row = self._one(
            """SELECT a.name, a.role, a.full_name, a.language, t.scopes, t.expires FROM token t
            JOIN account a ON a.name = t.account WHERE t.digest = ?""",
            _digest(secret),
        )
        if row is None:
            return None
        *who, scopes, expires = row
        if expires is not None and expires <= now:
            return None
        name, role, full_name, language = who
        granted = frozenset(Permission(scope) for scope in scopes.split())
        return _account(name, role, full_name, language, granted)

    def tokens(self) -> list[tuple[str, str, str, float | None]]:
        """Return (label, account, scopes, expires) of every token."""
        return self._ask("SELECT label, account, scopes, expires FROM token ORDER BY account, label")

    def remove_token(self, account: str, label: str) -> bool:
        """Withdraw a token; return whether there was one."""
        with self._transaction() as db:
            found = db.execute("DELETE FROM token WHERE account = ? AND label = ?", (account, label))
            return found.rowcount > 0

    # ------------------------------------------------------------ inside

    def _fits(self, known: str, password: str) -> bool:
        try:
            with self._hashing:
                return self._hasher.verify(known, password[: LONGEST_PASSWORD + 1])
        except (Argon2Error, InvalidHashError):
            return False

    def _check_tries(self, who: str, now: float) -> None:
        row = self._one("SELECT count, until FROM refusal WHERE who = ?", who)
        if row and row[0] >= FREE_TRIES and 0 < row[1] - now <= LONGEST_WAIT:
            raise TooManyTries(row[1] - now)

    def _note_refusal(self, name: str, address: str, now: float) -> None:
        with self._transaction() as db:
            db.execute("DELETE FROM refusal WHERE until < ?", (now - LONGEST_WAIT,))
            for who in (f"name:{name[:63]}", f"from:{address}"):
                row = db.execute("SELECT count FROM refusal WHERE who = ?", (who,)).fetchone()
                count = (row[0] if row else 0) + 1
                wait = min(LONGEST_WAIT, 2.0 ** max(0, count - FREE_TRIES + 1))
                db.execute("INSERT OR REPLACE INTO refusal VALUES (?, ?, ?)", (who, count, now + wait))

    def _one(self, query: str, value: str) -> tuple[Any, ...] | None:
        rows = self._ask(query, value)
        return rows[0] if rows else None

    def _ask(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(query, values).fetchall()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")


def _fit(password: str, name: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise AccountError(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    if name.lower() in password.lower():
        raise AccountError("a password must not hold the name")
    return password


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _account(
    name: str, role: str, full_name: str, language: str, scopes: frozenset[Permission] | None = None
) -> Account:
    level = Role(role)
    return Account(name, level, full_name, language, allowed(level, scopes))
