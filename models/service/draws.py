"""Random draws that an auditor can repeat: who was in the pot, the seed, who came out.

The order is that of SHA-256 over "seed/name": no generator, no library, the same in any language for ever.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from math import ceil


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw, with all that is needed to repeat it."""

    seed: str
    share: float
    population: tuple[str, ...]
    chosen: tuple[str, ...]

    @property
    def is_true(self) -> bool:
        """Whether drawing again gives the same."""
        return draw(self.population, self.share, self.seed).chosen == self.chosen


def draw(population: Iterable[str], share: float, seed: str) -> Draw:
    """Draw a share of a population; a part of one counts as one (30 % of 4 are 2).

    Args:
        population: names; the order does not matter, one that stands twice counts once.
        share: 0-1.
        seed: what the draw is for and a part that nobody chose; kept with it.

    Raises:
        ValueError: the share is not between 0 and 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"a share of {share} cannot be drawn: it is between 0 and 1")
    pot = tuple(sorted(set(population)))
    count = ceil(round(len(pot) * share, 9))  # 0.3 * 10 is a little over 3 in floating point
    ranked = sorted(pot, key=lambda name: (sha256(f"{seed}/{name}".encode()).digest(), name))
    return Draw(seed, share, pot, tuple(sorted(ranked[:count])))
