"""Which way a camera that turns looks now: one of the views it is known by, or a new one."""

from typing import Final

import numpy as np

from collectors.stream.pictures import structure
from collectors.stream.pictures.reference import VIEWS, Book, Reference

SAME: Final = 0.45  # mean likeness where a view has structure, from which on it is that view
PLAIN: Final = 0.04  # share of blocks with structure, below which one view cannot be told from another
FAINT: Final = 1.0  # luma steps a pixel: less is no structure


def choose(look: Reference, book: Book, light: str) -> tuple[str, bool]:
    """Return the name of the view that a look shows, and whether it is a new one beside known others.

    Where there is no room for more, a new view takes the place of the one seen least.

    Args:
        look: what was seen.
        book: the camera's references.
        light: `day` or `night`: a view by night has a reference of its own.
    """
    known = book.of(light)
    likes = {name: alike(look, page) for name, page in known.items()}
    best = max(likes, key=likes.__getitem__, default="")
    if best and likes[best] >= SAME:
        return best, False
    if known and len(book.modes) >= VIEWS:
        return min(known, key=lambda name: known[name].looks), True
    names = (light, *(f"{light}{number}" for number in range(2, VIEWS + 1)))
    return next(name for name in names if name not in known), bool(known)


def alike(look: Reference, page: Reference) -> float:
    """Return how alike a look and a view are, -1 to 1, where either has structure; 1 where neither has."""
    firm = (look.coarse >= FAINT) | (page.coarse >= FAINT)
    if firm.mean() < PLAIN:
        return 1.0
    return float(np.mean(structure.likeness(page.thumb, look.thumb)[firm]))
