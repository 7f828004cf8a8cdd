"""What people do in the story: a technician repairs, an inspector signs, the desk calls back."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from agent.service import followup, handover, record
from agent.service.book import Answer, PartUse
from agent.store.records import DAY
from models.facts import FaultKey
from models.service.inspection import Outcome
from models.service.rounds import Month
from models.service.workorder import NotAllowed, State

if TYPE_CHECKING:
    from agent.demo.quarter.fleet import Happening
    from agent.demo.quarter.life import Life

CODES: Final = {
    "off": ("REACH_LOST", ""),
    "black": ("IMG_BLACK", "main"),
    "stream": ("STREAM_LOST", ""),
    "clock": ("CLOCK_OFFSET", ""),
    "disk": ("DISK_FAILED", "2"),
    "mains": ("POWER_BATTERY", ""),
}
TECHNICIAN: Final = "A. Technician"
DESK: Final = "Service desk"
CUSTOMER: Final = "Site operator"
_PARTS: Final = {"DISK": "8 TB surveillance disk", "POWER_SUPPLY": "PoE injector", "CABLE": "Patch cable"}


@dataclass(frozen=True, slots=True)
class Repair:
    """How a happening is dealt with: hours after its beginning; `false_after`: says so too early."""

    arrives: float
    false_after: float | None = None
    closes: bool = True


def key_of(life: "Life", happening: "Happening") -> str:
    """Return the incident's key that a happening leads to."""
    code, part = CODES[happening.what]
    return f"{life.config.site}/{FaultKey(happening.device, part, code)}"


def reference_of(life: "Life", happening: "Happening") -> str:
    """Return the reference of its newest work order, "" where none was made."""
    sheet = life.store.order(key_of(life, happening))
    return sheet.order.reference if sheet else ""


def move(life: "Life", happening: "Happening", to: State, *, why: str = "") -> None:
    """Let the technician lead the order on; what it does not allow is left."""
    reference = reference_of(life, happening)
    try:
        if reference:
            life.orders.move(reference, to, who=TECHNICIAN, why=why, now=life.at)
    except NotAllowed:
        return


def write_up(life: "Life", happening: "Happening") -> None:
    """Confirm the cause and fill the form."""
    reference = reference_of(life, happening)
    if not reference:
        return
    try:
        life.orders.confirm(reference, happening.cause, who=TECHNICIAN, now=life.at)
    except NotAllowed:
        return
    fields = {
        "technician": TECHNICIAN,
        "arrived": "yes",
        "work": f"{happening.cause.replace('_', ' ').lower()}: repaired, tested",
        "customer": CUSTOMER,
    }
    life.book.fill(reference, fields, TECHNICIAN, life.at)
    if happening.cause in _PARTS:
        life.book.use(PartUse(reference, _PARTS[happening.cause], 1, TECHNICIAN, life.at))


def hand_over(life: "Life") -> None:
    """Freeze the baseline."""
    values = handover.collect(life.store, life.fleet.devices, life.at, days=4)
    handover.freeze(
        life.book, values, who=CUSTOMER, note="acceptance", now=life.at, devices=len(life.fleet.devices)
    )


def inspect(life: "Life", plan: str, due: str) -> None:
    """Make a record, answer what is for hands, and sign it."""
    contract, zone = life.config.contract, life.config.zone
    plans = record.load_plans(contract)
    made = record.make(
        life.store, life.book, contract, plans[plan], life.fleet.devices, now=life.at, zone=zone,
        seed=f"{plan}/{due}/story", due=Month.parse(due),
    )  # fmt: skip
    made = record.keep(life.book, made)
    for entry in made.entries:
        if entry.outcome is Outcome.MANUAL:
            life.book.answer(made.number, Answer(entry.item, entry.device, life.at, TECHNICIAN, good=True))
    life.book.sign(made.number, life.at, TECHNICIAN, CUSTOMER)


def call_back(life: "Life", *, satisfied: bool) -> None:
    """Draw, and do the calls that are due."""
    zone = life.config.zone
    for month in followup.months_to_draw(life.at, zone):
        followup.add_call(life.book, month, zone)
        followup.draw_month(life.store, life.book, life.config.contract, month, now=life.at, zone=zone)
    for task in life.book.tasks():
        if task.kind == followup.CALL and task.done_at is None and task.due - life.at < 5 * DAY:
            life.book.do_task(task.name, life.at, DESK, satisfied=None, note="no complaints; visit agreed")
        elif task.kind == followup.FOLLOW_UP and task.done_at is None:
            note = "" if satisfied else "waited too long for the repair"
            life.book.do_task(task.name, life.at, DESK, satisfied=satisfied, note=note)
