"""`siteward learning`: how far the learning is, and what is unlike its past or its siblings."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from agent.files import LEARNING_SUMMARY_FILE as SUMMARY_FILE
from agent.learning.shown import read_summary, state
from models.messages import render
from models.words import LANGUAGES, Lang


def learning(
    *,
    config: Annotated[
        Path, typer.Option("--config", "-c", envvar="SITEWARD_CONFIG", help="The site's configuration.")
    ] = Path("/etc/siteward/site.yaml"),
    lang: Annotated[str, typer.Option(help="en or zh_CN; left out: the site's language.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show how far the learning of each device is, and what is unlike its past or its siblings. No faults.

    Example: siteward learning -c site.yaml --lang zh_CN

    Exit status: 0 shown, 1 nothing is learnt yet, 2 wrong use or config.
    """
    from agent.config import ConfigError, read_config  # noqa: PLC0415  as everywhere: what is needed, when it is

    try:
        site = read_config(config)
    except ConfigError as err:
        typer.echo(f"{err.source} cannot be used: {'; '.join(str(p) for p in err.problems)}", err=True)
        raise typer.Exit(2) from None
    folder, spoken = site.state_dir, next((one for one in LANGUAGES if one == (lang or site.language)), None)
    if spoken is None:
        typer.echo(f"--lang {lang}: choose of {', '.join(LANGUAGES)}", err=True)
        raise typer.Exit(2)
    try:
        summary = read_summary(folder)
    except (OSError, ValueError) as err:
        typer.echo(f"{folder / SUMMARY_FILE} cannot be read: {err}", err=True)
        raise typer.Exit(1) from None
    if summary is None:
        typer.echo(render("learning.none_yet", spoken, file=SUMMARY_FILE), err=True)
        raise typer.Exit(1)
    if as_json:
        typer.echo(json.dumps(summary))
        return
    Console(highlight=False).print(_table(summary, spoken))


def _table(summary: dict[str, Any], lang: Lang) -> Table:
    columns = ("device", "learnt", "series", "unlike", "unusual")
    table = Table(*(render(f"learning.column_{name}", lang) for name in columns))
    for one in summary["devices"]:
        unlike = render("learning.unlike_none", lang)
        if one["unlike"] is not None:
            unlike = render("learning.unlike", lang, score=one["unlike"], quantity=one["unlike_by"])
        past = ", ".join(_unusual(u, lang) for u in one["unusual"][:3])
        table.add_row(one["device"], state(one, lang), str(one["series"]), unlike, past)
    return table


def _unusual(one: dict[str, Any], lang: Lang) -> str:
    name = render("learning.quantity", lang, quantity=one["metric"])
    return f"{name} {one['part']}".strip() + f" ({render('learning.' + one['why'], lang)})"
