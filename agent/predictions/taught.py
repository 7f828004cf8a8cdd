"""The classifiers of disks and causes as `siteward train` makes them from many sites, and their cards."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from agent.predictions import arrays, causes, disks, seal
from agent.predictions.history import History

FILES: Final = "npz without pickles, signed manifest"
SCHEMAS: Final = {disks.NAME: disks.schema, causes.NAME: causes.schema}


def train(folder: Path, histories: Sequence[History], key: bytes, *, now: float) -> list[str]:
    """Learn, and write what was learnt; return what to say of it."""
    known = [one for one in histories if one.daily.days]
    days = [day for one in known for day in (one.daily.first, one.daily.next_day - 1)]
    span = [min(days, default=0), max(days, default=0)]
    told: dict[str, Any] = {"trained_at": now, "sites": len(known), "days": span}
    disk, failures = disks.train(known)
    said = []
    if disk is None:
        said.append(f"disks: {failures} failures known, {disks.LEAST} needed: rules and trends do their work")
    else:
        manifest = {**told, "schema": disks.schema(), "from": failures}
        arrays.save(folder, disks.NAME, disk.dump(), manifest, key)
        said.append(f"disks: learnt from {failures} failures")
    found = causes.train(known)
    if not found:
        said.append("causes: too few were confirmed on devices of one kind")
    else:
        cases = sum(one.cases for one in found.values())
        arrays.save(
            folder, causes.NAME, causes.dump(found), {**told, "schema": causes.schema(), "from": cases}, key
        )
        kinds = ", ".join(sorted(found))
        said.append(f"causes: learnt from {cases} confirmed cases of {kinds}")
    return said


def cards(folder: Path) -> list[dict[str, Any]]:
    """Return what is in use of each classifier, and why not a trained one."""
    return [_card(folder, name, schema()) for name, schema in SCHEMAS.items()]


def _card(folder: Path, name: str, schema: str) -> dict[str, Any]:
    card = {"name": name, "schema": schema, "files": FILES, "trained_at": None, "why_own": ""}
    try:
        _, manifest = arrays.load(folder, name, schema, seal.key_of(folder))
    except FileNotFoundError:
        return {**card, "why_own": "nothing was trained: learnt each night from what this site saw itself"}
    except seal.SealError as err:
        return {**card, "why_own": str(err)}
    return {**card, **{key: manifest[key] for key in ("trained_at", "sites", "days", "from")}}


def line(card: Mapping[str, Any]) -> str:
    """Return a card as a line of text."""
    if not card["trained_at"]:
        return f"{card['name']:<12} {card['why_own']}"
    first, last = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in card["days"])
    made = f"{datetime.fromtimestamp(card['trained_at'], UTC):%Y-%m-%d %H:%M} UTC"
    return (
        f"{card['name']:<12} trained {made} on {card['sites']} sites, "
        f"{first:%Y-%m-%d} to {last:%Y-%m-%d}, from {card['from']} cases; "
        f"{card['files']}; schema {card['schema']}"
    )
