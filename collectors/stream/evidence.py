"""The small JPEGs that are kept as evidence: what is private blacked out, what differs marked.

They are personal data. Nothing else of a picture ever leaves the worker.
"""

from typing import Any, Final

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from collectors.stream.job import LONGEST_JPEG, Zone
from collectors.stream.pictures import Luma

WIDEST: Final = 640
QUALITIES: Final = (75, 60, 45, 30, 15)
MARK: Final = (0, 220, 255)  # as BGR: yellow is rare in what cameras see, and seen by the colour-blind

Jpeg = tuple[bytes, int, int]
Picture = NDArray[Any]


def picture_of(frame: VideoFrame, zones: tuple[Zone, ...] = (), box: Zone | None = None) -> Jpeg | None:
    """Return a frame as JPEG (<= 640 pixels wide, <= 60 kB), its width and height; None if it fails.

    Args:
        frame: the decoded picture.
        zones: what must not be seen, as shares of the picture.
        box: what differs from the reference, drawn as a frame.
    """
    width = min(frame.width, WIDEST)
    height = max(round(frame.height * width / frame.width), 1)
    return encoded(frame.to_ndarray(format="bgr24", width=width, height=height), zones, box)


def mark(luma: Luma | None, zones: tuple[Zone, ...] = (), box: Zone | None = None) -> bytes:
    """Return a luma plane as JPEG in the same way; empty when there is none."""
    if luma is None:
        return b""
    colours = cv2.cvtColor(shrunk(luma), cv2.COLOR_GRAY2BGR)
    found = encoded(colours, zones, box)
    return found[0] if found else b""


def shrunk(picture: Picture) -> Picture:
    """Return a picture not wider than evidence may be."""
    height, width = picture.shape[:2]
    if width <= WIDEST:
        return picture
    size = (WIDEST, max(round(height * WIDEST / width), 1))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def encoded(colours: Picture, zones: tuple[Zone, ...], box: Zone | None) -> Jpeg | None:
    """Return a BGR picture as JPEG, private zones blacked out; None if it cannot be made small enough."""
    picture = np.array(colours, order="C")  # a copy: what is drawn must not show in what is measured
    height, width = picture.shape[:2]
    if box is not None:
        left, top, right, bottom = pixels(box, width, height)
        cv2.rectangle(picture, (left, top), (max(left, right - 1), max(top, bottom - 1)), MARK, 2)
    for zone in zones:  # last, so that no mark lies over what is hidden
        left, top, right, bottom = pixels(zone, width, height)
        picture[top:bottom, left:right] = 0
    for quality in QUALITIES:
        done, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if done and len(jpeg) <= LONGEST_JPEG:
            return jpeg.tobytes(), width, height
    return None


def pixels(zone: Zone, width: int, height: int) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of a zone in pixels, grown to whole ones and kept inside."""
    left, top, wide, high = zone
    return (
        min(max(int(np.floor(left * width)), 0), width),
        min(max(int(np.floor(top * height)), 0), height),
        min(max(int(np.ceil((left + wide) * width)), 0), width),
        min(max(int(np.ceil((top + high) * height)), 0), height),
    )
