"""Secrets come by reference, never in the clear: `${file:PATH}`, `${env:NAME}` or `${credential:NAME}`.

`credential` is systemd's LoadCredential: a file in `$CREDENTIALS_DIRECTORY` that only the service can read.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from models.facts import Secret

_REFERENCE: Final = re.compile(r"\$\{(file|env|credential):([^}]+)\}")
HINT: Final = "write ${file:PATH}, ${env:NAME} or ${credential:NAME}"


class SecretError(ValueError):
    """A secret could not be had; the message names the reference, never the secret."""


def resolve(reference: str, *, base: Path, environ: Mapping[str, str]) -> Secret:
    """Fetch the secret that a reference points to.

    Args:
        reference: `${file:PATH}` (relative to `base`), `${env:NAME}` or `${credential:NAME}`.
        base: folder of the file the reference stands in.
        environ: the process environment.

    Raises:
        SecretError: not a reference, or what it points to is missing, unreadable or empty.
    """
    match = _REFERENCE.fullmatch(reference.strip())
    if match is None:
        raise SecretError(f"a secret must not stand in the file itself: {HINT}")
    sources: dict[str, Callable[[str], str]] = {
        "file": lambda name: _read(base / name, reference),
        "env": lambda name: _from_environment(name, environ),
        "credential": lambda name: _read(_credentials(environ, reference) / name, reference),
    }
    text = sources[match[1]](match[2])
    if not text:
        raise SecretError(f"{reference} is empty")
    return Secret(text)


def _from_environment(name: str, environ: Mapping[str, str]) -> str:
    if name not in environ:
        raise SecretError(f"environment variable {name} is not set")
    return environ[name]


def _credentials(environ: Mapping[str, str], reference: str) -> Path:
    folder = environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise SecretError(f"{reference} needs systemd's LoadCredential: $CREDENTIALS_DIRECTORY is not set")
    return Path(folder)


def _read(path: Path, reference: str) -> str:
    try:
        return path.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as err:
        reason = err.strerror if isinstance(err, OSError) else "not UTF-8 text"
        raise SecretError(f"{reference} cannot be read: {reason}") from None
