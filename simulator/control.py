"""The switchboard of a running site, over HTTP and JSON on loopback.

GET  /site    what exists (without passwords)
GET  /truth   every fault switched, and what each device counted of its visitors
POST /faults  {"device": "cam-01", "fault": "frozen", "on": true, "strength": 1.0}
POST /stop    end the simulator
"""

import dataclasses
import json
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from simulator.faults import FAULTS, MOST_STRENGTH
from simulator.site import SiteSpec

if TYPE_CHECKING:
    from simulator.world import Server, World

SECRET: Final = frozenset({"password", "community", "auth_key", "priv_key"})
FAULT_KEYS: Final = frozenset({"device", "fault", "on", "strength"})


class BadOrder(ValueError):
    """What was asked of the control makes no sense; the message says why."""


class Control:
    """The HTTP server of the control.

    Args:
        world: the site it controls.
        at: host and port to listen on; port 0 takes any free one.
    """

    def __init__(self, world: "World", at: tuple[str, int]) -> None:
        self._world = world
        self._at = at
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where it listens, as `http://host:port`.

        Raises:
            RuntimeError: it was not started.
        """
        if self._runner is None or not self._runner.addresses:
            raise RuntimeError("the control was not started")
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: the address is taken or cannot be used.
        """
        app = web.Application(middlewares=[_refusals])
        app.add_routes(
            [
                web.get("/site", self._site),
                web.get("/truth", self._truth),
                web.post("/faults", self._faults),
                web.post("/stop", self._stop),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, *self._at).start()

    async def stop(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _site(self, _: web.Request) -> web.Response:
        return web.json_response(described(self._world.site))

    async def _truth(self, _: web.Request) -> web.Response:
        return web.json_response(truth(self._world))

    async def _faults(self, request: web.Request) -> web.Response:
        device, fault, on, strength = read_order(await request.text())
        try:
            if on:
                self._world.switch_on(device, fault, strength)
            else:
                self._world.switch_off(device, fault)
        except KeyError as err:
            raise BadOrder(err.args[0]) from err
        return web.json_response({"device": device, "fault": fault, "on": on})

    async def _stop(self, _: web.Request) -> web.Response:
        self._world.stopping.set()
        return web.json_response({"stopping": True})


@web.middleware
async def _refusals(request: web.Request, handler: Any) -> web.StreamResponse:
    """Answer a refusal as JSON, `{"error": sentence}`."""
    try:
        answer: web.StreamResponse = await handler(request)
    except BadOrder as err:
        return web.json_response({"error": str(err)}, status=400)
    except web.HTTPClientError as err:
        return web.json_response(
            {"error": f"{request.method} {request.path}: {err.reason}"}, status=err.status
        )
    return answer


def read_order(text: str) -> tuple[str, str, bool, float]:
    """Read the body of `POST /faults` into device, fault, on and strength.

    Raises:
        BadOrder: it is not such an order.
    """
    try:
        order = json.loads(text)
    except (ValueError, RecursionError) as err:
        raise BadOrder("the body is not JSON") from err
    if (
        not isinstance(order, dict)
        or not order.keys() <= FAULT_KEYS
        or not {"device", "fault"} <= order.keys()
    ):
        raise BadOrder(f"the body needs device and fault, and of {', '.join(sorted(FAULT_KEYS))} no others")
    device, fault, on = order["device"], order["fault"], order.get("on", True)
    strength = order.get("strength", 1.0)
    if not isinstance(device, str) or not isinstance(fault, str):
        raise BadOrder("device and fault are names")
    if not isinstance(on, bool):
        raise BadOrder("on is true or false")
    if isinstance(strength, bool) or not isinstance(strength, (int, float)):
        raise BadOrder("strength is a number")
    if not 0 < strength <= MOST_STRENGTH:  # false of NaN, too
        raise BadOrder(
            f"strength is above 0 and at most {MOST_STRENGTH:g}; switch a fault off with on: false"
        )
    return device, fault, on, float(strength)


def described(site: SiteSpec) -> dict[str, Any]:
    """Return a site as JSON without its secrets, and the faults there are."""
    return {**_open(dataclasses.asdict(site)), "faults": FAULTS}


def _open(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _open(item) for key, item in value.items() if key not in SECRET}
    return [_open(item) for item in value] if isinstance(value, (list, tuple)) else value


def truth(world: "World") -> dict[str, Any]:
    """Return what was switched, and per device what its servers counted.

    `faults`: device, fault, strength, on_at, off_at (Unix seconds; null: still on).
    `devices`: id -> what its servers counted, summed over its protocols; of a `max_…` the largest.
    """
    devices: dict[str, dict[str, int]] = {spec.id: {} for spec in world.site.devices}
    for (device, _), server in world.servers.items():
        for name, count in _counts(server).items():
            seen = devices[device].get(name, 0)
            devices[device][name] = max(seen, count) if name.startswith("max_") else seen + count
    return {"faults": [dataclasses.asdict(entry) for entry in world.truth.entries], "devices": devices}


def _counts(server: "Server") -> dict[str, int]:
    """Return the counters of a server: its `counts`, or the refused logins alone when it keeps no others."""
    counts: dict[str, int] | None = getattr(server, "counts", None)
    return {"refused_logins": getattr(server, "refused_logins", 0)} if counts is None else counts
