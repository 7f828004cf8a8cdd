"""`siteward user …` and `siteward token …`: who may log in to the site's pages and API."""

import sys
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from agent.config import ConfigError, read_config
from agent.units import parse_duration
from agent.web.accounts import ACCESS_FILE, AccountError, Accounts
from agent.web.roles import Permission, Role

T = TypeVar("T")
WRONG: Final = 1
WRONG_USE: Final = 2
Config = Annotated[
    Path, typer.Option("--config", "-c", envvar="SITEWARD_CONFIG", help="The site's configuration.")
]
_DEFAULT: Final = Path("/etc/siteward/site.yaml")

users = typer.Typer(name="user", help="Who may log in to the site's pages.", no_args_is_help=True)
tokens = typer.Typer(name="token", help="Tokens for programs that use the API.", no_args_is_help=True)


class RoleName(StrEnum):
    """What an account is for."""

    VIEWER = "viewer"
    TECHNICIAN = "technician"
    MANAGER = "manager"
    AUDITOR = "auditor"
    SERVICE = "service"


@users.command("add")
def add_user(
    name: Annotated[str, typer.Argument(help="What they log in with.")],
    *,
    role: Annotated[RoleName, typer.Option(help="What the account is for.")] = RoleName.VIEWER,
    full_name: Annotated[str, typer.Option(help="As it shall stand in tickets and records.")] = "",
    password_file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Read the password from this file.")
    ] = None,
    config: Config = _DEFAULT,
) -> None:
    """Make an account, or give one a new role and password; asks for the password twice.

    Example: siteward user add li.wei --role technician --full-name "Li Wei" -c site.yaml

    Exit status: 0 made, 1 it cannot be made, 2 wrong use or config.
    """
    password = "" if role is RoleName.SERVICE else _password(password_file)
    with _accounts(config) as accounts:
        _or_fail(lambda: accounts.add(name, Role(role.value), password, time.time(), full_name=full_name))
    typer.echo(f"{name} may log in as {role.value}" if password else f"{name} is there; give it a token")


@users.command("list")
def list_users(*, config: Config = _DEFAULT) -> None:
    """List the accounts.

    Exit status: 0 listed, 2 wrong use or config.
    """
    with _accounts(config) as accounts:
        table = Table("name", "role", "full name", box=None)
        for one in accounts.all():
            table.add_row(one.name, one.role.value, one.full_name)
    Console(highlight=False).print(table if table.row_count else "no accounts: siteward user add makes one")


@users.command("remove")
def remove_user(name: str, *, config: Config = _DEFAULT) -> None:
    """Remove an account; its sessions and tokens end at once.

    Exit status: 0 removed, 1 there is none, 2 wrong use or config.
    """
    with _accounts(config) as accounts:
        if not accounts.remove(name):
            _fail(f"there is no account {name!r}: siteward user list", WRONG)
    typer.echo(f"{name} is removed")


@tokens.command("add")
def add_token(
    account: Annotated[str, typer.Argument(help="Whose token it is; best one of role service.")],
    label: Annotated[str, typer.Argument(help="What it is for.")],
    *,
    scope: Annotated[list[str], typer.Option(help=f"Of {', '.join(Permission)}; repeat for more.")],
    days: Annotated[
        str, typer.Option(help="How long it is good for, e.g. 90d; for ever when left out.")
    ] = "",
    config: Config = _DEFAULT,
) -> None:
    """Make an API token and print it, this once.

    Example: siteward token add grafana dashboards --scope view -c site.yaml

    Exit status: 0 made, 1 there is no such account, 2 wrong use or config.
    """
    wrong = sorted(set(scope) - set(Permission))
    if wrong:
        _fail(f"no scope {', '.join(wrong)}: choose of {', '.join(Permission)}", WRONG_USE)
    try:
        expires = time.time() + parse_duration(days) if days else None
    except ValueError as err:
        _fail(f"--days: {err}", WRONG_USE)
    with _accounts(config) as accounts:
        scopes = frozenset(Permission(one) for one in scope)
        typer.echo(_or_fail(lambda: accounts.add_token(account, label, scopes, time.time(), expires=expires)))


@tokens.command("list")
def list_tokens(*, config: Config = _DEFAULT) -> None:
    """List the tokens; their secrets cannot be had again.

    Exit status: 0 listed, 2 wrong use or config.
    """
    with _accounts(config) as accounts:
        table = Table("account", "label", "scopes", "expires", box=None)
        for label, account, scopes, expires in accounts.tokens():
            end = time.strftime("%Y-%m-%d", time.gmtime(expires)) if expires else "never"
            table.add_row(account, label, scopes, end)
    Console(highlight=False).print(table if table.row_count else "no tokens")


@tokens.command("remove")
def remove_token(account: str, label: str, *, config: Config = _DEFAULT) -> None:
    """Withdraw a token.

    Exit status: 0 withdrawn, 1 there is none, 2 wrong use or config.
    """
    with _accounts(config) as accounts:
        if not accounts.remove_token(account, label):
            _fail(f"{account} has no token {label!r}: siteward token list", WRONG)
    typer.echo("withdrawn")


def _password(file: Path | None) -> str:
    if file is not None:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def _accounts(config: Path) -> Accounts:
    try:
        site = read_config(config)
    except ConfigError as err:
        _fail(f"{err.source} cannot be used:\n" + "\n".join(f"  {one}" for one in err.problems), WRONG_USE)
    return _or_fail(lambda: Accounts(site.state_dir / ACCESS_FILE))


def _or_fail(do: Callable[[], T]) -> T:
    try:
        return do()
    except AccountError as err:
        _fail(str(err), WRONG)


def _fail(sentence: str, status: int) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(status)
