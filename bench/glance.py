"""Does a glance hand over? Faulty windows in which it asks for a whole look, and clean ones in which it does.

    python -m bench.glance --clips DIR [--codings 4] --json

Each video file and GIF in DIR is a scene, learnt from its first part, with the faults, encodings and clean
variants of `bench.picture`. A faulty window counts where the whole look names a fault; `clean` are windows as
they were learnt, `changed` those with other light or weather, of which the first asks and is then no news.
"""

import argparse
import json
import sys
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from bench.picture.film import CODINGS, View, frames, shoot, through
from bench.picture.scenes import Scene, load, scenes
from bench.picture.trial import APART, BEGIN, DAY_SUN, NIGHT_SUN, NO_EFFECT, tell
from collectors.stream.envelope import Envelope, read_envelope
from collectors.stream.pictures import Frame
from collectors.stream.sight import Shot, Sight, glance_at, see
from simulator.rtsp.damage import CLEAN, DAMAGES, LEVELS, Ailment
from simulator.rtsp.planes import colour

LEARNT: Final = 14  # looks
FRAMES: Final = 2  # key frames of a look
WINDOWS: Final = 2  # of each fault: what stands still is told at the second
CLEAN_WINDOWS: Final = 8
ONLY_WITH_NIGHT: Final = "ir_failed"  # is tried on scenes without colour alone


class Camera:
    """One scene through one encoder, looked at again and again."""

    def __init__(self, scene: Scene, coding: int) -> None:
        self._scene, self._coding = scene, CODINGS[coding]
        self.is_mono = not any(
            np.ptp(colour(one)) > 8 for one in scene.pictures[:: max(1, len(scene.pictures) // 5)]
        )
        self._sun = NIGHT_SUN if self.is_mono else DAY_SUN
        self._tests = scene.windows(WINDOWS, FRAMES, learn=False)
        self._seed = zlib.crc32(scene.name.encode()) % 9973
        self._known = Envelope()
        self.glance_seconds: list[float] = []
        for number, window in enumerate(scene.windows(LEARNT, FRAMES, learn=True)):
            shots = self._shots(window, {}, BEGIN + number * APART)
            told = read_envelope(see(shots, self._reference(turn=True)).learnt)
            self._known = replace(told, book=told.book or self._known.book)

    def windows(self, name: str, strength: float) -> Iterator[tuple[bool, Sight]]:
        """Yield for each test window whether the glance asks for a whole look, and what that comes to."""
        last = self._known
        windows = self._tests if strength else self._scene.windows(CLEAN_WINDOWS, FRAMES, learn=False)
        for number, window in enumerate(windows):
            begin = BEGIN + (100 + number) * APART
            ailments = {name: Ailment(strength, BEGIN + 100 * APART - 900)} if strength else {}
            shots = self._shots(self._tests[0] if name == "frozen" else window, ailments, begin)
            start = time.process_time()
            glance = glance_at(shots[-1], self._reference(turn=False, last=last.last))
            self.glance_seconds.append(time.process_time() - start)
            whole = see(shots, self._reference(turn=True, last=last.last))
            told = read_envelope((glance or whole).learnt)
            last = replace(self._known, last=told.last)
            yield glance is None, whole

    def shows(self, name: str, strength: float) -> bool:
        """Whether a fault changes anything in this scene."""
        if name in {"frozen", "osd_missing", "osd_still"}:
            return True
        views = [View(one, self._seed, self.is_mono) for one in ({}, {name: Ailment(strength, BEGIN)})]
        pair = [shoot(self._tests[0][:1], view, BEGIN + 900)[0].astype(np.int16) for view in views]
        return float(np.abs(pair[0] - pair[1]).mean()) >= NO_EFFECT

    def _reference(self, *, turn: bool, last: bytes = b"") -> bytes:
        head = {"sun": self._sun, "learn": True, "turn": turn}
        return Envelope(head, last or self._known.last, self._known.book).pack()

    def _shots(self, window: Any, ailments: dict[str, Ailment], begin: float) -> list[Shot]:
        sent = shoot(window, View(ailments, self._seed, self.is_mono), begin)
        return [_shot(frame) for frame in frames(through(sent, self._coding)[0], begin)]


def _shot(frame: Frame) -> Shot:
    return Shot(frame.luma, frame.blue, frame.red, frame.at, frame.full)


Counts = dict[str, Counter[str]]


def try_scene(path: Path, codings: int) -> Counts:
    """Return per kind of window how many there were, under "all", and in how many the glance asked."""
    scene, counts = load(path), Counts()
    for coding in range(codings):
        camera = Camera(scene, coding)
        _count(counts, "clean", [asks for asks, _ in camera.windows("", 0.0)])
        for name, damage in CLEAN.items():
            if name != "night":
                _count(counts, "changed", [asks for asks, _ in camera.windows(name, damage.strengths[1])])
        for kind, name, strength in _faults(camera):
            seen = [asks for asks, whole in camera.windows(name, strength) if _label(whole)]
            _count(counts, kind, seen)
        spent = {"looks": len(camera.glance_seconds), "us": round(1e6 * sum(camera.glance_seconds))}
        counts.setdefault("spent", Counter()).update(spent)
    return counts


def _count(counts: Counts, kind: str, asked: list[bool]) -> None:
    counts.setdefault(kind, Counter()).update(all=len(asked), asked=sum(asked))


def _label(whole: Sight) -> str:
    return str(read_envelope(whole.learnt).head["label"])


def _faults(camera: Camera) -> Iterator[tuple[str, str, float]]:
    """Yield kind, name and strength of the faults of medium and high strength that show in a scene."""
    for name, damage in DAMAGES.items():
        for level, strength in list(zip(LEVELS, damage.strengths, strict=True))[1:]:
            if (name != ONLY_WITH_NIGHT or camera.is_mono) and camera.shows(name, strength):
                yield f"{name} {level}", name, strength


def report(counts: Counts) -> dict[str, Any]:
    """Return the figures."""
    kinds = {kind: one for kind, one in counts.items() if kind not in {"clean", "changed", "spent"}}
    faulty = sum(kinds.values(), Counter())
    spent = counts.get("spent", Counter())
    return {
        "handed_over_faulty": _share(faulty),
        "handed_over_clean": _share(counts.get("clean", Counter())),
        "handed_over_changed": _share(counts.get("changed", Counter())),
        "faulty_windows": faulty["all"],
        "clean_windows": counts.get("clean", Counter())["all"],
        "missed": {
            kind: one["all"] - one["asked"] for kind, one in kinds.items() if one["all"] > one["asked"]
        },
        "glance_ms": round(spent["us"] / 1000 / spent["looks"], 2) if spent["looks"] else None,
    }


def _share(count: Counter[str]) -> float | None:
    return round(count["asked"] / count["all"], 4) if count["all"] else None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.glance", description=__doc__)
    parser.add_argument("--clips", type=Path, required=True, help="folder with video files and GIFs")
    parser.add_argument("--codings", type=int, default=len(CODINGS), choices=range(1, len(CODINGS) + 1))
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    try:
        paths = scenes(given.clips)
    except FileNotFoundError as error:
        tell(str(error))
        return 2
    counts = Counts()
    for path in paths:
        try:
            found = try_scene(path, given.codings)
        except ValueError as error:
            tell(str(error))
            continue
        tell(f"{path.name}: {json.dumps(report(found))}")
        for kind, one in found.items():
            counts.setdefault(kind, Counter()).update(one)
    if not counts:
        tell("no clip could be read")
        return 2
    print(json.dumps(report(counts)) if given.json else json.dumps(report(counts), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
