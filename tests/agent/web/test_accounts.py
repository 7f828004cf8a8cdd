"""Who may log in: passwords, sessions, tokens, and those who guess."""

import pytest

from agent.web.accounts import (
    FREE_TRIES,
    IDLE_SECONDS,
    LONGEST_SECONDS,
    LONGEST_WAIT,
    AccountError,
    Accounts,
    TooManyTries,
)
from agent.web.roles import GRANTS, Permission, Role

GOOD = "correct horse battery"


@pytest.fixture
def accounts(tmp_path):
    with Accounts(tmp_path / "access.db") as found:
        found.add("li.wei", Role.TECHNICIAN, GOOD, 0.0, full_name="Li Wei")
        yield found


def test_the_right_password_opens_a_session_and_a_wrong_one_does_not(accounts):
    secret = accounts.log_in("li.wei", GOOD, "127.0.0.1", 10.0)
    who = accounts.session(secret, 11.0)
    assert (who.name, who.role, who.shown) == ("li.wei", Role.TECHNICIAN, "Li Wei")
    assert who.may == GRANTS[Role.TECHNICIAN]
    assert accounts.log_in("li.wei", GOOD + "!", "127.0.0.1", 10.0) is None
    assert accounts.log_in("nobody", GOOD, "127.0.0.1", 10.0) is None
    assert accounts.session("made up", 11.0) is None


def test_a_copy_of_the_file_holds_no_secret(accounts, tmp_path):
    secret = accounts.log_in("li.wei", GOOD, "127.0.0.1", 10.0)
    token = accounts.add_token("li.wei", "x", frozenset({Permission.VIEW}), 10.0, expires=None)
    accounts.close()
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"argon2id" in raw
    for text in (GOOD, secret, token):
        assert text.encode() not in raw
    assert (tmp_path / "access.db").stat().st_mode & 0o077 == 0


def test_a_session_ends_by_idling_by_age_and_by_logging_out(accounts):
    secret = accounts.log_in("li.wei", GOOD, "a", 0.0)
    assert accounts.session(secret, IDLE_SECONDS - 1)
    assert accounts.session(secret, 2 * IDLE_SECONDS - 2), "it was used in between"
    assert accounts.session(secret, 3 * IDLE_SECONDS) is None
    secret, at = accounts.log_in("li.wei", GOOD, "a", 0.0), 0.0
    while at < LONGEST_SECONDS:
        assert accounts.session(secret, at)
        at += IDLE_SECONDS / 2
    assert accounts.session(secret, LONGEST_SECONDS + 1) is None
    secret = accounts.log_in("li.wei", GOOD, "a", 0.0)
    accounts.log_out(secret)
    assert accounts.session(secret, 1.0) is None


def test_a_new_password_and_a_removal_end_sessions_and_tokens(accounts):
    secret = accounts.log_in("li.wei", GOOD, "a", 0.0)
    accounts.add("li.wei", Role.VIEWER, GOOD + "2", 1.0)
    assert accounts.session(secret, 2.0) is None
    token = accounts.add_token("li.wei", "x", frozenset(Permission), 2.0, expires=None)
    assert accounts.token(token, 3.0).may == GRANTS[Role.VIEWER], "a token may not do more than its owner"
    assert accounts.remove("li.wei")
    assert not accounts.remove("li.wei")
    assert accounts.token(token, 4.0) is None


def test_who_guesses_has_to_wait_ever_longer(accounts):
    for _ in range(FREE_TRIES):
        assert accounts.log_in("li.wei", "wrong guess", "10.0.0.1", 100.0) is None
    with pytest.raises(TooManyTries) as refused:
        accounts.log_in("li.wei", GOOD, "10.0.0.2", 100.0)
    assert 0 < refused.value.seconds <= LONGEST_WAIT
    with pytest.raises(TooManyTries):
        accounts.log_in("somebody", "else", "10.0.0.1", 100.0)  # the address waits too
    assert accounts.log_in("li.wei", GOOD, "10.0.0.1", 100.0 + LONGEST_WAIT + 1)


def test_a_clock_set_back_locks_nobody_out_for_long(accounts):
    for _ in range(FREE_TRIES):
        accounts.log_in("li.wei", "wrong guess", "a", 1e9)
    assert accounts.log_in("li.wei", GOOD, "a", 1000.0)


def test_tokens_end_and_are_withdrawn(accounts):
    scopes = frozenset({Permission.VIEW})
    token = accounts.add_token("li.wei", "grafana", scopes, 0.0, expires=100.0)
    assert accounts.token(token, 99.0).may == scopes
    assert accounts.token(token, 100.0) is None
    assert accounts.remove_token("li.wei", "grafana")
    assert accounts.token(token, 1.0) is None
    with pytest.raises(AccountError, match="siteward user add"):
        accounts.add_token("ghost", "x", scopes, 0.0, expires=None)


@pytest.mark.parametrize(
    ("name", "password", "why"),
    [
        ("", GOOD, "will not do as a name"),
        ("a b", GOOD, "will not do as a name"),
        ("x", "short", "10 to 200 characters"),
        ("li.wei", "my li.wei secret", "must not hold the name"),
    ],
)
def test_what_will_not_do_is_said(accounts, name, password, why):
    with pytest.raises(AccountError, match=why):
        accounts.add(name, Role.VIEWER, password, 0.0)


def test_a_service_account_logs_in_by_token_only(accounts):
    accounts.add("bot", Role.SERVICE, "", 0.0)
    assert accounts.log_in("bot", "", "a", 0.0) is None
    scopes = frozenset({Permission.VIEW, Permission.WORK})
    assert accounts.token(accounts.add_token("bot", "x", scopes, 0.0, expires=None), 1.0).may == scopes


def test_a_damaged_file_is_told(tmp_path):
    (tmp_path / "access.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(AccountError, match="cannot be used"):
        Accounts(tmp_path / "access.db")
