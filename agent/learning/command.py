"""`siteward learning`: how far the learning is, and what is unlike its past or its siblings."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from agent.files import LEARNING_SUMMARY_FILE as SUMMARY_FILE


def read_summary(folder: Path) -> dict[str, Any] | None:
    """Return what the agent wrote last; None where it has not learnt yet.

    Raises:
        ValueError: the file is damaged.
    """
    try:
        found = json.loads((folder / SUMMARY_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if not isinstance(found, dict) or not isinstance(found.get("devices"), list):
        raise ValueError(f"{SUMMARY_FILE} is of another make")  # noqa: TRY004  of a file, not of an argument
    return found


def learning(
    *,
    config: Annotated[
        Path, typer.Option("--config", "-c", envvar="SITEWARD_CONFIG", help="The site's configuration.")
    ] = Path("/etc/siteward/site.yaml"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show how far the learning of each device is, and what is unlike its past or its siblings. No faults.

    Example: siteward learning -c site.yaml

    Exit status: 0 shown, 1 nothing is learnt yet, 2 wrong use or config.
    """
    from agent.config import ConfigError, read_config  # noqa: PLC0415  as everywhere: what is needed, when it is

    try:
        folder = read_config(config).state_dir
    except ConfigError as err:
        typer.echo(f"{err.source} cannot be used: {'; '.join(str(p) for p in err.problems)}", err=True)
        raise typer.Exit(2) from None
    try:
        summary = read_summary(folder)
    except (OSError, ValueError) as err:
        typer.echo(f"{folder / SUMMARY_FILE} cannot be read: {err}", err=True)
        raise typer.Exit(1) from None
    if summary is None:
        typer.echo(
            f"nothing is learnt yet: the agent writes {SUMMARY_FILE} five minutes after its start", err=True
        )
        raise typer.Exit(1)
    if as_json:
        typer.echo(json.dumps(summary))
        return
    Console(highlight=False).print(_table(summary))


def _table(summary: dict[str, Any]) -> Table:
    table = Table("device", "learnt", "series", "beside siblings", "unlike its past in the last hour")
    for one in summary["devices"]:
        unlike = "unknown" if one["unlike"] is None else f"{one['unlike']:.1f} {one['unlike_by']}".strip()
        past = ", ".join(f"{u['metric']} {u['part']}".strip() + f" ({u['why']})" for u in one["unusual"][:3])
        learnt = f"{one['progress']:.0%}" + (", held: a fault is open" if one["frozen"] else "")
        table.add_row(
            one["device"], learnt if one["series"] else "nothing yet", str(one["series"]), unlike, past
        )
    return table
