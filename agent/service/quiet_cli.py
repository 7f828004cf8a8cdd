"""`siteward silence …`, `siteward maintenance …` and `siteward report-fault`, with or without an agent."""

import json
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer

from agent.config import ConfigError, SiteConfig, fetch_access, read_config
from agent.files import STORE_FILE
from agent.inventory import read_inventory
from agent.service.command import order
from agent.service.quiet import row, shown
from agent.service.requests import Request
from agent.service.terms import Terms
from agent.store import Reader, StoreError
from agent.units import parse_duration
from models import weekly
from models.facts import Device
from models.quiet import EVERYTHING, Quiet

WRONG: Final = 1
WRONG_USE: Final = 2
_DEFAULT: Final = Path("/etc/siteward/site.yaml")
_YEAR: Final = 366 * 86400.0

Config = Annotated[
    Path, typer.Option("--config", "-c", envvar="SITEWARD_CONFIG", help="The site's configuration.")
]
Who = Annotated[str, typer.Option(help="Who says so.", metavar="NAME")]
Why = Annotated[str, typer.Option(help="Why.", metavar="TEXT")]
Devices = Annotated[
    list[str] | None,
    typer.Argument(help="Device ids (* for anything), kind:camera, place:Gate*; none is the whole site."),
]
Fault = Annotated[list[str] | None, typer.Option(help="This fault only; repeat for more.", metavar="CODE")]
For = Annotated[str, typer.Option("--for", help="How long: 30m, 4h, 2d.", metavar="DURATION")]
From = Annotated[
    str, typer.Option("--from", help="Local time 2026-03-01T08:00; default now.", metavar="TIME")
]
Until = Annotated[str, typer.Option(help="Local time, instead of --for.", metavar="TIME")]
Each = Annotated[
    str,
    typer.Option(
        help="Only in these hours, week by week, in the site's time: 'sun 02:00-04:00'.", metavar="HOURS"
    ),
]
Number = Annotated[int, typer.Argument(help="Number of the window, as `list` prints it.")]

silence = typer.Typer(
    name="silence", help="No tickets of something for a while, because somebody knows.", no_args_is_help=True
)
maintenance = typer.Typer(
    name="maintenance", help="Planned work: no tickets of what fails meanwhile.", no_args_is_help=True
)


@silence.command("add")
def add_silence(
    devices: Devices = None,
    *,
    who: Who = "",
    why: Why = "",
    lasts: For = "",
    until: Until = "",
    begins: From = "",
    each: Each = "",
    fault: Fault = None,
    config: Config = _DEFAULT,
) -> None:
    """Open no ticket of these devices, and of what hangs on them, for a while; what lasts is told at its end.

    Example: siteward silence add cam-07 --for 2d --who "Li Wei" --why "spare lens ordered" -c site.yaml

    Exit status: 0 set, 1 it cannot be, 2 wrong use or config.
    """
    _add(Quiet.SILENCE, config, (devices, fault), (begins, until, lasts, each), (who, why))


@maintenance.command("add")
def add_maintenance(
    devices: Devices = None,
    *,
    who: Who = "",
    why: Why = "",
    lasts: For = "",
    until: Until = "",
    begins: From = "",
    each: Each = "",
    fault: Fault = None,
    config: Config = _DEFAULT,
) -> None:
    """Plan work on these devices, and on what hangs on them: no tickets meanwhile, what lasts is told after.

    Example: siteward maintenance add sw-2 --from 2026-03-01T08:00 --for 4h --who "Li Wei" --why "new switch"
    Example: siteward maintenance add nvr-1 --each "sun 02:00-04:00" --who "Li Wei" --why "it restarts itself"

    Hours of each week hold for a year, unless --for or --until says otherwise.

    Exit status: 0 set, 1 it cannot be, 2 wrong use or config.
    """
    _add(Quiet.MAINTENANCE, config, (devices, fault), (begins, until, lasts, each), (who, why))


@silence.command("end")
def end_silence(number: Number, *, who: Who = "", config: Config = _DEFAULT) -> None:
    """End a silence now; what it kept quiet and still lasts is told.

    Exit status: 0 ended, 1 there is none, 2 wrong use or config.
    """
    _do(config, Request("", "end_quiet", who, str(number)))


@maintenance.command("end")
def end_maintenance(number: Number, *, who: Who = "", config: Config = _DEFAULT) -> None:
    """End a maintenance window now; what it kept quiet and still lasts is told.

    Exit status: 0 ended, 1 there is none, 2 wrong use or config.
    """
    _do(config, Request("", "end_quiet", who, str(number)))


