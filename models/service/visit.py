"""What is left for hands: the list a visit follows, place by place, with tools and parts to take along."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from models.facts import Device
from models.faults import FAULTS, advice_for
from models.service.inspection import Entry, Outcome
from models.service.plans import Item, Plan
from models.words import Words


@dataclass(frozen=True, slots=True)
class Chore:
    """One thing to do at one device (or at the site: device None)."""

    item: Item
    entry: Entry
    device: Device | None
    tools: tuple[Words, ...]
    parts: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """One place of a visit; "" is the site as a whole."""

    place: str
    chores: tuple[Chore, ...]


def residue(
    plan: Plan,
    entries: Iterable[Entry],
    devices: Mapping[str, Device],
    answered: Iterable[tuple[str, str]] = (),
) -> list[Stop]:
    """Return what is left to do by place: all that no evidence passed and nobody has answered yet."""
    items = {item.id: item for item in plan.items}
    done = set(answered)
    stops: dict[str, list[Chore]] = {}
    for entry in entries:
        item = items.get(entry.item)
        if entry.outcome is Outcome.PASSED or item is None or (entry.item, entry.device) in done:
            continue
        device = devices.get(entry.device)
        parts = (*item.parts, *_parts(entry, device))
        chore = Chore(item, entry, device, item.tools, tuple(dict.fromkeys(parts)))
        stops.setdefault(device.place if device else "", []).append(chore)
    return [Stop(place, tuple(chores)) for place, chores in sorted(stops.items())]


def kit(stops: Iterable[Stop]) -> tuple[tuple[Words, ...], tuple[Words, ...]]:
    """Return all tools and all parts of a visit, each once, in the order of their first use."""
    chores = [chore for stop in stops for chore in stop.chores]
    tools = dict.fromkeys(tool for chore in chores for tool in chore.tools)
    return tuple(tools), tuple(dict.fromkeys(part for chore in chores for part in chore.parts))


def _parts(entry: Entry, device: Device | None) -> tuple[Words, ...]:
    fault = FAULTS.get(str(entry.facts.get("fault", "")))
    if fault is None or entry.outcome is not Outcome.FAILED:
        return ()
    return advice_for(fault, device).parts
