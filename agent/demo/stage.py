"""The demo's stage: a simulated site in a process of its own, and the config an operator would write."""

import asyncio
import contextlib
import csv
import json
import os
import sys
import tempfile
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import yaml

from agent.inventory import COLUMNS
from simulator.site import DeviceSpec, SiteSpec, SnmpSpec

START_SECONDS: Final = 240.0  # it paints a scene for each camera first: 20 s on two free cores


class StageError(Exception):
    """The simulator did not start; the message says what it said."""


@dataclass(frozen=True, slots=True)
class Simulator:
    """A running simulator, spoken to over its control."""

    control: str
    process: asyncio.subprocess.Process

    @property
    def runs(self) -> bool:
        """Whether it is still there."""
        return self.process.returncode is None

    async def switch(self, device: str, fault: str, *, on: bool, strength: float = 1.0) -> None:
        """Switch a fault on or off."""
        order = {"device": device, "fault": fault, "on": on, "strength": strength}
        await asyncio.to_thread(self._post, order)

    async def truth(self) -> dict[str, Any]:
        """Return what was switched, and what each device counted."""
        return await asyncio.to_thread(self._get, "/truth")

    def _post(self, order: dict[str, Any]) -> None:
        body = json.dumps(order).encode()
        request = urllib.request.Request(self.control + "/faults", body)  # noqa: S310  our own control
        with urllib.request.urlopen(request, timeout=10):  # noqa: S310  our own control
            return

    def _get(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(self.control + path, timeout=10) as answer:  # noqa: S310  our own control
            found: dict[str, Any] = json.load(answer)
            return found


@contextlib.asynccontextmanager
async def simulator(*arguments: str) -> AsyncIterator[Simulator]:
    """Run `python -m simulator run ARGUMENTS` while the context lasts; it ends with us, even by kill -9.

    Raises:
        StageError: it did not come up.
    """
    with tempfile.TemporaryFile() as errors:  # a pipe that nobody empties would stop it when full
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "simulator", "run", *arguments, "--prepare", "--with-parent",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=errors,
        )  # fmt: skip
        try:
            yield Simulator(await _ready(process, errors), process)
        finally:
            await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), 10)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _ready(process: asyncio.subprocess.Process, errors: IO[bytes]) -> str:
    assert process.stdout is not None  # noqa: S101  it was asked for
    try:
        async with asyncio.timeout(START_SECONDS):
            line = await process.stdout.readline()
        return str(json.loads(line)["control"])
    except (TimeoutError, ValueError, KeyError):
        await _end(process)
        errors.seek(0)
        said = errors.read()
        raise StageError(f"the simulator did not start: {said.decode(errors='replace').strip()}") from None


def own_network() -> str:
    """Return a loopback network that another demo is unlikely to use at the same time."""
    number = os.getpid()
    return f"127.{64 + number // 256 % 128}.{number % 256}.0"


def write_site(folder: Path, site: SiteSpec, settings: dict[str, Any]) -> Path:
    """Write `site.yaml`, `devices.csv` and a secret file for each password, as an operator would.

    Args:
        folder: where.
        site: the simulated devices.
        settings: further keys of `site.yaml`.
    """
    secrets = _Secrets(folder / "secrets")
    logins = {spec.id: _login(spec, secrets) for spec in site.devices if spec.onvif or spec.rtsp}
    snmp = {spec.id: _snmp(spec.id, spec.snmp, secrets) for spec in site.devices if spec.snmp}
    with (folder / "devices.csv").open("w", encoding="utf-8", newline="") as out:
        table = csv.DictWriter(out, fieldnames=list(COLUMNS))
        table.writeheader()
        table.writerows(_row(spec) for spec in site.devices)
    path = folder / "site.yaml"
    config = {"inventory": "devices.csv", "logins": logins, "snmp": snmp, **settings}
    path.write_text(yaml.safe_dump(config, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


class _Secrets:
    """Keeps each secret in a file that only its owner reads; gives back the reference."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)

    def keep(self, name: str, secret: str) -> str:
        path = self._folder / name
        path.touch(mode=0o600)
        path.write_text(secret, encoding="utf-8")
        return f"${{file:{self._folder.name}/{name}}}"


def _login(spec: DeviceSpec, secrets: _Secrets) -> dict[str, str]:
    return {"user": spec.user, "password": secrets.keep(f"{spec.id}-password", spec.password)}


def _snmp(device: str, spec: SnmpSpec, secrets: _Secrets) -> dict[str, Any]:
    access: dict[str, Any] = {"version": spec.version, "port": spec.port}
    if spec.version != "3":
        return {**access, "community": secrets.keep(f"{device}-community", spec.community)}
    access["user"] = spec.user
    if spec.auth_protocol:
        access["auth_protocol"] = spec.auth_protocol
        access["auth_key"] = secrets.keep(f"{device}-auth", spec.auth_key)
    if spec.priv_protocol:
        access["priv_protocol"] = spec.priv_protocol
        access["priv_key"] = secrets.keep(f"{device}-priv", spec.priv_key)
    return access


def _row(spec: DeviceSpec) -> dict[str, str]:
    return {
        "id": spec.id,
        "kind": spec.kind,
        "host": spec.address,
        "name": spec.name,
        "place": spec.place,
        "parent": spec.parent,
        "login": spec.id if spec.onvif or spec.rtsp else "",
        "onvif_port": str(spec.onvif.port) if spec.onvif else "",
        "snmp": spec.id if spec.snmp else "",
        "tcp_ports": str(spec.rtsp.port) if spec.rtsp else "",
    }
