"""An RTSP server that plays encoded clips at their own pace, in a process of its own: what benches look at.

python -m bench.replay FOLDER        plays FOLDER/<name>.mkv as /<name>; prints its port
"""

import asyncio
import itertools
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Final

import av

from simulator.rtsp import nal, sdp
from simulator.rtsp.encode import Format
from simulator.rtsp.rtp import Sender, payloads

_NAMES: Final = {"h264": "h264", "hevc": "h265"}


class Tape:
    """One clip, encoded: the NAL units of each frame."""

    def __init__(self, path: Path) -> None:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            context = stream.codec_context
            assert context is not None
            codec = _NAMES[context.name]
            self.fps = round(float(stream.average_rate or 25))
            self.form = Format(codec, context.width, context.height, self.fps, 0)
            head = [
                unit
                for unit in nal.split(bytes(context.extradata or b""))
                if nal.is_parameter_set(codec, unit)
            ]
            self.frames = [
                nal.split(_annex_b(bytes(packet))) for packet in container.demux(stream) if packet.size
            ]
        found = {
            nal.kind(codec, unit): unit
            for unit in itertools.chain(head, *self.frames[:2])
            if nal.is_parameter_set(codec, unit)
        }
        self.sets = tuple(found[kind] for kind in nal.PARAMETER_SETS[codec])

    def packets(self, sender: Sender, number: int) -> Iterator[bytes]:
        """Yield the RTP packets of a frame; after the last comes the first."""
        units = self.frames[number % len(self.frames)]
        if any(nal.is_key(self.form.codec, unit) for unit in units):
            units = [*self.sets, *(unit for unit in units if not nal.is_parameter_set(self.form.codec, unit))]
        for place, unit in enumerate(units):
            parts = list(payloads(self.form.codec, unit))
            for piece, part in enumerate(parts):
                last = place == len(units) - 1 and piece == len(parts) - 1
                yield sender.packet(part, number / self.fps, last=last)


def _annex_b(data: bytes) -> bytes:
    """Return a packet of Matroska or of a raw stream with start codes: the first has lengths instead."""
    if data.startswith((b"\0\0\1", b"\0\0\0\1")):
        return data
    out, at = bytearray(), 0
    while at + 4 <= len(data):
        size = int.from_bytes(data[at : at + 4])
        out += b"\0\0\0\1" + data[at + 4 : at + 4 + size]
        at += 4 + size
    return bytes(out)


class Replay:
    """The server."""

    def __init__(self, folder: Path) -> None:
        self._tapes = {path.stem: Tape(path) for path in sorted(folder.glob("*.h26?"))}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one client."""
        playing: asyncio.Task[None] | None = None
        try:
            while (request := await _request(reader)) is not None:
                method, name, cseq = request
                tape = self._tapes.get(name)
                if tape is None:
                    writer.write(f"RTSP/1.0 404 Not Found\r\nCSeq: {cseq}\r\n\r\n".encode())
                    continue
                body = sdp.describe("127.0.0.1", name, tape.form, tape.sets) if method == "DESCRIBE" else b""
                more = {
                    "DESCRIBE": f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n",
                    "SETUP": "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n",
                }.get(method, "Session: 1\r\n")
                writer.write(f"RTSP/1.0 200 OK\r\nCSeq: {cseq}\r\n{more}\r\n".encode() + body)
                if method == "PLAY" and playing is None:
                    playing = asyncio.create_task(_play(tape, writer))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            if playing:
                playing.cancel()
            writer.close()


async def _play(tape: Tape, writer: asyncio.StreamWriter) -> None:
    sender = Sender(Random(1))
    clock = asyncio.get_running_loop().time
    begin = clock()
    for number in itertools.count():
        await asyncio.sleep(max(0.0, begin + number / tape.fps - clock()))
        if writer.is_closing():
            return
        for packet in tape.packets(sender, number):
            writer.write(b"$\0" + len(packet).to_bytes(2) + packet)
        await writer.drain()


async def _request(reader: asyncio.StreamReader) -> tuple[str, str, str] | None:
    """Return method, clip and CSeq of the next request, None at the end; woven packets are read over."""
    while (first := await reader.read(1)) == b"$":
        head = await reader.readexactly(3)
        await reader.readexactly(int.from_bytes(head[1:]))
    if not first:
        return None
    text = (first + await reader.readuntil(b"\r\n\r\n")).decode("utf-8", "replace")
    method, uri, _ = text.split("\r\n", 1)[0].split(" ")
    name = re.sub(r"^rtsp://[^/]*/", "", uri).split("/")[0]
    found = re.search(r"cseq: *(\d+)", text, re.IGNORECASE)
    return method, name, found[1] if found else "0"


async def _main(folder: Path) -> None:
    replay = Replay(folder)
    server = await asyncio.start_server(replay.serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)  # it ends with whoever started it


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1])))
