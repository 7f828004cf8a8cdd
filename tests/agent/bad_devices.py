"""Devices that answer, but not as they should: small servers on loopback."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator

PORT = 8080
SNMP_PORT = 1161
RTSP_PORT = 8554
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nContent-Length: %d\r\n\r\n"


async def garbage(reader, writer):
    """Noise."""
    await reader.read(100)
    writer.write(os.urandom(512))


async def half(reader, writer):
    """The beginning of a reply, then the end of the connection."""
    await reader.read(100)
    writer.write(_HEAD % 4000 + b'<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/so')


async def mute(reader, writer):
    """Takes the connection and never says a word."""
    await asyncio.sleep(600)


async def drip(reader, writer):
    """A byte now and then, for ever: no timeout between two bytes ever strikes."""
    await reader.read(100)
    writer.write(_HEAD % 100_000)
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.2)


async def flood(reader, writer):
    """More than anybody can want."""
    await reader.read(100)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\n\r\n<a>")
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


async def web_page(reader, writer):
    """The login page of something else."""
    await reader.read(100)
    page = b"<html><body><h1>It works!<br></body></html>"
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(page) + page
    )


async def crowded(reader, writer):
    """No room, always."""
    await reader.read(100)
    writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


async def zero(reader, writer):
    """A well-formed reply in which every value is missing."""
    await reader.read(100)
    body = b'<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body/></s:Envelope>'
    writer.write(_HEAD % len(body) + body)


KINDS = {f.__name__: f for f in (garbage, half, mute, drip, flood, web_page, crowded, zero)}


class _Noise(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.transport.sendto(os.urandom(64), address)


class _Echo(_Noise):
    def datagram_received(self, data, address):
        self.transport.sendto(data, address)


@contextlib.asynccontextmanager
async def serving(host: str, kind, port: int = PORT) -> AsyncIterator[None]:
    """Serve a kind of device until the end of the block."""
    tasks: set[asyncio.Task] = set()

    async def handle(reader, writer):
        tasks.add(asyncio.current_task())
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await kind(reader, writer)
            await writer.drain()
        writer.transport.abort() if kind in {flood, drip} else writer.close()

    server = await asyncio.start_server(handle, host, port)
    try:
        yield
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def answering(host: str, *, noise: bool) -> AsyncIterator[None]:
    """Answer SNMP with noise, or with the question itself."""
    loop = asyncio.get_running_loop()
    kind = _Noise if noise else _Echo
    transport, _ = await loop.create_datagram_endpoint(kind, local_addr=(host, SNMP_PORT))
    try:
        yield
    finally:
        transport.close()
