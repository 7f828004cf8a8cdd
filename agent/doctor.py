"""`siteward doctor`: is this machine fit to watch the site? Asks no device."""

import asyncio
import contextlib
import ctypes
import json
import os
import resource
import shutil
import socket
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import asdict
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agent import desk
from agent.check import Check
from agent.config import Access, ConfigError, SiteConfig, fetch_access, read_config
from agent.helpdesk.base import HelpdeskError
from agent.helpdesk.smtp import Smtp
from agent.inventory import read_devices

FREE_BYTES: Final = 2 * 2**30
FILES_PER_DEVICE: Final = 4
_MAIL_SECONDS: Final = 10.0
_TIME_ERROR: Final = 5  # adjtimex(2): the clock is not synchronised


async def examine(path: Path) -> list[Check]:
    """Look at everything that needs no device; what depends on a config that is wrong is left out."""
    site, access, devices, checks = _config(path)
    checks += [_codecs(), _wsdl(), _clock(), await asyncio.to_thread(_reports)]
    if site is None or access is None:
        return checks
    checks += [_disk(site), _files(devices), _port(site), _ping(site)]
    if site.mqtt:
        checks.append(await _broker(site.mqtt.host, site.mqtt.port))
    if site.service.writes:
        checks.append(await asyncio.to_thread(_escalation, site, access))
    return checks + await asyncio.to_thread(desk.preflight, site, access)


def show(console: Console, checks: list[Check], *, as_json: bool) -> None:
    """Print the checks."""
    if as_json:
        console.print_json(json.dumps([asdict(check) for check in checks]))
        return
    table = Table("", "check", "found", "to do", box=None, pad_edge=False)
    for check in checks:
        mark = "[green]ok[/]" if check.ok else "[red]no[/]"
        table.add_row(mark, check.name, escape(check.said), "" if check.ok else escape(check.todo))
    console.print(table)


def _config(path: Path) -> tuple[SiteConfig | None, Access | None, int, list[Check]]:
    try:
        site = read_config(path)
        access = fetch_access(site, path)
        devices = read_devices(site, access)
    except ConfigError as err:
        return None, None, 0, [Check("config", False, "; ".join(err.problems), "siteward check-config")]
    said = f"site {site.site}, {len(devices)} devices, {len(access.logins)} logins"
    return site, access, len(devices), [Check("config", True, said)]


def _tried(name: str, look: Callable[[], str], todo: str) -> Check:
    try:
        return Check(name, True, look())
    except (OSError, ImportError, ValueError, RuntimeError) as err:
        return Check(name, False, str(err) or type(err).__name__, todo)


def _codecs() -> Check:
    def look() -> str:
        import av  # noqa: PLC0415  a broken codec library is what we look for

        return ", ".join(av.Codec(name, "r").name for name in ("h264", "hevc", "mjpeg"))

    return _tried("video decoders", look, "install the package av for this Python and processor")


def _wsdl() -> Check:
    def look() -> str:
        from collectors.onvif.wsdl import find_folder  # noqa: PLC0415  as above

        return str(find_folder())

    return _tried("ONVIF descriptions", look, "install onvif-zeep anew, with pip's --use-pep517")


def _reports() -> Check:
    from agent.service.reports.render import pdf_problem  # noqa: PLC0415  slow to load

    problem = pdf_problem()
    said, _, todo = problem.rpartition(": ")
    return Check("PDF reports", not problem, said or "Pango and a Chinese font are there", todo)


def _clock() -> Check:
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(512))
    said = "synchronised" if 0 <= state < _TIME_ERROR else "not synchronised by NTP"
    todo = "switch on chrony or systemd-timesyncd: device clocks are judged against this one"
    return Check("clock", 0 <= state < _TIME_ERROR, said, todo)


def _disk(site: SiteConfig) -> Check:
    def look() -> str:
        site.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=site.state_dir) as probe:
            probe.write(b"x")
        free = shutil.disk_usage(site.state_dir).free
        if free < FREE_BYTES:
            raise OSError(f"{free / 2**30:.1f} GiB free in {site.state_dir}")
        return f"{free / 2**30:.0f} GiB free in {site.state_dir}"

    return _tried("state folder", look, f"make it writable and free at least {FREE_BYTES // 2**30} GiB")


def _files(devices: int) -> Check:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = devices * FILES_PER_DEVICE + 256
    enough = hard == resource.RLIM_INFINITY or hard >= wanted
    return Check("open files", enough, f"limit {hard}", f"LimitNOFILE={wanted} in the unit")


def _port(site: SiteConfig) -> Check:
    def look() -> str:
        where = f"{site.web.host}:{site.web.port}"
        with contextlib.closing(socket.socket()) as probe:
            probe.settimeout(2)
            taken = probe.connect_ex((site.web.host, site.web.port)) == 0
        if taken and not _is_agent(where):
            raise OSError(f"{where} is in use, and not by siteward")
        if taken:
            return f"{where} is served by the running agent"
        with contextlib.closing(socket.socket()) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((site.web.host, site.web.port))
        return f"{where} is free"

    return _tried("metrics page", look, "choose another web.host or web.port")


def _is_agent(where: str) -> bool:
    """Whether what listens there answers as the agent does: `ok`, or what it is stuck at."""
    try:
        with urllib.request.urlopen(f"http://{where}/healthz", timeout=5) as answer:
            return bool(answer.read(16) == b"ok\n")
    except urllib.error.HTTPError as err:
        return err.code == HTTPStatus.SERVICE_UNAVAILABLE
    except (OSError, HTTPException):
        return False


def _ping(site: SiteConfig) -> Check:
    if not site.icmp:
        return Check("ping", True, "switched off in the config")
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP).close()
    except PermissionError:
        todo = f'sysctl net.ipv4.ping_group_range="{os.getgid()} {os.getgid()}", or icmp: false in the config'
        return Check("ping", False, "not permitted to this user", todo)
    return Check("ping", True, "permitted")


def _escalation(site: SiteConfig, access: Access) -> Check:
    """Look whether those who are to be told of clocks that run out can be mailed; sends nothing."""
    assert site.mail_server is not None  # noqa: S101  the config is refused without
    section, mail = site.mail_server

    def look() -> str:
        try:
            return Smtp(mail, access.mail_password(section), _MAIL_SECONDS).reach()
        except HelpdeskError as err:
            raise OSError(str(err)) from None

    return _tried("escalation", look, f"mend {section}: nobody is mailed when a clock runs out")


async def _broker(host: str, port: int) -> Check:
    try:
        async with asyncio.timeout(5):
            _, writer = await asyncio.open_connection(host, port)
        writer.close()
    except (OSError, TimeoutError) as err:
        reason = str(err) or "no answer in 5 s"
        return Check("broker", False, f"{host}:{port}: {reason}", "start it, or mend mqtt.host and mqtt.port")
    return Check("broker", True, f"{host}:{port} accepts connections")
