"""What one SNMP poll costs: ours through the whole collector, beside the tools that others use.

A poll is a GET of 30 OIDs; a walk is ifTable. All ask the same net-snmp snmpd on loopback in the same run,
v2c and v3 authPriv (SHA, AES-128). Counted is the processor time of the client alone: of this process for
libraries, from /proc for snmp_exporter, of the ended children for net-snmp's command line.

Prints `ratio_vs_snmp_exporter_v2c`, `ratio_vs_snmp_exporter_v3`, `cpu_ms_poll_v2c`,
`core_share_1000_devices_30s` and `rows`, one for each client, version and kind.
"""

import argparse
import asyncio
import gc
import http.client
import importlib
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import psutil
import yaml
from gufo.snmp import Aes128Key, Sha1Key, SnmpVersion, User
from gufo.snmp.aio import SnmpSession

from collectors.snmp import Snmp, SnmpHealth
from collectors.snmp.loading import load
from models.facts import Device, Kind, Secret, SnmpAccess

COMMUNITY: Final = "bench-community"
USER, AUTH_KEY, PRIV_KEY = "bench", "bench-auth-pass", "bench-priv-pass"
UPTIME: Final = "1.3.6.1.2.1.1.3.0"
TABLE: Final = "1.3.6.1.2.1.2.2"
BULK: Final = 25
OIDS: Final = 30
DEVICES: Final = 1_000
TOGETHER: Final = 50  # polls under way at once
VERSIONS: Final = ("v2c", "v3")

