"""The simulator's command line: run a site, switch its faults, read what really happened."""

import asyncio
import json
import signal
import sys
import urllib.error
import urllib.request
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from simulator.parent import parent_gone
from simulator.site import SiteError, SiteSpec, load_site, moved
from simulator.sites import big_site, demo_site
from simulator.world import World, WorldError

WRONG_USE: Final = 2
app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)
Url = Annotated[str, typer.Option("--control", help="where the running simulator's control listens")]


class Switch(StrEnum):
    """Which way to switch."""

    ON = "on"
    OFF = "off"


@app.command()
def run(
    site: Annotated[Path | None, typer.Argument(help="site file (YAML)", show_default=False)] = None,
    *,
    demo: Annotated[bool, typer.Option("--demo", help="the demo's site instead of a file")] = False,
    big: Annotated[int | None, typer.Option(metavar="N", help="N cameras without streams instead")] = None,
    network: Annotated[str | None, typer.Option(metavar="127.A.B.0", help="move the site there")] = None,
    control: Annotated[str, typer.Option(metavar="HOST:PORT", help="control; port 0: any")] = "127.0.0.1:0",
    clips: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="stream these files")
    ] = None,
    prepare: Annotated[
        bool, typer.Option("--prepare", help="paint all scenes first: seconds a camera, once")
    ] = False,
    with_parent: Annotated[bool, typer.Option("--with-parent", help="stop when the parent ends")] = False,
) -> None:
    """Run a site until SIGTERM or Ctrl-C. Listens on 127.0.0.0/8 only.

    Prints one line of JSON once everything listens: {"ready": true, "control": URL, "devices": n}.

    Examples: python -m simulator run --demo; python -m simulator run site.yaml --network 127.30.1.0

    Exit status: 0 stopped, 1 an address was taken, 2 wrong use or a bad site file.
    """
    try:
        chosen = _chosen(site, demo=demo, big=big)
        chosen = moved(chosen, network) if network else chosen
        world = World(chosen, clips=clips, control=_host_port(control))
        asyncio.run(_run(world, prepare=prepare, with_parent=with_parent))
    except (SiteError, ValueError) as err:
        _fail(str(err), WRONG_USE)
    except WorldError as err:
        _fail(str(err), 1)


@app.command()
def fault(
    device: Annotated[str, typer.Argument(help="device id")],
    name: Annotated[str, typer.Argument(metavar="FAULT", help="one of GET /site's faults")],
    switch: Switch,
    *,
    control: Url,
    strength: Annotated[float, typer.Option(help="how strong; 1 is usual")] = 1.0,
) -> None:
    """Switch a fault of a running site on or off.

    Example: python -m simulator fault cam-01 clock_offset on --strength 2 --control http://127.0.0.1:9000

    Exit status: 0 switched, 1 the simulator does not answer, 2 no such device or fault.
    """
    order = {"device": device, "fault": name, "on": switch is Switch.ON, "strength": strength}
    typer.echo(json.dumps(_ask(f"{control}/faults", order)))


@app.command()
def truth(*, control: Url) -> None:
    """Print every fault that was switched, and what each device counted, as JSON.

    Example: python -m simulator truth --control http://127.0.0.1:9000

    Exit status: 0 printed, 1 the simulator does not answer.
    """
    typer.echo(json.dumps(_ask(f"{control}/truth")))


def _chosen(site: Path | None, *, demo: bool, big: int | None) -> SiteSpec:
    if (site is not None) + demo + (big is not None) != 1:
        raise ValueError("choose one: a site file, --demo, or --big N")
    if site is not None:
        return load_site(site)
    return big_site(big) if big is not None else demo_site()


def _host_port(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host.startswith("127.") or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"--control wants HOST:PORT on loopback, such as 127.0.0.1:9000, not {text!r}")
    return host, int(port)


async def _run(world: World, *, prepare: bool, with_parent: bool) -> None:
    async with world:
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, world.stopping.set)
        if prepare:
            await world.prepare()
        url = world.control.url if world.control else ""
        ready = {"ready": True, "control": url, "devices": len(world.site.devices)}
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        ends = [asyncio.create_task(world.stopping.wait())]
        if with_parent:
            ends.append(asyncio.create_task(parent_gone()))  # type: ignore[arg-type]  # both are only waited for
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for task in ends:
            task.cancel()


def _ask(url: str, order: dict[str, Any] | None = None) -> Any:
    body = None if order is None else json.dumps(order).encode()
    if not url.startswith("http://"):
        _fail(f"--control wants http://HOST:PORT, not {url!r}", WRONG_USE)
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body), timeout=10) as answer:  # noqa: S310  http only
            return json.load(answer)
    except urllib.error.HTTPError as err:
        _fail(json.load(err).get("error", str(err)), WRONG_USE)
    except OSError as err:
        _fail(f"no simulator answers at {url}: {getattr(err, 'reason', err)}", 1)


def _fail(sentence: str, status: int) -> Any:
    typer.echo(sentence, err=True)
    raise typer.Exit(status)
