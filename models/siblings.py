"""What the site's other cameras show now: fog before one lens is water, before all of them it is fog."""

from typing import Final

from models.facts import Report
from models.metrics import PICTURE_FAULT, PICTURE_SURE

FEWEST: Final = 3  # cameras beside this one, below which a site says nothing
LEAST_HITS: Final = 2
_CODES: Final = {metric.name: code for code, metric in PICTURE_SURE.items()}


class Siblings:
    """The newest picture of each camera, as the codes that are plausible in it."""

    def __init__(self) -> None:
        self._shown: dict[str, tuple[float, frozenset[str]]] = {}

    def note(self, report: Report, sure: float) -> None:
        """Take in a report; what says nothing of a picture changes nothing.

        Args:
            report: of one device; a recorder counts as one camera.
            sure: confidence from which on a fault counts as shown.
        """
        if not any(one.metric is PICTURE_FAULT for one in report.readings):
            return
        codes = frozenset(
            _CODES[one.metric.name]
            for one in report.readings
            if one.metric.name in _CODES and not isinstance(one.value, str) and one.value >= sure
        )
        self._shown[report.device] = report.at, codes

    def forget(self, device: str) -> None:
        """Forget a device that left the inventory."""
        self._shown.pop(device, None)

    def share(self, code: str, device: str, at: float, within: float) -> float:
        """Return the share of the other cameras that show a fault, 0 where too few were looked at of late.

        Args:
            code: of the fault.
            device: who asks, and is left out.
            at: now.
            within: seconds; older looks do not count.
        """
        others = [
            codes for id_, (seen, codes) in self._shown.items() if id_ != device and abs(at - seen) <= within
        ]
        hits = sum(code in codes for codes in others)
        return hits / len(others) if len(others) >= FEWEST and hits >= LEAST_HITS else 0.0
