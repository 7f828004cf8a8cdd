"""What each camera usually shows: kept between looks, begun anew when somebody says so.

One epoch follows the other: a verified repair, a view that an operator accepts, or a swap ends the one and
begins the next. A worker learns; here is decided whether it may: never while a fault of the picture stands.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from threading import RLock
from typing import Final, Protocol

from agent.store.orders import AuditEntry
from agent.store.references import Page
from collectors.stream.envelope import Envelope, read_envelope
from models.facts import Finding, Phase
from models.picture_look import UNFIT

SAVE_SECONDS: Final = 3600.0  # a reference that only adapts is written this often
FIRST_LOOKS: Final = 12  # while a reference is young each look is written
LEARN_EVERY: Final = 8  # looks of which one is a whole one and learnt from, later; the others are glances
AGENT: Final = "siteward"
COMMISSIONED: Final = "commissioned"
ACCEPTED: Final = "accepted"
RESET: Final = "reset"
REPAIRED: Final = "repaired"
SWAPPED: Final = "swapped"
WAITS: Final = "waits: "  # before the reason, of an epoch in which no picture was good enough to learn yet
REPLACED: Final = "REPLACED"
_TROUBLED: Final = frozenset({Phase.PENDING, Phase.OPEN, Phase.RECOVERING})
_REASONS: Final = {number: reason for reason, number in UNFIT.items()}
OF_PICTURES: Final = ("IMG_", "OSD_")
_SPOILING: Final = (*OF_PICTURES, "STREAM_LOSS", "STREAM_STALL")


class Shelf(Protocol):
    """Where references are kept: the agent's store."""

    def references(self, device: str = "") -> list[Page]:
        """Return all epochs, oldest first."""
        ...

    def keep_reference(self, page: Page) -> None:
        """Write an epoch, without being waited for."""
        ...

    def drop_references(self, device: str) -> None:
        """Remove a camera's epochs."""
        ...

    def begin_references(self, pages: list[Page], audit: list[AuditEntry], *, drop: str = "") -> None:
        """Begin new epochs."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the agent knows beside the picture. Each is asked at a look.

    Attributes:
        findings: device -> where each of its faults stands.
        sun: elevation of the sun in degrees at a time; None where the place of the site is not known.
        turns: device -> whether it can turn by itself.
        is_moving: device -> whether it says that it does now.
    """

    findings: Callable[[str], Iterable[Finding]] = lambda _device: ()
    sun: Callable[[float], float | None] = lambda _at: None
    turns: Callable[[str], bool] = lambda _device: False
    is_moving: Callable[[str], bool] = lambda _device: False


