"""What one SNMP poll costs: ours through the whole collector, beside the tools that others use.

A poll is a GET of 30 OIDs; a walk is ifTable. All ask the same net-snmp snmpd on loopback in the same run,
v2c and v3 authPriv (SHA, AES-128). Counted is the processor time of the client alone: of this process for
libraries, from /proc for snmp_exporter, of the ended children for net-snmp's command line. Ours and
snmp_exporter take turns in short rounds, so that what else the machine does hits both alike.

Prints `ratio_vs_snmp_exporter_v2c`, `ratio_vs_snmp_exporter_v3` (null where it is not installed),
`cpu_ms_poll_v2c`, `core_share_1000_devices_30s` and `rows`, one for each client, version and kind.
`missing` names the tools that could not be measured.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from bench.snmp.agent import VERSIONS, found_oids, hint, snmpd, where_is
from bench.snmp.exporter import Exporter
from bench.snmp.ours import DEVICES, Siteward
from bench.snmp.peers import gufo, net_snmp, pysnmp
from bench.snmp.rows import Tallies

EXPORTER: Final = "prometheus-snmp-exporter"
ROUNDS: Final = 6
POLLS, WALKS = 350, 50  # of ours in a round
SCRAPES, SCRAPED_WALKS = 120, 60


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="only the JSON line")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="siteward-bench-") as made, snmpd(Path(made)) as port:
        tallies, missing = asyncio.run(measure(Path(made), port))
    if not given.json:
        for row in tallies.rows():
            said = f"{row['client']:20} {row['version']:4} {row['kind']:5} {row['cpu_ms']:9.4f} ms"
            print(said, file=sys.stderr)
    print(json.dumps(summary(tallies, missing)))


def summary(tallies: Tallies, missing: list[str]) -> dict[str, Any]:
    """Return the figures of the aim, and all rows."""
    own = tallies.cost_ms("siteward", "v2c")
    assert own is not None  # measured on every machine
    return {
        **{f"ratio_vs_snmp_exporter_{version}": ratio(tallies, version) for version in VERSIONS},
        "cpu_ms_poll_v2c": round(own, 4),
        "core_share_1000_devices_30s": round(own / 1000 * DEVICES / 30, 5),
        "rows": tallies.rows(),
        "missing": missing,
    }


def ratio(tallies: Tallies, version: str) -> float | None:
    """Return our cost of a poll as a share of snmp_exporter's, None where that was not measured."""
    own, theirs = tallies.cost_ms("siteward", version), tallies.cost_ms("snmp_exporter", version)
    return round(own / theirs, 3) if own and theirs else None


async def measure(folder: Path, port: int) -> tuple[Tallies, list[str]]:
    """Ask by every client; return what it cost, and which tools are missing."""
    tallies, missing = Tallies(), []
    oids = await found_oids(port)
    program = where_is(EXPORTER)
    exporter = Exporter(program, folder, port, oids) if program else None
    if exporter is None:
        missing.append(EXPORTER)
    try:
        for version in VERSIONS:
            _say(f"ours and snmp_exporter, {version}")
            await compare(Siteward(folder, port, version, oids), exporter, tallies, version)
            _say(f"gufo_snmp, pysnmp, net-snmp, {version}")
            await gufo(port, version, oids, tallies)
            await pysnmp(port, version, oids, tallies)
            missing += await asyncio.to_thread(net_snmp, port, version, oids, tallies)
    finally:
        if exporter is not None:
            exporter.close()
    missing = sorted(set(missing))
    for name in missing:
        _say(f"{name} is not installed, so it was not measured. {hint(name)}")
    return tallies, missing


async def compare(ours: Siteward, exporter: Exporter | None, tallies: Tallies, version: str) -> None:
    """Let ours and snmp_exporter take turns."""
    try:
        await ours.meet()
        for _ in range(ROUNDS):
            await ours.round(tallies, POLLS, WALKS)
            if exporter is not None:
                await asyncio.to_thread(exporter.round, tallies, version, SCRAPES, SCRAPED_WALKS)
    finally:
        ours.close()


def _say(what: str) -> None:
    print(f"bench.snmp: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
