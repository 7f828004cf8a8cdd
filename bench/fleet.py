"""Does Siteward foresee failures, early enough and without crying wolf?

Without `--data` a simulated fleet of sites over two years (see `bench.years.plan` for every parameter): ten
kinds of wear with seasons, weather, dips, harmless steps, repairs, storms, gaps and healthy units that age a
little. Each day Siteward sees the past only. Then the same fleet without any failure for a year, and one
storm that hits all sites in one night.

With `--data DIR` a folder that others filled is judged in the same way: see `bench.years.folder`.

A prediction hits between 7 days before the onset and 2 days before the failure; later it is late, without
a failure of that component near it is false. Precision: hits among all predictions but duplicates and, in a
folder, those for a date after all that it tells of (`undecided`). What is past its end and has less than two
days left the gate opens no prediction for, here as in the agent: the fault's own ticket does that work. It is
no hit either: the failure counts as missed.

`brier_skill` and `ece` are of what was opened, whose probabilities hardly differ; `listed_…` of all that a
weekly look at the ranked list and the open predictions shows.
Rivals are given the same daily values and the same limits, and a month of silence after each ticket.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from bench.years.folder import FolderError, read
from bench.years.rivals import RIVALS, tickets_of
from bench.years.score import Score, judge, of_list
from bench.years.strip import World
from bench.years.walk import Ticket, walk
from bench.years.world import make

YEAR = 365


def main() -> int:
    args = _arguments()
    try:
        world = read(args.data) if args.data else make(sites=args.sites, days=args.days, seed=args.seed)
    except FolderError as err:
        print(err, file=sys.stderr)
        return 2
    listed: list[Ticket] = []
    score = judge(world, walk(world, listed=listed))
    figures = {**score.told(), **score.calibration(), **of_list(world, listed), **_quiet(args)}
    figures["by_component"] = {name: dict(counts) for name, counts in sorted(score.by_component.items())}
    if not args.alone:
        figures["rivals"] = _rivals(world)
    print(json.dumps(figures) if args.json else json.dumps(figures, indent=2))
    return 0


def _quiet(args: argparse.Namespace) -> dict[str, Any]:
    """Return how many predictions a healthy year and a storm night open; none of it is read from a folder."""
    say: dict[str, Any] = {"healthy_year_tickets": None, "storm_tickets": None}
    if args.data:
        return say
    healthy = make(sites=args.sites, days=YEAR, seed=args.seed + 1, failing=False)
    say["healthy_year_tickets"] = len(walk(healthy))
    stormy = make(sites=args.sites, days=120, seed=args.seed + 2, failing=False, storm_at=90)
    say["storm_tickets"] = sum(ticket.day >= 90 for ticket in walk(stormy))
    return say


def _rivals(world: World) -> dict[str, Any]:
    told = {"null": Score(days=world.days, failures=judge(world, []).failures, months_100=1.0).told()}
    for name, alarm in RIVALS.items():
        print(f"rival: {name}", file=sys.stderr)
        told[name] = judge(world, tickets_of(world, alarm)).told()
    return told


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="a folder with series.csv and truth.csv")
    parser.add_argument("--sites", type=int, default=8, help="simulated sites, 36 devices each (default 8)")
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--alone", action="store_true", help="leave the rivals out")
    parser.add_argument("--json", action="store_true", help="one line")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
