"""What the classifiers say at night, of disks and of probable causes; what none of them can say, and why.

A model comes from `siteward train` (many sites' histories); where there is none, from what this site itself
has seen. Where that is too little nothing is said: rules and trends do the work.
"""

from dataclasses import dataclass
from pathlib import Path

from agent.predictions import arrays, causes, disks, seal
from agent.predictions.history import History
from models.facts import Cause
from models.learning.causes import FEWEST
from models.learning.disks import DiskModel


@dataclass(frozen=True, slots=True)
class Classified:
    """What a night's classifiers found; `missing`: what could not be said, as messages."""

    disks: disks.Outlook
    suggestions: causes.Suggestions
    missing: tuple[Cause, ...]


def classify(folder: Path, history: History, key: bytes) -> Classified:
    """Judge the disks and work out the causes of today."""
    missing: list[Cause] = []
    outlook = _disks(folder, history, key, missing)
    models = _causes(folder, history, key, missing)
    return Classified(outlook, causes.suggest(models, history), tuple(missing))


def _disks(folder: Path, history: History, key: bytes, missing: list[Cause]) -> disks.Outlook:
    if not any(name in history.daily.values for name in disks.SMART.values()):
        return disks.Outlook()  # nothing is told of any disk: nothing is missing either
    model: DiskModel | None = None
    try:
        model = DiskModel.load(arrays.load(folder, disks.NAME, disks.schema(), key)[0])
    except FileNotFoundError:
        model, known = disks.train([history])
        if model is None:
            missing.append(Cause("foresee.no_disk_model", {"known": known, "least": disks.LEAST}))
    except (seal.SealError, KeyError, ValueError) as err:
        missing.append(Cause("foresee.model_refused", {"why": str(err)}))
    if model is None:
        return disks.Outlook()
    outlook = disks.judge(model, history)
    missing.extend(
        Cause("foresee.disk_outside", {"device": one.row[0], "disk": one.row[1]})
        for one in outlook.disks
        if one.probability is None
    )
    return outlook


def _causes(folder: Path, history: History, key: bytes, missing: list[Cause]) -> dict[str, causes.KindModel]:
    models = causes.train([history])
    try:
        trained = causes.load(arrays.load(folder, causes.NAME, causes.schema(), key)[0])
    except FileNotFoundError:
        trained = {}
    except (seal.SealError, KeyError, ValueError) as err:
        trained = {}
        missing.append(Cause("foresee.model_refused", {"why": str(err)}))
    # What this site itself confirmed fits it better, once there is as much of it.
    found = {
        kind: max((one for one in (models.get(kind), trained.get(kind)) if one), key=lambda one: one.cases)
        for kind in models.keys() | trained.keys()
    }
    if not found:
        missing.append(Cause("foresee.no_cause_model", {"least": FEWEST}))
    return found