Work = Callable[[], Awaitable[int]]
"""One poll or walk; returns how many values it brought."""


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement: CPU per poll or walk, and for walks per row."""

    client: str
    version: str
    kind: str
    runs: int
    cpu_ms: float
    values: int
    cpu_us_per_value: float


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="only the JSON line")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="siteward-bench-") as made, snmpd(Path(made)) as port:
        rows = asyncio.run(measure(Path(made), port, quiet=given.json))
    print(json.dumps(summary(rows)))


def summary(rows: list[Row]) -> dict[str, Any]:
    """Return the figures of the aim, and all rows."""
    cost = {(row.client, row.version): row.cpu_ms for row in rows if row.kind == "poll"}
    ratios = {f"ratio_vs_snmp_exporter_{v}": _ratio(cost, v) for v in VERSIONS}
    own = cost["siteward", "v2c"]
    share = own / 1000 * DEVICES / 30
    return {
        **ratios,
        "cpu_ms_poll_v2c": round(own, 4),
        "core_share_1000_devices_30s": round(share, 5),
        "rows": [asdict(row) for row in rows],
    }


def _ratio(cost: dict[tuple[str, str], float], version: str) -> float | None:
    exporter = cost.get(("snmp_exporter", version))
    return round(cost["siteward", version] / exporter, 3) if exporter else None


async def measure(folder: Path, port: int, *, quiet: bool) -> list[Row]:
    """Ask by every client in turn."""
    rows: list[Row] = []

    def note(row: Row) -> None:
        rows.append(row)
        if not quiet:
            print(f"{row.client:20} {row.version:4} {row.kind:5} {row.cpu_ms:9.4f} ms", file=sys.stderr)

    oids = await found_oids(port)
    for version in VERSIONS:
        await siteward(folder, port, version, oids, note)
        await gufo(port, version, oids, note)
        await pysnmp(port, version, oids, note)
        net_snmp(port, version, oids, note)
    for row in await asyncio.to_thread(exporter, folder, port, oids):
        note(row)
    return rows


async def found_oids(port: int) -> list[str]:
    """Return sysUpTime and 29 numbers that this snmpd has."""
    async with gufo_session(port, "v2c") as session:
        found = [
            oid
            for base in ("1.3.6.1.2.1.11", "1.3.6.1.2.1.4", "1.3.6.1.2.1.6")
            async for oid, value in session.getbulk(base, BULK)
            if isinstance(value, int) and oid.endswith(".0")
        ]
    if len(found) < OIDS - 1:
        raise SystemExit(f"this snmpd has only {len(found)} numbers")
    return [UPTIME, *found[: OIDS - 1]]


async def timed(client: str, version: str, kind: str, runs: int, work: Work, *, together: int = 1) -> Row:
    """Run `work` so often and return what one run cost this process; the first runs are not counted."""
    for _ in range(min(3, runs)):
        brought = await work()
    gc.collect()
    before = time.process_time()
    for _ in range(runs // together):
        if together == 1:
            await work()
        else:
            await asyncio.gather(*(work() for _ in range(together)))
    cost = (time.process_time() - before) / (runs // together * together)
    return row((client, version, kind), runs, cost, brought)


def row(what: tuple[str, str, str], runs: int, seconds: float, brought: int) -> Row:
    """Return a row; `what` is client, version and kind."""
    client, version, kind = what
    return Row(
        client, version, kind, runs, round(seconds * 1e3, 4), brought, round(seconds / brought * 1e6, 2)
    )


# ---------------------------------------------------------------- ours


async def siteward(
    folder: Path, port: int, version: str, oids: list[str], note: Callable[[Row], None]
) -> None:
    """Poll 1,000 devices through collector, client, engine, values and readings; walk through the client."""
    own = folder / "mibs"
    own.mkdir(exist_ok=True)
    (own / "bench.yaml").write_text(yaml.safe_dump(knowledge(oids[1:])), encoding="utf-8")
    snmp = Snmp("gufo", knowledge=load(own))
    collector = SnmpHealth(snmp)
    devices = [
        Device(f"cam-{n}", Kind.OTHER, "127.0.0.1", snmp=access(port, version)) for n in range(DEVICES)
    ]
    try:
        for start in range(0, DEVICES, TOGETHER):  # first: which MIBs it has, and which rows
            await asyncio.gather(*map(collector.collect, devices[start : start + TOGETHER]))
        turn = iter(devices * 3)

        async def poll() -> int:
            return len((await collector.collect(next(turn))).readings)

        result = await timed("siteward", version, "poll", 2 * DEVICES, poll, together=TOGETHER)
        if result.values < OIDS - 1:
            raise SystemExit(f"only {result.values} readings came of {OIDS} OIDs")
        note(result)

        async def walk() -> int:
            return len((await snmp.walk(devices[0], TABLE)).rows)

        note(await timed("siteward", version, "walk", 300, walk))
    finally:
        snmp.close()


def knowledge(oids: list[str]) -> dict[str, Any]:
    """Return a MIB of scalars: a third of them with unit and range, the others plain numbers."""
    return {
        "mib": "BENCH",
        "source": "what this snmpd has",
        "area": "health",
        "applies": {"all": True},
        "scalars": [
            {"oid": oid, "metric": "cctv_temperature_celsius", "part": f"v{n}"}
            | ({"unit": "decicelsius", "low": -1e12, "high": 1e12, "sentinels": [-1]} if n % 3 == 0 else {})
            for n, oid in enumerate(oids)
        ],
    }


def access(port: int, version: str) -> SnmpAccess:
    """Return how to ask."""
    if version == "v2c":
        return SnmpAccess(port, "2c", Secret(COMMUNITY))
    return SnmpAccess(port, "3", None, USER, "SHA", Secret(AUTH_KEY), "AES", Secret(PRIV_KEY))


# ---------------------------------------------------------------- libraries


def gufo_session(port: int, version: str) -> SnmpSession:
    """Return a session of bare gufo_snmp."""
    if version == "v2c":
        return SnmpSession("127.0.0.1", port=port, community=COMMUNITY, version=SnmpVersion.v2c)
    user = User(USER, auth_key=Sha1Key(AUTH_KEY.encode()), priv_key=Aes128Key(PRIV_KEY.encode()))
    return SnmpSession("127.0.0.1", port=port, user=user, version=SnmpVersion.v3)


async def gufo(port: int, version: str, oids: list[str], note: Callable[[Row], None]) -> None:
    """Measure bare gufo_snmp: values, no order checked, nothing typed."""
    async with gufo_session(port, version) as session:

        async def poll() -> int:
            return len(await session.get_many(oids))

        async def walk() -> int:
            return len([value async for value in session.getbulk(TABLE, BULK)])

        note(await timed("gufo_snmp", version, "poll", 2_000, poll))
        note(await timed("gufo_snmp", version, "walk", 300, walk))


async def pysnmp(port: int, version: str, oids: list[str], note: Callable[[Row], None]) -> None:
    """Measure pysnmp as its documentation shows it, with lookupMib=False."""
    lib = importlib.import_module("pysnmp.hlapi.v3arch.asyncio")
    engine = lib.SnmpEngine()
    target = await lib.UdpTransportTarget.create(("127.0.0.1", port))
    keys = (AUTH_KEY, PRIV_KEY, lib.USM_AUTH_HMAC96_SHA, lib.USM_PRIV_CFB128_AES)
    who = lib.CommunityData(COMMUNITY) if version == "v2c" else lib.UsmUserData(USER, *keys)

    async def poll() -> int:
        asked = [lib.ObjectType(lib.ObjectIdentity(oid)) for oid in oids]
        *_, found = await lib.get_cmd(engine, who, target, lib.ContextData(), *asked, lookupMib=False)
        return len(found)

    async def walk() -> int:
        start = lib.ObjectType(lib.ObjectIdentity(TABLE))
        options = {"lookupMib": False, "lexicographicMode": False}
        rows = lib.bulk_walk_cmd(engine, who, target, lib.ContextData(), 0, BULK, start, **options)
        return sum([len(found) async for *_, found in rows])

    try:
        note(await timed("pysnmp", version, "poll", 100, poll))
        note(await timed("pysnmp", version, "walk", 40, walk))
    finally:
        engine.close_dispatcher()


# ---------------------------------------------------------------- programs


def net_snmp(port: int, version: str, oids: list[str], note: Callable[[Row], None]) -> None:
    """Measure net-snmp's command line: a process each."""
    way = ["-v2c", "-c", COMMUNITY]
    if version == "v3":
        way = ["-v3", "-l", "authPriv", "-u", USER, "-a", "SHA", "-A", AUTH_KEY, "-x", "AES", "-X", PRIV_KEY]
    where = f"127.0.0.1:{port}"
    note(_children("snmpget", version, "poll", [needed("snmpget"), *way, "-On", where, *oids]))
    walk = [needed("snmpbulkwalk"), *way, "-On", f"-Cr{BULK}", where, TABLE]
    note(_children("snmpbulkwalk", version, "walk", walk))


