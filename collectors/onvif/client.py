"""`Onvif`: the sessions of all devices, and the threads they are asked on."""

import asyncio
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from collectors.base import NotSupported
from collectors.guard import LoginGuard
from collectors.onvif import soap
from collectors.onvif.exchange import Tap
from collectors.onvif.line import Clocks, Question
from collectors.onvif.operations import READ_ONLY, Permit, Service, checked
from collectors.onvif.session import Session, Told
from collectors.onvif.tls import MemoryPins, Pins
from collectors.onvif.wire import Budget, Reply
from collectors.onvif.wsdl import Registry
from models.facts import Device

THREADS: Final = 32
_SWEEP_SECONDS: Final = 5.0
T = TypeVar("T")


class Onvif:
    """Asks devices over ONVIF, one request at a time each, from a bounded pool of threads.

    Args:
        guard: the breaker shared with RTSP and HTTP.
        wall: wall clock, Unix seconds; used for clock offsets and where a device does not tell its time.
        monotonic: a clock that never steps.
        threads: how many devices are asked at once.
        timeout_seconds: for one call, logins and retries included; keep it below the collectors' deadline.
        tap: sees each exchange with secrets blanked, as `siteward probe --raw` shows them.
        pins: certificates of devices seen before; kept in memory when not given.
    """

    def __init__(
        self,
        guard: LoginGuard,
        *,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        threads: int = THREADS,
        timeout_seconds: float = 4.0,
        tap: Tap | None = None,
        pins: Pins | None = None,
    ) -> None:
        self._guard = guard
        self._pins = pins or MemoryPins()
        self._clocks = Clocks(wall, monotonic)
        self._timeout = timeout_seconds
        self._tap = tap
        self._sessions: dict[str, Session] = {}
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="onvif")
        self._registry = Registry()
        self._swept_at = monotonic()

    def warm(self, services: Iterable[Service]) -> None:
        """Parse the WSDL documents of some services now, once for all devices.

        Raises:
            NoWsdl: they are not installed.
        """
        self._registry.warm(services)

    async def call(self, device: Device, service: str, operation: str, **args: Any) -> Told:
        """Ask a read operation and return the response element.

        Args:
            device: with an ONVIF port.
            service: its name in `operations.SERVICES`.
            operation: one of `operations.READ`.
            args: elements of the request in the schema's order; plain values by template, others through
            zeep.

        Raises:
            NotARead: the operation is not on the list (a bug of ours).
            CollectError: one of the tree.
        """
        known = checked(service, operation)
        session = self.session(device)
        budget = Budget(self._clocks.monotonic, self._timeout)

        def ask() -> Told:
            plain = all(isinstance(value, str | int | float) for value in args.values())
            write = soap.request if plain else self._registry.request
            return session.ask(service, operation, write(known, operation, args), budget)

        return await self._on_thread(ask, session, budget)

    async def send(
        self, device: Device, question: Question, *, permit: Permit = READ_ONLY, seconds: float | None = None
    ) -> Told:
        """Send a question that is written already: to a subscription, or one that moves a camera.

        Args:
            device: with an ONVIF port.
            question: without a path it goes to its service.
            permit: what may be sent.
            seconds: for the call, logins and retries included; None: as `call`.

        Raises:
            NotARead: the permit does not cover it (a bug of ours).
            CollectError: one of the tree.
        """
        session = self.session(device)
        budget = Budget(self._clocks.monotonic, seconds or self._timeout)
        return await self._on_thread(lambda: session.send(question, budget, permit), session, budget)

    async def fetch(self, device: Device, path: str) -> Reply:
        """Get something over plain HTTP from the device's own address (`addresses.own_path`).

        Raises:
            CollectError: one of the tree; AuthRejected also when it only takes a password in clear.
        """
        session = self.session(device)
        budget = Budget(self._clocks.monotonic, self._timeout)
        return await self._on_thread(lambda: session.fetch(path, budget), session, budget)

    async def structured(self, device: Device, service: str, operation: str, **args: Any) -> Any:
        """Ask as `call` does and return the answer as zeep's objects: for rare answers of many parts.

        Raises:
            CollectError: one of the tree; BadReply also when the answer does not fit the schema.
        """
        told = await self.call(device, service, operation, **args)
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, self._registry.read, checked(service, operation), operation, told.body
        )

    async def check_login(self, device: Device) -> None:
        """Ask something cheap that examines the login; nothing happens when none is configured or needed.

        Raises:
            CollectError: AuthRejected when it is refused.
        """
        if device.login is None:
            return
        self._guard.check_only(device)
        key = self.session(device).login_probe()
        if key is not None:
            await self.call(device, *key)

    def session(self, device: Device) -> Session:
        """Return the session of a device; another host, port or login starts a fresh one."""
        self._sweep()
        session = self._sessions.get(device.id)
        if session is None or _target(session.device) != _target(device):
            self.forget(device.id)
            session = self._sessions[device.id] = self._new(device)
        return session

    def forget(self, device_id: str) -> None:
        """Drop the session of a device that changed or was removed."""
        session = self._sessions.pop(device_id, None)
        if session is not None:
            session.interrupt()
            self._pool.submit(session.close)

    async def close(self) -> None:
        """Close all connections and end the threads."""
        for device_id in list(self._sessions):
            self.forget(device_id)
        await asyncio.to_thread(self._pool.shutdown)

    def _new(self, device: Device) -> Session:
        if device.onvif_port is None:
            raise NotSupported(f"{device.id} has no ONVIF port in the inventory")
        return Session(device, self._guard, self._clocks, self._tap, self._pins)

    async def _on_thread(self, ask: Callable[[], T], session: Session, budget: Budget) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, ask)
        except asyncio.CancelledError:
            budget.cancel()
            session.interrupt(budget)
            raise

    def _sweep(self) -> None:
        """Close connections that were not used of late: a device has few, and so have we."""
        now = self._clocks.monotonic()
        if now - self._swept_at < _SWEEP_SECONDS:
            return
        self._swept_at = now
        for session in self._sessions.values():
            session.close_if_idle()


def _target(device: Device) -> tuple[Any, ...]:
    return device.host, device.onvif_port, device.login, device.tls
