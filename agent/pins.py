"""The certificates of devices, pinned at first use: one small JSON file in the state folder.

`siteward trust` takes a pin away; the running agent notices by the file's age, so that nothing has to be
restarted. A file that cannot be read is an error to be told, never a reason to trust anybody anew.
"""

import json
import os
import tempfile
import threading
from pathlib import Path
from typing import Final

PINS_FILE: Final = "tls_pins.json"


class PinsError(ValueError):
    """The file of pins cannot be used; the message says which and why."""


class FilePins:
    """Pins in a file, `{"device host:port": "sha-256 in hex"}`. Thread-safe.

    Args:
        path: the file; made at the first pin.
        keeps: whether new pins are written down; a probe only looks.
    """

    def __init__(self, path: Path, *, keeps: bool = True) -> None:
        self._path = path
        self._keeps = keeps
        self._lock = threading.Lock()
        self._pins: dict[str, str] = {}
        self._seen: int | None = None

    def get(self, key: str) -> str:
        """Return what is pinned, "" when nothing is.

        Raises:
            PinsError: the file is there and cannot be read.
        """
        with self._lock:
            self._refresh()
            return self._pins.get(key, "")

    def keep(self, key: str, fingerprint: str) -> None:
        """Pin a certificate.

        Raises:
            PinsError: the file cannot be written.
        """
        with self._lock:
            self._refresh()
            self._pins[key] = fingerprint
            if self._keeps:
                self._write()

    def drop(self, device_id: str) -> int:
        """Forget the pins of a device, at whatever address; return how many there were.

        Raises:
            PinsError: the file cannot be read or written.
        """
        with self._lock:
            self._refresh()
            gone = [key for key in self._pins if key.partition(" ")[0] == device_id]
            for key in gone:
                del self._pins[key]
            if gone:
                self._write()
            return len(gone)

    def _refresh(self) -> None:
        try:
            stamp = self._path.stat().st_mtime_ns
        except FileNotFoundError:
            return
        except OSError as err:
            raise PinsError(f"{self._path} cannot be read: {err.strerror}") from err
        if stamp == self._seen:
            return
        try:
            read = json.loads(self._path.read_text(encoding="utf-8"))
            self._pins = {str(key): str(value) for key, value in read.items()}
        except (OSError, ValueError, AttributeError) as err:
            raise PinsError(f"{self._path} is damaged: mend or remove it; all devices are new then") from err
        self._seen = stamp

    def _write(self) -> None:
        try:
            number, name = tempfile.mkstemp(dir=self._path.parent, prefix=".pins-")
            with os.fdopen(number, "w", encoding="utf-8") as out:
                json.dump(self._pins, out, indent=1, sort_keys=True)
            Path(name).replace(self._path)
            self._seen = self._path.stat().st_mtime_ns
        except OSError as err:
            raise PinsError(f"{self._path} cannot be written: {err.strerror}") from err
