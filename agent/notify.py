"""sd_notify: tell systemd that we are ready, alive or stopping (a datagram to `$NOTIFY_SOCKET`)."""

import os
import socket
from collections.abc import Mapping


class Notifier:
    """Sends states to systemd; does nothing when not started by it.

    Args:
        environ: the process environment.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        given = os.environ if environ is None else environ
        address = given.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        usec = given.get("WATCHDOG_USEC", "")
        self.watchdog_seconds = int(usec) / 1e6 if usec.isdigit() else None

    def ready(self, status: str) -> None:
        """Say that start-up is over."""
        self._send(f"READY=1\nSTATUS={status}")

    def alive(self) -> None:
        """Feed the watchdog; call it only when work was really done."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """Say that a clean stop began."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.setblocking(False)  # a supervisor that does not read must not hold up the loop
            try:
                out.sendto(message.encode(), self._address)
            except OSError:  # a supervisor that went away must not take us with it
                return
