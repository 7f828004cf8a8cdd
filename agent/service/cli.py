"""The commands of the service department: each a thin door to a module of its own."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from agent.config import ConfigError, SiteConfig, fetch_access, read_config
from agent.inventory import read_inventory
from agent.service.desk import open_desk
from agent.service.files import FilesError
from agent.service.refused import Refused
from agent.store import StoreError
from models.facts import Device
from models.service.plans import PlanError
from models.words import LANGUAGES

WRONG: Final = 1
WRONG_USE: Final = 2
PANEL: Final = "Serve"
Config = Annotated[
    Path, typer.Option("--config", "-c", envvar="SITEWARD_CONFIG", help="The site's configuration.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Lang = Annotated[str, typer.Option(help="en or zh_CN; left out: the site's language.")]
Who = Annotated[str, typer.Option(help="Who says so.", metavar="NAME")]
DEFAULT_CONFIG: Final = Path("/etc/siteward/site.yaml")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (report, kpi, inspect, handover, followup, complaint, writeup, drill):
        app.command(rich_help_panel=PANEL)(command)


def report(
    kind: Annotated[str, typer.Argument(help="Which report; left out: list them.")] = "",
    about: Annotated[
        str, typer.Argument(help="Month, day, span, record or device; left out: the newest.")
    ] = "",
    *,
    config: Config = DEFAULT_CONFIG,
    form: Annotated[
        list[str] | None, typer.Option("--format", help="pdf, html, xlsx or csv; repeat.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder; left out: reports.folder of the config.")] = None,
    lang: Lang = "",
    mail: Annotated[bool, typer.Option("--mail", help="Send it too, as reports.mail says.")] = False,
) -> None:
    """Make a report now: HTML, PDF, XLSX or CSV, in English or Chinese.

    Examples: siteward report monthly 2026-08 -c site.yaml; siteward report faults --format xlsx

    siteward report yearly 2026-01-01..2026-12-31 --lang zh_CN --format pdf --format xlsx

    Exit status: 0 made, 1 it cannot be made; 2 wrong use or config.
    """
    from agent.service.reports import kinds, make  # slow to load

    if not kind:
        table = Table("report", "about", "what it is", box=None)
        for row in kinds.listing("zh_CN" if lang == "zh_CN" else "en"):
            table.add_row(*row)
        Console(highlight=False).print(table)
        return
    formats = tuple(form or ["pdf"])
    wrong = [one for one in formats if one not in make.FORMATS]
    if wrong or lang not in {"", *LANGUAGES}:
        _fail(f"{', '.join(wrong) or lang}: choose of {', '.join((*make.FORMATS, *LANGUAGES))}", WRONG_USE)
    site, devices = _load(config)
    console = Console(stderr=True, highlight=False)
    with (
        _said(),
        console.status("reading history …") as status,
        open_desk(site, devices, now=time.time()) as desk,
    ):
        wanted = make.Order(kind, about, formats, lang or site.language)  # type: ignore[arg-type]  # checked
        made = make.write(desk, wanted, out or site.reports.folder, told=status.update)
    for path in made.paths:
        typer.echo(str(path))
    if mail:
        _mail(config, site, made)


def kpi(
    about: Annotated[
        str, typer.Argument(help="Month 2026-08, or days 2026-07-01..2026-09-30; left out: this month.")
    ] = "",
    *,
    config: Config = DEFAULT_CONFIG,
    by: Annotated[str, typer.Option(help="site, group, device or customer.")] = "site",
    only: Annotated[str, typer.Option(help="One group or one device.", metavar="NAME")] = "",
    also: Annotated[list[Path] | None, typer.Option(help="Another site of the customer; repeat.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print the contract's KPIs with numerator, denominator, what was planned, coverage and verdict.

    Examples: siteward kpi 2026-08 -c site.yaml; siteward kpi --by device --only cam-05

    siteward kpi 2026-08 -c a.yaml --by customer --also b.yaml

    Exit status: 0 printed, 1 there is no history; 2 wrong use or config.
    """
    from agent.service import scopes
    from agent.service.reports.tongue import Tongue

    if by not in scopes.LEVELS:
        _fail(f"--by {by}: choose of {', '.join(scopes.LEVELS)}", WRONG_USE)
    sites = [_load(path) for path in (config, *(also or []))]
    with _said():
        found = scopes.measure_all(sites, about, by=by, only=only, now=time.time())
    if as_json:
        typer.echo(json.dumps([scopes.as_json(one) for one in found], ensure_ascii=False))
        return
    tongue = Tongue(sites[0][0].language, sites[0][0].zone)
    console = Console(highlight=False, width=None)
    for one in found:
        table = Table(*scopes.HEADINGS, title=one.name, title_justify="left", box=None)
        for figure in one.figures:
            table.add_row(*scopes.row(figure, tongue))
        console.print(table)


