"""`siteward probe`: ask one device once with every collector that applies, and print what came back."""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agent import contradictions
from agent.config import SiteConfig
from agent.device_sheet import print_sheet
from agent.eyes import Eyes, Taps
from agent.files import STORE_FILE
from agent.learning import shown
from agent.pins import PINS_FILE, FilePins
from agent.run import Clocks, run_once
from agent.store import Reader, StoreError
from collectors.base import Collector
from collectors.onvif.exchange import Exchange
from collectors.snmp import Snmp
from collectors.snmp import show as show_varbind
from collectors.snmp.engine import Value
from collectors.snmp.evaluate import Unread
from models.device_file import Way, device_file
from models.facts import Device, Reading, Report, SnmpAccess, Trouble

CLOCKS: Final = Clocks(time.time, time.monotonic)
FILE_WIDTH: Final = 120  # columns of a device file that goes into a pipe or onto paper
LINE_LIMIT: Final = 120  # characters of a raw value that are shown


class NoCollector(ValueError):
    """There is no such collector; the message names those there are."""


async def probe_device(
    config: SiteConfig,
    device: Device,
    *,
    only: Sequence[str],
    deadline: float | None,
    raw: bool,
    as_json: bool,
    values: bool = False,
    devices: Sequence[Device] = (),
) -> bool:
    """Ask a device and print its file (or all `values`); return whether every collector learnt something.

    Raises:
        NoCollector: `only` names one that does not exist or is switched off.
    """
    console = Console(highlight=False, soft_wrap=True, markup=False)
    pins = FilePins(config.state_dir / PINS_FILE, keeps=False)
    eyes = Eyes(config, CLOCKS, _Raw(console).taps() if raw else None, pins)
    reports: list[Report] = []
    snmp, way = SnmpSeen(), Way()
    try:
        for collector in _chosen(eyes, only):
            if collector.applies(device):
                given = deadline or config.timing(collector.name)[1]
                reports.append(await run_once(collector, device, deadline=given, clocks=CLOCKS))
        if device.snmp is not None:
            snmp = snmp_seen(eyes.snmp, device)
        if device.onvif_port is not None:
            session = eyes.onvif.session(device)
            way = Way(session.services, session.login_way)
    finally:
        await eyes.close()
    if as_json:
        console.print(json.dumps([_as_json(report, snmp) for report in reports], ensure_ascii=False))
    elif not raw:
        if values or not reports:
            _print(device, reports)
        else:
            sheet = device_file(
                device,
                reports,
                way=way,
                known=_known(config, device.id),
                lang=config.language,
                zone=config.zone,
            )
            print_sheet(Console(highlight=False, width=_width()), device, sheet, config.language)
        _print_snmp(snmp)
        for line in contradictions.lines(contradictions.contradictions(config, devices, device.id)):
            console.print(f"parent contradicted  {line}")
        learnt = shown.by_device(config.state_dir).get(device.id)
        console.print(f"learning  {shown.state(learnt, config.language)}")
        for line in shown.normal(learnt or {}, config.language):
            console.print(f"  {line}")
    return bool(reports) and all(map(_told, reports))


def _known(config: SiteConfig, device_id: str) -> Mapping[str, Any] | None:
    """Return what the agent knows of a device, to compare it with what was accepted; None if nothing."""
    try:
        with Reader(config.state_dir / STORE_FILE) as store:
            return store.load_states().get(device_id)
    except StoreError:
        return None


def _width() -> int | None:
    return None if sys.stdout.isatty() else FILE_WIDTH


@dataclass(frozen=True, slots=True)
class SnmpSeen:
    """What SNMP knowledge applied to a device, and what it could not make sense of."""

    engine: str = ""
    mibs: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()  # a line each: OID, raw value, why


def snmp_seen(snmp: Snmp, device: Device) -> SnmpSeen:
    """Return what the collectors learnt on the way; no community, user or key is in it."""
    lines = (f"{_blanked(_one_line(one), device.snmp)}  ({one.why})" for one in snmp.unread_of(device.id))
    return SnmpSeen(snmp.engine_of(device), snmp.mibs_of(device.id), tuple(lines))


def _one_line(one: Unread) -> str:
    line = show_varbind(one.oid, one.value)
    return line if len(line) <= LINE_LIMIT else f"{line[:LINE_LIMIT]}…"


def _blanked(line: str, access: SnmpAccess | None) -> str:
    """Return a line without our own secrets: some devices keep them among their values."""
    if access is not None:
        for secret in (access.community, access.auth_key, access.priv_key):
            if secret is not None and secret.reveal():
                line = line.replace(secret.reveal(), str(secret))
    return line


def _print_snmp(snmp: SnmpSeen) -> None:
    console = Console(highlight=False, soft_wrap=True)
    if snmp.mibs:
        console.print(f"\n[bold]knowledge applied[/] (through {snmp.engine}): {escape(', '.join(snmp.mibs))}")
    for line in snmp.unreadable:
        console.print(f"  [yellow]unreadable[/] {escape(line)}")


def _chosen(eyes: Eyes, only: Sequence[str]) -> list[Collector]:
    known = {collector.name: collector for collector in eyes.collectors}
    missing = [name for name in only if name not in known]
    if missing:
        raise NoCollector(f"no collector {', '.join(missing)}; there are: {', '.join(known)}")
    return [known[name] for name in only or known]


def _told(report: Report) -> bool:
    """Whether the device was asked well: that it does not have a thing is an answer."""
    return report.error is None or report.error.trouble is Trouble.NOT_SUPPORTED


class _Raw:
    """Prints exchanges as they happen, in a form that can become a test case."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def taps(self) -> Taps:
        return Taps(onvif=self._onvif, snmp=self._snmp)

    def _onvif(self, exchange: Exchange) -> None:
        status = exchange.status if exchange.status is not None else exchange.error
        self._console.print(
            f"# {exchange.operation} {exchange.path} -> {status}, {exchange.took_seconds:.3f} s"
        )
        self._console.print(exchange.reply.decode(errors="replace"))

    def _snmp(self, _device: str, oid: str, value: Value) -> None:
        self._console.print(show_varbind(oid, value))


def _print(device: Device, reports: Sequence[Report]) -> None:
    console = Console(highlight=False)
    about = escape(f"{device.name}  {device.kind}  {device.host}  {device.place}")
    console.print(f"[bold]{escape(device.id)}[/] {about}")
    if not reports:
        console.print("  nothing to ask: the inventory names no service of it that these collectors know")
    for report in reports:
        console.print(f"\n[bold]{report.collector}[/]  {report.took_seconds:.2f} s")
        if report.error:
            console.print(f"  [red]{report.error.trouble}[/]: {escape(report.error.detail)}")
        table = Table(box=None, show_header=False, padding=(0, 2))
        table.add_column(no_wrap=True)
        for reading in report.readings:
            table.add_row(reading.metric.name, escape(reading.part), escape(_shown(reading)))
        if report.readings:
            console.print(table)


def _shown(reading: Reading) -> str:
    return reading.value if isinstance(reading.value, str) else f"{reading.value:.6g}"


def _as_json(report: Report, snmp: SnmpSeen) -> dict[str, Any]:
    error = {"trouble": report.error.trouble, "detail": report.error.detail} if report.error else None
    seen = {"snmp": asdict(snmp)} if report.collector.startswith("snmp_") else {}
    return {
        "collector": report.collector,
        "took_seconds": round(report.took_seconds, 3),
        "error": error,
        "readings": [{"metric": r.metric.name, "part": r.part, "value": r.value} for r in report.readings],
        **seen,
    }
