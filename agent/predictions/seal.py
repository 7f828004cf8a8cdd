"""Files that only this site wrote: JSON beside its HMAC-SHA256, by a key that never leaves the state folder.

A file that was changed, or comes from elsewhere, is refused: the reader goes on without it.
"""

import hmac
import json
import os
import secrets
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

KEY_FILE: Final = "seal.key"
KEY_BYTES: Final = 32


class SealError(Exception):
    """A file cannot be believed; the message says which and what to do."""


def key_of(folder: Path) -> bytes:
    """Return the site's key; made at the first use, readable by the agent only.

    Raises:
        SealError: it is damaged, or cannot be made.
    """
    path = folder / KEY_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = path.read_bytes()
        if len(key) != KEY_BYTES:
            raise SealError(f"{path} is damaged: remove it; models and forecasts begin anew") from None
        return key
    except OSError as err:
        raise SealError(f"{path} cannot be written: {err.strerror}") from None
    with os.fdopen(handle, "wb") as file:
        key = secrets.token_bytes(KEY_BYTES)
        file.write(key)
    return key


def write(path: Path, data: Any, key: bytes) -> None:
    """Write data with its seal; a reader sees the old file or the new one, never half of one."""
    body = json.dumps(data, sort_keys=True, ensure_ascii=False, allow_nan=False)
    sealed = {"seal": _seal(path.name, body, key), "body": body}
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(sealed), encoding="utf-8")
    draft.chmod(0o600)
    draft.replace(path)


def read(path: Path, key: bytes) -> Any:
    """Return what was written; None where there is no file.

    Raises:
        SealError: it was changed, is damaged, or was not written by this site.
    """
    try:
        sealed = json.loads(path.read_text(encoding="utf-8"))
        body, seal = str(sealed["body"]), str(sealed["seal"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        raise SealError(f"{path} is damaged: it is not used") from None
    if not hmac.compare_digest(seal, _seal(path.name, body, key)):
        raise SealError(f"{path} was not written by this site, or was changed: it is not used")
    return json.loads(body)


def _seal(name: str, body: str, key: bytes) -> str:
    return hmac.new(key, f"{name}\n{body}".encode(), sha256).hexdigest()