def _children(client: str, version: str, kind: str, command: list[str], runs: int = 30) -> Row:
    def used() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before = used()
    for _ in range(runs):
        done = subprocess.run(command, env=os.environ | {"MIBS": ""}, capture_output=True, check=True)
    return row((client, version, kind), runs, (used() - before) / runs, len(done.stdout.splitlines()))


def exporter(folder: Path, port: int, oids: list[str]) -> list[Row]:
    """Measure Debian's prometheus-snmp-exporter by its processor time over many scrapes."""
    listen = free_port(socket.SOCK_STREAM)
    config = folder / "snmp.yml"
    config.write_text(yaml.safe_dump(modules(oids)), encoding="utf-8")
    program = needed("prometheus-snmp-exporter")
    command = [program, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{listen}"]
    with (folder / "exporter.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        connection = connected(listen)
        return [
            scraped(process, connection, port, version=version, kind=kind)
            for version in VERSIONS
            for kind in ("poll", "walk")
        ]
    finally:
        process.terminate()
        process.wait(10)


def scraped(
    process: "subprocess.Popen[bytes]",
    connection: http.client.HTTPConnection,
    port: int,
    *,
    version: str,
    kind: str,
    runs: int = 600,
) -> Row:
    """Scrape so often; /proc counts in hundredths of a second, so it takes many."""
    about = psutil.Process(process.pid)

    def scrape() -> int:
        connection.request("GET", f"/snmp?target=127.0.0.1:{port}&module={kind}_{version}")
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status != http.client.OK:
            raise SystemExit(f"snmp_exporter: {text[:300]}")
        return sum(line.startswith("bench_") for line in text.splitlines())

    brought = [scrape() for _ in range(50)][-1]
    before = sum(about.cpu_times()[:2])
    for _ in range(runs):
        scrape()
    return row(("snmp_exporter", version, kind), runs, (sum(about.cpu_times()[:2]) - before) / runs, brought)


def modules(oids: list[str]) -> dict[str, Any]:
    """Return a configuration for snmp_exporter 0.21: the same OIDs, the same table."""
    scalars = [{"name": f"bench_v{n}", "oid": oid[:-2], "type": "gauge"} for n, oid in enumerate(oids)]
    index = [{"labelname": "ifIndex", "type": "gauge"}]
    kinds = {2: "DisplayString", 6: "PhysAddress48", 22: "DisplayString"}
    columns = [
        {"name": f"bench_c{n}", "oid": f"{TABLE}.1.{n}", "type": kinds.get(n, "gauge"), "indexes": index}
        for n in range(1, 23)
    ]
    sealed = {
        "security_level": "authPriv", "username": USER, "password": AUTH_KEY, "auth_protocol": "SHA",
        "priv_protocol": "AES", "priv_password": PRIV_KEY,
    }  # fmt: skip
    ways: dict[str, dict[str, Any]] = {
        "v2c": {"version": 2, "auth": {"community": COMMUNITY}},
        "v3": {"version": 3, "auth": sealed},
    }
    made: dict[str, Any] = {}
    for version, way in ways.items():
        common = {"max_repetitions": BULK, **way}
        made[f"poll_{version}"] = {"get": oids, "metrics": scalars, **common}
        made[f"walk_{version}"] = {"walk": [TABLE], "metrics": columns, **common}
    return made


def connected(port: int) -> http.client.HTTPConnection:
    """Return a connection that is kept open, once the exporter listens."""
    deadline = time.monotonic() + 20
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.connect()
        except OSError:
            if time.monotonic() > deadline:
                raise SystemExit("snmp_exporter did not start") from None
            time.sleep(0.1)
        else:
            return connection


@contextmanager
def snmpd(folder: Path) -> Iterator[int]:
    """Run net-snmp's snmpd; yields its port."""
    port = free_port(socket.SOCK_DGRAM)
    config = folder / "snmpd.conf"
    config.write_text(
        f"rocommunity {COMMUNITY} 127.0.0.1\n"
        f'createUser {USER} SHA "{AUTH_KEY}" AES "{PRIV_KEY}"\nrouser {USER} priv\n',
        encoding="utf-8",
    )
    own = {"SNMP_PERSISTENT_DIR": str(folder), "SNMP_PERSISTENT_FILE": str(folder / "state.conf"), "MIBS": ""}
    command = [needed("snmpd"), "-f", "-Lo", "-C", "-c", str(config), f"udp:127.0.0.1:{port}"]
    log = folder / "snmpd.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=os.environ | own)
    try:
        deadline = time.monotonic() + 20
        while b"NET-SNMP version" not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("snmpd did not start")
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def needed(program: str) -> str:
    """Return where a program is."""
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if not found:
        raise SystemExit(f"this bench needs {program}: packages snmp, snmpd, prometheus-snmp-exporter")
    return found


def free_port(kind: socket.SocketKind) -> int:
    """Return a port of loopback that is free now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