def inspect(
    plan: Annotated[str, typer.Argument(help="Which plan; left out: show what is due.")] = "",
    *,
    config: Config = DEFAULT_CONFIG,
    answer: Annotated[
        list[str] | None, typer.Option(help="ITEM[@DEVICE]=good or =bad, what hands found.", metavar="ANSWER")
    ] = None,
    record: Annotated[int, typer.Option(help="The record to answer or sign.", metavar="NUMBER")] = 0,
    sign: Annotated[str, typer.Option(help="Sign the record by this name.", metavar="NAME")] = "",
    customer: Annotated[str, typer.Option(help="Who signs for the customer.", metavar="NAME")] = "",
    note: Annotated[str, typer.Option(help="Remarks.", metavar="TEXT")] = "",
    who: Who = "",
    seed: Annotated[str, typer.Option(help="Draw function tests by this seed, to repeat a draw.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make an inspection record of what is known now; answer what was for hands, and sign.

    Examples: siteward inspect -c site.yaml; siteward inspect monthly; siteward report inspection monthly

    siteward inspect --record 7 --answer cleaning@cam-05=good --who "Li Wei"

    siteward inspect --record 7 --sign "Li Wei" --customer "Wang Fang"

    Exit status: 0 done, 1 it cannot be done; 2 wrong use or config.
    """
    from agent.service import rounds

    site, devices = _load(config)
    with _said(), open_desk(site, devices, now=time.time()) as desk:
        if answer or sign:
            said = rounds.complete(
                desk, record, answers=answer or [], sign=sign, customer=customer, who=who, note=note
            )
            typer.echo(said)
        elif plan:
            _print(rounds.make(desk, plan, seed=seed), as_json=as_json)
        else:
            _print(rounds.due(desk), as_json=as_json)


def handover(
    *,
    config: Config = DEFAULT_CONFIG,
    who: Annotated[
        str, typer.Option(help="Who accepted it; left out: show what is frozen.", metavar="NAME")
    ] = "",
    note: Annotated[str, typer.Option(help="Remarks.", metavar="TEXT")] = "",
    days: Annotated[int, typer.Option(help="Means over the last so many days.", min=1, max=90)] = 7,
    pictures: Annotated[
        bool, typer.Option("--pictures/--no-pictures", help="Take a picture of each stream.")
    ] = True,
    only: Annotated[
        list[str] | None, typer.Option(help="These devices only; repeat.", metavar="DEVICE")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Freeze every device's performance as it is handed over; later checks are deltas against it.

    Examples: siteward handover --who "Wang Fang" -c site.yaml; siteward handover; siteward report yearly

    Exit status: 0 frozen or shown, 1 there is nothing to freeze; 2 wrong use or config.
    """
    from agent.service import acceptance

    site, devices = _load(config)
    console = Console(stderr=True, highlight=False)
    with _said(), open_desk(site, devices, now=time.time()) as desk:
        if not who:
            _print(acceptance.shown(desk), as_json=as_json)
            return
        with console.status("freezing …") as status:
            said = acceptance.accept(
                desk, who=who, note=note, days=days, pictures=pictures, only=only or [], told=status.update
            )
    typer.echo(said)


def followup(
    month: Annotated[str, typer.Argument(help="Month 2026-08; left out: this one.")] = "",
    *,
    config: Config = DEFAULT_CONFIG,
    done: Annotated[
        str, typer.Option(help="This call is made: its ticket, or call/2026-08.", metavar="TASK")
    ] = "",
    satisfied: Annotated[
        bool | None, typer.Option("--satisfied/--dissatisfied", help="What was answered.")
    ] = None,
    note: Annotated[str, typer.Option(help="What came of it.", metavar="TEXT")] = "",
    who: Who = "",
    as_json: AsJson = False,
) -> None:
    """Draw the month's follow-up calls, list them with what is overdue, or note what came of one.

    Examples: siteward followup -c site.yaml; siteward followup --done 7 --satisfied --who "Li Wei"

    siteward followup --done call/2026-08 --note "no complaints" --who "Li Wei"

    Exit status: 0 done, 1 there is no such task; 2 wrong use or config.
    """
    from agent.service import calls

    site, devices = _load(config)
    with _said(), open_desk(site, devices, now=time.time()) as desk:
        if done:
            typer.echo(calls.note(desk, done, who=who, satisfied=satisfied, text=note))
        else:
            _print(calls.listed(desk, month), as_json=as_json)


def complaint(
    text: Annotated[str, typer.Argument(help="What about; left out: list them.")] = "",
    *,
    config: Config = DEFAULT_CONFIG,
    who: Annotated[str, typer.Option(help="Who complains.", metavar="NAME")] = "",
    level: Annotated[int, typer.Option("--class", help="1 single, 2 repeated, 3 public.", min=1, max=3)] = 1,
    ticket: Annotated[str, typer.Option(help="About this ticket.", metavar="NUMBER")] = "",
    settle: Annotated[int, typer.Option(help="Note how this complaint ended.", metavar="NUMBER")] = 0,
    upheld: Annotated[
        bool | None, typer.Option("--upheld/--not-upheld", help="Whether it was right.")
    ] = None,
    outcome: Annotated[str, typer.Option(help="What was done about it.", metavar="TEXT")] = "",
    as_json: AsJson = False,
) -> None:
    """Note a complaint (who complained within a year before is class 2), settle one, or list them.

    Examples: siteward complaint "nobody came" --who "Wang Fang" --ticket 7 -c site.yaml

    siteward complaint --settle 3 --upheld --outcome "apologised, repaired"

    Exit status: 0 done, 1 there is no such complaint; 2 wrong use or config.
    """
    from agent.service import calls

    site, devices = _load(config)
    with _said(), open_desk(site, devices, now=time.time()) as desk:
        if settle:
            typer.echo(calls.settle(desk, settle, upheld=upheld, outcome=outcome))
        elif text:
            typer.echo(calls.complain(desk, text, who=who, level=level, ticket=ticket))
        else:
            _print(calls.complaints(desk), as_json=as_json)


def writeup(
    ticket: Annotated[str, typer.Argument(help="Number of the ticket.")],
    *,
    config: Config = DEFAULT_CONFIG,
    field: Annotated[
        list[str] | None, typer.Option(help="NAME=TEXT of the paper form; repeat.", metavar="FIELD")
    ] = None,
    part: Annotated[
        list[str] | None, typer.Option(help='A part used, "disk 8 TB=1"; repeat.', metavar="PART")
    ] = None,
    who: Who = "",
) -> None:
    """Fill the form of a ticket: technician, arrived, work, customer, remarks …, and the parts used.

    Example: siteward writeup 7 --field work="plug renewed" --part "RJ45 plug=2" --who "Li Wei" -c site.yaml

    Exit status: 0 written, 1 there is no such ticket; 2 wrong use or config.
    """
    from agent.service import calls

    site, devices = _load(config)
    with _said(), open_desk(site, devices, now=time.time()) as desk:
        typer.echo(calls.write_up(desk, ticket, fields=field or [], parts=part or [], who=who))


def drill(
    device: Annotated[str, typer.Argument(help="A device of the inventory; nothing is done to it.")],
    *,
    config: Config = DEFAULT_CONFIG,
    who: Who = "",
    seconds: Annotated[float, typer.Option(help="Give each step so long.", min=2.0)] = 60.0,
    as_json: AsJson = False,
) -> None:
    """Practise: a labelled, harmless incident goes through to the helpdesk and back; each step is timed.

    Needs the running agent. The ticket is flagged as a drill and counts in no KPI. No device is touched.

    Example: siteward drill cam-05 --who "Li Wei" -c site.yaml

    Exit status: 0 every step came, 1 one did not; 2 wrong use or config.
    """
    from agent.service.drill import rows, run

    site, devices = _load(config)
    if not who.strip():
        _fail("say who with --who NAME", WRONG_USE)
    if device not in {one.id for one in devices}:
        _fail(f"no device {device!r} in {site.inventory}: siteward devices lists them", WRONG_USE)
    with _said():
        told = run(site, device, who=who, seconds=seconds)
    _print(rows(told), as_json=as_json)
    raise typer.Exit(0 if told.is_whole else WRONG)


# ---------------------------------------------------------------- shared


def _load(config: Path) -> tuple[SiteConfig, tuple[Device, ...]]:
    try:
        site = read_config(config)
        return site, read_inventory(site.inventory, fetch_access(site, config))
    except ConfigError as err:
        lines = "\n".join(f"  {problem}" for problem in err.problems)
        _fail(f"{err.source} cannot be used:\n{lines}", WRONG_USE)


@contextmanager
def _said() -> Iterator[None]:
    """Turn what may go wrong into a sentence and an exit status."""
    try:
        yield
    except (FilesError, PlanError) as err:
        _fail(f"{err}", WRONG_USE)
    except StoreError as err:
        _fail(str(err), WRONG)
    except Refused as err:
        _fail(str(err), WRONG)


def _mail(path: Path, site: SiteConfig, made: Any) -> None:
    from agent.service.reports import post

    if site.reports.mail is None:
        _fail("reports.mail is not in the config: say who gets reports", WRONG_USE)
    access = fetch_access(site, path)
    with _said():
        typer.echo(post.send(site.reports.mail, access.reports_mail.get("password"), made))


def _print(rows: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(list(rows), ensure_ascii=False))
        return
    if not rows:
        typer.echo("nothing")
        return
    table = Table(*rows[0], box=None)
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console(highlight=False).print(table)


def _fail(sentence: str, status: int) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(status)
