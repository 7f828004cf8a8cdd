"""Real footage instead of a rendered scene: a video file in a loop, its picture chosen by the time alone."""

from pathlib import Path
from typing import Final
from zlib import crc32

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange

from simulator.rtsp.planes import Plane, colour, luma

ENDINGS: Final = frozenset({".avi", ".gif", ".m4v", ".mkv", ".mov", ".mp4", ".mpg", ".ts", ".webm"})
SKIP: Final = 3.0  # seconds: a picture further ahead is sought, a nearer one is decoded towards


def pick(folder: Path, source: str) -> Path:
    """Return the video file of a folder that belongs to a camera, the same each time.

    Raises:
        FileNotFoundError: there is no video file.
    """
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)
    if not files:
        raise FileNotFoundError(f"no video file in {folder}: wanted one of {', '.join(sorted(ENDINGS))}")
    return files[crc32(source.encode()) % len(files)]


class Clip:
    """One file, played in a loop by wall time. Opened at the first picture.

    Args:
        path: the file.
        size: width and height of the pictures wanted, even; what does not fit the shape is cut off.
    """

    night = False
    noise = 1.0  # the footage has its own; this is for what covers it

    def __init__(self, path: Path, size: tuple[int, int]) -> None:
        self._path, self.size = path, size
        self._container: InputContainer | None = None
        self._shown: VideoFrame | None = None
        self._ahead: VideoFrame | None = None
        self._seconds = 0.0

    def picture(self, at: float) -> Plane:
        """Return the picture of a moment (Unix seconds) that the caller may change."""
        if self._container is None:
            self._open()
        position = at % self._seconds if self._seconds > 0 else 0.0
        if not self._reachable(position):
            self._seek(position)
        while self._ahead is not None and _time(self._ahead) <= position:
            self._step()
        frame = self._shown or self._ahead
        if frame is None:
            raise ValueError(f"no picture in {self._path.name}")
        return _fit(frame, self.size)

    def close(self) -> None:
        """Close the file."""
        container, self._container = self._container, None
        self._shown = self._ahead = None
        if container is not None:
            container.close()

    def _open(self) -> None:
        self._container = av.open(str(self._path))
        self._frames = self._container.decode(video=0)
        stream = self._container.streams.video[0]
        if stream.duration is not None and stream.time_base is not None:
            self._seconds = float(stream.duration * stream.time_base)
        elif self._container.duration is not None:
            self._seconds = self._container.duration / av.time_base
        self._shown = None
        self._ahead = next(self._frames, None)

    def _reachable(self, position: float) -> bool:
        """Whether decoding on leads there soon."""
        frame = self._shown or self._ahead
        return frame is not None and _time(frame) <= position <= _time(frame) + SKIP

    def _seek(self, position: float) -> None:
        self.close()  # a fresh decoder: some files, GIFs among them, cannot go back
        self._open()
        if self._container is not None and position > SKIP:
            self._container.seek(int(position * av.time_base))
            self._frames = self._container.decode(video=0)
            self._shown, self._ahead = None, next(self._frames, None)

    def _step(self) -> None:
        self._shown, self._ahead = self._ahead, next(self._frames, None)


def _time(frame: VideoFrame) -> float:
    return float(frame.time or 0.0)


def _fit(frame: VideoFrame, size: tuple[int, int]) -> Plane:
    """Return the planes of a frame, scaled to fill the size and cut at its middle."""
    width, height = size
    scale = max(width / frame.width, height / frame.height)
    wide, high = (
        max(want, round(have * scale / 2) * 2)
        for want, have in ((width, frame.width), (height, frame.height))
    )
    scaled = frame.reformat(width=wide, height=high, format="yuv420p", dst_color_range=ColorRange.JPEG)
    whole = np.asarray(scaled.to_ndarray(), np.uint8)
    x, y = (wide - width) // 4 * 2, (high - height) // 4 * 2
    picture = np.empty((height * 3 // 2, width), np.uint8)
    luma(picture)[:] = luma(whole)[y : y + height, x : x + width]
    colour(picture)[:] = colour(whole)[:, y // 2 : (y + height) // 2, x // 2 : (x + width) // 2]
    return picture
