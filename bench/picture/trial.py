"""One scene put through everything: learnt, then spoilt in each way and judged window by window."""

import sys
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import cv2
import numpy as np

from bench.picture.confirm import confirmed
from bench.picture.film import CODINGS, View, frames, shoot, through
from bench.picture.scenes import Scene, load
from collectors.stream.pictures import Book, Frame, folded, look_at
from models.diagnosis import Diagnosis, Surroundings, diagnose
from simulator.rtsp.damage import CLEAN, DAMAGES, LEVELS, Ailment
from simulator.rtsp.planes import Plane, colour

BEGIN: Final = 1_700_000_000.0
APART: Final = 300.0  # seconds from window to window
LEARNT: Final = 8  # windows that a reference is taken from
NO_EFFECT: Final = 0.35  # mean difference in luma steps, below which nothing was spoilt: grey made grey
ROUNDING: Final = 2  # luma or colour steps that coders round by: so much is not to be seen
NIGHT: Final = Ailment(0.8)
DAY_SUN, DUSK_SUN, NIGHT_SUN = 35.0, 0.0, -25.0

RIGHT: Final[dict[str, tuple[str, ...]]] = {
    "no_video": ("IMG_NO_VIDEO",),
    "black": ("IMG_BLACK",),
    "frozen": ("IMG_FREEZE",),
    "underexposed": ("IMG_DARK",),
    "overexposed": ("IMG_BRIGHT",),
    "fog": ("IMG_FOG",),
    "blurred": ("IMG_BLUR",),
    "covered": ("IMG_COVER",),
    "moved": ("IMG_MOVED",),
    "rotated": ("IMG_MOVED",),
    "scene_changed": ("IMG_MOVED",),
    "shake": ("IMG_SHAKE",),
    "colour_cast": ("IMG_CAST",),
    "purple": ("IMG_CAST",),
    "icr_stuck": ("IMG_ICR",),
    "mono_by_day": ("IMG_ICR",),
    "ir_failed": ("IMG_IR",),
    "noise": ("IMG_NOISE",),
    "snow": ("IMG_NOISE",),
    "stripes": ("IMG_STRIPES",),
    "banding": ("IMG_STRIPES",),
    "rolling": ("IMG_ROLL",),
    "flicker": ("IMG_FLICKER",),
    "mosaic": ("IMG_MOSAIC",),
    "decode_damage": ("IMG_MOSAIC",),
    "mirrored": ("IMG_MIRROR",),
    "flipped": ("IMG_MIRROR",),
    "drops": ("IMG_DIRT",),
    "web": ("IMG_DIRT",),
    "dirt": ("IMG_DIRT",),
    "light_spot": ("IMG_DIRT",),
    "interlace": ("IMG_INTERLACE",),
    "osd_missing": ("OSD_MISSING",),
    "osd_still": ("OSD_STILL",),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to try.

    Args:
        frames: key frames of a window.
        windows: windows of a trial, one after the other.
        clean: trials of each kind of clean picture.
        rounds: trials of each fault at each strength.
    """

    frames: int = 4
    windows: int = 3
    clean: int = 2
    rounds: int = 1


class Case(NamedTuple):
    """What is done to a scene in one trial."""

    name: str  # of a damage, of a clean variant, or "clean"
    level: str
    strength: float

    @property
    def is_fault(self) -> bool:
        """Whether something is wrong."""
        return self.name in DAMAGES


class Outcome(NamedTuple):
    """One trial: what each window was said to be, what all of them come to; empty for nothing wrong."""

    scene: str
    case: Case
    coding: str
    right: tuple[str, ...]
    labels: tuple[str, ...]
    confirmed: str
    values: tuple[dict[str, float], ...] = ()


class Result(NamedTuple):
    """All of one scene."""

    scene: str
    outcomes: list[Outcome]
    skipped: int  # trials in which nothing was to be seen
    measure_ms: float  # CPU per window: measuring and judging
    decode_ms: float  # CPU per window: encoding is not in it
    anchors: float  # share of the picture that always shows the same
    book_bytes: int


def cases(plan: Plan) -> Iterator[tuple[int, Case]]:
    """Yield all trials of a scene, numbered by round."""
    for turn in range(3 * plan.clean):
        yield turn, Case("clean", "", 0.0)
    for table, rounds in ((CLEAN, plan.clean), (DAMAGES, plan.rounds)):
        for turn in range(rounds):
            for name, damage in table.items():
                for level, strength in zip(LEVELS, damage.strengths, strict=True):
                    yield turn, Case(name, level, strength)


def try_scene(path: Path, plan: Plan, *, keep_values: bool = False) -> Result:
    """Put one clip through all trials.

    Raises:
        ValueError: it holds no picture that can be read.
    """
    cv2.setNumThreads(1)
    return Trials(load(path), plan, keep_values=keep_values).run()


class Trials:
    """The trials of one scene."""

    def __init__(self, scene: Scene, plan: Plan, *, keep_values: bool = False) -> None:
        self._scene, self._plan, self._keep = scene, plan, keep_values
        self._seed = zlib.crc32(scene.name.encode()) % 9973
        self._tests = scene.windows(plan.windows, plan.frames, learn=False)
        self._is_mono = not any(
            np.ptp(colour(one)) > 8 for one in scene.pictures[:: max(1, len(scene.pictures) // 5)]
        )
        self._spent = {"measure": 0.0, "decode": 0.0}
        self._looked = 0
        self._skipped = 0
        self._books = [self._learn(coding) for coding in range(len(CODINGS))]
        self._spent["decode"] = 0.0  # of the looks alone

    def run(self) -> Result:
        """Return what came of all trials."""
        outcomes = []
        for number, (turn, case) in enumerate(cases(self._plan)):
            outcome = self._try(case, (number + turn + number // len(CODINGS)) % len(CODINGS), turn)
            if outcome is not None:
                outcomes.append(outcome)
        book = self._books[0]
        page = next(iter(book.modes.values()))
        anchors = page.structure
        spent = {name: 1000 * seconds / max(1, self._looked) for name, seconds in self._spent.items()}
        return Result(
            self._scene.name,
            outcomes,
            self._skipped,
            spent["measure"],
            spent["decode"],
            anchors,
            len(book.pack()),
        )

    def _learn(self, coding: int) -> Book:
        """Return what is learnt of the first part: by day, and by night as the night variant shows it."""
        book = Book()
        for night in (True, False):
            view = View({"night": NIGHT} if night else {}, self._seed, night=night or self._is_mono)
            if night and self._is_mono:
                continue
            for number, window in enumerate(self._scene.windows(LEARNT, self._plan.frames, learn=True)):
                begin = BEGIN + number * APART
                shown = through_of(window, view, begin, coding, self._spent)
                book = folded(book, look_at(shown, book, day=not view.night))
        return book

    def _try(self, case: Case, coding: int, turn: int) -> Outcome | None:
        began = BEGIN + 100 * APART
        night = case.name in {"ir_failed", "night"} or self._is_mono
        ailments = {} if not case.strength else {case.name: Ailment(case.strength, began - 900)}
        if case.name == "ir_failed" and not self._is_mono:
            ailments = {"night": NIGHT, **ailments}
        view = View(ailments, self._seed + 101 * turn, night)
        if case.is_fault and not self._shows(case, view, began):
            self._skipped += 1
            return None
        looks = self._looks(case, view, began, coding)
        right = RIGHT.get(case.name, ())
        if case.name == "underexposed" and self._is_mono:
            right = (*right, "IMG_IR")  # by night too little light is the lamp's
        said = tuple(diagnosis.label for diagnosis, _ in looks)
        kept = tuple(values for _, values in looks) if self._keep else ()
        return Outcome(self._scene.name, case, CODINGS[coding].name, right, said, confirmed(looks), kept)

    def frozen(self, strength: float, coding: int) -> list[tuple[Diagnosis, dict[str, float]]]:
        """Return what each look comes to at a source that froze before the first of them."""
        began = BEGIN + 100 * APART
        view = View({"frozen": Ailment(strength, began - 900)}, self._seed, self._is_mono)
        return self._looks(Case("frozen", "", strength), view, began, coding)

    def _looks(
        self, case: Case, view: View, began: float, coding: int
    ) -> list[tuple[Diagnosis, dict[str, float]]]:
        book, looks = self._books[coding], []
        for number, window in enumerate(self._tests):
            begin = began + number * APART
            pictures = self._tests[0] if case.name == "frozen" else window
            shown = through_of(pictures, view, begin, coding, self._spent)
            diagnosis, book, values = self._look(shown, book, case)
            looks.append((diagnosis, values))
        return looks

    def _shows(self, case: Case, view: View, begin: float) -> bool:
        """Whether the damage changes more than rounding does: a grey clip has no colour to lose."""
        if case.name in {"frozen", "osd_missing", "osd_still"}:
            return True
        clean = View(
            {name: one for name, one in view.ailments.items() if name != case.name}, view.seed, view.night
        )
        pair = [shoot(self._tests[0][:1], one, begin)[0].astype(np.int16) for one in (view, clean)]
        steps = np.abs(pair[0] - pair[1])
        return float(np.where(steps > ROUNDING, steps, 0).mean()) >= NO_EFFECT

    def _look(self, shown: list[Frame], book: Book, case: Case) -> tuple[Diagnosis, Book, dict[str, float]]:
        start = time.process_time()
        around = self._around(case)
        seen = look_at(shown, book, day=around.is_day)
        diagnosis = diagnose(seen.values, around)
        self._spent["measure"] += time.process_time() - start
        self._looked += 1
        return diagnosis, folded(book, seen, quiet=False), dict(seen.values)

    def _around(self, case: Case) -> Surroundings:
        """Return what an agent would know: where the sun stands."""
        if case.name == "dusk":
            return Surroundings(sun=DUSK_SUN)
        night = case.name in {"ir_failed", "night"} or self._is_mono
        return Surroundings(sun=NIGHT_SUN if night else DAY_SUN)


def through_of(
    pictures: Sequence[Plane], view: View, begin: float, coding: int, spent: dict[str, float]
) -> list[Frame]:
    """Return a window as it comes out of the decoder."""
    sent = shoot(pictures, view, begin)
    decoded, seconds = through(sent, CODINGS[coding])
    spent["decode"] += seconds
    return frames(decoded, begin)


def tell(text: str) -> None:
    """Say how far we are, beside the result."""
    print(text, file=sys.stderr, flush=True)
