"""By what light a picture was taken, and which way a camera that turns looks: the page it is held against."""

from typing import Final

import numpy as np

from collectors.stream.pictures import structure
from collectors.stream.pictures.kit import Map, floats, middle, quantile
from collectors.stream.pictures.maps import Maps
from collectors.stream.pictures.reference import VIEWS, Book, Reference

SAME: Final = 0.45  # mean likeness where a view has structure, from which on it is that view
PLAIN: Final = 0.04  # share of blocks with structure, below which one view cannot be told from another
FAINT: Final = 1.0  # luma steps a pixel: less is no structure
TINT: Final = 3.0  # steps of colour difference all over: infrared light gives none, coders two
# Mean distance of a page's colours from their median: somebody in blue before a grey wall is less.
PALE: Final = 1.0


def light_of(shown: Maps, book: Book, *, day: bool) -> str:
    """Return `day` for a picture in colour, `night` for one by infrared light.

    A grey room has next to no colour by day either, but when somebody is in it. Then the sun tells, else that
    all of it is tinted, else the light of the two pages.

    Args:
        shown: the picture.
        book: what the camera usually shows.
        day: whether it is surely day.
    """
    known = book.modes.get("day")
    if not shown.is_mono:
        return "day"
    if day:
        return "day" if known is None or is_pale(known) else "night"
    night = book.modes.get("night")
    if known is None or not is_pale(known):
        return "day" if not book.modes and _is_tinted(shown) else "night"
    nearer = night is not None and _away(shown.light, known) < _away(shown.light, night)
    return "day" if _is_tinted(shown) or nearer else "night"


def is_pale(page: Reference) -> bool:
    """Return whether what a page shows has hardly a colour to lose."""
    away = sum(np.abs(one - np.float32(middle(one))) for one in (page.blue, page.red))
    return quantile(floats(away), 0.9) < PALE


def _is_tinted(shown: Maps) -> bool:
    return max(abs(middle(shown.blue)), abs(middle(shown.red))) >= TINT


def _away(light: Map, page: Reference) -> float:
    return middle(np.abs(light - page.light))


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
