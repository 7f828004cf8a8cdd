"""Debian's prometheus-snmp-exporter, by its processor time over many scrapes."""

import http.client
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import yaml

from bench.snmp.agent import AUTH_KEY, BULK, COMMUNITY, PRIV_KEY, TABLE, USER, VERSIONS, free_port
from bench.snmp.rows import Tallies


class Exporter:
    """One exporter that runs, with modules for a poll and a walk in both versions."""

    def __init__(self, program: str, folder: Path, agent: int, oids: list[str]) -> None:
        self._agent = agent
        listen = free_port(socket.SOCK_STREAM)
        config = folder / "snmp.yml"
        config.write_text(yaml.safe_dump(modules(oids)), encoding="utf-8")
        command = [program, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{listen}"]
        with (folder / "exporter.log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        self._about = psutil.Process(self._process.pid)
        try:
            self._connection = connected(listen)
            for version in VERSIONS:  # the first scrapes fill its memory
                for kind in ("poll", "walk"):
                    for _ in range(20):
                        self._scrape(version, kind)
        except BaseException:
            self.close()
            raise

    def round(self, tallies: Tallies, version: str, polls: int, walks: int) -> None:
        """Measure some scrapes; /proc counts in hundredths of a second, so it takes many."""
        for kind, runs in (("poll", polls), ("walk", walks)):
            before = sum(self._about.cpu_times()[:2])
            for _ in range(runs):
                brought = self._scrape(version, kind)
            spent = sum(self._about.cpu_times()[:2]) - before
            tallies.add(("snmp_exporter", version, kind), runs, spent, brought)

    def _scrape(self, version: str, kind: str) -> int:
        self._connection.request("GET", f"/snmp?target=127.0.0.1:{self._agent}&module={kind}_{version}")
        answer = self._connection.getresponse()
        text = answer.read().decode()
        if answer.status != http.client.OK:
            raise SystemExit(f"snmp_exporter: {text[:300]}")
        return sum(line.startswith("bench_") for line in text.splitlines())

    def close(self) -> None:
        """End it."""
        with suppress(ProcessLookupError):
            self._process.terminate()
        self._process.wait(10)


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
