"""The command line. Each command is a thin door: what it does stands in a module of its own.

Exit status: 0 well · 1 something is wrong with a device, a ticket or the machine · 2 wrong use or config.
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, NoReturn, TypeVar

import typer
from rich.console import Console

from agent import __version__, logs
from agent.baseline import command as baseline_command
from agent.config import Access, ConfigError, SiteConfig, fetch_access, read_config, schema
from agent.discovery.command import discover
from agent.inventory import read_devices
from agent.learning.command import learning
from agent.predictions.command import register as register_predictions
from agent.service.cli import register
from agent.service.quiet_cli import maintenance, report_fault, silence
from agent.web.command import tokens, users
from models.facts import Device

T = TypeVar("T")
WRONG: Final = 1
WRONG_USE: Final = 2
WIDE: Final = 140  # columns of a table that goes into a pipe or a file
DEFAULT_CONFIG: Final = Path("/etc/siteward/site.yaml")

app = typer.Typer(
    name="siteward",
    help="Watches the cameras, recorders, switches and UPSs of a site; opens a ticket for each real fault.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: 0 well, 1 something is wrong, 2 wrong use or config.",
)
app.add_typer(users, rich_help_panel="Set up")
app.add_typer(silence, rich_help_panel="Tickets")
app.add_typer(maintenance, rich_help_panel="Tickets")
app.command("report-fault", rich_help_panel="Tickets")(report_fault)
app.add_typer(tokens, rich_help_panel="Set up")
app.add_typer(baseline_command, rich_help_panel="Set up")
Config = Annotated[
    Path, typer.Argument(metavar="SITE.YAML", envvar="SITEWARD_CONFIG", help="The site's configuration.")
]
ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", envvar="SITEWARD_CONFIG", help="The site's configuration.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


class Language(StrEnum):
    """What Siteward speaks."""

    EN = "en"
    ZH_CN = "zh_CN"


def main() -> None:
    """Run the command line."""
    app()


@app.callback(invoke_without_command=True)
def _options(
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


@app.command(rich_help_panel="Run")
def run(
    config: Config = DEFAULT_CONFIG,
    *,
    port_file: Annotated[
        Path | None, typer.Option(help="Write the port of the metrics page there (for web.port 0).")
    ] = None,
) -> None:
    """Watch a site until stopped (SIGTERM or Ctrl-C; SIGHUP reads the inventory and its logins anew).

    Only reads from devices. Serves /metrics, /healthz and /readyz where the config says.

    Example: siteward run /etc/siteward/site.yaml

    Environment: SITEWARD_LOG_LEVEL (default INFO), SITEWARD_LOG=json

    Exit status: 0 stopped, 1 it cannot start (port, state folder), 2 wrong use or config.
    """
    from agent.serve import serve  # the codecs load only where they are needed

    _set_up_logs("INFO")
    site, access, devices = _load(config)
    problem = asyncio.run(serve(config, site, access, devices, port_file=port_file))
    if problem:
        _fail(problem, WRONG)


@app.command(rich_help_panel="Run")
def demo(
    *,
    seconds: Annotated[float, typer.Option(help="How long it runs.", min=75.0)] = 120.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="No live screen; one JSON object as the last line.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Stay up afterwards and print the addresses.")] = False,
    lang: Annotated[Language, typer.Option(help="Language of tickets and screen.")] = Language.EN,
    clips: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Stream these files instead of scenes."),
    ] = None,
    story: Annotated[
        bool, typer.Option("--story", help="Play a whole quarter in simulated time and write its reports.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder of the story; left out: siteward-story.")
    ] = None,
) -> None:
    """Watch a simulated site being monitored: faults come and go, tickets open and close.

    Starts a whole site on loopback (13 cameras, a recorder, two switches, a UPS), a broker and the agent;
    leaves nothing behind.

    Examples: siteward demo; siteward demo --seconds 90 --json; siteward demo --keep --lang zh_CN

    siteward demo --story --out story (a quarter with repairs, a late visit and an agent that was off)

    Exit status: 0 all seen, 1 a fault was missed or a false ticket opened, 2 wrong use, 130 interrupted.
    """
    from agent.demo.show import play  # it loads the simulator and the codecs

    _set_up_logs("ERROR")
    if story:
        from agent.demo.quarter.show import run as run_story

        raise typer.Exit(asyncio.run(run_story(lang=lang.value, as_json=as_json, out=out)))
    raise typer.Exit(
        asyncio.run(play(seconds=seconds, as_json=as_json, keep=keep, language=lang.value, clips=clips))
    )


@app.command("check-config", rich_help_panel="Set up")
def check_config(
    config: Config = DEFAULT_CONFIG,
    *,
    print_effective: Annotated[
        bool, typer.Option("--print-effective", help="Print all settings with defaults filled in, no secret.")
    ] = False,
) -> None:
    """Read config, secrets and inventory, and say all that is wrong with them at once. Asks no device.

    Example: siteward check-config site.yaml

    Exit status: 0 good, 2 something is wrong with it.
    """
    site, access, devices = _load(config)
    if print_effective:
        typer.echo(json.dumps(site.model_dump(mode="json"), indent=2, ensure_ascii=False))
        return
    kinds = ", ".join(
        f"{sum(d.kind is kind for d in devices)} {kind}" for kind in dict.fromkeys(d.kind for d in devices)
    )
    typer.echo(
        f"{config}: good. Site {site.site}, {len(devices)} devices ({kinds}), {len(access.logins)} logins."
    )


@app.command("schema", rich_help_panel="Set up")
def print_schema() -> None:
    """Print the JSON Schema of site.yaml, for editors.

    Example: siteward schema > site.schema.json

    Exit status: 0.
    """
    typer.echo(json.dumps(schema(), indent=2, ensure_ascii=False))


@app.command(rich_help_panel="Look")
def probe(
    device: Annotated[str, typer.Argument(help="Id from the inventory.")],
    *,
    config: ConfigOption = DEFAULT_CONFIG,
    only: Annotated[list[str] | None, typer.Option(help="Run this collector only; repeat for more.")] = None,
    deadline: Annotated[
        float | None, typer.Option(help="Give one collector this many seconds.", min=0.1)
    ] = None,
    values: Annotated[
        bool, typer.Option("--values", help="Print every value as it was read, instead of the device file.")
    ] = False,
    raw: Annotated[
        bool, typer.Option("--raw", help="Print the device's own replies, secrets blanked.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Ask one device once, now, and print its file: who it is, what it offers, what is wrong or unseen.

    Writes nothing, opens no ticket. Compares with what the agent accepted, where one has run here.

    Examples: siteward probe cam-01 -c site.yaml; siteward probe nvr-1 --only snmp_health --raw

    Exit status: 0 all read, 1 a collector failed, 2 wrong use or config.
    """
    from agent.probe import NoCollector, probe_device  # the codecs load only where needed

    logs.set_up(level="ERROR")
    site, _, devices = _load(config)
    found = next((d for d in devices if d.id == device), None)
    if found is None:
        _fail(f"no device {device!r} in {site.inventory}: siteward devices lists them", WRONG_USE)
    asked = probe_device(
        site,
        found,
        only=only or [],
        deadline=deadline,
        raw=raw,
        as_json=as_json,
        values=values,
        devices=devices,
    )  # fmt: skip
    try:
        ok = asyncio.run(asked)
    except NoCollector as err:
        _fail(str(err), WRONG_USE)
    raise typer.Exit(0 if ok else WRONG)


