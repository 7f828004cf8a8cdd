"""python -m bench.picture --clips DIR [--frames-per-window 4] --json.

Each video file and GIF in DIR is a scene: its first part is learnt, its last part tried with every fault of
the simulator at three strengths and with clean variants, through H.264 and H.265 at a low constant and at a
variable bitrate. One JSON line on stdout, progress on stderr. Figures hold for one window; under `confirmed`
are those for trials of `--windows` windows, by the agent's own rule and hold times (two looks of three).
"""

import argparse
import json
import os
import pickle
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from bench.picture.scenes import scenes
from bench.picture.score import agreed, confusion, figures, single
from bench.picture.trial import Plan, Result, tell, try_scene


def main() -> int:
    args = _arguments()
    try:
        paths = scenes(args.clips)
    except FileNotFoundError as error:
        tell(str(error))
        return 2
    plan = Plan(args.frames_per_window, args.windows, args.clean, args.rounds)
    results, failed = _run(paths, plan, args.workers, keep_values=args.dump is not None)
    if not results:
        tell("no clip could be read")
        return 2
    if args.dump is not None:
        args.dump.write_bytes(pickle.dumps(results))
    print(json.dumps(_report(results, failed)) if args.json else _table(_report(results, failed)))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.picture", description=__doc__)
    parser.add_argument("--clips", type=Path, required=True, help="folder with video files and GIFs")
    parser.add_argument("--frames-per-window", type=_positive, default=4, help="key frames of a look (4)")
    parser.add_argument("--windows", type=_positive, default=3, help="looks of a trial (3)")
    parser.add_argument(
        "--clean", type=_positive, default=2, help="trials per clean variant and strength (2)"
    )
    parser.add_argument("--rounds", type=_positive, default=1, help="trials per fault and strength (1)")
    parser.add_argument(
        "--workers", type=_positive, default=min(2, os.cpu_count() or 1), help="processes (2)"
    )
    parser.add_argument("--dump", type=Path, help="write all measures here (pickle), to look into them")
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    return parser.parse_args()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _run(
    paths: list[Path], plan: Plan, workers: int, *, keep_values: bool
) -> tuple[list[Result], dict[str, str]]:
    results: list[Result] = []
    failed: dict[str, str] = {}
    with ProcessPoolExecutor(min(workers, len(paths))) as pool:
        jobs = {pool.submit(try_scene, path, plan, keep_values=keep_values): path for path in paths}
        for job in as_completed(jobs):
            try:
                results.append(job.result())
            except ValueError as error:
                failed[jobs[job].name] = str(error)
                tell(str(error))
                continue
            tell(f"{len(results)} of {len(paths)}: {results[-1].scene}")
    return sorted(results), failed


def _report(results: list[Result], failed: dict[str, str]) -> dict[str, Any]:
    return {
        **figures(results, single),
        "confirmed": figures(results, agreed),
        "decode_ms_per_window": round(sum(r.decode_ms for r in results) / len(results), 2),
        "windows": sum(len(o.labels) for r in results for o in r.outcomes),
        "reference_bytes": max(r.book_bytes for r in results),
        "confusion_medium_high": confusion(results),
        "unreadable": failed,
    }


def _table(report: dict[str, Any]) -> str:
    lines = []
    for title, part in (("single window", report), ("confirmed", report["confirmed"])):
        lines.append(
            f"{title}: false per clean window {part['false_per_clean_window']}, "
            f"recall {part['recall_medium_high']}, right label {part['label_medium_high']} (medium, high)"
        )
    lines.append(f"{'fault':16}{'recall low medium high':>28}{'right label':>28}")
    for name, recall in report["recall"].items():
        cells = [f"{_text(value):>9}" for row in (recall, report["label"][name]) for value in row.values()]
        lines.append(f"{name:16}" + " ".join(cells))
    for scene, row in report["per_scene"].items():
        lines.append(f"{scene:32} {row}")
    lines.append(
        f"CPU per window: {report['cpu_ms_per_window']} ms, decoding {report['decode_ms_per_window']} ms"
    )
    return "\n".join(lines)


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


if __name__ == "__main__":
    sys.exit(main())
