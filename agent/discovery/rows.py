"""Found devices as rows of `devices.csv`: ids that are free, what they probably hang on, what they are."""

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from agent.discovery.onboard import Candidate
from agent.inventory import COLUMNS
from models.facts import Device, Kind

_PREFIX: Final = {Kind.NVR: "nvr", Kind.MONITOR: "mon"}


def rows(
    candidates: Iterable[Candidate],
    *,
    taken: Collection[str],
    login: str,
    parents: Mapping[str, str],
    columns: Sequence[str] = tuple(COLUMNS),
) -> list[dict[str, str]]:
    """Return a row for each device that was not known.

    Args:
        candidates: the new devices.
        taken: ids that are in use.
        login: name of the login in `site.yaml`, "" for none.
        parents: address -> id of the switch it was seen on.
        columns: of the inventory.
    """
    used = set(taken)
    made = []
    for one in candidates:
        id_ = _free(one, used)
        used.add(id_)
        cells = {
            "id": id_,
            "kind": one.kind.value,
            "host": one.found.address,
            "name": one.found.name or one.told("model") or id_,
            "place": one.found.location,
            "parent": parents.get(one.found.address, ""),
            "login": login if one.login == "accepted" else "",
            "onvif_port": str(one.port) if one.port else "",
            "tls": "pin" if one.tls else "",
        }
        made.append({column: cells.get(column, "") for column in columns})
    return made


def as_csv(made: Sequence[Mapping[str, str]]) -> str:
    """Return rows as CSV with a heading, fit to be put under `devices.csv`."""
    out = io.StringIO()
    table = csv.DictWriter(out, fieldnames=list(COLUMNS), lineterminator="\n")
    table.writeheader()
    table.writerows({column: _harmless(row.get(column, "")) for column in COLUMNS} for row in made)
    return out.getvalue()


def _harmless(cell: str) -> str:
    """A spreadsheet would run what begins like a formula, and a device says its own name."""
    return "'" + cell if cell[:1] in {"=", "+", "-", "@"} else cell


def _free(one: Candidate, used: Collection[str]) -> str:
    stem = f"{_PREFIX.get(one.kind, 'cam')}-{'-'.join(one.found.address.split('.')[-2:])}"
    numbered = (f"{stem}-{n}" for n in range(2, 10_000))
    return stem if stem not in used else next(id_ for id_ in numbered if id_ not in used)


def known(devices: Iterable[Device]) -> dict[str, Device]:
    """Return address -> device of an inventory."""
    return {device.host: device for device in devices}
