"""The words in which `panels.py` says what the dashboard shows: queries, panels, limits, colours, links."""

from dataclasses import dataclass
from typing import Final, Literal

from models.thresholds import Thresholds

Kind = Literal["stat", "gauge", "table", "lines", "states"]
Limits = tuple[tuple[float | None, str], ...]  # (from this value on, colour); the first begins at None
States = dict[str, tuple[str, str]]  # value -> (text, colour)

GOOD, WARN, BAD, UNKNOWN, PLAIN = "green", "orange", "red", "purple", "text"
LIMIT: Final = Thresholds()


def rising(warn: float, bad: float) -> Limits:
    """Return limits for a value that is good when low."""
    return ((None, GOOD), (warn, WARN), (bad, BAD))


def falling(warn: float, bad: float) -> Limits:
    """Return limits for a value that is good when high: bad below `bad`, warn below `warn`."""
    return ((None, BAD), (bad, WARN), (warn, GOOD))


ANY_IS_BAD: Final[Limits] = ((None, GOOD), (1, BAD))
ANY_IS_WARN: Final[Limits] = ((None, GOOD), (1, WARN))
CLOCK: Final[Limits] = (
    (None, BAD), (-LIMIT.clock_fail_seconds, WARN), (-LIMIT.clock_warn_seconds, GOOD),
    (LIMIT.clock_warn_seconds, WARN), (LIMIT.clock_fail_seconds, BAD),
)  # fmt: skip
SEVERITIES: Final[States] = {
    "S1": ("S1 critical", "dark-red"), "S2": ("S2 major", BAD), "S3": ("S3 normal", WARN),
    "S4": ("S4 latent", "blue"),
}  # fmt: skip
HEALTH: Final[States] = {"1": ("ok", GOOD), "2": ("fault", BAD), "3": ("unknown", UNKNOWN)}
HEARD: Final[States] = {"0": ("silent", BAD), "1": ("heard", GOOD)}
DISK: Final[States] = {"0": ("failed", BAD), "1": ("well", GOOD)}
MAINS: Final[States] = {"0": ("mains", GOOD), "1": ("battery", WARN)}
LINK: Final[States] = {"0": ("cut off", BAD), "1": ("connected", GOOD)}

HERE: Final = "/d/${__dashboard.uid}?${__url_time_range}&${datasource:queryparam}"
TO_SITE: Final = ("Open site", HERE + "&var-site=${__data.fields.site}")
TO_SITES_DEVICE: Final = (
    "Open device", HERE + "&var-site=${__data.fields.site}&var-device=${__data.fields.device}"
)  # fmt: skip
TO_DEVICE: Final = ("Only this device", HERE + "&var-site=${site}&var-device=${__data.fields.device}")
TO_LINES_DEVICE: Final = ("Only this device", HERE + "&var-site=${site}&var-device=${__field.labels.device}")

# The exact place on the site's own pages, at the address that the chosen site tells (web.base_url). Siteward
# leads from an incident's key to its ticket.
_ROW: Final = "${__data.fields.device}/${__data.fields.part}/${__data.fields.code}"
PAGE_OF: Final = {
    "device": ("Siteward: the device", "${pages}/devices/${__data.fields.device}"),
    "incident": ("Siteward: the ticket", "${pages}/incidents/${site}/" + _ROW),
    "line": ("Siteward: the device", "${pages}/devices/${__field.labels.device}"),
}  # fmt: skip


@dataclass(frozen=True)
class Query:
    """A PromQL expression; `name`: its legend, or its column's title in a table."""

    expr: str
    name: str = ""
    unit: str = ""  # of the column; "" for the panel's
    limits: Limits = ()
    states: States | None = None


@dataclass(frozen=True)
class Show:
    """One panel.

    `labels`: a table's text columns, in order; each is a label of the series. `limits`: colours by value.
    `states`: texts and colours. `link`: (title, address), of a series or of a table's device or site.
    `low`, `high`: ends of the axis.
    """

    kind: Kind
    title: str
    about: str
    unit: str
    span: int
    queries: tuple[Query, ...]
    height: int = 8
    labels: tuple[str, ...] = ()
    limits: Limits = ()
    states: States | None = None
    link: tuple[str, str] | None = None
    sort: str = ""
    empty: str = ""  # what stands there when nothing does
    decimals: int | None = None
    low: float | None = None
    high: float | None = None


def place(expr: str) -> str:
    """Add a device's name and place to series that have its id; those without a row in the inventory stay."""
    return (
        f"{expr} * on (site, device) group_left (name, place) cctv_inventory_info"
        f" or on (site, device, part, code) {expr}"
    )
