"""The agent that all ask: net-snmp's snmpd on loopback, v2c and v3 authPriv."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from gufo.snmp import Aes128Key, Sha1Key, SnmpVersion, User
from gufo.snmp.aio import SnmpSession

from models.facts import Secret, SnmpAccess

COMMUNITY: Final = "bench-community"
USER, AUTH_KEY, PRIV_KEY = "bench", "bench-auth-pass", "bench-priv-pass"
UPTIME: Final = "1.3.6.1.2.1.1.3.0"
TABLE: Final = "1.3.6.1.2.1.2.2"
BULK: Final = 25
OIDS: Final = 30
VERSIONS: Final = ("v2c", "v3")
PACKAGES: Final = {
    "snmpd": "snmpd",
    "snmpget": "snmp",
    "snmpbulkwalk": "snmp",
    "prometheus-snmp-exporter": "prometheus-snmp-exporter",
}


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


def access(port: int, version: str) -> SnmpAccess:
    """Return how to ask."""
    if version == "v2c":
        return SnmpAccess(port, "2c", Secret(COMMUNITY))
    return SnmpAccess(port, "3", None, USER, "SHA", Secret(AUTH_KEY), "AES", Secret(PRIV_KEY))


def gufo_session(port: int, version: str) -> SnmpSession:
    """Return a session of bare gufo_snmp."""
    if version == "v2c":
        return SnmpSession("127.0.0.1", port=port, community=COMMUNITY, version=SnmpVersion.v2c)
    user = User(USER, auth_key=Sha1Key(AUTH_KEY.encode()), priv_key=Aes128Key(PRIV_KEY.encode()))
    return SnmpSession("127.0.0.1", port=port, user=user, version=SnmpVersion.v3)


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
    program = where_is("snmpd")
    if program is None:
        raise SystemExit(f"this bench cannot run without snmpd. {hint('snmpd')}")
    command = [program, "-f", "-Lo", "-C", "-c", str(config), f"udp:127.0.0.1:{port}"]
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


def where_is(program: str) -> str | None:
    """Return where a program is, None where it is not installed."""
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")


def hint(program: str) -> str:
    """Return how a missing program is had."""
    return f"Install it: sudo apt-get install {PACKAGES[program]}"


def free_port(kind: socket.SocketKind) -> int:
    """Return a port of loopback that is free now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
