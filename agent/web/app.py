"""All that the agent serves, by Starlette and uvicorn in its own loop.

/metrics   Prometheus text, or OpenMetrics when asked for; rendered in a thread, so the loop goes on
/healthz   200 while the agent works, 503 with the reason when it does not
/readyz    200 once the first round of checks is done
/          the site's pages and API (`agent.web.site`), behind a log-in; the three above need none
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final

import uvicorn
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from agent.web.settings import WebTls

Check = Callable[[], str]  # returns "" when well, else what is wrong
_SCRAPES_AT_ONCE: Final = 1


def make_app(
    registry: CollectorRegistry,
    *,
    alive: Check,
    ready: Check,
    refresh: Callable[[], None] = lambda: None,
    site: Starlette | None = None,
    hooks: Sequence[Route] = (),
) -> Starlette:
    """Make the application.

    Args:
        registry: what `/metrics` exports.
        alive: what is wrong with the agent as a whole, "" if nothing.
        ready: what it still waits for, "" if nothing.
        refresh: called in the loop before each rendering.
        site: the site's pages; None serves none.
        hooks: where helpdesks tell what people do.
    """
    rendering = asyncio.Semaphore(_SCRAPES_AT_ONCE)

    async def metrics(request: Request) -> Response:
        encoder, content_type = choose_encoder(request.headers.get("accept", ""))
        names = request.query_params.getlist("name[]")
        chosen = registry.restricted_registry(names) if names else registry
        async with rendering:
            refresh()
            text = await asyncio.to_thread(encoder, chosen)
        return Response(text, media_type=None, headers={"content-type": content_type})

    app = Starlette(
        routes=[
            Route("/metrics", metrics),
            Route("/healthz", _answering(alive)),
            Route("/readyz", _answering(ready)),
            *hooks,
        ]
    )
    if site is not None:
        app.router.default = site  # no Mount: its pattern leaves paths with a line break to nobody
    return app


def _answering(check: Check) -> Callable[[Request], Response]:
    def answer(_: Request) -> Response:
        wrong = check()
        return PlainTextResponse(wrong + "\n" if wrong else "ok\n", status_code=503 if wrong else 200)

    return answer


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]  # noqa: ANN202  # untyped in uvicorn
        """Leave the signals to the agent: it has more to stop than a web server."""
        yield


@contextlib.asynccontextmanager
async def serving(
    app: Starlette, host: str, port: int, *, tls: WebTls | None = None, proxies: Sequence[str] = ()
) -> AsyncIterator[int]:
    """Serve an application while the context lasts; yields the port (chosen freely when `port` is 0).

    Args:
        app: the application.
        host: address to listen on.
        port: port to listen on.
        tls: certificate and key; None serves plain HTTP.
        proxies: addresses or networks whose X-Forwarded-For and X-Forwarded-Proto are believed.

    Raises:
        OSError: the address cannot be bound, or certificate and key cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=2,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=list(proxies),
            ssl_certfile=tls.certificate if tls else None,
            ssl_keyfile=tls.key if tls else None,
        )
        server = _Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]), name="web")
        try:
            yield int(listener.getsockname()[1])
        finally:
            server.should_exit = True
            await task
