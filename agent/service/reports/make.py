"""Makes a report and writes its files: whole or not at all, readable by their owner and group only."""

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from agent.service.desk import Desk
from agent.service.refused import Refused
from agent.service.reports import kinds, render
from agent.service.reports.document import Document
from models.words import Lang

FORMATS: Final = ("html", "pdf", "xlsx", "csv")
_MODE: Final = 0o640


@dataclass(frozen=True, slots=True)
class Order:
    """One report to be made."""

    kind: str
    about: str
    formats: tuple[str, ...]
    lang: Lang


@dataclass(frozen=True, slots=True)
class Made:
    """What was made; `headline` and `html` are for the mail that carries the files."""

    title: str
    subtitle: str
    paths: tuple[Path, ...]
    html: str = ""


def write(
    desk: Desk,
    order: Order,
    folder: Path,
    *,
    told: Callable[[str], None] = lambda _text: None,
    draft: bool = False,
) -> Made:
    """Make a report in some formats, and write it into a folder.

    Args:
        desk: the site.
        order: which.
        folder: made where it is missing.
        told: hears how far it is.
        draft: marks title and file name.

    Raises:
        Refused: there is nothing it could be about, it cannot be rendered here, or the folder not written.
    """
    told(f"{order.kind}: reading history …")
    try:
        document = kinds.build(desk.speaking(order.lang), order.kind, order.about)
        if draft:
            document = _drafted(document)
        paths = []
        for form in order.formats:
            told(f"{order.kind}: writing {form} …")
            paths += [_write(folder / name, data) for name, data in render.files(document, form).items()]
    except (kinds.NoReport, render.RenderError) as err:
        raise Refused(str(err)) from None
    except OSError as err:
        raise Refused(f"{folder} cannot be written: {err.strerror}") from None
    return Made(document.title, document.subtitle, tuple(paths), render.html(document))


def _drafted(document: Document) -> Document:
    word = "草稿" if document.lang == "zh_CN" else "draft"
    return replace(document, name=f"{document.name}-draft", title=f"{document.title} ({word})")


def _write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".report-")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        Path(name).chmod(_MODE)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path
