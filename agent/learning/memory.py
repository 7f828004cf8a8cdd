"""What was learnt, to disk and back: one npz without pickles, replaced whole, refused when strange."""

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MAKE: Final = "siteward-learning-3"  # changes whenever the arrays change their meaning
# Earlier makes: how the names of arrays begin that mean something else now; the rest is as it was.
EARLIER: Final = {"siteward-learning-2": ("anomaly_",)}

State = Mapping[str, NDArray[Any]]


class StrangeState(Exception):
    """The file is not what this version writes; the message says how."""


def save(path: Path, state: State) -> None:
    """Write arrays; a kill at any moment leaves the old file or the new one."""
    new = path.with_suffix(".new")
    with new.open("wb") as file:
        np.savez(file, make=np.array(MAKE), **state)  # type: ignore[arg-type]
        file.flush()
        os.fsync(file.fileno())
    new.chmod(0o600)
    new.replace(path)


def load(path: Path) -> dict[str, NDArray[Any]] | None:
    """Return what `save` wrote, of an earlier make without what it cannot tell; None where there is no file.

    Raises:
        StrangeState: it is damaged, or of another version.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            found = {name: file[name] for name in file.files}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as err:
        raise StrangeState(f"{path} cannot be read: {err}") from err
    make = str(found.pop("make", ""))
    if make in EARLIER:
        return {name: array for name, array in found.items() if not name.startswith(EARLIER[make])}
    if make != MAKE:
        raise StrangeState(f"{path} was written by another version ({make or 'unknown'}, not {MAKE})")
    return found


def part(state: State, prefix: str) -> dict[str, NDArray[Any]]:
    """Return the arrays of one part of a state, without their prefix."""
    return {name.removeprefix(prefix): array for name, array in state.items() if name.startswith(prefix)}
