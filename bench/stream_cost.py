"""CPU per check of a stream, ours and others', in one run.

    python -m bench.stream_cost --json

Every way looks at the same clips, encoded here. Ours reads them over RTSP from a server in another process,
everything included: connection, handshake, packets, decoding, picture measures; the others read the file,
which spares them the network. Each way runs in a process of its own whose imports are not counted; CPU
is user and system time of that process and, where it starts one, of its children.
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
from collectors.stream.job import Level, Limits, StreamJob
from collectors.stream.look import look
from collectors.stream.pictures.envelope import Envelope, read_envelope
from collectors.stream.pool import FRUGAL

FPS: Final = 25
GOP: Final = 50
LEARNT: Final = 14  # looks after which ours knows what it looks at
LEARNING: Final = frozenset({"ours level 1, two key frames", "ours level 2, one key frame"})
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


def make(folder: Path, clip: Clip, seconds: float) -> Path:
    """Encode a clip: a camera that stands still, traffic in a fifth of what it sees, detail and sensor noise.

    GOP 50, no B-frames, capped bitrate.
    """
    path = folder / f"{clip.name}.{'h264' if clip.codec == 'libx264' else 'h265'}"
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


def ours(level: int) -> Callable[[str], object]:
    """Return one look of ours at a level; the place is `port/name`.

    Each look knows what the ones before it taught, as in the agent: the first ones only learn.
    """
    limits = replace(Limits(), window=1.0 if level == 2 else 2.5)
    known = Envelope()
    looks = 0

    def run(place: str) -> object:
        nonlocal known, looks
        port, name = place.split("/")
        head = {"learn": True, "turn": looks % LEARN_EVERY == 0}
        job = StreamJob(
            "127.0.0.1", int(port), f"/{name}", limits=limits, level=Level(level), picture=False,
            reference=replace(known, head=head).pack(),
        )  # fmt: skip
        result = look(job)
        known, looks = read_envelope(result.learnt), looks + 1
        return result

    return run


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
    "ours level 0, description": lambda: ours(0),
    "ours level 1, two key frames": lambda: ours(1),
    "ours level 2, one key frame": lambda: ours(2),
    "ours level 3, whole GOP": lambda: ours(3),
    "cv2.VideoCapture, 10 s": video_capture,
    "PyAV, all frames of 10 s": pyav_all,
    "ffprobe, packets of 10 s": lambda: program("ffprobe", "-v", "quiet", "-show_packets", "{}"),
    "ffmpeg with 4 filters, 10 s": lambda: program(
        "ffmpeg", "-v", "quiet", "-threads", "1", "-i", "{}", "-vf", FFMPEG, "-f", "null", "-"
    ),
}  # fmt: skip


def child(way: str, place: str, times: int) -> None:
    """Run one way and print the CPU seconds of each time; rehearsals, in which ours learns, are left out."""
    run = WAYS[way]()
    costs = []
    rehearsals = (LEARNT if way in LEARNING else 1) if times else 0
    for number in range(rehearsals + max(times, 1)):
        before = _cpu()
        run(place)
        if number >= rehearsals:
            costs.append(_cpu() - before)
    print(json.dumps(costs))


def _cpu() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


# ---------------------------------------------------------------- the run


def measure(way: str, place: str, times: int) -> list[float]:
    """Return the CPU seconds of each run of a way, in a process of its own."""
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
    costs: list[float] = json.loads(done.stdout.splitlines()[-1])
    return costs


def run(seconds: float, *, quick: bool, everything: bool) -> dict[str, Any]:
    """Measure all and return the figures."""
    missing = [name for name in ("ffmpeg", "ffprobe") if shutil.which(name) is None]
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = [clip for clip in CLIPS if not quick or clip.name in {"264-1080p", "264-360p"}]
        paths = {}
        for clip in clips:
            say(f"encoding {clip.name}")
            paths[clip.name] = make(folder, clip, seconds)
        server = subprocess.Popen(
            [sys.executable, "-m", "bench.replay", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stdout is not None
            port = server.stdout.readline().strip()
            for clip in clips:
                for way in WAYS:
                    if missing and way.startswith("ff"):
                        continue
                    if clip.height > 2000 and way.startswith("ffmpeg") and not everything:
                        continue  # a minute of CPU each
                    is_ours = way.startswith("ours")
                    place = f"{port}/{clip.name}" if is_ours else str(paths[clip.name])
                    begin = time.monotonic()
                    costs = measure(way, place, (5 if clip.height < 2000 else 2) if is_ours else 0)
                    row = {
                        "clip": clip.name,
                        "way": way,
                        "cpu_ms": round(1000 * statistics.median(costs), 2),
                        "runs": len(costs),
                    }
                    rows.append(row)
                    took = time.monotonic() - begin
                    say(f"{clip.name:10} {way:30} {row['cpu_ms']:10.2f} ms CPU   ({took:.1f} s)")
        finally:
            server.terminate()
            server.wait()
    return {**figures(rows), "seconds": seconds, "rows": rows, "missing": missing}


def figures(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures that are aimed at; None where something was not measured."""
    found = {(row["clip"], row["way"]): row["cpu_ms"] for row in rows}
    key = found.get(("264-1080p", "ours level 2, one key frame"))

    def ratio(way: str) -> float | None:
        theirs = found.get(("264-1080p", way))
        return round(key / theirs, 5) if key and theirs else None

    return {
        "ratio_vs_videocapture_1080p": ratio("cv2.VideoCapture, 10 s"),
        "ratio_vs_ffmpeg_filters_1080p": ratio("ffmpeg with 4 filters, 10 s"),
        "ms_1080p_keyframe": key,
        "ms_substream": found.get(("264-360p", "ours level 1, two key frames")),
    }


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.stream_cost", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON line last")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of each clip (default: 10)")
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
    result = run(given.seconds, quick=given.quick, everything=given.all)
    if result["missing"]:
        say(NEEDED)
    if given.json:
        print(json.dumps(result))
    else:
        print(json.dumps({k: v for k, v in result.items() if k != "rows"}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
