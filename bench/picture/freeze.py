"""python -m bench.picture.freeze --clips DIR [--looks 5] --json.

After how many looks a frozen source is seen, and after how many the agent opens it: each kind of frozen
source through each encoding, over all clips of a folder. One JSON line on stdout, progress on stderr.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import cv2

from bench.picture.confirm import confirmed
from bench.picture.film import CODINGS
from bench.picture.scenes import load, scenes
from bench.picture.trial import Plan, Trials, tell
from models.diagnosis import Diagnosis
from simulator.rtsp.damage import DAMAGES

KINDS: Final = dict(
    zip(("fresh noise, clock runs", "clock runs", "clock stands"), DAMAGES["frozen"].strengths, strict=True)
)
CODE: Final = "IMG_FREEZE"
Found = dict[
    tuple[str, str], list[tuple[int, int]]
]  # of each kind and encoding: looks until seen, until open


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.picture.freeze", description=__doc__)
    parser.add_argument("--clips", type=Path, required=True, help="folder with video files and GIFs")
    parser.add_argument("--looks", type=int, default=5, help="looks at a source that stands (5)")
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    found: Found = {}
    try:
        paths = scenes(args.clips)
    except FileNotFoundError as error:
        tell(str(error))
        return 2
    for path in paths:
        try:
            trials = Trials(load(path), Plan(windows=max(1, args.looks)))
        except ValueError as error:
            tell(str(error))
            continue
        for kind, strength in KINDS.items():
            for number, coding in enumerate(CODINGS):
                looks = trials.frozen(strength, number)
                found.setdefault((kind, coding.name), []).append((_seen(looks), _opened(looks)))
        tell(path.name)
    report = _report(found, args.looks)
    print(json.dumps(report) if args.json else "\n".join(map(str, report["rows"])))
    return 0


def _seen(looks: Sequence[tuple[Diagnosis, Any]]) -> int:
    """Return which look is the first that is called frozen, 0 for none."""
    return next((n for n, (diagnosis, _) in enumerate(looks, 1) if diagnosis.label == CODE), 0)


def _opened(looks: Sequence[tuple[Diagnosis, Any]]) -> int:
    """Return after how many looks the agent opens it, 0 for never."""
    return next((n for n in range(1, len(looks) + 1) if confirmed(looks[:n]) == CODE), 0)


def _report(found: Found, looks: int) -> dict[str, Any]:
    rows = [
        {"source": kind, "encoding": coding, "scenes": len(pairs), **_counted(pairs, looks)}
        for (kind, coding), pairs in found.items()
    ]
    return {"rows": rows}


def _counted(pairs: Sequence[tuple[int, int]], looks: int) -> dict[str, list[int]]:
    """Return of how many scenes it was seen, and open, by each look."""
    return {
        name: [sum(0 < pair[place] <= look for pair in pairs) for look in range(1, looks + 1)]
        for place, name in enumerate(("seen_by_look", "open_by_look"))
    }


if __name__ == "__main__":
    sys.exit(main())
