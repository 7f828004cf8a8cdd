"""Are the disks well? Fill alone is no fault: a recorder that overwrites its oldest video is always full."""

from collections.abc import Iterator
from typing import Final

from models.facts import Health, Verdict
from models.metrics import DISK_OK, DISK_SIZE
from models.view import View

METRICS: Final = frozenset({DISK_OK.name, DISK_SIZE.name})


def failed(view: View) -> Iterator[Verdict]:
    """DISK_FAILED, for each disk whose state the device tells."""
    for part in view.parts(DISK_OK):
        state = view.number(DISK_OK, part)
        if state is None:
            continue
        size = view.number(DISK_SIZE, part)
        health = Health.GOOD if state.value == 1 else Health.BAD
        detail = "disk.well" if state.value == 1 else "disk.failed_of_size" if size else "disk.failed"
        facts = {"size": size.value} if size else {}
        yield view.verdict("DISK_FAILED", health, part, detail, state.at, disk=part, **facts)
