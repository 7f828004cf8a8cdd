"""A small JPEG per stream: a test card whose colours tell the cameras apart; black when the camera is."""

import zlib
from functools import lru_cache

import cv2
import numpy as np

WIDTH, HEIGHT = 320, 180


@lru_cache(maxsize=64)
def jpeg(camera: str, *, black: bool) -> bytes:
    """Return the picture of a camera.

    Args:
        camera: device id; it chooses the colours and stands in the picture.
        black: the fault of that name.

    Returns:
        A JPEG of 320 x 180 pixels.
    """
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    if not black:
        colours = np.random.default_rng(zlib.crc32(camera.encode())).integers(40, 220, (8, 3))
        picture[:] = colours[np.arange(WIDTH) * 8 // WIDTH][None, :, :]
        cv2.putText(picture, camera, (12, HEIGHT - 16), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255, 255, 255), 2)
    _, encoded = cv2.imencode(".jpg", picture)
    return encoded.tobytes()