class PictureReferences:
    """The references of all cameras. Any thread may call.

    Args:
        shelf: keeps them.
        wall: Unix seconds.
        around: what is known beside the pictures.
    """

    def __init__(self, shelf: Shelf, *, wall: Callable[[], float], around: Surroundings) -> None:
        self._shelf, self._wall, self._around = shelf, wall, around
        self._lock = RLock()
        self._pages = {(page.device, page.part): page for page in shelf.references()}  # the newest wins
        self._last: dict[tuple[str, str], bytes] = {}
        self._looks: dict[tuple[str, str], int] = {}
        self._saved: dict[tuple[str, str], float] = {}

    def of(self, device: str, part: str) -> bytes:
        """Return what the worker is to know of a stream's picture."""
        with self._lock:
            key, findings = (device, part), tuple(self._around.findings(device))
            page = self._pages.get(key)
            if page and page.began < swapped_at(findings):
                self.begin(device, SWAPPED)
                page = self._pages[key]
            quiet = is_quiet(findings)
            head = {
                "sun": self._around.sun(self._wall()),
                "learn": quiet,
                "turn": not quiet or self._looks.get(key, 0) % LEARN_EVERY == 0,
            }
            if page is not None and page.why == ACCEPTED:
                head["accepted"] = True  # whatever it shows: somebody looked at it
            if self._around.turns(device):
                head |= {"turns": True, "moving": self._around.is_moving(device)}
            return Envelope(head, self._last.get(key, b""), page.blob if page else b"").pack()

    def learnt(self, device: str, part: str, blob: bytes) -> None:
        """Take in what a look taught; what cannot be read teaches nothing."""
        try:
            told = read_envelope(blob)
        except ValueError:
            return
        with self._lock:
            key, now = (device, part), self._wall()
            self._last[key] = told.last
            looks = self._looks[key] = self._looks.get(key, 0) + 1
            if told.head.get("learnt") is not True:
                self._wait(key, told.head.get("unfit"), now)
                return
            page = self._pages.get(key) or Page(device, part, 1, now, COMMISSIONED, AGENT, now)
            if page.why.startswith(WAITS):
                page = replace(page, began=now, why=COMMISSIONED)
            self._pages[key] = replace(page, updated=now, blob=told.book)
            if looks <= FIRST_LOOKS or now - self._saved.get(key, 0.0) >= SAVE_SECONDS:
                self._saved[key] = now
                self._shelf.keep_reference(self._pages[key])

    def _wait(self, key: tuple[str, str], unfit: object, now: float) -> None:
        """Note why a camera of which nothing is known waits to be commissioned, once for each reason."""
        reason = _REASONS.get(unfit) if isinstance(unfit, int) else None
        page = self._pages.get(key)
        if reason is None or (page is not None and (page.blob or page.why == WAITS + reason)):
            return
        if page is not None and not page.why.startswith((WAITS, COMMISSIONED)):
            return  # what an operator or a repair began keeps its name
        page = page or Page(*key, 1, now, "", AGENT, now)
        self._pages[key] = replace(page, why=WAITS + reason, updated=now)
        self._shelf.keep_reference(self._pages[key])

    def known(self, device: str = "") -> list[Page]:
        """Return the epochs that hold now, of one camera or of all."""
        with self._lock:
            return sorted(
                (page for page in self._pages.values() if device in {"", page.device}),
                key=lambda page: (page.device, page.part),
            )

    def accept(self, device: str, who: str) -> int:
        """Take what a camera shows now for what it should: a new epoch, the old ones are kept.

        Returns:
            How many streams begin anew; 0 where nothing was known of the camera.
        """
        return self.begin(device, ACCEPTED, who)

    def reset(self, device: str, who: str) -> int:
        """Forget all that is known of a camera's picture and begin anew; returns as `accept`."""
        return self.begin(device, RESET, who)

    def begin(self, device: str, why: str, who: str = AGENT) -> int:
        """Begin a new epoch of all streams of a camera; audited. Returns as `accept`."""
        with self._lock:
            now = self._wall()
            fresh = begun(self.known(device), why, who, now)
            if fresh:
                self._shelf.begin_references(
                    fresh, [audit_of(device, why, who, now)], drop=device if why == RESET else ""
                )
            for page in fresh:
                key = page.device, page.part
                self._pages[key] = page
                for store in (self._last, self._looks, self._saved):
                    store.pop(key, None)
            return len(fresh)

    def forget(self, device: str) -> None:
        """Forget a camera that left the inventory."""
        with self._lock:
            gone = [key for key in self._pages if key[0] == device]
            for key in gone:
                for store in (self._pages, self._last, self._looks, self._saved):
                    store.pop(key, None)
            if gone:
                self._shelf.drop_references(device)


def begun(pages: Iterable[Page], why: str, who: str, now: float) -> list[Page]:
    """Return the empty epochs that follow the newest ones."""
    newest = {(page.device, page.part): page for page in pages}
    return [Page(page.device, page.part, page.epoch + 1, now, why, who, now) for page in newest.values()]


def audit_of(device: str, why: str, who: str, now: float) -> AuditEntry:
    """Return the entry that says who began a new epoch, and why."""
    return AuditEntry(now, who, f"reference pictures {why}", f"device/{device}", 0)


def is_quiet(findings: Iterable[Finding]) -> bool:
    """Return whether no fault of the picture or its stream is pending, open or not yet surely gone."""
    return not any(one.phase in _TROUBLED and one.key.code.startswith(_SPOILING) for one in findings)


def swapped_at(findings: Iterable[Finding]) -> float:
    """Return since when another device stands in this one's place, 0 when none does."""
    return max(
        (one.since for one in findings if one.key.code == REPLACED and one.phase is Phase.OPEN), default=0.0
    )
