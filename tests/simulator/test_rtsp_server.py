"""The server by hand: logins, sessions, limits, power."""

import asyncio
import contextlib
import dataclasses
import itertools
import os
import re
import socket
import struct
import threading
from pathlib import Path

import numpy as np
import pytest

from simulator.faults import FAULTS, FaultBoard
from simulator.rtsp.server import MAX_CONNECTIONS, RtspServer
from simulator.site import DeviceSpec
from tests.simulator.rtsp_help import Client, camera, looking, running, url


async def until(true, seconds=5.0):
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 the server has no event for tests
            await asyncio.sleep(0.02)


async def test_options_need_no_login_and_describe_does():
    spec = camera()
    async with running(spec) as server:
        client = await Client.connect(spec)
        assert (await client.ask("OPTIONS"))[0] == 200
        assert (await client.ask("DESCRIBE"))[0] == 401
        assert server.refused_logins == 0
        client.close()


@pytest.mark.parametrize("codec", ["h264", "h265"])
async def test_the_description_brings_the_parameter_sets(codec):
    spec = camera(codec=codec)
    async with running(spec):
        client = await Client.connect(spec)
        status, headers = await client.login()
        wanted = "sprop-parameter-sets=Z" if codec == "h264" else "sprop-vps=Q"
        assert status == 200
        assert wanted in headers["body"]
        assert headers["content-base"].endswith("/sub/")
        client.close()


async def test_a_wrong_password_is_refused_and_counted():
    spec = camera()
    async with running(spec) as server:
        client = await Client.connect(spec)
        client.learn((await client.ask("DESCRIBE"))[1])
        assert (await client.ask("DESCRIBE", password="guess"))[0] == 401
        assert (await client.ask("DESCRIBE", login=False, Authorization="Basic c2VydmljZTpyb3NlYnVk"))[
            0
        ] == 401
        assert server.refused_logins == 2
        client.close()


async def test_a_login_without_qop_is_good_too():
    spec = camera()
    async with running(spec):
        client = await Client.connect(spec)
        client.learn((await client.ask("DESCRIBE"))[1])
        old = client.signed("DESCRIBE", "/sub", spec.password, qop=False)
        assert (await client.ask("DESCRIBE", login=False, Authorization=old))[0] == 200
        client.close()


async def test_a_replayed_login_is_stale_not_refused():
    spec = camera()
    async with running(spec) as server:
        client = await Client.connect(spec)
        client.learn((await client.ask("DESCRIBE"))[1])
        same = client.signed("DESCRIBE", "/sub", spec.password)
        assert (await client.ask("DESCRIBE", login=False, Authorization=same))[0] == 200
        status, headers = await client.ask("DESCRIBE", login=False, Authorization=same)
        assert (status, "stale=true" in headers["www-authenticate"], server.refused_logins) == (401, True, 0)
        client.close()


async def test_a_changed_password_refuses_the_right_one():
    spec, board = camera(), FaultBoard({"cam-1": ""})
    board.switch_on("cam-1", "wrong_password")
    async with running(spec, board) as server:
        client = await Client.connect(spec)
        assert (await client.login())[0] == 401
        assert server.refused_logins == 1
        board.switch_off("cam-1", "wrong_password")
        client.challenge = {}
        assert (await client.login())[0] == 200
        client.close()


async def test_a_device_without_a_password_lets_everybody_look():
    spec = camera(password="")
    async with running(spec):
        client = await Client.connect(spec)
        assert (await client.ask("DESCRIBE"))[0] == 200
        client.close()


STEP = 90_000 // 12  # of the stamps, from frame to frame


def stamp(packet):
    return struct.unpack(">I", packet[4:8])[0]


async def test_playing_sends_numbered_stamped_packets_from_a_key_frame_on():
    spec = camera()
    async with running(spec):
        client = await Client.connect(spec)
        _, (status, headers) = await client.play()
        begin = int(re.search(r"rtptime=(\d+)", headers["rtp-info"])[1])
        await client.listen_for(
            lambda channel, packet: channel == 1 and packet[1] == 200,
            lambda channel, packet: channel == 0 and stamp(packet) >= begin + 4 * STEP,
        )
        client.close()
    packets = [packet for channel, packet in client.packets if channel == 0]
    numbers = [struct.unpack(">H", packet[2:4])[0] for packet in packets]
    stamps = sorted({stamp(packet) for packet in packets})
    assert status == 200
    assert f"seq={numbers[0]};rtptime={stamps[0]}" in headers["rtp-info"]
    assert [(b - a) & 0xFFFF for a, b in itertools.pairwise(numbers)] == [1] * (len(numbers) - 1)
    steps = [b - a for a, b in itertools.pairwise(stamps)]
    assert all(step % STEP == 0 for step in steps), (
        "a busy machine leaves frames out, and says so by the stamps"
    )
    assert [packet[12] & 0x1F for packet in packets[:2]] == [7, 8]


