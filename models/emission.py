"""What becomes of incidents before people hear of them: predictions converted, news held back and let go.

Watch ─▶ Changes ─┐
learned models ───┴─▶ Emission ─▶ Changes that are told: ledger, helpdesk, broker
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from models.facts import FaultKey, Incident, Prediction
from models.foresight import Foresight, Told
from models.watch import Changes

EMISSION: Final = "@emission"  # the name of its state beside the devices'


class Emission:
    """Stands between the watch and the tickets of one site. Holds no clock.

    Args:
        site: the first part of every key.
    """

    def __init__(self, site: str) -> None:
        self._foresight = Foresight(site)

    def predictions(self) -> tuple[Incident, ...]:
        """Return the predictions that stand."""
        return self._foresight.incidents()

    def tell(self, changes: Changes, at: float) -> Changes:
        """Take what the watch says; return what is told of it."""
        opened: list[Incident] = []
        closed = list(changes.closed)
        for incident in changes.opened:
            came, true = self._foresight.convert(incident, at)
            opened.append(came)
            closed += true
        return Changes(changes.findings, tuple(opened), changes.updated, tuple(closed))

    def predict(self, predictions: Iterable[Prediction], faults: Collection[FaultKey], at: float) -> Changes:
        """Take all predictions that stand now; `faults` are those that are open. Return what is told."""
        return _changes(self._foresight.take(predictions, faults, at))

    def keep_devices(self, devices: Collection[str], at: float) -> Changes:
        """Take the ids of the devices that count; what was predicted of others ends."""
        return _changes(self._foresight.keep_devices(devices, at))

    def dump(self) -> dict[str, Any]:
        """Return the state as plain data."""
        return {"foresight": self._foresight.dump()}

    def load(self, data: Mapping[str, Any]) -> None:
        """Take up what `dump` gave.

        Raises:
            KeyError, TypeError, ValueError: the data is of another make.
        """
        self._foresight.load(data["foresight"])


def _changes(told: Told) -> Changes:
    return Changes((), tuple(told.opened), tuple(told.updated), tuple(told.closed))
