"""A document as HTML, PDF, XLSX or CSV. Slow and hungry (weasyprint): called in a process or thread of its own."""

import csv
import io
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from agent.service.reports.document import Document, Table, cell

if TYPE_CHECKING:
    from jinja2 import Template

HERE: Final = Path(__file__).parent
_SHEET: Final = re.compile(r"[\[\]:*?/\\]")
_SHEET_LENGTH: Final = 31
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_FILLS: Final = {"good": "E3F5EA", "bad": "FBE4E2", "warn": "FCF3D7"}
_WIDEST: Final = 60


class RenderError(Exception):
    """A report could not be rendered; the message says what to do."""


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # not at the agent's start

    environment = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("page.html")


def html(document: Document) -> str:
    """Return one page of HTML that needs no other file."""
    return _template().render(
        document=document,
        css=_css(),
        kind_of=lambda block: type(block).__name__,
        cell=cell,
        shares=lambda table: any(column.share for column in table.columns),
        base64=lambda data: b64encode(data).decode(),
    )


@cache
def _css() -> Any:
    from markupsafe import Markup

    return Markup((HERE / "page.css").read_text(encoding="utf-8"))  # noqa: S704  our own file


def pdf(document: Document) -> bytes:
    """Return a PDF for A4.

    Raises:
        RenderError: Pango is missing, or a font for the report's language is.
    """
    problem = pdf_problem(chinese=document.lang == "zh_CN")
    if problem:
        raise RenderError(problem)
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    # A report carries all it shows: it fetches nothing, from nobody.
    fetcher = URLFetcher(allowed_protocols={"data"})
    return bytes(HTML(string=html(document), url_fetcher=fetcher).write_pdf() or b"")


def pdf_problem(*, chinese: bool = True) -> str:
    """Return why PDFs cannot be made on this machine, "" when they can."""
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError) as err:
        return (
            f"PDFs need Pango ({str(err).splitlines()[0][:100]}): "
            "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
        )
    if chinese and not has_chinese_font():
        return "no font on this machine has Chinese characters: apt-get install fonts-noto-cjk"
    return ""


@cache
def has_chinese_font() -> bool:
    """Whether this machine can print Chinese: two characters are rendered, and their font is looked at."""
    from weasyprint import HTML

    page = f"<style>{(HERE / 'page.css').read_text(encoding='utf-8')}</style><body lang='zh-CN'>巡检</body>"
    made = HTML(string=page).write_pdf(uncompressed_pdf=True) or b""
    return bool(_CHINESE.search(b" ".join(_BASE_FONT.findall(made))))


_BASE_FONT: Final = re.compile(rb"/BaseFont\s*/(\S+)")
_CHINESE: Final = re.compile(rb"(?i)cjk|han|hei|song|ming|kai|fang|wenquan|wqy|droid-?sans-?fallback|unifont")


def xlsx(document: Document) -> bytes:
    """Return a workbook with a sheet for each table; the first says what the report is."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    book = Workbook()
    names: set[str] = set()
    for number, table in enumerate(document.tables or [Table(document.title, (), ())]):
        sheet: Any = book.active if number == 0 else book.create_sheet()
        sheet.title = _sheet_name(table.name, names)
        sheet.append([f"{document.title} – {document.subtitle}"])
        sheet["A1"].font = Font(bold=True, size=13)
        sheet.append([column.title for column in table.columns])
        for heading in sheet[2]:
            heading.font = Font(bold=True)
            heading.fill = PatternFill("solid", fgColor="E8EFF4")
            heading.alignment = Alignment(wrap_text=True, vertical="top")
        for row in table.rows:
            cells = [cell(given) for given in row]
            sheet.append([harmless(one.text) if one.number is None else one.number for one in cells])
            for at, one in enumerate(cells, start=1):
                here = sheet.cell(sheet.max_row, at)
                here.alignment = Alignment(wrap_text=True, vertical="top")
                if document.home and one.link:
                    here.hyperlink = document.home + one.link
                if one.tone in _FILLS:
                    here.fill = PatternFill("solid", fgColor=_FILLS[one.tone])
                if one.number is not None and one.text.rstrip().endswith("%"):
                    here.number_format = "0.00%"
        for at, column in enumerate(table.columns, start=1):
            texts = [column.title, *(cell(row[at - 1]).text for row in table.rows)]
            sheet.column_dimensions[get_column_letter(at)].width = min(_WIDEST, 3 + max(map(_columns, texts)))
        sheet.freeze_panes = "A3"
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.page_setup.fitToHeight = 0
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def csvs(document: Document) -> dict[str, bytes]:
    """Return a CSV file (UTF-8 with a mark, as spreadsheets want it) for each table, by its name."""
    found: dict[str, bytes] = {}
    for table in document.tables:
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow([column.title for column in table.columns])
        writer.writerows([harmless(cell(given).text) for given in row] for row in table.rows)
        found[_SHEET.sub("_", table.name)] = out.getvalue().encode("utf-8-sig")
    return found


def harmless(text: str) -> str:
    """Return foreign text so that no spreadsheet takes it for a formula (a device may be named "=1+1")."""
    is_number = re.fullmatch(r"[+-]?[\d.,  ]+%?", text) is not None
    clean = "".join(c for c in text if c.isprintable() or c == "\n")
    return f"'{clean}" if clean.startswith(_FORMULA) and not is_number else clean


def _columns(text: str) -> int:
    """Return how wide a text is: a Chinese character takes two columns."""
    return max((sum(2 if ord(c) > 0x2E80 else 1 for c in line) for line in text.splitlines()), default=0)


def _sheet_name(name: str, taken: set[str]) -> str:
    base = _SHEET.sub("_", name)[:_SHEET_LENGTH] or "Sheet"
    found, number = base, 2
    while found.lower() in taken:
        found = f"{base[: _SHEET_LENGTH - 3]}_{number}"
        number += 1
    taken.add(found.lower())
    return found


_ONE_FILE: Final[Mapping[str, Callable[[Document], bytes]]] = {
    "html": lambda document: html(document).encode(),
    "pdf": pdf,
    "xlsx": xlsx,
}


def files(document: Document, form: str) -> dict[str, bytes]:
    """Return the files of a report in one format: name -> content.

    Raises:
        RenderError: it cannot be made here; the message says what is missing.
    """
    if form == "csv":
        return {f"{document.name}-{name}.csv": data for name, data in csvs(document).items()}
    return {f"{document.name}.{form}": _ONE_FILE[form](document)}
