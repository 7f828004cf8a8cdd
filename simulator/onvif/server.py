"""The HTTP server of one ONVIF device: who may in, which service answers, what is counted.

All devices of a site share one event loop. A request costs it a fraction of a millisecond: the XML is parsed
once, replies are put together from text.
"""

import asyncio
import contextlib
import ssl
import time
from collections.abc import Callable, Iterator
from typing import Final

from aiohttp import web

from simulator.faults import Active, FaultBoard
from simulator.onvif import device, equipment, imaging, keystore, media, media2, oddities, pages, recording
from simulator.onvif.box import Box
from simulator.onvif.device import Operation
from simulator.onvif.events import PullPoints
from simulator.onvif.login import Door
from simulator.onvif.ptz import MOVES, Head
from simulator.onvif.quirks import OF_TLS
from simulator.onvif.search import Searches
from simulator.onvif.soap import MAX_BODY, Ask, Fault, fault, read, reply
from simulator.rtsp.digest import Login
from simulator.site import DeviceSpec, SiteSpec

ANSWER_SECONDS: Final = 0.01  # a device thinks; long enough that two requests at once are seen as two
DROP_SECONDS: Final = 0.01  # how long a power cut waits for handlers
_SOAP: Final = "application/soap+xml; charset=utf-8"
_SERVICES: Final[dict[str, dict[str, Operation]]] = {
    "tds": device.OPERATIONS | equipment.DEVICE,
    "trt": media.OPERATIONS,
    "tr2": media2.OPERATIONS,
    "timg": imaging.OPERATIONS,
    "tmd": equipment.IO,
    "trc": recording.OPERATIONS,
    "tas": keystore.OPERATIONS,
}
# Access class PRE_AUTH (ONVIF Core, "Access classes for service requests").
_OPEN: Final = frozenset(
    {"GetSystemDateAndTime", "GetCapabilities", "GetServices", "GetServiceCapabilities", "GetHostname"}
)
_MORE: Final = (
    "ptz_service",
    "imaging_service",
    "deviceIO_service",
    "recording_service",
    "search_service",
    "security_service",
)
_PATHS: Final = tuple(
    f"/onvif/{name}"
    for name in (
        "device_service",
        "media_service",
        "media2_service",
        "events_service",
        "subscription/",
        *_MORE,
    )
)
_HARMLESS: Final = frozenset(
    {
        "FindRecordings",
        "FindEvents",
        "EndSearch",
        "CreatePullPointSubscription",
        "PullMessages",
        "SetSynchronizationPoint",
        "Renew",
        "Unsubscribe",
    }
)