@silence.command("list")
def list_silences(
    *, config: Config = _DEFAULT, as_json: Annotated[bool, typer.Option("--json")] = False
) -> None:
    """List the silences that last or are to come.

    Exit status: 0 listed, 1 the agent's database cannot be read, 2 wrong use or config.
    """
    _list(Quiet.SILENCE, config, as_json=as_json)


@maintenance.command("list")
def list_maintenance(
    *, config: Config = _DEFAULT, as_json: Annotated[bool, typer.Option("--json")] = False
) -> None:
    """List the maintenance windows that last or are to come.

    Exit status: 0 listed, 1 the agent's database cannot be read, 2 wrong use or config.
    """
    _list(Quiet.MAINTENANCE, config, as_json=as_json)


def report_fault(
    device: Annotated[str, typer.Argument(help="Id from the inventory.")],
    *,
    who: Who = "",
    why: Annotated[str, typer.Option(help="What is wrong, in their words.", metavar="TEXT")] = "",
    fault: Annotated[str, typer.Option(help="What it is, where that is known.", metavar="CODE")] = "",
    at: Annotated[str, typer.Option(help="When it was reported, local time; default now.")] = "",
    config: Config = _DEFAULT,
) -> None:
    """Register a fault that a person reports; the clocks of its ticket start at the report.

    Where the fault has a ticket, the report goes onto that.

    Example: siteward report-fault cam-07 --who "front desk" --why "no picture on monitor 3" -c site.yaml

    Exit status: 0 registered, 1 it cannot be, 2 wrong use or config.
    """
    site, devices = _read(config)
    given = {"device": device, "fault": fault, "at": _moment(at, site) if at else 0.0}
    _answer(site, devices, Request(device, "report", who, json.dumps(given), why))


# ---------------------------------------------------------------- inside


def _add(
    kind: Quiet,
    config: Path,
    scope: tuple[list[str] | None, list[str] | None],
    times: tuple[str, str, str, str],
    said: tuple[str, str],
) -> None:
    site, devices = _read(config)
    begins, until, lasts, each = times
    since = _moment(begins, site) if begins else time.time()
    if each and not (until or lasts):
        until = datetime.fromtimestamp(since + _YEAR - 3600, site.zone).isoformat()
    if bool(until) == bool(lasts):
        _fail("say how long: --for 4h, or --until 2026-03-01T18:00", WRONG_USE)
    end = _moment(until, site) if until else since + _span(lasts)
    given = {"devices": scope[0] or [EVERYTHING], "faults": scope[1] or [], "since": since, "until": end}
    given |= {"each": _hours(each, site)} if each else {}
    _answer(site, devices, Request("", kind.value, said[0], json.dumps(given), said[1]))


def _do(config: Path, request: Request) -> None:
    site, devices = _read(config)
    _answer(site, devices, request)


def _answer(site: SiteConfig, devices: tuple[Device, ...], request: Request) -> None:
    done = order(site, devices, request)
    if not done.ok:
        _fail(done.said, WRONG)
    typer.echo(done.said)


def _list(kind: Quiet, config: Path, *, as_json: bool) -> None:
    site, now = _settings(config), time.time()
    try:
        with Reader(site.state_dir / STORE_FILE) as store:
            windows = [one for one in store.quiet(now, now + _YEAR) if one.kind is kind]
    except StoreError as err:
        _fail(str(err), WRONG)
    say = Terms.of(site.service, lambda _id: None, lang=site.language, zone=site.zone).say
    if as_json:
        typer.echo(json.dumps([dict(row(one, site.zone)) for one in windows], ensure_ascii=False))
        return
    for one in windows:
        typer.echo(shown(one, say).strip())


def _moment(text: str, site: SiteConfig) -> float:
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        _fail(f"{text!r} is no time: write such as 2026-03-01T08:00", WRONG_USE)
    return (given if given.tzinfo else given.replace(tzinfo=site.zone)).timestamp()


def _hours(text: str, site: SiteConfig) -> str:
    try:
        return str(weekly.parse(text, site.zone))
    except ValueError as err:
        _fail(str(err), WRONG_USE)


def _span(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as err:
        _fail(str(err), WRONG_USE)


def _settings(config: Path) -> SiteConfig:
    try:
        return read_config(config)
    except ConfigError as err:
        _fail(f"{err.source} cannot be used: {'; '.join(err.problems)}", WRONG_USE)


def _read(config: Path) -> tuple[SiteConfig, tuple[Device, ...]]:
    site = _settings(config)
    try:
        return site, read_inventory(site.inventory, fetch_access(site, config))
    except ConfigError as err:
        _fail(f"{err.source} cannot be used: {'; '.join(err.problems)}", WRONG_USE)


def _fail(sentence: str, status: int) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(status)