@app.command(rich_help_panel="Set up")
def accept(
    device: Annotated[str, typer.Argument(help="Id from the inventory.")],
    *,
    config: ConfigOption = DEFAULT_CONFIG,
    who: Annotated[str, typer.Option(help="Who says so.", metavar="NAME")],
) -> None:
    """Accept a device as it is now: firmware, serial, encoder settings, channels, inputs, storage.

    What was a finding because it differed from what was accepted before is none any more. The running agent
    does it, with the device's next answer.

    Example: siteward accept nvr-1 --who "Li Wei" -c site.yaml

    Exit status: 0 accepted, 1 no agent runs here, 2 wrong use or config.
    """
    from agent.service.requests import Request, ask

    site, _, inventory = _load(config)
    if not any(one.id == device for one in inventory):
        _fail(f"no device {device!r} in {site.inventory}: siteward devices lists them", WRONG_USE)
    try:
        done = ask(site.state_dir, Request(ticket=device, do="accept", who=who))
    except OSError as err:
        _fail(f"the agent cannot be asked: {err.strerror}; run this as the agent's user", WRONG)
    if not done.ok:
        _fail(done.said, WRONG)
    typer.echo(done.said)


@app.command(rich_help_panel="Set up")
def trust(
    device: Annotated[str, typer.Argument(help="Id from the inventory.")],
    *,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Forget the pinned TLS certificate of a device: the next one it shows is pinned. The agent runs on.

    For a device that was replaced, or whose certificate was renewed; make sure that it is so.

    Example: siteward trust cam-01 -c site.yaml

    Exit status: 0 forgotten, 1 nothing was pinned, or the file cannot be used; 2 wrong use or config.
    """
    from agent.pins import PINS_FILE, FilePins, PinsError

    site, _, inventory = _load(config)
    if not any(one.id == device for one in inventory):
        _fail(f"no device {device!r} in {site.inventory}: siteward devices lists them", WRONG_USE)
    try:
        gone = FilePins(site.state_dir / PINS_FILE).drop(device)
    except PinsError as err:
        _fail(str(err), WRONG)
    if not gone:
        _fail(f"{device}: no certificate is pinned", WRONG)
    typer.echo(f"{device}: forgotten; the next certificate it shows is pinned")


@app.command(rich_help_panel="Look")
def devices(*, config: ConfigOption = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """List the inventory, and how each device is as far as the agent knows.

    Example: siteward devices -c site.yaml

    Exit status: 0 listed, 2 wrong use or config.
    """
    from agent.show import show_devices

    site, _, inventory = _load(config)
    show_devices(_console(as_json=as_json), site, inventory, as_json=as_json)


@app.command(rich_help_panel="Look")
def tickets(
    *,
    config: ConfigOption = DEFAULT_CONFIG,
    everything: Annotated[bool, typer.Option("--all", help="Resolved and closed ones too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the tickets of the local helpdesk, the newest last.

    Example: siteward tickets -c site.yaml --all

    Exit status: 0 listed, 1 there is no helpdesk file, or it is damaged; 2 wrong use or config.
    """
    from agent.show import show_tickets

    problem = show_tickets(
        _console(as_json=as_json), _settings(config), everything=everything, as_json=as_json
    )
    if problem:
        _fail(problem, WRONG)


@app.command(rich_help_panel="Look")
def ticket(
    number: Annotated[str, typer.Argument(help="Number of the ticket.")],
    *,
    config: ConfigOption = DEFAULT_CONFIG,
    move: Annotated[str, typer.Option(help="Lead its work order to this state.", metavar="STATE")] = "",
    repaired: Annotated[bool, typer.Option("--repaired", help="It is repaired: begin the re-test.")] = False,
    waive: Annotated[
        bool, typer.Option("--waive", help="Resolve it without a re-test; --who answers for it.")
    ] = False,
    cause: Annotated[str, typer.Option(help="Confirm its cause.", metavar="CODE")] = "",
    pause: Annotated[
        str, typer.Option(help="Stop its clocks: access, parts or approved.", metavar="REASON")
    ] = "",
    resume: Annotated[bool, typer.Option("--resume", help="Let its clocks run on.")] = False,
    who: Annotated[str, typer.Option(help="Who says so; needed for every change.", metavar="NAME")] = "",
    why: Annotated[str, typer.Option(help="Why.", metavar="TEXT")] = "",
    as_json: AsJson = False,
) -> None:
    """Print one ticket (text, history, evidence, clocks, audit), or change its work order.

    A change is done by the running agent; a repair counts once the agent's own re-test is passed.

    Examples: siteward ticket 7 -c site.yaml; siteward ticket 7 --repaired --who "Li Wei"

    siteward ticket 7 --move waiting_parts --why "disk ordered" --who "Li Wei"

    siteward ticket 7 --cause CABLE --who "Li Wei"

    Exit status: 0 printed or done, 1 there is no such ticket, or it may not be done; 2 wrong use or config.
    """
    wishes = {
        "move": move or ("verifying" if repaired else ""),
        "waive": "yes" if waive else "",
        "cause": cause,
        "pause": pause,
        "resume": "yes" if resume else "",
    }
    if any(wishes.values()):
        _change_ticket(config, number, {do: value for do, value in wishes.items() if value}, who, why)
        return
    from agent.show import show_ticket

    problem = show_ticket(_console(as_json=as_json), _settings(config), number, as_json=as_json)
    if problem:
        _fail(problem, WRONG)


@app.command(rich_help_panel="Set up")
def doctor(*, config: ConfigOption = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Check the machine: config, secrets, disk, clock, ports, codecs, ping, broker. Asks no device.

    Example: siteward doctor -c site.yaml

    Exit status: 0 all well, 1 something is not.
    """
    from agent.doctor import examine, show

    checks = asyncio.run(examine(config))
    show(_console(as_json=as_json), checks, as_json=as_json)
    raise typer.Exit(0 if all(check.ok for check in checks) else WRONG)


app.command(rich_help_panel="Set up")(discover)
app.command(rich_help_panel="Look")(learning)
register(app)
register_predictions(app)

# ---------------------------------------------------------------- shared


def _change_ticket(config: Path, number: str, wishes: dict[str, str], who: str, why: str) -> None:
    from agent.service.command import order
    from agent.service.requests import Request, wrong_use

    _set_up_logs("ERROR")
    requests = [Request(number, do, who, value, why) for do, value in wishes.items()]
    problem = wrong_use(requests)
    if problem:
        _fail(problem, WRONG_USE)
    site, _, devices = _load(config)
    done = order(site, devices, requests[0])
    if not done.ok:
        _fail(done.said, WRONG)
    typer.echo(done.said)


def _set_up_logs(level: str) -> None:
    given = os.environ.get("SITEWARD_LOG_LEVEL", level)
    try:
        logs.set_up(level=given, as_json=os.environ.get("SITEWARD_LOG") == "json")
    except ValueError:
        _fail(f"SITEWARD_LOG_LEVEL={given}: choose DEBUG, INFO, WARNING or ERROR", WRONG_USE)


def _load(config: Path) -> tuple[SiteConfig, Access, tuple[Device, ...]]:
    def load() -> tuple[SiteConfig, Access, tuple[Device, ...]]:
        site = read_config(config)
        access = fetch_access(site, config)
        return site, access, read_devices(site, access)

    return _or_fail(load)


def _settings(config: Path) -> SiteConfig:
    return _or_fail(lambda: read_config(config))


def _or_fail(load: Callable[[], T]) -> T:
    try:
        return load()
    except ConfigError as err:
        lines = "\n".join(f"  {problem}" for problem in err.problems)
        _fail(f"{err.source} cannot be used:\n{lines}", WRONG_USE)


def _console(*, as_json: bool) -> Console:
    width = None if sys.stdout.isatty() else WIDE
    return Console(file=sys.stdout, highlight=False, soft_wrap=as_json, width=width)


def _fail(sentence: str, status: int) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(status)
