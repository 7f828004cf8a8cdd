"""What pictures show, as numbers. Pure functions; no number is a verdict.

    levels     how bright and how contrasted one picture is
    maps       one picture as maps: detail, colour and noise of each block
    structure  whether the same things stand at the same places; shift, flip, roll
    pattern    bars, comb, block edges, impulses
    clock      where the on-screen clock is, and whether it runs
    film       what lies on the lens
    things     told from it: what came into the scene, and what went
    views      by what light, and which way
    reference  what a camera usually shows: learnt, packed, adapted
    glance     one picture, by a few cheap measures: is a whole look due?
    mark       what a glance is held against
    alone      what the frames of a look show without a reference
    against    how they differ from it
    window     all of it: some frames against an optional reference

Luma is (360, W) uint8, 0 black to 255 white: sharpness and texture depend on resolution.
"""

from collectors.stream.pictures.kit import Frame, Luma
from collectors.stream.pictures.levels import change, glimpse, measure
from collectors.stream.pictures.reference import Book, Reference, read_book
from collectors.stream.pictures.window import Seen, folded, look_at

__all__ = [
    "Book",
    "Frame",
    "Luma",
    "Reference",
    "Seen",
    "change",
    "folded",
    "glimpse",
    "look_at",
    "measure",
    "read_book",
]
