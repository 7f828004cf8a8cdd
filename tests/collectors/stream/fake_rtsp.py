"""An RTSP server that misbehaves to order: H.264 over the TCP connection (RFC 2326, RFC 6184)."""

import asyncio
import base64
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from itertools import count

import av
import numpy as np

FPS = 24
SIZE = (320, 180)
GOP = 12
MTU = 300  # small, so that a frame takes several packets


@dataclass
class Behaviour:
    """What the server does other than well."""

    statuses: dict[str, str] = field(default_factory=dict)  # method -> status line and further headers
    login: str = ""  # "user:password", asked for by Basic
    announce_sets: bool = True  # parameter sets in the description
    media: str = "video"
    raw: bytes | None = None  # sent instead of any answer
    say_nothing_to: str = ""  # a method, or "a login", that gets no answer
    close_at: str = ""  # a method at which the connection is closed
    trickle_seconds: float = 0.0  # pause between the bytes of an answer
    loses: Callable[[int], bool] = lambda sequence: False
    begins_after: float = 0.0  # seconds from PLAY to the first frame
    stall_after: int | None = None  # frames, then silence
    end_after: int | None = None  # frames, then the connection is closed
    pace: float = 1.0  # of the frames, against their own timestamps


class FakeRtsp:
    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.requests: list[str] = []
        self.logins: list[str] = []
        self.dropped = self.sent = 0

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self._tasks: set[asyncio.Task] = set()
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        player = None
        try:
            while request := await read_request(reader):
                method, headers = request
                self.requests.append(method)
                if not await self._answer(writer, method, headers):
                    break
                if method == "PLAY" and player is None:
                    player = asyncio.create_task(self._play(writer))
                    self._tasks.add(player)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            if player:
                player.cancel()
            writer.close()

    async def _answer(self, writer, method, headers) -> bool:
        """Answer one request; return whether the connection lives on."""
        if method == self.behaviour.close_at:
            return False
        if self.behaviour.say_nothing_to in {method, "a login" if "authorization" in headers else method}:
            await asyncio.sleep(60)
        if self.behaviour.raw is not None:
            writer.write(self.behaviour.raw)
            await writer.drain()
            await asyncio.sleep(0.2)
            return False
        body = (
            description(self.behaviour.media, sets=self.behaviour.announce_sets)
            if method == "DESCRIBE"
            else ""
        )
        status = self.behaviour.statuses.get(method, "200 OK")
        if self.behaviour.login and method != "OPTIONS" and not self._allowed(headers):
            status, body = '401 Unauthorized\r\nWWW-Authenticate: Basic realm="fake"', ""
        more = {
            "SETUP": "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n",
            "PLAY": "Session: 1\r\n",
            "DESCRIBE": f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n",
        }.get(method, "")
        await self._write(writer, f"RTSP/1.0 {status}\r\nCSeq: {headers['cseq']}\r\n{more}\r\n{body}")
        return True

    async def _write(self, writer, text):
        if not self.behaviour.trickle_seconds:
            writer.write(text.encode())
        else:
            for letter in text:
                writer.write(letter.encode())
                await asyncio.sleep(self.behaviour.trickle_seconds)
        await writer.drain()

    def _allowed(self, headers) -> bool:
        given = headers.get("authorization", "").removeprefix("Basic ")
        if given:
            self.logins.append(base64.b64decode(given).decode())
        return self.logins[-1:] == [self.behaviour.login] and bool(given)

    async def _play(self, writer):
        sequence = count(1)
        await asyncio.sleep(self.behaviour.begins_after)
        for number in count():
            if writer.is_closing():
                return
            if number == self.behaviour.stall_after:
                await asyncio.sleep(60)
            if number == self.behaviour.end_after:
                writer.close()
                return
            for packet in rtp_packets(frames()[number % len(frames())], number, sequence):
                self._send(writer, packet)
            await writer.drain()
            await asyncio.sleep(1 / FPS / self.behaviour.pace)

    def _send(self, writer, packet):
        (sequence,) = struct.unpack_from("!H", packet, 2)
        if self.behaviour.loses(sequence):
            self.dropped += 1
        else:
            self.sent += 1
            writer.write(struct.pack("!BBH", 0x24, 0, len(packet)) + packet)


async def read_request(reader):
    """Return method and headers of the next request, None at the end; the client's RTCP is skipped."""
    while (first := await reader.read(1)) == b"$":
        _, length = struct.unpack("!BH", await reader.readexactly(3))
        await reader.readexactly(length)
    if not first:
        return None
    lines = (first + await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
    return lines[0].split()[0], {name.lower(): value for name, value in headers.items()}


@cache
def frames() -> list[list[bytes]]:
    """Return two seconds of a noisy street-like scene as H.264 frames, each a list of NAL units."""
    rng = np.random.default_rng(7)
    scene = np.kron(rng.integers(40, 210, (SIZE[1] // 20, SIZE[0] // 20)), np.ones((20, 20)))
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = *SIZE, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, FPS), FPS
    encoder.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "x264-params": f"keyint={GOP}:scenecut=0",
    }
    packets = []
    for _ in range(2 * FPS):
        noisy = np.clip(scene + rng.normal(0, 5, scene.shape), 0, 255).astype(np.uint8)
        packets += encoder.encode(av.VideoFrame.from_ndarray(noisy, format="gray").reformat(format="yuv420p"))
    packets += encoder.encode(None)
    return [nal_units(bytes(packet)) for packet in packets]


def nal_units(annex_b: bytes) -> list[bytes]:
    return [unit.rstrip(b"\0") for unit in annex_b.split(b"\0\0\1") if unit.strip(b"\0")]


def parameter_sets() -> list[bytes]:
    return [unit for unit in frames()[0] if unit[0] & 31 in {7, 8}]


def description(media: str, *, sets: bool) -> str:
    units = ",".join(base64.b64encode(unit).decode() for unit in parameter_sets())
    lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=fake", "t=0 0", f"m={media} 0 RTP/AVP 96", "a=control:v"]
    lines += ["a=rtpmap:96 H264/90000"]
    lines += [f"a=fmtp:96 packetization-mode=1;sprop-parameter-sets={units}"] if sets else []
    return "\r\n".join([*lines, ""])


def rtp_packets(units: list[bytes], number: int, sequence) -> list[bytes]:
    """Return the RTP packets of one frame: a unit each, or its fragments (FU-A, RFC 6184 section 5.8)."""
    payloads = [part for unit in units for part in fragments(unit)]
    stamp = number * 90_000 // FPS
    return [
        struct.pack("!BBHII", 0x80, 96 | (0x80 if last else 0), next(sequence) & 0xFFFF, stamp, 1) + payload
        for payload, last in zip(payloads, [False] * (len(payloads) - 1) + [True], strict=True)
    ]


def fragments(unit: bytes) -> list[bytes]:
    if len(unit) <= MTU:
        return [unit]
    kind, pieces = unit[0] & 31, [unit[at : at + MTU] for at in range(1, len(unit), MTU)]
    marks = [0x80] + [0] * (len(pieces) - 2) + [0x40]
    return [
        bytes([unit[0] & 0xE0 | 28, mark | kind]) + piece for mark, piece in zip(marks, pieces, strict=True)
    ]
