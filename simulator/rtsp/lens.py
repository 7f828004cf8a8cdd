"""A pinhole camera on a pole: where a point of the world (metres: x right, y up, z ahead) is seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
NEAR: Final = 0.3  # metres: nothing nearer is drawn
CANVAS: Final = (1920, 1080)  # pixels in which scenes are painted, whatever the stream's size


@dataclass(frozen=True)
class Lens:
    """A camera above the origin.

    Args:
        height: metres above the ground.
        pitch: degrees it looks down.
        yaw: degrees it looks to the right.
        focal: focal length as a share of the picture's width (0.7 is an angle of 71 degrees).
    """

    height: float
    pitch: float
    yaw: float = 0.0
    focal: float = 0.7

    @property
    def matrix(self) -> Floats:
        """Projection from world to homogeneous pixels of the canvas, shape (3, 4)."""
        yaw, pitch = np.radians(self.yaw), np.radians(self.pitch)
        ahead = np.array([np.sin(yaw) * np.cos(pitch), -np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
        right = np.array([np.cos(yaw), 0.0, -np.sin(yaw)])
        turn = np.stack([right, np.cross(right, ahead), ahead])
        width, high = CANVAS
        inner = np.array([[self.focal * width, 0, width / 2], [0, self.focal * width, high / 2], [0, 0, 1]])
        place = -turn @ np.array([0.0, self.height, 0.0])
        return np.asarray(inner @ np.column_stack([turn, place]), np.float64)

    def outline(self, corners: Sequence[ArrayLike]) -> Floats:
        """Return the pixels of a flat polygon's corners, shape (n, 2), cut off where it comes too near.

        Empty when all of it is behind the camera.
        """
        points = np.asarray(corners, np.float64)
        seen = _cut(np.column_stack([points, np.ones(len(points))]) @ self.matrix.T)
        return seen[:, :2] / seen[:, 2:]

    def point(self, x: float, y: float, z: float) -> tuple[float, float, float] | None:
        """Return the pixel of one point and its depth in metres, None when it is behind the camera."""
        u, v, depth = self.matrix @ np.array([x, y, z, 1.0])
        return None if depth < NEAR else (float(u / depth), float(v / depth), float(depth))


def _cut(points: Floats) -> Floats:
    """Cut a polygon at the near plane (Sutherland and Hodgman), shape (n, 3) to (m, 3)."""
    kept: list[Floats] = []
    for here, after in zip(points, np.roll(points, -1, axis=0), strict=True):
        if here[2] >= NEAR:
            kept.append(here)
        if (here[2] >= NEAR) != (after[2] >= NEAR):
            kept.append(here + (after - here) * (NEAR - here[2]) / (after[2] - here[2]))
    return np.array(kept).reshape(-1, 3)