async def test_a_pause_stops_the_packets_and_play_goes_on():
    spec = camera()
    async with running(spec) as server:
        client = await Client.connect(spec)
        session, _ = await client.play()
        await client.listen(0.3)
        assert (await client.ask("PAUSE", Session=session))[0] == 200
        client.packets.clear()
        await client.listen(0.4)
        assert client.packets == []
        assert (await client.ask("PLAY", Session=session))[0] == 200
        await client.listen(0.2)
        assert client.packets
        assert (await client.ask("TEARDOWN", Session=session))[0] == 200
        assert server.playing == 0
        client.close()


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("DESCRIBE", "/nothing", {}, 404),
        ("SETUP", "/nothing", {"Transport": "RTP/AVP/TCP"}, 404),
        ("SETUP", "/sub", {"Transport": "RTP/AVP;multicast"}, 461),
        ("SETUP", "/sub", {}, 461),
        ("PLAY", "/sub", {}, 455),
        ("PAUSE", "/sub", {}, 455),
        ("PLAY", "/sub", {"Session": "feed"}, 454),
        ("RECORD", "/sub", {}, 501),
    ],
)
async def test_what_cannot_be_done_is_answered_with_the_right_number(method, path, headers, status):
    spec = camera(password="")
    async with running(spec):
        client = await Client.connect(spec)
        assert (await client.ask(method, path, **headers))[0] == status
        client.close()


async def test_nonsense_is_answered_with_400_and_an_end():
    spec = camera()
    async with running(spec) as server:
        reader, writer = await asyncio.open_connection(spec.address, spec.rtsp.port)
        writer.write(b"EHLO there\r\n\r\n")
        assert (await reader.read()).startswith(b"RTSP/1.0 400")
        writer.close()
        await until(lambda: server.connections == 0)


async def test_a_silent_client_is_dropped():
    spec = camera()
    async with running(spec, session_seconds=0.4) as server:
        client = await Client.connect(spec)
        await client.play()
        await client.listen(3)
        assert client.reader.at_eof()
        assert (server.connections, server.playing) == (0, 0)
        client.close()


async def test_receiver_reports_keep_a_session_alive():
    spec = camera()
    async with running(spec, session_seconds=0.4):
        client = await Client.connect(spec)
        await client.play()
        for _ in range(4):
            await client.listen(0.2)
            client.writer.write(b"$\x01\x00\x08" + struct.pack(">BBHI", 0x80, 201, 1, 1))
        assert not client.reader.at_eof()
        client.close()


async def test_one_client_too_many_hears_that_there_is_no_room():
    spec = camera()
    async with running(spec) as server:
        clients = [await Client.connect(spec) for _ in range(MAX_CONNECTIONS)]
        await until(lambda: server.connections == MAX_CONNECTIONS)
        late = await Client.connect(spec)
        assert (await late.ask("OPTIONS"))[0] == 503
        for client in (*clients, late):
            client.close()
        await until(lambda: server.connections == 0)
        again = await Client.connect(spec)
        assert (await again.ask("OPTIONS"))[0] == 200
        again.close()


async def test_one_stream_too_many_is_refused():
    spec = camera(password="")
    async with running(spec):
        clients = [await Client.connect(spec) for _ in range(7)]
        answers = [await client.ask("SETUP", Transport="RTP/AVP/TCP") for client in clients]
        assert [status for status, _ in answers] == [200] * 6 + [453]
        for client in clients:
            client.close()


async def test_no_power_ends_everything_and_power_brings_it_back():
    spec, board = camera(), FaultBoard({"cam-1": "switch", "switch": ""})
    async with running(spec, board) as server:
        client = await Client.connect(spec)
        await client.play()
        board.switch_on("switch", "off")
        await until(lambda: server.connections == 0)
        with pytest.raises(OSError):
            await Client.connect(spec)
        board.switch_off("switch", "off")
        await asyncio.sleep(0.1)
        back = await Client.connect(spec)
        assert (await back.ask("OPTIONS"))[0] == 200
        back.close()
        client.close()


async def test_a_device_that_is_off_at_the_start_does_not_listen():
    spec, board = camera(), FaultBoard({"cam-1": ""})
    board.switch_on("cam-1", "off")
    async with running(spec, board):
        with pytest.raises(OSError):
            await Client.connect(spec)


async def test_nothing_is_left_after_the_stop():
    spec = camera(codec="h265")
    tasks, threads = asyncio.all_tasks(), set(threading.enumerate())
    server = RtspServer(spec, FaultBoard({"cam-1": ""}))
    await server.start()
    client = await Client.connect(spec)
    await client.play()
    await client.listen(0.3)
    udp = await Client.connect(spec)
    await udp.play(transport="RTP/AVP;unicast;client_port=45000-45001")
    await server.stop()
    client.close()
    udp.close()
    await asyncio.sleep(0.1)
    assert asyncio.all_tasks() == tasks
    assert set(threading.enumerate()) == threads
    assert not sockets_on(spec.address)


