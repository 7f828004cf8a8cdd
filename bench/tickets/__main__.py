"""`python -m bench.tickets --json`: duplicates, losses, storms, flapping, an outage, and the same elsewhere.

kill            200 kill -9 between a call to a real django-helpdesk and its commit
storm_tickets   1,000 cameras behind one switch that dies
flap            a camera that comes and goes 100 times, every 10 min and every hour: the worse of the two
outage          the helpdesk is down for 8 simulated hours, 500 faults come and go; counted after 6 h of calm
assess_ms_1000_devices   rules, correlation, gate and one commit for 1,000 reports, over 100,000 ledger rows
alertmanager    storm, flap and outage through Alertmanager and a plain webhook-to-ticket receiver
"""

import argparse
import asyncio
import importlib.util
import json
import logging
import sys
import time
from typing import Any, Final

from bench.tickets import alertmanager, kill, ours

BEGAN: Final = time.monotonic()


def main() -> None:
    """Run it and print one JSON line last."""
    given = _given()
    logging.disable(logging.WARNING)
    logging.getLogger("agent.helpdesk.worker").setLevel(logging.CRITICAL)
    found: dict[str, Any] = {}
    _say("kill")
    if importlib.util.find_spec("helpdesk") is None:
        raise SystemExit("django-helpdesk is not there: pip install the development requirements")
    found["kill"] = kill.kills(given.kills, given.seed)
    _say("storm")
    found["storm_tickets"] = asyncio.run(ours.storm(given.cameras))
    _say("flap")
    found["flap"] = asyncio.run(ours.flap(given.flaps))
    _say("outage")
    found["outage"] = asyncio.run(ours.outage(given.faults, given.hours, given.seed))
    _say("assess")
    found |= asyncio.run(ours.assess(given.rows, 1000, 20))
    if not given.skip_alertmanager:
        _say("alertmanager")
        found["alertmanager"] = alertmanager.compare(
            given.cameras, given.flaps, given.faults, given.hours, given.seed
        )
    found["took_seconds"] = round(time.monotonic() - BEGAN)
    print(json.dumps(found) if given.json else json.dumps(found, indent=2))


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.tickets", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON line last")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--cameras", type=int, default=1000)
    parser.add_argument("--flaps", type=int, default=100)
    parser.add_argument("--faults", type=int, default=500)
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--skip-alertmanager", action="store_true")
    return parser.parse_args()


def _say(what: str) -> None:
    print(f"bench.tickets: {what} ({time.monotonic() - BEGAN:.0f} s)", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
