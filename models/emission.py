"""What becomes of incidents before people hear of them: predictions converted, news held back and let go.

Watch ─▶ Changes ─┐           ┌─ held back, looked at again
learned models ───┴─▶ Gate ───┴─▶ Foresight ─▶ Changes that are told: ledger, helpdesk, broker
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from models.facts import FaultKey, Finding, Incident, Prediction
from models.foresight import Foresight, Told
from models.gate import Gate, Limits, Note, Passed
from models.quiet import Site, Window
from models.watch import Changes

EMISSION: Final = "@emission"  # the name of its state beside the devices'


class Emission:
    """Stands between the watch and the tickets of one site. Holds no clock.

    Args:
        site: the first part of every key.
        limits: how much people are told.
    """

    def __init__(self, site: str, limits: Limits | None = None) -> None:
        self._foresight = Foresight(site)
        self.gate = Gate(site, limits or Limits())

    def predictions(self) -> tuple[Incident, ...]:
        """Return the predictions that stand."""
        return self._foresight.incidents()

    def tell(self, changes: Changes, at: float) -> Changes:
        """Take what the watch says; return what is told of it."""
        return self._pass(changes.findings, changes.opened, changes.updated, changes.closed, at)

    def step(self, at: float) -> Changes:
        """Let time pass: windows end, grace ends, a day's share is there again. Once a second is plenty."""
        out = Passed()
        self.gate.step(at, out)
        return self._converted((), out, at)

    def predict(self, predictions: Iterable[Prediction], faults: Collection[FaultKey], at: float) -> Changes:
        """Take all predictions that stand now; `faults` are those that are open. Return what is told."""
        told = self._foresight.take(predictions, faults, at)
        return self._pass((), told.opened, told.updated, told.closed, at)

    def keep_devices(self, devices: Collection[str], scene: Site, at: float) -> Changes:
        """Take the ids of the devices that count; what was predicted of others ends."""
        self.gate.scene = scene
        self.gate.keep_devices(devices, at)
        told: Told = self._foresight.keep_devices(devices, at)
        return self._pass((), told.opened, told.updated, told.closed, at)

    def set_windows(self, windows: Iterable[Window]) -> None:
        """Take all maintenance windows and silences."""
        self.gate.windows = tuple(windows)

    def take_notes(self) -> list[Note]:
        """Return what is to be written into the audit log, once."""
        notes, self.gate.notes = self.gate.notes, []
        return notes

    def _pass(
        self,
        findings: tuple[Finding, ...],
        opened: Iterable[Incident],
        updated: Iterable[Incident],
        closed: Iterable[Incident],
        at: float,
    ) -> Changes:
        out = Passed()
        for incident in closed:
            self.gate.close(incident, at, out)
        for incident in opened:
            self.gate.open(incident, at, out)
        for incident in updated:
            self.gate.update(incident, out)
        return self._converted(findings, out, at)

    def _converted(self, findings: tuple[Finding, ...], out: Passed, at: float) -> Changes:
        """Let the tickets of predictions that came true go on."""
        opened: list[Incident] = []
        closed = list(out.closed)
        for incident in out.opened:
            came, true = self._foresight.convert(incident, at)
            ended = Passed()
            for one in true:
                self.gate.close(one, at, ended)
            opened.append(came)
            closed += ended.closed
        return Changes(findings, tuple(opened), tuple(out.updated), tuple(closed))

    def dump(self) -> dict[str, Any]:
        """Return the state as plain data."""
        return {"foresight": self._foresight.dump(), "gate": self.gate.dump()}

    def load(self, data: Mapping[str, Any], incidents: Iterable[Incident]) -> None:
        """Take up what `dump` gave; `incidents` are those of the watch that are open.

        Raises:
            KeyError, TypeError, ValueError: the data is of another make.
        """
        self._foresight.load(data["foresight"])
        self.gate.load(data["gate"], (*incidents, *self._foresight.incidents()))
