"""A server-sent event whenever something on the pages changed; the page then fetches itself anew."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from agent.web.pages.frame import Frame

LOOK_SECONDS: Final = 1.0
BEAT_SECONDS: Final = 15.0  # a comment now and then, so that proxies keep the line open
MOST: Final = 200  # listeners at once
LONGEST_SECONDS: Final = 3600.0  # then the browser comes back, and is asked for its session again


class Pulse:
    """Tells listeners that the site changed."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self.listeners = 0
        self._known = (float("-inf"), "")

    async def listen(self, request: Request) -> Response:
        """Send events until the browser leaves."""
        if self.listeners >= MOST:
            return Response("too many pages are open\n", 503, headers={"retry-after": "30"})
        return StreamingResponse(
            self._beats(request), media_type="text/event-stream", headers={"x-accel-buffering": "no"}
        )

    async def _beats(self, request: Request) -> AsyncIterator[str]:
        self.listeners += 1
        clock = self._frame.live.agent.clocks.monotonic
        began = beat = clock()
        mark = self._mark()
        try:
            yield "retry: 3000\n\n"
            while clock() - began < LONGEST_SECONDS and not await request.is_disconnected():
                await asyncio.sleep(LOOK_SECONDS)
                newer = self._mark()
                if newer != mark:
                    mark, beat = newer, clock()
                    yield "event: changed\ndata: {}\n\n"
                elif clock() - beat > BEAT_SECONDS:
                    beat = clock()
                    yield ": still here\n\n"
        finally:
            self.listeners -= 1

    def _mark(self) -> str:
        """Return what changes whenever something does: made once for all who listen."""
        now = self._frame.live.agent.clocks.monotonic()
        if not 0 <= now - self._known[0] < LOOK_SECONDS / 2:
            self._known = now, self._made()
        return self._known[1]

    def _made(self) -> str:
        orders = self._frame.live.agent.service.linked
        states = ",".join(
            f"{one.sheet.order.reference}{one.sheet.order.state}{one.sheet.trial}" for one in orders
        )
        return f"{self._frame.live.now().mark}|{states}"
