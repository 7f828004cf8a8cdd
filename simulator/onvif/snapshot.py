"""A small JPEG per stream: a test card whose colours tell the cameras apart; black when the camera is."""

import zlib
from functools import lru_cache

import cv2
import numpy as np

WIDTH, HEIGHT = 320, 180


@lru_cache(maxsize=64)
def jpeg(camera: str, *, black: bool, pan: float = 0.0) -> bytes:
    """Return the picture of a camera.

    Args:
        camera: device id; it chooses the colours and stands in the picture.
        black: the fault of that name.
        pan: where it points, -1 to 1: what it sees moves across the picture.

    Returns:
        A JPEG of 320 x 180 pixels.
    """
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    if not black:
        colours = np.random.default_rng(zlib.crc32(camera.encode())).integers(40, 220, (8, 3))
        picture[:] = colours[np.arange(WIDTH) * 8 // WIDTH][None, :, :]
        dots = np.random.default_rng(zlib.crc32(camera.encode()) + 1).integers(0, (HEIGHT, WIDTH), (60, 2))
        for y, x in dots:
            cv2.circle(picture, (int(x), int(y)), 5, (int(x) % 256, int(y), 30), -1)
        picture[:] = np.roll(picture, -round(pan * WIDTH / 2), axis=1)
        cv2.putText(picture, camera, (12, HEIGHT - 16), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255, 255, 255), 2)
    _, encoded = cv2.imencode(".jpg", picture)
    return encoded.tobytes()
