"""`siteward predictions`, `models`, `train` and `export`."""

import json
import time
from concurrent.futures import Executor, ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer

from agent.config import ConfigError, SiteConfig, read_config
from agent.files import FORECASTS_FILE as BOOK_FILE
from agent.files import PREDICTIONS_FOLDER, STORE_FILE
from models.facts import Prediction
from models.messages import render
from models.words import LANGUAGES, Lang

WRONG: Final = 1
WRONG_USE: Final = 2
SHOWN: Final = ("at", "days", "learning", "predictions", "ranked", "missing", "suggestions")
PANEL: Final = "Foresee"
DEFAULT_CONFIG: Final = Path("/etc/siteward/site.yaml")
Config = Annotated[
    Path, typer.Option("--config", "-c", envvar="SITEWARD_CONFIG", help="The site's configuration.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (predictions, models, train, export):
        app.command(rich_help_panel=PANEL)(command)


def predictions(
    *,
    config: Config = DEFAULT_CONFIG,
    lang: Annotated[str, typer.Option(help="en or zh_CN; left out: the site's language.")] = "",
    as_json: AsJson = False,
) -> None:
    """List what is expected to fail, the most urgent first: with a ticket, and what the budget held back.

    Example: siteward predictions -c site.yaml --lang zh_CN

    Exit status: 0 listed, 1 there is no forecast yet or it cannot be believed, 2 wrong use or config.
    """
    from agent.predictions import seal
    from agent.predictions.forecast import from_data

    site = _settings(config)
    spoken = _language(lang, site)
    try:
        book = seal.read(_folder(site) / BOOK_FILE, seal.key_of(_folder(site)))
    except seal.SealError as err:
        _fail(str(err), WRONG)
    if book is None:
        _fail("no forecast yet: the running agent makes one each night", WRONG)
    if as_json:
        typer.echo(json.dumps({key: book.get(key) for key in SHOWN}))
        return
    _say_learning(book, spoken)
    for detail, facts in book.get("missing", ()):
        typer.echo(render(detail, spoken, site.zone, **facts))
    for title, name in (("foresee.tickets", "predictions"), ("foresee.ranked", "ranked")):
        typer.echo(render(title, spoken, count=len(book[name])))
        for one in map(from_data, book[name]):
            typer.echo("\n".join(told(one, spoken, site)))


def told(one: Prediction, lang: Lang, site: SiteConfig) -> list[str]:
    """Return a prediction as lines of text."""
    component = render(f"component.{one.component}", lang)
    where = f"{one.device} {one.part}".strip()
    lines = [f"- {where}: {component} [{one.grade}, {one.probability or 0:.0%}]"]
    if one.due_at is not None:
        lines.append(
            "  " + render("foresee.due", lang, site.zone, due=one.due_at, early=one.earliest, late=one.latest)
        )
    lines += ["  " + render(cause.detail, lang, site.zone, **cause.facts) for cause in one.explanation]
    lines += ["  " + render(key, lang) for key in (one.action, one.spare) if key]
    return lines


def models(*, config: Config = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Print the card of the model in use: trained on what, for what, how far its dates may be off.

    Example: siteward models -c site.yaml

    Exit status: 0 printed, 2 wrong use or config.
    """
    from agent.predictions import model, seal, taught
    from models.learning import odds
    from models.learning.components import COMPONENTS

    folder = _folder(_settings(config))
    try:
        used = model.load(folder, seal.key_of(folder))
    except seal.SealError as err:
        used = model.Model(why_default=str(err))
    bands = {name: [used.band(name).low, used.band(name).high] for name in COMPONENTS}
    card: dict[str, Any] = {
        "id": used.id, "why_default": used.why_default, "schema": model.schema_hash(), "sites": used.sites,
        "trained_at": used.trained_at or None,
        "days": [_date(used.first_day), _date(used.last_day)] if used.trained_at else None,
        "units": dict(used.units), "bands": bands, "odds": dict(odds.card()),
        "classifiers": taught.cards(folder),
    }  # fmt: skip
    if as_json:
        typer.echo(json.dumps(card))
        return
    typer.echo(f"model      {used.id}" + (f" (shipped: {used.why_default})" if used.why_default else ""))
    typer.echo("forecasts  wear of components, from daily values; not sudden failures")
    typer.echo(
        f"inputs     schema {card['schema']}: {sum(len(c.measures) for c in COMPONENTS.values())} measures"
    )
    if used.trained_at:
        made = datetime.fromtimestamp(used.trained_at, UTC)
        span = f"{_date(used.first_day)} to {_date(used.last_day)}"
        typer.echo(f"trained    {made:%Y-%m-%d %H:%M} UTC on {used.sites} sites, {span}")
    told = card["odds"]
    typer.echo(
        f"odds       shipped, made {told['made']} from {told['from']}; on fleets not learnt from"
        f" Brier skill {told['brier_skill']}, calibration error {told['ece']}"
    )
    typer.echo("component    horizon    true time left is 4 times in 5 within    learnt from")
    for name, component in COMPONENTS.items():
        low, high = bands[name]
        units = f"{used.units[name]} units" if name in used.bands else "shipped"
        within = f"{low:5.2f} to {high:5.2f} of the forecast"
        typer.echo(f"{name:<12} {component.horizon_days:4.0f} days  {within:<42} {units}")
    for one in card["classifiers"]:
        typer.echo(taught.line(one))


def train(
    histories: Annotated[list[Path], typer.Argument(help="Files written by siteward export, of any sites.")],
    *,
    config: Config = DEFAULT_CONFIG,
    workers: Annotated[int, typer.Option(help="Processes on this machine.", min=1, max=64)] = 2,
    cluster: Annotated[str, typer.Option(help="Dask scheduler that does the work.", metavar="ADDRESS")] = "",
) -> None:
    """Learn from histories how far forecasts may be off; the next night uses it. Asks no device.

    Examples: siteward train history.parquet -c site.yaml

    siteward train sites/*.parquet -c site.yaml --cluster tcp://10.0.0.5:8786

    Exit status: 0 trained, 1 a history cannot be read or the cluster does not answer, 2 wrong use or config.
    """
    from agent.predictions import export, model, seal, taught
    from agent.predictions import train as training
    from collectors.stream.executor import ClusterError

    folder = _folder(_settings(config))
    try:
        values, days, sites = export.read(histories)
        with _executor(cluster, workers) as executor:
            made = training.train(values, days, sites, executor=executor, now=time.time(), progress=_progress)
        model.save(folder, made, seal.key_of(folder))
        learnt = taught.train(folder, export.read_sites(histories), seal.key_of(folder), now=time.time())
    except (export.ExportError, ClusterError, seal.SealError, OSError) as err:
        _fail(str(err), WRONG)
    typer.echo(f"{made.id}: bands learnt for {', '.join(made.bands) or 'no component (too few that wore)'}")
    for line in learnt:
        typer.echo(line)


def export(
    to: Annotated[Path, typer.Argument(help="Parquet file to write.", metavar="FILE")],
    *,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Write the site's daily history of all that tells of wear as Parquet, to train from.

    Holds the site's id, device ids, numbers, faults and confirmed causes; no address, name, login or picture.

    Example: siteward export history.parquet -c site.yaml

    Exit status: 0 written, 1 there is no history yet or the file cannot be written, 2 wrong use or config.
    """
    from agent.predictions import daily, history, seal
    from agent.predictions import export as exporting

    site = _settings(config)
    known = daily.load(_folder(site) / daily.DAILY_FILE)
    if not known.days:
        _fail("no daily history yet: the running agent collects it each night", WRONG)
    try:
        book = seal.read(_folder(site) / BOOK_FILE, seal.key_of(_folder(site)))
        past = history.of_site(known, book, site.state_dir / STORE_FILE)
        rows = exporting.write(to, site.site, known, past)
    except (exporting.ExportError, seal.SealError) as err:
        _fail(str(err), WRONG)
    typer.echo(f"{to}: {rows} values of {known.days} days")


# ---------------------------------------------------------------- shared


def _executor(cluster: str, workers: int) -> Executor:
    if not cluster:
        return ProcessPoolExecutor(workers)
    from collectors.stream.executor import cluster_executor

    return cluster_executor(cluster)


def _progress(done: int, of: int, name: str) -> None:
    typer.echo(f"{done} of {of}: {name}", err=True)


def _say_learning(book: dict[str, Any], lang: Lang) -> None:
    behind = {name: share for name, share in book["learning"].items() if share < 1}
    for name, share in sorted(behind.items()):
        typer.echo(render("foresee.learning", lang, component=render(f"component.{name}", lang), share=share))


def _folder(site: SiteConfig) -> Path:
    return site.state_dir / PREDICTIONS_FOLDER


def _settings(config: Path) -> SiteConfig:
    try:
        return read_config(config)
    except ConfigError as err:
        _fail(f"{err.source} cannot be used:\n" + "\n".join(f"  {one}" for one in err.problems), WRONG_USE)


def _language(lang: str, site: SiteConfig) -> Lang:
    found = next((known for known in LANGUAGES if known == (lang or site.language)), None)
    if found is None:
        _fail(f"--lang {lang}: choose of {', '.join(LANGUAGES)}", WRONG_USE)
    return found


def _date(day: int) -> str:
    return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day):%Y-%m-%d}"


def _fail(sentence: str, status: int) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(status)
