"""The model of wear: for each component how far its forecasts may be off, learnt from histories.

Plain numbers in a signed file. What does not match (seal, version, table of components) is refused, and the
shipped defaults do its work. Nothing in the file is ever run.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from agent.predictions import seal
from models.learning.components import COMPONENTS
from models.learning.conformal import NO_BAND, Band

MODEL_FILE: Final = "wear-model.json"
FORMAT: Final = 1
DEFAULT_ID: Final = "wear/1 defaults"


@dataclass(frozen=True, slots=True)
class Model:
    """What was learnt. `why_default`: why the shipped defaults are in use, "" while a trained model is.

    Attributes:
        id: name and version.
        bands: component -> factors on a forecast time left.
        trained_at: Unix seconds.
        first_day, last_day: of the histories, days since 1970.
        units: component -> how many units came to their end or far enough to check forecasts.
        sites: how many sites' histories.
    """

    id: str = DEFAULT_ID
    bands: Mapping[str, Band] = field(default_factory=dict)
    trained_at: float = 0.0
    first_day: int = 0
    last_day: int = 0
    units: Mapping[str, int] = field(default_factory=dict)
    sites: int = 0
    why_default: str = ""

    def band(self, component: str) -> Band:
        """Return the band of a component."""
        return self.bands.get(component, NO_BAND)


def schema_hash() -> str:
    """Return what a model must have been trained for: components, metrics, scales and limits."""
    return sha256(repr(sorted(COMPONENTS.items())).encode()).hexdigest()[:16]


def save(folder: Path, model: Model, key: bytes) -> None:
    """Write a model with its manifest."""
    bands = {name: [band.low, band.high, band.units] for name, band in model.bands.items()}
    seal.write(
        folder / MODEL_FILE,
        {
            "format": FORMAT,
            "schema": schema_hash(),
            "id": model.id,
            "bands": bands,
            "trained_at": model.trained_at,
            "days": [model.first_day, model.last_day],
            "units": dict(model.units),
            "sites": model.sites,
        },
        key,
    )


def load(folder: Path, key: bytes) -> Model:
    """Return the trained model, or the shipped defaults and why."""
    try:
        data = seal.read(folder / MODEL_FILE, key)
        return Model(why_default="nothing was trained yet") if data is None else _checked(data)
    except seal.SealError as err:
        return Model(why_default=str(err))
    except (KeyError, TypeError, ValueError):
        return Model(why_default=f"{folder / MODEL_FILE} has not the form of a model: train anew")


def _checked(data: Any) -> Model:
    if data["format"] != FORMAT or data["schema"] != schema_hash():
        return Model(why_default="it was trained for another version of Siteward: train anew")
    bands = {name: Band(*map(float, row)) for name, row in data["bands"].items()}
    if not all(0 < band.low <= 1 <= band.high for band in bands.values()):
        raise ValueError("a band does not hold its own forecast")
    first, last = data["days"]
    return Model(
        id=str(data["id"]), bands=bands, trained_at=float(data["trained_at"]), first_day=int(first),
        last_day=int(last), units={name: int(n) for name, n in data["units"].items()},
        sites=int(data["sites"]),
    )  # fmt: skip
