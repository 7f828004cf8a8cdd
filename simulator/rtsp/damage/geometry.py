"""What is wrong with where the camera looks: moved, turned, shaking, mirrored. In place, on planes.

What comes in at an edge is the picture mirrored there: nothing else is known of what lies beyond.
"""

from math import cos, sin, tau

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.rtsp.damage.kit import Moment
from simulator.rtsp.planes import Plane, colour, luma

Matrix = NDArray[np.float64]


def moved(picture: Plane, strength: float, moment: Moment) -> None:
    """Push the camera aside: by 16 % of the width at strength 1, and turn it a little."""
    rng = np.random.default_rng(moment.seed + 21)
    angle = rng.uniform(0, tau)
    reach = 0.16 * strength
    view = _turn(rng.uniform(-1.5, 1.5) * strength, 1.0)
    view[:, 2] += (reach * cos(angle), reach * sin(angle) * 0.7)
    warp(picture, view)


def rotated(picture: Plane, strength: float, moment: Moment) -> None:
    """Turn the camera about its axis: by 12 degrees at strength 1."""
    turn = 12 * strength * (1 if moment.seed % 2 else -1)
    warp(picture, _turn(turn, 1.0))


def elsewhere(picture: Plane, strength: float, moment: Moment) -> None:
    """Look at something else: one corner of the scene, enlarged; another corner for another camera."""
    rng = np.random.default_rng(moment.seed + 22)
    view = _turn(rng.uniform(-6, 6) * strength, 1.0 + 1.1 * strength)
    side = rng.choice([-1.0, 1.0], 2)
    view[:, 2] += side * 0.42 * (0.6 + 0.5 * strength)
    warp(picture, view)


def shake(picture: Plane, strength: float, moment: Moment) -> None:
    """Shake the camera, two swings over each other: 2 % of the width to either side at strength 1."""
    phase = moment.seed % 97 / 97
    fast, slow = tau * (6.3 * moment.at + phase), tau * (4.1 * moment.at + 2 * phase)
    view = _turn(0.0, 1.0)
    view[:, 2] += 0.02 * strength * np.array([sin(fast), 0.7 * sin(slow)])
    warp(picture, view)


def mirrored(picture: Plane, strength: float, moment: Moment) -> None:  # noqa: ARG001 it is or it is not
    """Swap left and right."""
    _flip(picture, 1)


def flipped(picture: Plane, strength: float, moment: Moment) -> None:  # noqa: ARG001
    """Swap top and bottom; above strength 1.2 left and right as well, as of a camera hung upside down."""
    _flip(picture, 0 if strength <= 1.2 else -1)


def warp(picture: Plane, view: Matrix) -> None:
    """Look through a 2 x 3 matrix from shown to scene; unit: the width, origin: the middle."""
    _warp(luma(picture), view)
    for plane in colour(picture):
        _warp(plane, view)


def _warp(plane: Plane, view: Matrix) -> None:
    height, width = plane.shape
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    matrix = view.copy()
    matrix[:, 2] = middle - view[:, :2] @ middle + view[:, 2] * width
    plane[:] = cv2.warpAffine(
        plane,
        matrix,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT_101,
    )


def _turn(degrees: float, zoom: float) -> Matrix:
    angle = np.deg2rad(degrees)
    return np.array([[cos(angle), -sin(angle), 0.0], [sin(angle), cos(angle), 0.0]]) / zoom


def _flip(picture: Plane, axis: int) -> None:
    for plane in (luma(picture), *colour(picture)):
        plane[:] = cv2.flip(plane, axis)
