"""`siteward baseline show|accept|reset CAMERA`: what a camera usually shows, and beginning it anew.

The running agent does what is asked; where none runs, the command writes it down by itself.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, tzinfo
from pathlib import Path
from statistics import median
from typing import Annotated, Final, NoReturn

import typer

from agent.config import ConfigError, SiteConfig, fetch_access, read_config
from agent.files import STORE_FILE
from agent.inventory import read_devices
from agent.references import ACCEPTED, RESET, WAITS, PictureReferences, audit_of, begun
from agent.service.requests import Done, Request, ask
from agent.store import Reader, Store, StoreError, StoreInUse
from agent.store.references import Page
from models.messages import render

WRONG: Final = 1
WRONG_USE: Final = 2
HINT: Final = 0.25  # of the structure that the site's other cameras show, below which a reference is doubted
FEWEST_OTHERS: Final = 3
MOST_COMPARED: Final = 50  # streams: unpacking one takes a millisecond
BASELINE: Final = {"baseline_accept": ACCEPTED, "baseline_reset": RESET}
_DEFAULT: Final = Path("/etc/siteward/site.yaml")

Config = Annotated[
    Path, typer.Option("--config", "-c", envvar="SITEWARD_CONFIG", help="The site's configuration.")
]
Camera = Annotated[str, typer.Argument(metavar="CAMERA", help="Id from the inventory.")]
Who = Annotated[str, typer.Option(help="Who says so.", metavar="NAME")]

command = typer.Typer(
    name="baseline", help="What a camera usually shows: the reference of its pictures.", no_args_is_help=True
)


@command.command("show")
def show(
    camera: Camera,
    *,
    config: Config = _DEFAULT,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    pictures: Annotated[
        Path | None, typer.Option(file_okay=False, help="Write the reference pictures there, as JPEG.")
    ] = None,
) -> None:
    """Print the references of a camera: one for each stream, by day and by night and each way it looks.

    Example: siteward baseline show cam-01 --pictures . -c site.yaml

    Exit status: 0 printed, 1 nothing is known of it yet, 2 wrong use or config.
    """
    site = _site(config, camera)
    pages = _read(site, camera)
    if not pages:
        _fail(f"{camera}: nothing was learnt of its picture yet", WRONG)
    newest = {page.part: page.epoch for page in pages}
    common = _structure_of_others(site, camera)
    rows = [{**row, "holds": page.epoch == newest[page.part]} for page in pages for row in rows_of(page)]
    if pictures is not None:
        _write_pictures(pages, pictures)
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        typer.echo(_line(row, site.zone, common))


@command.command("accept")
def accept(camera: Camera, *, who: Who, config: Config = _DEFAULT) -> None:
    """Take what a camera shows now for what it should show: it was moved or changed on purpose. Audited.

    Example: siteward baseline accept cam-01 --who "Li Wei" -c site.yaml

    Exit status: 0 done, 1 it cannot be, 2 wrong use or config.
    """
    _do(config, Request(camera, "baseline_accept", who))


@command.command("reset")
def reset(camera: Camera, *, who: Who, config: Config = _DEFAULT) -> None:
    """Forget all that is known of a camera's picture, past epochs too, and learn it anew. Audited.

    Example: siteward baseline reset cam-01 --who "Li Wei" -c site.yaml

    Exit status: 0 done, 1 it cannot be, 2 wrong use or config.
    """
    _do(config, Request(camera, "baseline_reset", who))


def baseline(request: Request, references: PictureReferences) -> Done:
    """Do what a request asks, in the running agent."""
    if not request.who.strip():
        return Done(ok=False, said="say who")
    done = references.begin(request.ticket, BASELINE[request.do], request.who.strip())
    return _said(request.ticket, done)


def _line(row: Mapping[str, str | float], zone: tzinfo, common: float | None) -> str:
    """Return a row as text; `common`: see `_structure_of_others`."""
    since, why = datetime.fromtimestamp(float(row["since"]), zone), str(row["why"])
    head = f"{row['stream']:<12} {row['mode'] or '-':<8} epoch {row['epoch']} since {since:%Y-%m-%d %H:%M}"
    if why.startswith(WAITS):
        return f"{head}  {render(f'unknown.unfit_{why.removeprefix(WAITS)}', 'en')}"
    structure, looks = float(row["structure"]), row["looks"]
    line = f"{head}  {why} by {row['who']}, {looks} looks, {structure:.0%} structure"
    if looks and common is not None and structure < HINT * common:
        line += f"; the other cameras show {common:.0%}: look whether it is covered or out of focus"
    return line if row["holds"] else f"{line}  (past)"


def _structure_of_others(site: SiteConfig, camera: str) -> float | None:
    """Return the median share of structure in the references of the site's other cameras, None of too few."""
    newest = {
        (page.device, page.part): page for page in _read(site, "") if page.device != camera and page.blob
    }
    shares: dict[str, float] = {}
    for page in sorted(newest.values(), key=lambda page: (page.device, page.part))[:MOST_COMPARED]:
        for row in rows_of(page):
            shares[page.device] = max(float(row["structure"]), shares.get(page.device, 0.0))
    return median(shares.values()) if len(shares) >= FEWEST_OTHERS else None


