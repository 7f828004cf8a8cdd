"""What a report is made of, before it is a page or a workbook: blocks without a layout of their own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Tone = Literal["", "good", "bad", "warn", "muted"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table. `number`: what a workbook gets instead of the text; `link`: the page about it, from "/" on."""

    text: str
    tone: Tone = ""
    number: float | None = None
    link: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, `right` for numbers, `share` of the width (0: as the text needs)."""

    title: str
    right: bool = False
    share: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """A heading; `fresh` begins a new page."""

    title: str
    note: str = ""
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with values, side by side."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Card:
    """One figure to be seen at a glance."""

    label: str
    value: str
    tone: Tone = ""
    note: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Cards:
    """Figures side by side."""

    cards: Sequence[Card]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of cells and texts; `name` is its sheet's in a workbook and its file's as CSV; `empty` stands where no row is."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[object]]
    empty: str = ""
    title: str = ""
    small: bool = False
    only: Literal["", "paper", "book"] = ""  # where it stands: everywhere, on pages, or in workbooks and CSV


@dataclass(frozen=True, slots=True)
class Drawing:
    """An SVG."""

    svg: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Photo:
    """A JPEG with its caption."""

    jpeg: bytes = field(repr=False)
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Photos:
    """Pictures side by side."""

    photos: Sequence[Photo]


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list; `boxes`: to be ticked by hand."""

    items: Sequence[str]
    boxes: bool = False


@dataclass(frozen=True, slots=True)
class Signatures:
    """Who signs, with what stands there already: (role, name, day)."""

    parties: Sequence[tuple[str, str, str]]
    name: str = "Name"
    day: str = "Date"
    sign: str = "Signature"


Block: TypeAlias = Section | Facts | Cards | Table | Drawing | Photos | Text | Bullets | Signatures


@dataclass(frozen=True, slots=True)
class Document:
    """One report. `name` is its file's, without ending; `landscape` for wide tables.

    `home` is the address under which readers reach the site's pages; without it links are plain text.
    """

    name: str
    title: str
    subtitle: str
    blocks: Sequence[Block]
    lang: Literal["en", "zh_CN"] = "en"
    footer: str = ""
    landscape: bool = False
    home: str = ""

    @property
    def tables(self) -> list[Table]:
        """Its tables, for a workbook."""
        return [block for block in self.blocks if isinstance(block, Table) and block.only != "paper"]


def cell(given: object) -> Cell:
    """Return a cell of one, or of text."""
    return given if isinstance(given, Cell) else Cell(str(given))
