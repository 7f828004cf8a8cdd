"""CPU per check of a stream, ours and others', in one run.

    python -m bench.stream_cost --json

Every way looks at the same clips, encoded here. Ours reads them over RTSP from a server in another process,
everything included: connection, handshake, packets, decoding, picture measures; the others read the file,
which spares them the network. Each way runs in a process of its own whose imports are not counted; CPU is
user and system time of that process and, where it starts one, of its children. Checks of ours are of a
camera that is known, glances and whole looks as often as in the agent: `ms_…` are medians of these checks,
`ms_…_day` their means.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import av
import cv2
import numpy as np
from av.video.stream import VideoStream

from agent.references import LEARN_EVERY
from collectors.stream.envelope import Envelope, read_envelope
from collectors.stream.job import Level, Limits, StreamJob
from collectors.stream.look import look
from collectors.stream.pool import FRUGAL
from collectors.stream.worker import spare_searches

FPS: Final = 25
GOP: Final = 50
LEARNT: Final = 14  # looks after which ours knows what it looks at
GLANCE, WHOLE, DAY = "a glance", "a whole look", "average of a day"
SUB, MAIN = "ours level 1, sub-stream check", "ours level 2, key frame check"
PICTURED: Final = "ours level 1, with an evidence picture"
KNOWING: Final = frozenset({SUB, MAIN, PICTURED})
QUICK: Final = ["264-1080p", "264-360p"]
FFMPEG: Final = "blackdetect,freezedetect,blurdetect,signalstats"
NEEDED: Final = "the rivals ffmpeg and ffprobe are missing. Install them: sudo apt-get install ffmpeg"


@dataclass(frozen=True, slots=True)
class Clip:
    """What is encoded: name, codec, size, bits per second."""

    name: str
    codec: str
    width: int
    height: int
    rate: int


CLIPS: Final = (
    Clip("264-1080p", "libx264", 1920, 1080, 4_000_000),
    Clip("265-1080p", "libx265", 1920, 1080, 2_000_000),
    Clip("264-4k", "libx264", 3840, 2160, 12_000_000),
    Clip("265-4k", "libx265", 3840, 2160, 8_000_000),
    Clip("264-360p", "libx264", 640, 360, 500_000),
    Clip("265-360p", "libx265", 640, 360, 400_000),
)

# ---------------------------------------------------------------- the clips


def path_of(folder: Path, clip: Clip) -> Path:
    """Return where a clip lies."""
    return folder / f"{clip.name}.{'h264' if clip.codec == 'libx264' else 'h265'}"


def make(folder: Path, clip: Clip, seconds: float) -> Path:
    """Encode a clip: a camera that stands still, traffic in a fifth of what it sees, detail and sensor noise.

    GOP 50, no B-frames, capped bitrate.
    """
    path = path_of(folder, clip)
    rng = np.random.default_rng(3)
    cells = rng.integers(30, 220, (clip.height // 40 + 1, clip.width // 40 + 9)).astype(np.uint8)
    scene = np.kron(cells, np.ones((40, 40), np.uint8))
    tints = rng.integers(110, 146, (clip.height // 40 + 1, clip.width // 20 + 1))
    chroma = np.kron(tints, np.ones((20, 20)))[: clip.height // 2, : clip.width].astype(np.uint8)
    road = slice(clip.height * 2 // 5, clip.height * 3 // 5)
    noise = [rng.normal(0, 3, (clip.height, clip.width)).astype(np.int16) for _ in range(4)]
    with av.open(str(path), "w", format="h264" if clip.codec == "libx264" else "hevc") as out:
        stream = out.add_stream(clip.codec, rate=FPS)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = (
            clip.width,
            clip.height,
            "yuv420p",
            clip.rate,
        )
        kbps = clip.rate // 1000
        gop = f"keyint={GOP}:min-keyint={GOP}:scenecut=0:bframes=0"
        limits = f"{gop}:vbv-maxrate={kbps}:vbv-bufsize={kbps}"
        key = "x264-params" if clip.codec == "libx264" else "x265-params"
        quiet = "" if clip.codec == "libx264" else ":log-level=none:repeat-headers=1"
        stream.options = {"preset": "ultrafast", key: limits + quiet}
        for number in range(round(seconds * FPS)):
            shift = number * 2 % 320
            view = scene[: clip.height, : clip.width].astype(np.int16)
            view[road] = scene[road, shift : shift + clip.width]
            luma = np.clip(view + noise[number % 4], 0, 255).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(np.vstack([luma, chroma]), format="yuv420p")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


# ---------------------------------------------------------------- the ways of looking; each runs in a child


class Ours:
    """Looks of ours at a level, one after the other; the place is `port/name`.

    Each look knows what the ones before it taught, as in the agent. `kind` tells what the last one was.
    """

    def __init__(self, level: int, *, picture: bool = False) -> None:
        self._level, self._picture = Level(level), picture
        self._limits = replace(Limits(), window=1.0 if level == 2 else 2.5)
        self._known, self._looks = Envelope(), 0
        self.kind = ""

    def learn(self, place: str) -> None:
        """Look until the camera is well known, each time no longer than its key frames take."""
        brief = replace(self._limits, window=0.2)
        for _ in range(LEARNT):
            self._look(place, self._level, brief, turn=True)

    def __call__(self, place: str) -> object:
        """Look once."""
        self._looks += 1
        return self._look(place, self._level, self._limits, turn=self._looks % LEARN_EVERY == 0)

    def _look(self, place: str, level: Level, limits: Limits, *, turn: bool) -> object:
        port, name = place.split("/")
        reference = replace(self._known, head={"learn": True, "turn": turn}).pack()
        job = StreamJob(
            "127.0.0.1", int(port), f"/{name}", limits=limits, level=level, picture=self._picture,
            reference=reference,
        )  # fmt: skip
        result = look(job)
        told = read_envelope(result.learnt)
        self._known = replace(told, book=told.book or self._known.book)  # as the agent keeps them
        self.kind = WHOLE if "mode" in told.head else GLANCE
        return result


def video_capture() -> Callable[[str], object]:
    """Return OpenCV reading every frame."""
    cv2.setNumThreads(1)

    def run(place: str) -> object:
        capture = cv2.VideoCapture(place, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        frames = 0
        while capture.read()[0]:
            frames += 1
        return frames

    return run


def pyav_all() -> Callable[[str], object]:
    """Return PyAV decoding every frame."""

    def run(place: str) -> object:
        with av.open(place) as container:
            stream = container.streams.video[0]
            stream.thread_count = 1
            return sum(1 for _ in container.decode(stream))

    return run


def program(*arguments: str) -> Callable[[str], object]:
    """Return a run of a program; `{}` stands for the file."""

    def run(place: str) -> object:
        words = [word.format(place) for word in arguments]
        return subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)

    return run


WAYS: Final[dict[str, Callable[[], Callable[[str], object]]]] = {
    "ours level 0, description": lambda: Ours(0),
    SUB: lambda: Ours(1),
    PICTURED: lambda: Ours(1, picture=True),
    MAIN: lambda: Ours(2),
    "ours level 3, whole GOP": lambda: Ours(3),
    "cv2.VideoCapture, 10 s": video_capture,
    "PyAV, all frames of 10 s": pyav_all,
    "ffprobe, packets of 10 s": lambda: program("ffprobe", "-v", "quiet", "-show_packets", "{}"),
    "ffmpeg with 4 filters, 10 s": lambda: program(
        "ffmpeg", "-v", "quiet", "-threads", "1", "-i", "{}", "-vf", FFMPEG, "-f", "null", "-"
    ),
}  # fmt: skip


def child(way: str, place: str, times: int) -> None:
    """Run one way and print kind and CPU seconds of each time; learning and rehearsals are left out."""
    run = WAYS[way]()
    costs = []
    if isinstance(run, Ours) and way in KNOWING:
        run.learn(place)
    spare_searches()  # as the agent's workers do
    for number in range(bool(times) + max(times, 1)):
        before = _cpu()
        run(place)
        if number >= bool(times):
            costs.append((run.kind if isinstance(run, Ours) and way in KNOWING else "", _cpu() - before))
    print(json.dumps(costs))


def _cpu() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


# ---------------------------------------------------------------- the run


def measure(way: str, place: str, times: int) -> list[tuple[str, float]]:
    """Return kind and CPU seconds of each run of a way, in a process of its own."""
    words = [
        sys.executable,
        "-m",
        "bench.stream_cost",
        "--child",
        way,
        "--place",
        place,
        "--times",
        str(times),
    ]
    environment = {**os.environ, **FRUGAL}  # the rivals gain by it as well
    done = subprocess.run(words, stdout=subprocess.PIPE, check=True, env=environment)
    return [(str(kind), float(seconds)) for kind, seconds in json.loads(done.stdout.splitlines()[-1])]


def times_of(way: str, clip: Clip) -> int:
    """Return how often a way is run on a clip: so that glances and whole looks come as in a day."""
    if way in {SUB, MAIN} and clip.height < 2000:
        return LEARN_EVERY if clip.height > 400 else 2 * LEARN_EVERY
    return (LEARN_EVERY if way in {SUB, MAIN} else 3) if way.startswith("ours") else 0


def rows_of(clip: str, way: str, costs: list[tuple[str, float]]) -> list[dict[str, Any]]:
    """Return the rows of a way: the median, that of each kind of look, and what a look costs over a day.

    Of a day's looks one in `LEARN_EVERY` is a whole one by its turn; of the others as many as in this run.
    """

    def row(name: str, seconds: float, runs: int) -> dict[str, Any]:
        return {"clip": clip, "way": name, "cpu_ms": round(1000 * seconds, 2), "runs": runs}

    found = [row(way, statistics.median(cost for _, cost in costs), len(costs))]
    kinds = {kind: [cost for one, cost in costs if one == kind] for kind in (GLANCE, WHOLE)}
    for kind, some in kinds.items():
        if some:
            found.append(row(f"{way}: {kind}", statistics.median(some), len(some)))
    if way in {SUB, MAIN} and all(kinds.values()):
        found.append(row(f"{way}: {DAY}", statistics.fmean(cost for _, cost in costs), len(costs)))
    return found


def run(seconds: float, names: list[str], *, everything: bool) -> dict[str, Any]:
    """Measure all on the clips named and return the figures."""
    missing = [name for name in ("ffmpeg", "ffprobe") if shutil.which(name) is None]
    rows: list[dict[str, Any]] = []
    clips = [clip for clip in CLIPS if clip.name in names]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for clip in clips:
            say(f"encoding {clip.name}")
            make(folder, clip, seconds)
        words = [sys.executable, "-m", "bench.replay", str(folder)]
        server = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            port = server.stdout.readline().strip()
            for clip in clips:
                for way in WAYS:
                    if not _is_left_out(way, clip, missing, everything=everything):
                        rows += _measured(clip, way, folder, port)
        finally:
            server.terminate()
            server.wait()
    return {**figures(rows), "seconds": seconds, "rows": rows, "missing": missing}


def _is_left_out(way: str, clip: Clip, missing: list[str], *, everything: bool) -> bool:
    if missing and way.startswith("ff"):
        return True
    if way == PICTURED:
        return clip.height > 400
    return clip.height > 2000 and way.startswith("ffmpeg") and not everything  # a minute of CPU each


def _measured(clip: Clip, way: str, folder: Path, port: str) -> list[dict[str, Any]]:
    begin = time.monotonic()
    place = f"{port}/{clip.name}" if way.startswith("ours") else str(path_of(folder, clip))
    rows = rows_of(clip.name, way, measure(way, place, times_of(way, clip)))
    took = time.monotonic() - begin
    for row in rows:
        say(f"{clip.name:10} {row['way']:50} {row['cpu_ms']:10.2f} ms CPU   ({took:.1f} s)")
    return rows


def figures(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures that are aimed at; None where something was not measured."""
    found = {(row["clip"], row["way"]): row["cpu_ms"] for row in rows}
    key = found.get(("264-1080p", MAIN))

    def ratio(way: str) -> float | None:
        theirs = found.get(("264-1080p", way))
        return round(key / theirs, 5) if key and theirs else None

    return {
        "ratio_vs_videocapture_1080p": ratio("cv2.VideoCapture, 10 s"),
        "ratio_vs_ffmpeg_filters_1080p": ratio("ffmpeg with 4 filters, 10 s"),
        "ms_1080p_keyframe": key,
        "ms_substream": found.get(("264-360p", SUB)),
        "ms_1080p_keyframe_day": found.get(("264-1080p", f"{MAIN}: {DAY}")),
        "ms_substream_day": found.get(("264-360p", f"{SUB}: {DAY}")),
    }


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.stream_cost", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON line last")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of each clip (default: 10)")
    parser.add_argument(
        "--clips", default="", help=f"only these, by comma: {', '.join(clip.name for clip in CLIPS)}"
    )
    parser.add_argument("--quick", action="store_true", help="H.264 1080p and 360p only")
    parser.add_argument("--all", action="store_true", help="ffmpeg's filters at 4K too: some minutes more")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--place", help=argparse.SUPPRESS)
    parser.add_argument("--times", type=int, default=1, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given.child, given.place, given.times)
        return 0
    if given.seconds < 4:
        parser.error("--seconds: at least 4, so that two key frames come")
    names = [name for name in given.clips.split(",") if name] or (
        QUICK if given.quick else [c.name for c in CLIPS]
    )
    if unknown := set(names) - {clip.name for clip in CLIPS}:
        parser.error(f"--clips: no such clip: {', '.join(sorted(unknown))}")
    result = run(given.seconds, names, everything=given.all)
    if result["missing"]:
        say(NEEDED)
    if given.json:
        print(json.dumps(result))
    else:
        print(json.dumps({k: v for k, v in result.items() if k != "rows"}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