def rows_of(page: Page) -> list[dict[str, str | int | float | bool]]:
    """Return what is known of one epoch, a row for each mode; one row without a mode while it is empty."""
    from collectors.stream.pictures.reference import read_book  # needs numpy and OpenCV

    try:
        modes = read_book(page.blob).modes
    except ValueError:
        modes = {}
    epoch: dict[str, str | int | float | bool] = {
        "camera": page.device, "stream": page.part, "epoch": page.epoch, "since": page.began, "why": page.why,
        "who": page.who, "updated": page.updated,
    }  # fmt: skip
    found = [
        {**epoch, "mode": mode, "looks": one.looks, "structure": round(one.structure, 3)}
        for mode, one in modes.items()
    ]
    return found or [{**epoch, "mode": "", "looks": 0, "structure": 0.0}]


def jpeg_of(page: Page, mode: str = "") -> bytes:
    """Return the reference picture of a mode as JPEG (640 wide, grey), of the best known one without a mode.

    Private zones were black when it was learnt. Empty where there is none. Takes some milliseconds.
    """
    from collectors.stream.evidence import mark  # needs numpy, OpenCV and the codecs
    from collectors.stream.pictures.reference import read_book
    from collectors.stream.sight import picture_of

    try:
        modes = read_book(page.blob).modes
    except ValueError:
        return b""
    best = mode or max(modes, key=lambda name: modes[name].looks, default="")
    return mark(picture_of(modes.get(best)))


def _read(site: SiteConfig, camera: str) -> list[Page]:
    if not (site.state_dir / STORE_FILE).exists():
        return []
    try:
        with Reader(site.state_dir / STORE_FILE) as reader:
            return reader.references(camera)
    except StoreError as err:
        _fail(str(err), WRONG)


def _write_pictures(pages: Iterable[Page], folder: Path) -> None:
    for page in pages:
        for row in rows_of(page):
            jpeg = jpeg_of(page, str(row["mode"]))
            if jpeg:
                stream = page.part.replace("/", "-")
                name = f"{page.device}-{stream}-{row['mode']}-{page.epoch}.jpg"
                try:
                    (folder / name).write_bytes(jpeg)
                except OSError as err:
                    _fail(f"{folder / name} cannot be written: {err.strerror}", WRONG)


def _do(config: Path, request: Request) -> None:
    if not request.who.strip():
        _fail("say who with --who NAME", WRONG_USE)
    done = _done(_site(config, request.ticket), request)
    if not done.ok:
        _fail(done.said, WRONG)
    typer.echo(done.said)


def _done(site: SiteConfig, request: Request) -> Done:
    path = site.state_dir / STORE_FILE
    if not path.exists():
        return _said(request.ticket, 0)
    try:
        store = Store.open(path)
    except StoreInUse:
        return _asked(lambda: ask(site.state_dir, request))
    except StoreError as err:
        return Done(ok=False, said=str(err))
    try:
        why, who, now = BASELINE[request.do], request.who.strip(), time.time()
        fresh = begun(store.references(request.ticket), why, who, now)
        if fresh:
            dropped = request.ticket if why == RESET else ""
            store.begin_references(fresh, [audit_of(request.ticket, why, who, now)], drop=dropped)
        return _said(request.ticket, len(fresh))
    finally:
        store.close()


def _asked(request: Callable[[], Done]) -> Done:
    try:
        return request()
    except OSError as err:
        return Done(ok=False, said=f"the agent cannot be asked: {err.strerror}; run this as the agent's user")


def _said(camera: str, streams: int) -> Done:
    if not streams:
        return Done(ok=False, said=f"{camera}: nothing was learnt of its picture yet")
    return Done(ok=True, said=f"{camera}: the pictures of {streams} stream(s) are learnt anew from now on")


def _site(config: Path, camera: str) -> SiteConfig:
    try:
        site = read_config(config)
        known = [device.id for device in read_devices(site, fetch_access(site, config))]
    except ConfigError as err:
        _fail(str(err), WRONG_USE)
    if camera not in known:
        _fail(f"no device {camera!r} in {site.inventory}: siteward devices lists them", WRONG_USE)
    return site


def _fail(why: str, status: int) -> NoReturn:
    typer.echo(why, err=True)
    raise typer.Exit(status)
