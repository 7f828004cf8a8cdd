"""The book of event subscriptions on disk: a line for each change; a kill loses at most the last one."""

import json
import logging
import os
from dataclasses import asdict
from pathlib import Path
from typing import Final

from collectors.onvif.events.book import Kept

log = logging.getLogger(__name__)

MOST_LINES: Final = 20_000  # then it is written anew, with only what still counts


class FileBook:
    """Keeps subscriptions in a file; where that cannot be written, in memory only.

    Args:
        path: the file; a damaged line of it is left out.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: dict[str, Kept] = {}
        self._lines = 0
        self._is_warned = False
        self._read()
        self._rewrite()

    def get(self, device: str) -> Kept | None:
        """Return what is kept of a device."""
        return self._kept.get(device)

    def put(self, device: str, kept: Kept | None) -> None:
        """Keep a subscription; None: there is none any more."""
        if self._kept.get(device) == kept:
            return
        if kept is None:
            del self._kept[device]
        else:
            self._kept[device] = kept
        if self._lines >= MOST_LINES:
            self._rewrite()
        else:
            self._append(_line(device, kept))

    def devices(self) -> tuple[str, ...]:
        """Return the devices that something is kept of."""
        return tuple(self._kept)

    def _read(self) -> None:
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return
        for line in lines:
            try:
                told = json.loads(line)
                device, kept = str(told["device"]), told["kept"]
                if kept is None:
                    self._kept.pop(device, None)
                else:
                    self._kept[device] = Kept(**{name: type_(kept[name]) for name, type_ in _FIELDS.items()})
            except (ValueError, KeyError, TypeError):
                continue

    def _append(self, line: str) -> None:
        self._lines += 1
        try:
            with open(self._path, "a", encoding="utf-8", opener=_private) as file:
                file.write(line)
        except OSError as err:
            self._warn(err)

    def _rewrite(self) -> None:
        new = self._path.with_suffix(".new")
        try:
            with open(new, "w", encoding="utf-8", opener=_private) as file:
                file.writelines(_line(device, kept) for device, kept in self._kept.items())
            new.replace(self._path)
        except OSError as err:
            self._warn(err)
        self._lines = len(self._kept)

    def _warn(self, err: OSError) -> None:
        if not self._is_warned:
            self._is_warned = True
            log.warning(
                "event subscriptions are kept in memory only: %s: %s", self._path, err.strerror or err
            )


_FIELDS: Final = {"host": str, "port": int, "address": str, "reference": str}


def _line(device: str, kept: Kept | None) -> str:
    return json.dumps({"device": device, "kept": asdict(kept) if kept else None}, ensure_ascii=False) + "\n"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
