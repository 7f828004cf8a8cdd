"""Prints the device file that `siteward probe` makes."""

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from models.device_file import DeviceFile, Line
from models.facts import Device
from models.messages import render
from models.words import Lang

_STYLES = {"who": "", "offers": "", "wrong": "red", "unseen": "yellow"}


def print_sheet(console: Console, device: Device, sheet: DeviceFile, lang: Lang) -> None:
    """Print the four chapters in a frame."""
    chapters: list[RenderableType] = []
    empty = {"wrong": "file.nothing_wrong", "unseen": "file.all_seen", "who": "file.silent", "offers": ""}
    for name in ("who", "offers", "wrong", "unseen"):
        lines: list[Line] = getattr(sheet, name)
        if not lines and not empty[name]:
            continue
        chapters.append(Text(f"\n{render(f'file.{name}', lang)}", style="bold"))
        chapters.append(_table(lines, _STYLES[name]) if lines else Text(f"  {render(empty[name], lang)}"))
    about = "  ".join(filter(None, (device.name, device.kind.value, device.place, device.host)))
    console.print(
        Panel(Group(*chapters), title=f"[bold]{escape(device.id)}[/]  {escape(about)}", padding=(0, 2))
    )


def _table(lines: list[Line], style: str) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style=style, max_width=44)
    table.add_column(overflow="fold")
    for line in lines:
        head = f"{line.code}  {line.head}" if line.code else line.head
        table.add_row(Text(f"  {head}"), Text(line.text))
    return table
