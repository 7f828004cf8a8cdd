"""What `siteward discover` does: find, look, propose rows, print."""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agent.config import ConfigError, SiteConfig, fetch_access, read_config
from agent.discovery.config import hosts
from agent.discovery.onboard import Candidate, look_at
from agent.discovery.rows import as_csv, known, rows
from agent.files import STORE_FILE
from agent.inventory import read_inventory
from agent.store import Reader, StoreError
from collectors.base import CollectError
from collectors.discovery import discover as send_probes
from models.facts import Device, Kind, Login
from models.watch import Watch

WRONG_USE: Final = 2


def find(
    config: Path | None,
    login: str,
    *,
    interface: str,
    targets: Sequence[str],
    networks: Sequence[str],
    seconds: float,
    csv: Path | None,
    as_json: bool,
) -> None:
    """Find devices and print them; ends the program with its exit status where something is wrong."""
    site, login_, devices = _given(config, login)
    asked = _targets(list(targets), list(networks))
    if csv is not None and csv.exists():
        _fail(f"{csv} is there already: name another file", WRONG_USE)
    try:
        candidates = asyncio.run(_find(interface, asked, login_, devices, seconds=seconds))
    except CollectError as err:
        _fail(f"the network could not be asked: {err}", 1)
    new = [one for one in candidates if one.found.address not in known(devices)]
    taken = {device.id for device in devices}
    made = rows(new, taken=taken, login=login, parents=_parents(site, devices, new))
    if csv is not None:
        csv.write_text(as_csv(made), encoding="utf-8")
    _show(candidates, made, devices, as_json=as_json, written=csv)


async def _find(
    interface: str, targets: Sequence[str], login: Login | None, devices: Sequence[Device], *, seconds: float
) -> list[Candidate]:
    """Probe, and look at who is new; whom we know already is asked nothing more."""
    found = await send_probes(interface, targets, seconds=seconds)
    mine = known(devices)
    looked = await look_at([one for one in found if one.address not in mine], login)
    return [Candidate(one) for one in found if one.address in mine] + looked


def _given(config: Path | None, login: str) -> tuple[SiteConfig | None, Login | None, tuple[Device, ...]]:
    if config is None:
        if login:
            _fail("--login needs --config: the login stands in site.yaml", WRONG_USE)
        return None, None, ()
    try:
        site = read_config(config)
        access = fetch_access(site, config)
        devices = read_inventory(site.inventory, access) if site.inventory.exists() else ()
    except ConfigError as err:
        _fail(f"{err.source} cannot be used:\n" + "\n".join(f"  {one}" for one in err.problems), WRONG_USE)
    if login and login not in access.logins:
        _fail(f"no login {login!r} in {config}; there are: {', '.join(access.logins) or 'none'}", WRONG_USE)
    return site, access.logins.get(login), devices


def _targets(addresses: list[str], networks: list[str]) -> tuple[str, ...]:
    try:
        return tuple(dict.fromkeys((*addresses, *hosts(tuple(networks)))))
    except ValueError as err:
        _fail(f"--network: {err}", WRONG_USE)


def _parents(
    site: SiteConfig | None, devices: Sequence[Device], new: Sequence[Candidate]
) -> Mapping[str, str]:
    """Return address -> switch, by what the running agent learnt from the switches; empty without it."""
    if site is None:
        return {}
    try:
        with Reader(site.state_dir / STORE_FILE) as store:
            states = store.load_states()
    except (StoreError, OSError):
        return {}
    guests = [Device(one.found.address, Kind.CAMERA, one.found.address) for one in new]
    watch = Watch(site.site, (*devices, *guests))
    watch.restore(states)
    watch.note_addresses({one.found.address: one.told("mac") for one in new if one.told("mac")})
    watch.tick(0.0)
    hangs = watch.learned.hangs
    return {guest.id: hangs[guest.id].parent for guest in guests if guest.id in hangs}


def _show(
    candidates: Sequence[Candidate],
    made: Sequence[Mapping[str, str]],
    devices: Sequence[Device],
    *,
    as_json: bool,
    written: Path | None,
) -> None:
    mine = known(devices)
    rows_of = {row["host"]: row for row in made}
    told = [_as_json(one, mine.get(one.found.address), rows_of.get(one.found.address)) for one in candidates]
    answered = {one.found.address for one in candidates}
    silent = [d.id for d in devices if d.onvif_port is not None and d.host not in answered]
    if as_json:
        typer.echo(json.dumps({"devices": told, "not_answering": silent}, ensure_ascii=False))
        return
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    table = Table("address", "known as", "kind", "model", "channels", "port", "login", "parent", "", box=None)
    for one in told:
        table.add_row(*(escape(str(one[key] or "")) for key in _COLUMNS))
    console.print(table if told else "nobody answered: is this the interface that cameras are on?")
    if silent:
        console.print(f"in the inventory and not answering to discovery: {escape(', '.join(silent))}")
    if made and written is None:
        console.print("\nrows for devices.csv:\n" + escape(as_csv(made)), soft_wrap=True)
    elif written is not None:
        console.print(f"{len(made)} rows written to {escape(str(written))}")


_COLUMNS: Final = ("address", "known_as", "kind", "model", "channels", "port", "login", "parent", "trouble")


def _as_json(one: Candidate, mine: Device | None, row: Mapping[str, str] | None) -> dict[str, Any]:
    return {
        "address": one.found.address,
        "known_as": mine.id if mine else "",
        "kind": mine.kind.value if mine else one.kind.value,
        "name": one.found.name,
        "model": f"{one.told('maker')} {one.told('model')}".strip() or one.found.hardware,
        "serial": one.told("serial"),
        "mac": one.told("mac"),
        "channels": one.channels,
        "port": mine.onvif_port if mine else one.port,
        "login": "" if mine else one.login,
        "parent": row["parent"] if row else "",
        "trouble": one.trouble,
        "endpoint": one.found.endpoint,
        "row": dict(row) if row else None,
    }


def _fail(sentence: str, status: int) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(status)
