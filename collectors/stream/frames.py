"""From a decoded frame to what is measured, and to the small JPEG that is kept as evidence."""

from typing import Any, Final

import cv2
import numpy as np
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from collectors.stream.job import LONGEST_JPEG
from collectors.stream.pictures import Luma

LINES: Final = 360
WIDEST: Final = 640
WIDEST_LUMA: Final = 16 * LINES  # a picture of 16384 x 2 pixels exists on paper only
QUALITIES: Final = (75, 60, 45, 30, 15)

_STRETCH: Final = np.clip((np.arange(256) - 16.0) * 255 / 219, 0, 255).round().astype(np.uint8)


def luma(frame: VideoFrame) -> Luma:
    """Return the brightness of a frame: (360, W) uint8, 0 black to 255 white.

    Planar YUV holds it as its first plane, so nothing is converted: the plane is viewed, shrunk by area
    averaging, and stretched from studio range (16-235, ITU-R BT.709) where the stream uses that.
    """
    small = shrink(_y_plane(frame))
    return small if _is_full_range(frame) else cv2.LUT(small, _STRETCH).astype(np.uint8, copy=False)


def shrink(plane: Luma) -> Luma:
    """Return the plane with 360 lines, its sides in proportion."""
    height, width = plane.shape
    if height == LINES:
        return plane
    wide = min(max(round(width * LINES / height), 16), WIDEST_LUMA)
    how = cv2.INTER_AREA if height > LINES else cv2.INTER_LINEAR
    return cv2.resize(plane, (wide, LINES), interpolation=how).astype(np.uint8, copy=False)


def evidence(frame: VideoFrame) -> tuple[bytes, int, int] | None:
    """Return a frame as JPEG (<= 640 pixels wide, <= 60 kB), its width and height; None if it fails."""
    width = min(frame.width, WIDEST)
    height = max(round(frame.height * width / frame.width), 1)
    colours = frame.to_ndarray(format="bgr24", width=width, height=height)
    for quality in QUALITIES:
        done, jpeg = cv2.imencode(".jpg", colours, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if done and len(jpeg) <= LONGEST_JPEG:
            return jpeg.tobytes(), width, height
    return None


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