def sockets_on(address):
    """Names of our own sockets bound to an address and not yet closed."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            with socket.socket(fileno=os.dup(int(entry.name))) as end:
                found += [end.getsockname()] if address in end.getsockname() else []
        except OSError:
            continue
    return found


async def test_a_client_that_reads_nothing_is_dropped_at_the_stop():
    spec = camera(main=(1280, 720), scene="corridor", night=True)
    async with running(spec) as server:
        client = await Client.connect(spec)
        client.reader._transport.pause_reading()
        client.writer.write(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n" * 20_000)
        await asyncio.sleep(0.3)
        assert server.connections == 1
    assert sockets_on(spec.address) == []
    client.close()


async def test_a_connection_made_at_the_very_end_is_not_left_open():
    spec = camera()
    server = RtspServer(spec, FaultBoard({"cam-1": ""}))
    await server.start()
    ends = [socket.create_connection((spec.address, spec.rtsp.port)) for _ in range(3)]
    await server.stop()
    await asyncio.sleep(0.05)
    assert server.connections == 0
    for end in ends:
        end.settimeout(2)
        with end, contextlib.suppress(ConnectionError):
            assert end.recv(1) == b""


async def test_a_recorder_has_a_stream_for_each_channel():
    spec = camera(kind="nvr", password="")
    async with running(spec, channels=2):
        client = await Client.connect(spec)
        answers = {
            path: (await client.ask("DESCRIBE", path))[0]
            for path in ("/ch1/main", "/ch2/sub", "/ch3/sub", "/main")
        }
        assert answers == {"/ch1/main": 200, "/ch2/sub": 200, "/ch3/sub": 404, "/main": 404}
        client.close()


def test_a_device_without_rtsp_or_with_an_unknown_scene_is_told_at_once():
    board = FaultBoard({"cam-1": ""})
    with pytest.raises(ValueError, match="no RTSP"):
        RtspServer(DeviceSpec("cam-1", "camera", "127.9.11.9"), board)
    with pytest.raises(ValueError, match="no scene 'moon'"):
        RtspServer(camera(scene="moon"), board)
    with pytest.raises(ValueError, match="no codec 'vp8'"):
        RtspServer(camera(codec="vp8"), board)
    with pytest.raises(ValueError, match="even"):
        RtspServer(camera(sub=(321, 180)), board)


async def test_a_channel_shows_what_its_camera_sees_and_no_video_without_it():
    spec = dataclasses.replace(camera(kind="nvr"), id="nvr-1", channels=("cam-1",))
    board = FaultBoard({"nvr-1": "", "cam-1": ""})
    async with running(spec, board, cameras={"cam-1": camera(scene="hall")}):
        healthy = (await looking(url(spec, "/ch1/sub"), 0.1)).key_pictures[0]
        board.switch_on("cam-1", "black")
        black = (await looking(url(spec, "/ch1/sub"), 0.1)).key_pictures[0]
        board.switch_on("cam-1", "off")
        gone = (await looking(url(spec, "/ch1/sub"), 0.1)).key_pictures[0]
    assert healthy.std() > 15
    assert black.mean() < 16
    assert np.all(np.abs(gone[:60].astype(int) - 28) <= 4)


async def test_packets_are_lost_after_they_were_numbered():
    spec, board = camera(), FaultBoard({"cam-1": ""})
    board.switch_on("cam-1", "packet_loss", strength=6.0)
    async with running(spec, board):
        client = await Client.connect(spec)
        await client.play("/main")
        await client.listen(1.8)
        client.close()
    packets = [packet for channel, packet in client.packets if channel == 0]
    numbers = [struct.unpack(">H", packet[2:4])[0] for packet in packets]
    span = ((numbers[-1] - numbers[0]) & 0xFFFF) + 1
    assert 0.1 < 1 - len(numbers) / span < 0.5
    assert [packet[12] & 0x1F for packet in packets[:2]] == [7, 8]


@pytest.mark.parametrize("fault", ["stream_drop", "half_speed", "stream_garbage", "slow_describe"])
async def test_the_extra_stream_faults_look_like_what_they_are(fault, monkeypatch):
    monkeypatch.setitem(FAULTS, fault, FAULTS.get(fault, "extra"))
    spec, board = camera(), FaultBoard({"cam-1": ""})
    board.switch_on("cam-1", fault, strength=0.4 if fault == "slow_describe" else 2.0)
    async with running(spec, board):
        seen = await looking(url(spec), 1.15, pictures="all")
    arrival = (len(seen.arrived) - 1) / (seen.arrived[-1] - seen.arrived[0])
    looks = {
        "stream_drop": seen.arrived[-1] - seen.arrived[0] < 1.3 and not seen.ended,
        "half_speed": arrival < 8 and 11 < (len(seen.times) - 1) / (seen.times[-1] - seen.times[0]) < 13,
        "stream_garbage": seen.corrupt > 0,
        "slow_describe": seen.arrived[0] > 0.8,
    }
    assert looks[fault]
