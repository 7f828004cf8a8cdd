"""Scenes from video files: a few pictures of the first part to learn from, a few of the last to be tried."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange

from simulator.rtsp.planes import Plane, colour, luma

ENDINGS: Final = frozenset({".avi", ".gif", ".m4v", ".mkv", ".mov", ".mp4", ".mpg", ".mpeg", ".ts", ".webm"})
WIDEST: Final = 640  # pixels: a sub-stream
SMALLEST: Final = 128
LEARN_SHARE: Final = 0.6  # of the clip, from its beginning
KEPT: Final = 400  # pictures of a clip that are held in memory
MOST_DECODED: Final = 6000  # frames of a clip that are looked at


@dataclass(frozen=True, slots=True)
class Scene:
    """One clip: its pictures as planes (4:2:0), in order, evenly thinned."""

    name: str
    pictures: Sequence[Plane]

    @property
    def size(self) -> tuple[int, int]:
        """Return width and height."""
        height, width = luma(self.pictures[0]).shape
        return width, height

    def windows(self, number: int, frames: int, *, learn: bool) -> list[list[Plane]]:
        """Return `number` windows of `frames` pictures each, spread over the first or the last part.

        A short clip gives its pictures more than once.
        """
        cut = max(1, int(len(self.pictures) * LEARN_SHARE))
        part = self.pictures[:cut] if learn else self.pictures[cut:] or self.pictures[-1:]
        span = len(part) / number
        step = min(span, max(1.0, len(part) / (number * frames)))
        return [
            [part[min(len(part) - 1, int(n * span + k * step))] for k in range(frames)] for n in range(number)
        ]


def scenes(folder: Path) -> list[Path]:
    """Return the clips of a folder.

    Raises:
        FileNotFoundError: there is no such folder, or nothing to look at in it.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is no folder: --clips wants one with video files in it")
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())
    if not found:
        raise FileNotFoundError(f"no video file in {folder}: wanted one of {', '.join(sorted(ENDINGS))}")
    return found


def load(path: Path) -> Scene:
    """Return the scene of a file.

    Raises:
        ValueError: it holds no picture that can be decoded.
    """
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            pictures = _thinned(container.decode(stream), stream.frames)
    except (av.error.FFmpegError, IndexError) as error:
        raise ValueError(f"{path.name}: no picture could be read ({error})") from None
    if not pictures:
        raise ValueError(f"{path.name}: no picture in it")
    return Scene(path.stem, pictures)


def _thinned(frames: Iterator[VideoFrame], expected: int) -> list[Plane]:
    """Return at most `KEPT` pictures, evenly spread; halved each time there are too many."""
    every = max(1, expected // KEPT)
    kept: list[Plane] = []
    for number, frame in enumerate(frames):
        if number >= MOST_DECODED:
            break
        if number % every == 0:
            kept.append(planes(frame))
        if len(kept) > KEPT:
            kept, every = kept[::2], every * 2
    return kept


def planes(frame: VideoFrame) -> Plane:
    """Return a frame as planes, full range, at most 640 wide, both sides even."""
    scale = min(1.0, WIDEST / frame.width)
    scale = max(
        scale, SMALLEST / min(frame.width, frame.height) if min(frame.width, frame.height) < SMALLEST else 0
    )
    width, height = (max(SMALLEST // 2, round(side * scale / 2) * 2) for side in (frame.width, frame.height))
    shown = frame.reformat(width=width, height=height, format="yuv420p", dst_color_range=ColorRange.JPEG)
    whole = np.asarray(shown.to_ndarray(), np.uint8)
    picture = np.empty((height * 3 // 2, width), np.uint8)
    luma(picture)[:] = luma(whole)[:height, :width]
    colour(picture)[:] = colour(whole)[:, : height // 2, : width // 2]
    return picture
