"""From a decoded frame to what is measured: views of its planes, shrunk, and no conversion of colours."""

from typing import Any, Final

import cv2
import numpy as np
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from collectors.stream.pictures import Luma
from collectors.stream.sight import Shot

LINES: Final = 360
WIDEST_LUMA: Final = 16 * LINES  # a picture of 16384 x 2 pixels exists on paper only

BLACK: Final = 16  # luma of black …
WHITE: Final = 235  # … and of white in studio range (ITU-R BT.709)


def luma(frame: VideoFrame) -> Luma:
    """Return the brightness of a frame: (360, W) uint8, 0 black to 255 white.

    Planar YUV holds it as its first plane, so nothing is converted: the plane is viewed, shrunk by area
    averaging, and stretched from studio range (16-235) where the stream uses that.
    """
    return _stretched(frame, shrink(_y_plane(frame)))


def _stretched(frame: VideoFrame, plane: Luma) -> Luma:
    if _is_full_range(frame):
        return plane
    gain = 255 / (WHITE - BLACK)
    return np.asarray(
        cv2.addWeighted(plane, gain, plane, 0, -BLACK * gain), np.uint8
    )  # half of a table's cost


def shrink(plane: Luma) -> Luma:
    """Return the plane with 360 lines, its sides in proportion."""
    height, width = plane.shape
    if height == LINES:
        return plane
    wide = min(max(round(width * LINES / height), 16), WIDEST_LUMA)
    how = cv2.INTER_AREA if height > LINES else cv2.INTER_LINEAR
    return cv2.resize(plane, (wide, LINES), interpolation=how).astype(np.uint8, copy=False)


def shot_of(frame: VideoFrame, at: float | None) -> Shot:
    """Return a frame as the picture measures take it, shown `at` seconds."""
    full = _y_plane(frame)
    bright = _stretched(frame, shrink(full))
    return Shot(bright, *_colours(frame, bright.shape), at, full)


def small_shot_of(frame: VideoFrame, at: float | None) -> Shot:
    """Return a frame as `shot_of` does, holding on to nothing of the frame itself."""
    bright = luma(frame)
    blue, red = (None if plane is None else plane.copy() for plane in _colours(frame, bright.shape))
    return Shot(bright.copy(), blue, red, at)


def _colours(frame: VideoFrame, shape: tuple[int, ...]) -> tuple[Luma | None, Luma | None]:
    """Return the colour difference planes, half as large as the luma; the same views and no conversion."""
    name = frame.format.name
    if name.startswith("gray"):
        return None, None
    if name not in {"yuv420p", "yuvj420p"}:
        frame = frame.reformat(format="yuv420p")
    size = (shape[1] // 2, shape[0] // 2)
    planes = []
    for number in (1, 2):
        plane = frame.planes[number]
        rows = np.frombuffer(memoryview(plane), np.uint8)[: plane.line_size * plane.height]
        view = rows.reshape(plane.height, plane.line_size)[:, : plane.width]
        is_larger = plane.height > size[1]
        how = cv2.INTER_AREA if is_larger else cv2.INTER_LINEAR
        fits = (plane.width, plane.height) == size
        planes.append(
            view if fits else cv2.resize(view, size, interpolation=how).astype(np.uint8, copy=False)
        )
    return planes[0], planes[1]


def _y_plane(frame: VideoFrame) -> Luma:
    if not _first_plane_is_luma(frame.format):
        frame = frame.reformat(format="yuv420p")
    bits = frame.format.components[0].bits
    if bits == 8:
        return _view(frame, np.dtype(np.uint8)).astype(np.uint8, copy=False)
    return (_view(frame, np.dtype("<u2")) >> (bits - 8)).astype(np.uint8)


def _view(frame: VideoFrame, kind: np.dtype[Any]) -> NDArray[Any]:
    """Return the first plane as an array over the frame's own memory, the padding of its lines left out."""
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8)[: plane.line_size * frame.height].reshape(
        frame.height, plane.line_size
    )
    return rows[:, : frame.width * kind.itemsize].view(kind)


def _first_plane_is_luma(form: VideoFormat) -> bool:
    gray = form.name.startswith("gray")
    return (gray or (form.is_planar and form.name.startswith(("yuv", "nv")))) and not form.is_big_endian


def _is_full_range(frame: VideoFrame) -> bool:
    return frame.color_range == ColorRange.JPEG or frame.format.name.startswith("yuvj")
