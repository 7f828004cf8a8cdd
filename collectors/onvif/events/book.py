"""Where a subscription's address is kept, so that it outlives the agent."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Kept:
    """A subscription at a device.

    `host` and `port` say whose it is: at another address there is another device. `address`: as the device
    told it. `reference`: WS-Addressing reference parameters as XML, which must come back with every request.
    """

    host: str
    port: int
    address: str
    reference: str = ""


class Book(Protocol):
    """Remembers one subscription a device. The agent's is a file."""

    def get(self, device: str) -> Kept | None:
        """Return what is kept of a device."""
        ...

    def put(self, device: str, kept: Kept | None) -> None:
        """Keep a subscription; None: there is none any more."""
        ...


class MemoryBook:
    """A book for those who leave nothing behind, such as `siteward probe`."""

    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}

    def get(self, device: str) -> Kept | None:
        """Return what is kept of a device."""
        return self._kept.get(device)

    def put(self, device: str, kept: Kept | None) -> None:
        """Keep a subscription; None: there is none any more."""
        if kept is None:
            self._kept.pop(device, None)
        else:
            self._kept[device] = kept
