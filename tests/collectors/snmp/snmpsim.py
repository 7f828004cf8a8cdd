"""Recordings served by snmpsim, an agent that is not ours: the name of the file is the community."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from collectors.snmp.engine import Value
from collectors.snmp.oids import order
from tests.collectors.snmp.support import free_port

WHOLE_NUMBERS = {"2", "65", "66", "67", "70"}


def rows_of(file: Path) -> dict[str, tuple[str, str]]:
    """Return (type, value) by OID of a .snmprec file."""
    lines = file.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    return {oid: (kind, value) for oid, kind, value in (line.split("|", 2) for line in lines)}


def written(values: Mapping[str, Value]) -> dict[str, tuple[str, str]]:
    """Return values in the words of a .snmprec file."""
    rows = {}
    for oid, value in values.items():
        if isinstance(value, bytes):
            rows[oid] = ("4x", value.hex())
        elif isinstance(value, int):
            rows[oid] = ("2" if -(2**31) <= value < 2**31 else "70", str(value))
        else:
            rows[oid] = ("6" if value.count(".") != 3 else "64", value)
    return rows


@contextmanager
def serving(folder: Path, recordings: Mapping[str, Mapping[str, tuple[str, str]]]) -> Iterator[int]:
    """Serve recordings by community with snmpsim on a free port of 127.0.0.1; yields the port."""
    program = shutil.which("snmpsim-command-responder", path=str(Path(sys.executable).parent))
    assert program, "the tests need snmpsim"
    data, cache, spare = folder / "data", folder / "cache", folder / "spare"
    for one in (data, cache, spare):
        one.mkdir()
    for name, rows in recordings.items():
        lines = [
            f"{oid}|{kind}|{value}\n"
            for oid, (kind, value) in sorted(rows.items(), key=lambda r: order(r[0]))
        ]
        (data / f"{name}.snmprec").write_text("".join(lines), encoding="utf-8", errors="surrogateescape")
    # snmpsim 1.2.2 wants pysmi only to print its version, and does not say that it depends on it.
    (spare / "pysmi.py").write_text('__version__ = "none"\n')
    port, log = free_port(), folder / "snmpsim.log"
    user = ("--process-user=root", "--process-group=root") if os.getuid() == 0 else ()
    command = [
        program, f"--data-dir={data}", f"--cache-dir={cache}", *user, "--log-level=info",
        "--logging-method=stdout", f"--agent-udpv4-endpoint=127.0.0.1:{port}",
    ]  # fmt: skip
    own = os.environ | {"PYTHONPATH": str(spare), "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=own)
    try:
        deadline = time.monotonic() + 30
        while b"Listening at UDP/IPv4" not in log.read_bytes():
            assert process.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < deadline, log.read_text()[-2000:]
            time.sleep(0.05)
        while not _is_bound(port):
            assert time.monotonic() < deadline, "snmpsim did not open its port"
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _is_bound(port: int) -> bool:
    """Whether something listens: to a closed port the system answers that it is refused."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("127.0.0.1", port))
        probe.settimeout(0.1)
        try:
            probe.send(b"\0")
            probe.recv(1)
        except TimeoutError:
            return True
        except ConnectionRefusedError:
            return False
    return True
