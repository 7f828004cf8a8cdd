"""One site as its service department sees it: config, devices, files, store and book together, read-only."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from pathlib import Path

from agent.config import SiteConfig
from agent.files import SERVICE_FILE, STORE_FILE
from agent.service.book import Book
from agent.service.contract import ContractConfig
from agent.service.files import DeviceFile, groups_of, read_files
from agent.service.kpi import Measured, Period
from agent.service.measure import measure
from agent.service.planned import planned
from agent.store import Reader
from agent.store.questions import Questions
from models.facts import Device
from models.service.rounds import Month
from models.words import Lang


@dataclass(frozen=True, slots=True)
class Desk:
    """All that inspections, KPIs and reports of one site need; `now` never moves."""

    config: SiteConfig
    devices: Sequence[Device]
    files: Mapping[str, DeviceFile]
    groups: Mapping[str, str]
    store: Questions
    book: Book
    now: float
    lang: Lang

    @property
    def contract(self) -> ContractConfig:
        """What was agreed."""
        return self.config.contract

    @property
    def zone(self) -> tzinfo:
        """The site's time zone."""
        return self.config.zone

    @property
    def today(self) -> date:
        """The day it is at the site."""
        return datetime.fromtimestamp(self.now, self.zone).date()

    @property
    def by_id(self) -> dict[str, Device]:
        """The devices by id."""
        return {device.id: device for device in self.devices}

    def pictures(self, device: str, most: int = 6) -> list[tuple[float, bytes]]:
        """Return the newest evidence pictures of a device that have not expired."""
        found = []
        for one in self.store.pictures_of(device, most):
            try:
                found.append((one.at, one.path.read_bytes()))
            except OSError:  # it expired at this very moment
                continue
        return found

    def speaking(self, lang: Lang) -> "Desk":
        """Return the same in another language."""
        return replace(self, lang=lang)

    def measured(self, period: Period) -> Measured:
        """Return what the figures of a period are made of."""
        return measure(
            self.store, self.book, self.contract, self.devices, period, groups=self.groups, now=self.now,
            planned=planned(self.store, self.devices, period),
        )  # fmt: skip


def sit(
    config: SiteConfig,
    devices: Sequence[Device],
    store: Questions,
    book: Book,
    *,
    now: float,
    lang: Lang | None = None,
) -> Desk:
    """Return the desk over a store that is open.

    Raises:
        FilesError: the spreadsheet of device files cannot be used.
    """
    files = read_files(config.contract, devices)
    groups = groups_of(devices, files)
    return Desk(config, tuple(devices), files, groups, store, book, now, lang or config.language)


@contextmanager
def open_desk(
    config: SiteConfig, devices: Sequence[Device], *, now: float, lang: Lang | None = None
) -> Iterator[Desk]:
    """Open a site's store and book beside a running agent.

    Raises:
        StoreError: there is no store yet, or it cannot be read.
        FilesError: the spreadsheet of device files cannot be used.
    """
    offset = datetime.fromtimestamp(now, config.zone).utcoffset()
    path: Path = config.state_dir / STORE_FILE
    with Reader(path, day_offset=offset.total_seconds() if offset else 0.0) as store:
        yield sit(config, devices, store, Book(config.state_dir / SERVICE_FILE), now=now, lang=lang)


def month_of(text: str, zone: tzinfo) -> Period:
    """Return a month as a period.

    Raises:
        ValueError: it is no month.
    """
    month = Month.parse(text)
    return between(month.first, month.plus(1).first, zone, str(month))


def between(since: date, until: date, zone: tzinfo, name: str = "") -> Period:
    """Return the days from `since` up to `until`, that one excluded."""

    def at(day: date) -> float:
        return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()

    return Period(at(since), at(until), name or f"{since} – {until}")