class OnvifServer:
    """The ONVIF services of one device on `spec.address:spec.onvif.port`.

    `counts` tells: requests; logins granted and refused (`refused_logins`); `writes`, the requests that would
    have changed the device, all refused; `max_in_flight`, the most requests at once (but for PullMessages,
    which is meant to wait); `max_pulls`, the most of those at once; `subscriptions` and `searches` held now.

    Args:
        spec: the device.
        board: which faults are on.
        site: what else exists; a recorder shows the cameras it records.
        clock: true time in Unix seconds.

    Raises:
        ValueError: the device has no ONVIF server.
    """

    def __init__(
        self, spec: DeviceSpec, board: FaultBoard, site: SiteSpec, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._box = Box(spec, board, site, clock)
        self._door = Door(self._box)
        self._lock = oddities.Lock(self._box)
        self._searches = Searches(self._box)
        self._head = Head(self._box) if self._box.onvif.ptz else None
        self._pulls: PullPoints | None = None
        self._counts = dict.fromkeys(
            ("requests", "logins", "refused_logins", "writes", "max_in_flight", "max_pulls"), 0
        )
        self._now = {"max_in_flight": 0, "max_pulls": 0}
        self._http: web.Server | None = None
        self._listener: asyncio.Server | None = None
        self._settling = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def counts(self) -> dict[str, int]:
        """What was counted since the simulator started, and the subscriptions held now."""
        held = {"subscriptions": len(self._pulls) if self._pulls is not None else 0}
        moves = {"moves": self._head.moves} if self._head is not None else {}
        return self._counts | held | {"searches": len(self._searches)} | moves

    async def start(self) -> None:
        """Listen, unless the device is off; then as soon as it has power.

        Raises:
            OSError: the address is taken or cannot be used.
        """
        self._pulls = PullPoints(self._box)
        self._box.board.listen(self._switched)
        await self._settle()

    async def stop(self) -> None:
        """Listen no more and drop whoever is connected."""
        self._box.board.forget(self._switched)
        await asyncio.gather(*self._tasks)
        async with self._settling:
            await self._down()

    def _switched(self, device: str, fault_name: str, _: Active | None) -> None:
        if self._pulls is not None:
            self._pulls.wake()
        if fault_name == "rebooted" and self._pulls is not None and device == self._box.spec.id:
            self._pulls.reboot()
        job = {"off": self._settle} | dict.fromkeys(OF_TLS, self._restart)
        if fault_name in job:
            task = asyncio.get_running_loop().create_task(job[fault_name]())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _settle(self) -> None:
        """Listen or fall silent, as the power is now."""
        async with self._settling:
            off = self._box.board.is_off(self._box.spec.id)
            if off and self._listener is not None:
                await self._down()
            elif not off and self._listener is None:
                await self._up()

    async def _up(self) -> None:
        http: web.Server = web.Server(self._handle, access_log=None, keepalive_timeout=75.0)
        address, port = self._box.spec.address, self._box.onvif.port
        self._listener = await asyncio.get_running_loop().create_server(
            http, address, port, backlog=16, ssl=self._tls()
        )
        self._http = http

    def _tls(self) -> ssl.SSLContext | None:
        if not self._box.onvif.tls:
            return None
        from simulator.onvif.certificate import context  # noqa: PLC0415  only where TLS is spoken

        return context(self._box)

    async def _restart(self) -> None:
        async with self._settling:
            if self._listener is not None:
                await self._down()
                await self._up()

    async def _down(self) -> None:
        if self._listener is not None:
            self._listener.close()
        http, self._listener, self._http = self._http, None, None
        for connection in http.connections if http is not None else ():
            if connection.transport is not None:
                connection.transport.abort()  # no goodbye: the power is gone
        if self._pulls is not None:
            self._pulls.forget_all()
        if http is not None:
            await http.shutdown(DROP_SECONDS)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self._counts["requests"] += 1
        path = request.path
        if request.method == "GET" and path.startswith("/onvif/snapshot/"):
            with self._at_once("max_in_flight"):
                return self._snapshot(request, path.rpartition("/")[2])
        if request.method == "GET" and path.startswith(pages.PREFIXES):
            with self._at_once("max_in_flight"):
                return self._page(request)
        if request.method != "POST" or not path.startswith(_PATHS):
            return web.Response(
                status=404, text="<html><body>404 Not Found</body></html>", content_type="text/html"
            )
        try:
            return await self._soap(request, path)
        except Fault as refusal:
            body, status = oddities.refused(self._box, refusal)
            return _written(body, status)

    async def _soap(self, request: web.BaseRequest, path: str) -> web.Response:
        with self._at_once("max_in_flight"):
            if (said := await oddities.before(self._box, self._now["max_in_flight"])) is not None:
                return said
            payload = await _body(request)
            if not payload and self._box.auth in {"digest", "both"}:
                return self._refused(Login.NONE)  # a digest client that keeps its body until it is challenged
            ask = read(payload)
            pulling = ask.operation == "PullMessages"
            if not pulling:
                await asyncio.sleep(ANSWER_SECONDS)
            self._counts["writes"] += _writes(ask) and not self._may_move(ask)
            verdict = self._judge(request, ask)
            if verdict is not Login.GRANTED:
                return self._refused(verdict)
            if not pulling:
                return _written(await self._answer(ask, path))
        with self._at_once("max_pulls"):
            return _written(await self._answer(ask, path))

    def _refused(self, verdict: Login) -> web.Response:
        refusal, headers = self._door.refusal(verdict)
        if verdict is Login.REFUSED and (words := self._lock.refused()):
            refusal = Fault(refusal.code, refusal.subcodes, words, refusal.status)
        if self._box.has("onvif_basic_only"):
            return _written(fault(refusal), 401, {"WWW-Authenticate": 'Basic realm="camera"'})
        return _written(
            fault(refusal), 200 if self._box.has("onvif_refuses_200") else refusal.status, headers
        )

    def _judge(self, request: web.BaseRequest, ask: Ask) -> Login:
        is_open = ask.operation in _OPEN
        if is_open and not (ask.operation == "GetSystemDateAndTime" and self._box.has("onvif_clock_closed")):
            return Login.GRANTED
        authorization = request.headers.get("Authorization", "")
        if self._lock.is_shut and (authorization or ask.token is not None):
            return self._counted(Login.REFUSED)
        if self._box.has("onvif_basic_only"):
            return Login.GRANTED if authorization.startswith("Basic") else Login.NONE
        return self._counted(self._door.judge(ask.token, request.method, request.path_qs, authorization))

    def _counted(self, verdict: Login) -> Login:
        if verdict is Login.GRANTED:
            self._counts["logins"] += 1
            self._lock.granted()
        elif verdict is Login.REFUSED:
            self._counts["refused_logins"] += 1
        return verdict

    async def _answer(self, ask: Ask, path: str) -> bytes:
        if self._head is not None and ask.service == "tptz":
            return reply(self._head.answer(ask))
        if _writes(ask):
            raise Fault("Sender", ("ter:OperationProhibited",), "nothing of this device may be changed")
        if ask.message_id and ask.service not in {"tev", "wsnt"} and self._box.has("addressing_breaks"):
            raise Fault("Receiver", ("ter:Action",), "a header is not understood")
        if ask.service in {"tev", "wsnt"} and self._pulls is not None:
            return reply(*await self._pulls.answer(ask, path))
        oddities.permit(self._box, ask)
        if ask.service == "tse":
            return oddities.spoilt(self._box, ask, reply(self._searches.answer(ask)))
        operation = _SERVICES.get(ask.service, {}).get(ask.operation)
        missing = ask.service == "tr2" and not self._box.onvif.media2
        missing = missing or (ask.service == "trc" and not self._box.spec.channels)
        if operation is None or missing:
            raise Fault("Receiver", ("ter:ActionNotSupported",), "this device does not know the action")
        return oddities.spoilt(self._box, ask, reply(operation(self._box, ask)))

    def _snapshot(self, request: web.BaseRequest, token: str) -> web.Response:
        authorization = request.headers.get("Authorization", "")
        verdict = self._counted(self._door.judge_http("GET", request.path_qs, authorization))
        if verdict is not Login.GRANTED:
            return web.Response(status=401, headers=self._door.challenge(verdict))
        stream = self._box.streams.get(token)
        if stream is None:
            return web.Response(status=404)
        if self._box.has("snapshot_broken"):
            return web.Response(text="<html>no picture now</html>", content_type="text/html")
        from simulator.onvif.snapshot import jpeg  # noqa: PLC0415  OpenCV costs 50 MB: only where a picture is asked

        camera = next(channel.camera for channel in self._box.channels if channel.source == stream.source)
        black = self._box.board.strength(camera, "black") > 0
        pan = self._head.position[0] if self._head is not None else 0.0
        return web.Response(body=jpeg(camera, black=black, pan=pan), content_type="image/jpeg")

    def _page(self, request: web.BaseRequest) -> web.Response:
        """Answer a maker's own page; its login may be another than that of ONVIF."""
        authorization = request.headers.get("Authorization", "")
        verdict = self._door.judge_http("GET", request.path_qs, authorization)
        if verdict is Login.GRANTED and self._box.has("vendor_other_login") and authorization:
            verdict = Login.REFUSED
        if self._counted(verdict) is not Login.GRANTED:
            return web.Response(status=401, headers=self._door.challenge(verdict))
        found = pages.page(self._box, request.path_qs)
        if found is None:
            return web.Response(status=404)
        return web.Response(text=found[1], content_type=found[0])

    def _may_move(self, ask: Ask) -> bool:
        return self._head is not None and ask.service == "tptz" and ask.operation in MOVES

    @contextlib.contextmanager
    def _at_once(self, what: str) -> Iterator[None]:
        self._now[what] += 1
        self._counts[what] = max(self._counts[what], self._now[what])
        try:
            yield
        finally:
            self._now[what] -= 1


def _writes(ask: Ask) -> bool:
    """Whether an operation would change the device: all do that do not say they read, known to us or not."""
    return not (ask.operation.startswith("Get") or ask.operation in _HARMLESS)


async def _body(request: web.BaseRequest) -> bytes:
    """Return the body of a request.

    Raises:
        Fault: it is longer than any ONVIF request.
    """
    if (request.content_length or 0) > MAX_BODY:
        raise Fault("Sender", ("ter:InvalidArgs",), "the request is too long", status=413)
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge as err:
        raise Fault("Sender", ("ter:InvalidArgs",), "the request is too long", status=413) from err


def _written(envelope: bytes, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(body=envelope, status=status, headers={"Content-Type": _SOAP, **(headers or {})})
