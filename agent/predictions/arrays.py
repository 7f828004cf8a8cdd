"""Models that are arrays: an npz without pickles, and a signed manifest that says what it holds.

What does not match (seal, digest, schema, format) is refused, and rules do its work.
"""

import io
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from agent.predictions import seal

FORMAT: Final = 1
Arrays = Mapping[str, NDArray[Any]]


def save(folder: Path, name: str, arrays: Arrays, manifest: Mapping[str, Any], key: bytes) -> None:
    """Write a model; a kill in between leaves the old one, or one that is refused."""
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    body = file.getvalue()
    path = folder / f"{name}.npz"
    draft = path.with_suffix(".draft")
    draft.write_bytes(body)
    draft.chmod(0o600)
    draft.replace(path)
    told = {**manifest, "format": FORMAT, "sha256": sha256(body).hexdigest()}
    seal.write(folder / f"{name}.json", told, key)


def load(folder: Path, name: str, schema: str, key: bytes) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the arrays and the manifest.

    Raises:
        FileNotFoundError: nothing was trained.
        seal.SealError: it is damaged, of another make, or not this site's; the message says which.
    """
    manifest = seal.read(folder / f"{name}.json", key)
    if manifest is None:
        raise FileNotFoundError(name)
    path = folder / f"{name}.npz"
    try:
        body = path.read_bytes()
        if manifest["format"] != FORMAT or manifest["schema"] != schema:
            raise seal.SealError(f"{path} was trained for another version of Siteward: train anew")
        if manifest["sha256"] != sha256(body).hexdigest():
            raise seal.SealError(f"{path} is not what its manifest says: it is not used")
        with np.load(io.BytesIO(body), allow_pickle=False) as file:
            return {one: file[one] for one in file.files}, manifest
    except (OSError, KeyError, TypeError, ValueError, EOFError, BadZipFile):
        raise seal.SealError(f"{path} is damaged: it is not used") from None
