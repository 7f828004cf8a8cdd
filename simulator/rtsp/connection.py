"""One client: its requests answered, its session kept (RFC 2326)."""

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable
from typing import Final

from simulator.rtsp import carrier as carriers
from simulator.rtsp import message, sdp
from simulator.rtsp.carrier import Carrier, Wish
from simulator.rtsp.device import OTHER, Device, Stream
from simulator.rtsp.digest import Login
from simulator.rtsp.message import Answer, Request
from simulator.rtsp.player import Player

METHODS: Final = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, TEARDOWN"
ELSEWHERE: Final = "rtsp://192.0.2.1/elsewhere"  # TEST-NET-1: nobody is there
SLOW_DESCRIBE: Final = 2.0  # seconds more, at strength 1 of the fault


class Connection:
    """Serves one client until it hangs up, is silent too long, or talks nonsense."""

    def __init__(self, device: Device, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._device, self._reader, self._writer = device, reader, writer
        self._clock = asyncio.get_running_loop().time
        self._heard_at = self._clock()
        self._session = ""
        self._stream: Stream | None = None
        self._player: Player | None = None
        self._methods: dict[str, Callable[[Request], Awaitable[Answer]]] = {
            "OPTIONS": self._options,
            "DESCRIBE": self._describe,
            "SETUP": self._setup,
            "PLAY": self._play,
            "PAUSE": self._pause,
            "GET_PARAMETER": self._keep_alive,
            "SET_PARAMETER": self._keep_alive,
            "TEARDOWN": self._teardown,
        }

    async def serve(self) -> None:
        """Answer requests until the end."""
        try:
            if self._device.condition.strength("stream_hang"):
                await asyncio.sleep(self._device.session_seconds)
                return
            while (said := await self._next()) is not None:
                if isinstance(said, Request):
                    await self._reply(said)
        except message.Malformed:
            self._writer.write(Answer(400, {"Connection": "close"}).wire("0"))
        except ConnectionError:
            pass
        finally:
            await self._leave()

    async def refuse(self) -> None:
        """Answer one request with `503` and be done: there is no room."""
        try:
            said = await self._next()
            cseq = said.headers.get("cseq", "0") if isinstance(said, Request) else "0"
            self._writer.write(Answer(503, {"Connection": "close"}).wire(cseq))
        except message.Malformed:
            pass

    def _heard(self) -> None:
        self._heard_at = self._clock()

    async def _next(self) -> Request | message.Woven | None:
        """Return what the client says next, None when it is gone or was silent too long, RTCP counted."""
        reading = asyncio.create_task(message.read(self._reader))
        try:
            while not reading.done():
                left = self._heard_at + self._device.session_seconds - self._clock()
                if left <= 0:
                    return None
                await asyncio.wait({reading}, timeout=left)
            self._heard()
            return reading.result()
        finally:
            reading.cancel()

    async def _reply(self, request: Request) -> None:
        answer = await self._answer(request)
        self._writer.write(answer.wire(request.headers.get("cseq", "0")))
        await self._writer.drain()

    async def _answer(self, request: Request) -> Answer:
        method = self._methods.get(request.method)
        if method is None:
            return Answer(501, {"Public": METHODS})
        if request.method != "OPTIONS" and (refusal := self._login(request)):
            return refusal
        named = request.headers.get("session", "").partition(";")[0]
        if named and named != self._session:
            return Answer(454)
        return await method(request)

    def _login(self, request: Request) -> Answer | None:
        login = self._device.login(request.method, request.headers.get("authorization", ""))
        if login is Login.GRANTED:
            return None
        return Answer(401, {"WWW-Authenticate": self._device.gate.challenge(stale=login is Login.STALE)})

    # ------------------------------------------------------------ methods

    async def _options(self, _request: Request) -> Answer:
        return Answer(200, {"Public": METHODS})

    async def _describe(self, request: Request) -> Answer:
        stream = self._device.stream(request.path)
        if stream is None:
            return Answer(404)
        has = self._device.condition.strength
        if has("stream_redirect"):
            return Answer(302, {"Location": ELSEWHERE})
        await asyncio.sleep(SLOW_DESCRIBE * has("slow_describe"))
        form = self._device.form(stream)
        units = await self._device.parameter_sets(form)
        named = OTHER[form.codec] if has("codec_lie") else ""
        address, name = self._device.address, self._device.name
        body = sdp.describe(address, name, form, units, audio=stream.audio, named=named)
        base = request.uri.rstrip("/") + "/"
        return Answer(200, {"Content-Base": base, "Content-Type": "application/sdp"}, body)

    async def _setup(self, request: Request) -> Answer:
        path = request.path.removesuffix("/" + sdp.TRACK)
        if path.endswith("/" + sdp.AUDIO):
            return await self._setup_audio(request)
        stream = self._device.stream(path)
        if stream is None:
            return Answer(404)
        if self._player is not None and (self._player.playing or stream is not self._stream):
            return Answer(455 if self._player.playing else 459)
        if self._player is None and not self._device.has_room():
            return Answer(453)
        player = self._player or self._device.player(stream, self._writer.close)
        carrier = await self._carrier(carriers.wishes(request.headers.get("transport", "")), player)
        if carrier is None:
            return Answer(461)
        player.carry_by(carrier)
        self._session = self._session or secrets.token_hex(8)
        self._stream, self._player = stream, self._device.admit(player)
        return Answer(200, {**self._session_header(), "Transport": carrier.transport})

    async def _setup_audio(self, request: Request) -> Answer:
        """Set up the sound of the stream whose video is set up already."""
        if self._player is None or self._stream is None or not self._stream.audio:
            return Answer(404)
        carrier = await self._carrier(carriers.wishes(request.headers.get("transport", "")), self._player)
        if carrier is None:
            return Answer(461)
        self._player.speak_by(carrier)
        return Answer(200, {**self._session_header(), "Transport": carrier.transport})

    async def _carrier(self, wishes: list[Wish], player: Player) -> Carrier | None:
        for wish in wishes:
            if wish.tcp:
                return carriers.Woven(self._writer, wish.pair or (0, 1))
            if wish.pair:
                own, client = (self._writer.get_extra_info(end)[0] for end in ("sockname", "peername"))
                ssrc = player.sender.ssrc
                with contextlib.suppress(OSError):  # no ports free: perhaps the next wish is TCP
                    return await carriers.open_datagrams(own, client, wish.pair, ssrc=ssrc, heard=self._heard)
        return None

    async def _play(self, request: Request) -> Answer:
        if self._player is None:
            return Answer(455)
        sequence = self._player.sender.sequence
        start = self._player.play()
        url = request.uri.rstrip("/").removesuffix("/" + sdp.TRACK) + "/" + sdp.TRACK
        info = f"url={url};seq={sequence};rtptime={self._player.sender.timestamp(start)}"
        return Answer(200, {**self._session_header(), "Range": "npt=0.000-", "RTP-Info": info})

    async def _pause(self, _request: Request) -> Answer:
        if self._player is None:
            return Answer(455)
        await self._player.pause()
        return Answer(200, self._session_header())

    async def _keep_alive(self, _request: Request) -> Answer:
        return Answer(200, self._session_header())

    async def _teardown(self, _request: Request) -> Answer:
        await self._leave()
        return Answer(200, {"Connection": "close"})

    def _session_header(self) -> dict[str, str]:
        seconds = round(self._device.session_seconds)
        return {"Session": f"{self._session};timeout={seconds}"} if self._session else {}

    async def _leave(self) -> None:
        player, self._player, self._stream, self._session = self._player, None, None, ""
        if player is not None:
            await self._device.dismiss(player)
