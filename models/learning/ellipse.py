"""How far several numbers together are from usual: Mahalanobis distance with a shrunken covariance."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MAD_TO_SIGMA: Final = 1.4826
SHRINK: Final = 0.05  # towards "no correlation": few rows cannot tell directions that hardly vary
STEPS: Final = 3  # concentration steps of the robust fit


@dataclass(frozen=True, slots=True)
class Ellipse:
    """Where usual rows lie.

    Attributes:
        middle: [feature].
        scale: [feature], never 0.
        inverse: [feature, feature], of the correlation.
    """

    middle: Floats
    scale: Floats
    inverse: Floats

    @classmethod
    def of_clean(cls, rows: Floats, *, shrink: float = SHRINK) -> Self:
        """Fit rows that are known to be usual: [row, feature], without gaps, two rows at least.

        Raises:
            ValueError: fewer than two rows.
        """
        if len(rows) < 2:
            raise ValueError(f"{len(rows)} rows: what is usual needs two at least")
        spread = rows.std(axis=0)
        # A feature that never moved: any step of it is new, but by how much cannot be said.
        floor = 1e-6 * np.maximum(np.abs(rows).max(axis=0), 1e-6)
        middle, scale = np.median(rows, axis=0), np.maximum(spread, floor)
        return cls(middle, scale, _inverse((rows - middle) / scale, shrink))

    @classmethod
    def of_most(cls, rows: Floats, *, shrink: float = SHRINK) -> Self:
        """Fit rows of which up to half may be anything: median and MAD, then the half that lies closest.

        After Rousseeuw and Van Driessen (1999), begun from the coordinates' medians (Hubert et al., 2012).
        """
        middle = np.median(rows, axis=0)
        mad = MAD_TO_SIGMA * np.median(np.abs(rows - middle), axis=0)
        # Where more than half agree to the digit, the rest tells how wide the feature is.
        wide = np.sqrt(np.mean(np.minimum(np.abs(rows - middle), 1e150) ** 2, axis=0)) / 3
        scale = np.where(mad > 0, mad, np.where(wide > 0, wide, 1.0))
        z = np.clip((rows - middle) / scale, -1e3, 1e3)
        found = cls(middle, scale, np.eye(rows.shape[1]))
        half = (len(rows) + 1) // 2
        for _ in range(STEPS):
            near = z[np.argsort(found.distance(rows), kind="stable")[:half]]
            near = near - near.mean(axis=0)
            found = cls(middle, scale, _inverse(near, max(shrink, z.shape[1] / len(rows))))
        typical = np.median(found.distance(rows) ** 2)
        if typical > 0:
            found = cls(middle, scale, found.inverse * chi_square(0.5, rows.shape[1]) / typical)
        return found

    def distance(self, rows: Floats) -> Floats:
        """Return how far each row is, in standard deviations of all features together."""
        z = (rows - self.middle) / self.scale
        return np.asarray(np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", z, self.inverse, z), 0.0)))


def chi_square(share: float, degrees: int) -> float:
    """Return the quantile of a chi-square distribution (Wilson and Hilferty, 1931)."""
    normal = {0.5: 0.0, 0.99: 2.3263, 0.999: 3.0902}[share]
    return float(degrees * (1 - 2 / (9 * degrees) + normal * np.sqrt(2 / (9 * degrees))) ** 3)


def _inverse(z: Floats, shrink: float) -> Floats:
    correlation = z.T @ z / max(1, len(z) - 1)
    width = np.diag(correlation).mean()
    shrink = min(shrink, 1.0)
    return np.asarray(
        np.linalg.pinv((1 - shrink) * correlation + shrink * (width or 1.0) * np.eye(z.shape[1]))
    )
