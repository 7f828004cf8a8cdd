"""A camera on a loopback address of its own, a plain RTSP client, and a look through PyAV."""

import asyncio
import socket
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import av
import numpy as np

from simulator.faults import FaultBoard
from simulator.rtsp import digest
from simulator.rtsp.server import RtspServer
from simulator.site import DeviceSpec, RtspSpec

USER, PASSWORD = "service", "rosebud"
QUICK = {"rtsp_transport": "tcp", "probesize": "32", "analyzeduration": "0"}
SMALL = {"main": (640, 360), "sub": (320, 180), "fps": 12, "gop_seconds": 0.5}


def free_port(address):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def camera(address="127.9.11.1", *, kind="camera", password=PASSWORD, **rtsp):
    spec = RtspSpec(port=free_port(address), **{**SMALL, **rtsp})
    return DeviceSpec("cam-1", kind, address, name="Gate", password=password, rtsp=spec)


@asynccontextmanager
async def running(spec, board=None, **options):
    server = RtspServer(spec, board or FaultBoard({spec.id: ""}), **options)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def url(spec, path="/sub", password=PASSWORD):
    return f"rtsp://{USER}:{password}@{spec.address}:{spec.rtsp.port}{path}"


@dataclass
class Look:
    """What a foreign reader made of a stream."""

    key_pictures: list = field(default_factory=list)  # luma planes
    keys: list = field(default_factory=list)  # stream time of each key packet
    times: list = field(default_factory=list)  # stream time of each packet
    arrived: list = field(default_factory=list)  # seconds after the connection was asked for
    corrupt: int = 0
    ended: str = ""  # the name of the error that ended it early


def look(address, seconds=1.3, options=QUICK, *, pictures="key"):
    """Read a stream for a while after its first packet."""
    seen, asked = Look(), time.monotonic()
    with av.open(address, options=options, timeout=(3, 1.0)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_type = "NONE"
        try:
            for packet in container.demux(stream):
                if packet.size == 0:
                    break
                now = time.monotonic() - asked
                # FFmpeg's RTSP reader gives its very first packet no time stamp.
                seen.times.append(float((packet.pts or 0) * packet.time_base))
                seen.arrived.append(now)
                if packet.is_keyframe:
                    seen.keys.append(seen.times[-1])
                if packet.is_keyframe or pictures == "all":
                    _decode(stream.codec_context, packet, seen)
                if now - seen.arrived[0] > seconds:
                    break
        except av.FFmpegError as err:
            seen.ended = type(err).__name__
    return seen


def _decode(context, packet, seen):
    for frame in context.decode(packet):
        seen.corrupt += bool(frame.is_corrupt)
        if packet.is_keyframe:
            seen.key_pictures.append(frame.to_ndarray()[: frame.height].copy())


async def looking(address, *args, **options):
    return await asyncio.to_thread(look, address, *args, **options)


def texture(luma):
    """How much fine detail: variance of the second difference, by numpy alone."""
    y = luma.astype(np.float32)
    second = 4 * y[1:-1, 1:-1] - y[:-2, 1:-1] - y[2:, 1:-1] - y[1:-1, :-2] - y[1:-1, 2:]
    return float(second.var())


class Client:
    """Speaks RTSP by hand."""

    def __init__(self, reader, writer, spec):
        self.reader, self.writer, self.spec = reader, writer, spec
        self.cseq, self.challenge, self.count, self.packets = 0, {}, 0, []

    @classmethod
    async def connect(cls, spec):
        return cls(*await asyncio.open_connection(spec.address, spec.rtsp.port), spec)

    def address(self, path):
        return f"rtsp://{self.spec.address}:{self.spec.rtsp.port}{path}"

    async def ask(self, method, path="/sub", *, login=True, password=PASSWORD, **headers):
        """Send a request, logged in when a challenge is at hand; return status and headers."""
        self.cseq += 1
        lines = [f"{method} {self.address(path)} RTSP/1.0", f"CSeq: {self.cseq}"]
        if login and self.challenge:
            lines.append(f"Authorization: {self.signed(method, path, password)}")
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.writer.write("\r\n".join([*lines, "", ""]).encode())
        return await self.answer()

    async def login(self, method="DESCRIBE", path="/sub", **headers):
        """Ask, be challenged, ask again."""
        status, headers_back = await self.ask(method, path, login=False)
        assert status == 401
        self.learn(headers_back)
        return await self.ask(method, path, **headers)

    def learn(self, headers):
        self.challenge, self.count = digest.parse(headers["www-authenticate"]), 0

    def signed(self, method, path, password, *, qop=True):
        self.count += 1
        fields = {"username": USER, "realm": self.challenge["realm"], "nonce": self.challenge["nonce"]}
        fields["uri"] = self.address(path)
        if qop:
            fields |= {"qop": "auth", "nc": f"{self.count:08x}", "cnonce": "c0ffee"}
        fields["response"] = digest.response(USER, password, method, fields)
        return "Digest " + ", ".join(f'{name}="{value}"' for name, value in fields.items())

    async def answer(self):
        async with asyncio.timeout(5):
            while (first := await self.reader.readexactly(1)) == b"$":
                head = await self.reader.readexactly(3)
                self.packets.append((head[0], await self.reader.readexactly(int.from_bytes(head[1:]))))
            status = int((first + await self.reader.readline()).split()[1])
            headers = {}
            while line := (await self.reader.readline()).decode().strip():
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            headers["body"] = (await self.reader.readexactly(int(headers.get("content-length", 0)))).decode()
            return status, headers

    async def listen_for(self, *wanted, seconds=30):
        """Collect packets until one of each kind wanted came; a kind is a function of channel and packet."""
        async with asyncio.timeout(seconds):
            while not all(any(kind(*packet) for packet in self.packets) for kind in wanted):
                await self.hear()

    async def hear(self):
        """Collect the next packet."""
        head = await self.reader.readexactly(4)
        self.packets.append((head[1], await self.reader.readexactly(int.from_bytes(head[2:]))))

    async def listen(self, seconds):
        """Collect packets for a while."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await self.hear()
        except (TimeoutError, asyncio.IncompleteReadError):
            return

    async def play(self, path="/sub", transport="RTP/AVP/TCP;unicast;interleaved=0-1"):
        await self.login(path=path)
        _, setup = await self.ask("SETUP", path + "/trackID=0", Transport=transport)
        session = setup["session"].partition(";")[0]
        return session, await self.ask("PLAY", path, Session=session)

    def close(self):
        self.writer.close()


def write_clip(path):
    """Four seconds that grow brighter by 40 a second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for number in range(40):
            frame = av.VideoFrame.from_ndarray(
                np.full((120, 160, 3), 40 + 4 * number, np.uint8), format="rgb24"
            )
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
