"""Libraries and the command line: bare gufo_snmp, pysnmp as documented, net-snmp's programs."""

import importlib
import os
import resource
import subprocess

from bench.snmp.agent import (
    AUTH_KEY,
    BULK,
    COMMUNITY,
    PRIV_KEY,
    TABLE,
    USER,
    gufo_session,
    where_is,
)  # fmt: skip
from bench.snmp.rows import Tallies, What


async def gufo(port: int, version: str, oids: list[str], tallies: Tallies) -> None:
    """Measure bare gufo_snmp: values, no order checked, nothing typed."""
    async with gufo_session(port, version) as session:

        async def poll() -> int:
            return len(await session.get_many(oids))

        async def walk() -> int:
            return len([value async for value in session.getbulk(TABLE, BULK)])

        await tallies.time(("gufo_snmp", version, "poll"), 2_000, poll)
        await tallies.time(("gufo_snmp", version, "walk"), 300, walk)


async def pysnmp(port: int, version: str, oids: list[str], tallies: Tallies) -> None:
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
        await tallies.time(("pysnmp", version, "poll"), 100, poll)
        await tallies.time(("pysnmp", version, "walk"), 40, walk)
    finally:
        engine.close_dispatcher()


# ---------------------------------------------------------------- programs


def net_snmp(port: int, version: str, oids: list[str], tallies: Tallies) -> list[str]:
    """Measure net-snmp's command line, a process each; return the programs that are missing."""
    way = ["-v2c", "-c", COMMUNITY]
    if version == "v3":
        way = ["-v3", "-l", "authPriv", "-u", USER, "-a", "SHA", "-A", AUTH_KEY, "-x", "AES", "-X", PRIV_KEY]
    where = f"127.0.0.1:{port}"
    asked = {
        "snmpget": ("poll", [*way, "-On", where, *oids]),
        "snmpbulkwalk": ("walk", [*way, "-On", f"-Cr{BULK}", where, TABLE]),
    }
    for name, (kind, arguments) in asked.items():
        if (program := where_is(name)) is not None:
            _children((name, version, kind), [program, *arguments], tallies)
    return [name for name in asked if where_is(name) is None]


def _children(what: What, command: list[str], tallies: Tallies, runs: int = 30) -> None:
    def used() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before = used()
    for _ in range(runs):
        done = subprocess.run(command, env=os.environ | {"MIBS": ""}, capture_output=True, check=True)
    tallies.add(what, runs, used() - before, len(done.stdout.splitlines()))
