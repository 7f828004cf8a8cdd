"""Reach: what answers a TCP connection, and a ping where we may."""

import asyncio
import socket

import pytest

import collectors.reach
from collectors.base import Unreachable
from collectors.reach import Reach, ports
from models.facts import Device, Kind, StreamUri
from models.metrics import ICMP_RTT, ICMP_UP, TCP_CONNECT, TCP_UP

HOST = "127.41.7.1"


def camera(host=HOST, **given):
    return Device("cam-1", Kind.CAMERA, host, **given)


@pytest.fixture
async def open_port():
    server = await asyncio.start_server(lambda _, writer: writer.close(), HOST, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
def closed_port():
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        yield sock.getsockname()[1]  # bound and not listening: refuses


def by(answer, metric):
    return {reading.part: reading.value for reading in answer.readings if reading.metric is metric}


async def test_an_open_port_is_up_and_timed(open_port):
    answer = await Reach(icmp=False).collect(camera(tcp_ports=(open_port,)))
    assert by(answer, TCP_UP) == {str(open_port): 1.0}
    assert 0 <= by(answer, TCP_CONNECT)[str(open_port)] < 2


async def test_a_refused_port_beside_an_open_one_is_a_reading(open_port, closed_port):
    answer = await Reach(icmp=False).collect(camera(tcp_ports=(open_port, closed_port)))
    assert by(answer, TCP_UP) == {str(open_port): 1.0, str(closed_port): 0.0}


async def test_a_refused_port_has_no_connect_time(open_port, closed_port):
    answer = await Reach(icmp=False).collect(camera(tcp_ports=(open_port, closed_port)))
    assert set(by(answer, TCP_CONNECT)) == {str(open_port)}


async def test_when_every_port_refuses_the_device_is_unreachable(closed_port):
    with pytest.raises(Unreachable, match=f"answers nothing .TCP {closed_port}") as caught:
        await Reach(icmp=False).collect(camera(tcp_ports=(closed_port,)))
    assert [reading.value for reading in caught.value.learnt] == [0.0]


async def test_a_port_that_stays_silent_costs_no_more_than_the_timeout():
    with socket.socket() as deaf:
        deaf.bind((HOST, 0))
        deaf.listen(0)
        fillers = [socket.socket() for _ in range(4)]  # a full backlog: further connections hang
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(deaf.getsockname())
        loop = asyncio.get_running_loop()
        began = loop.time()
        with pytest.raises(Unreachable):
            await Reach(icmp=False, timeout_seconds=0.3).collect(camera(tcp_ports=(deaf.getsockname()[1],)))
        for filler in fillers:
            filler.close()
    assert loop.time() - began < 3


async def test_a_name_that_cannot_be_resolved_is_unreachable():
    with pytest.raises(Unreachable):
        await Reach(icmp=False).collect(camera("no-such-host.invalid", tcp_ports=(80,)))


def test_the_ports_are_those_of_the_inventory_each_once():
    streams = (
        StreamUri("main", "rtsp://h:8554/a"),
        StreamUri("sub", "rtsp://h/b"),
        StreamUri("x", "rtsp://h:8554/c"),
    )
    assert ports(camera(onvif_port=80, streams=streams, tcp_ports=(80, 37777))) == (80, 8554, 554, 37777)


@pytest.mark.parametrize("uri", ["rtsp://h:notaport/", "rtsp://[::1", "http://h:81/", ""])
def test_a_stream_address_that_cannot_be_read_names_no_port(uri):
    assert ports(camera(streams=(StreamUri("main", uri),))) == ()


def test_without_ports_and_without_ping_it_does_not_apply():
    assert not Reach(icmp=False).applies(camera())


def test_a_port_is_enough_to_apply():
    assert Reach(icmp=False).applies(camera(onvif_port=80))


def test_where_pings_are_not_permitted_it_does_not_ping(monkeypatch):
    monkeypatch.setattr(collectors.reach, "_raw_sockets_needed", lambda: None)
    assert not Reach(icmp=True).pings


async def test_where_pings_are_not_permitted_there_is_no_reading_of_them(monkeypatch, open_port):
    monkeypatch.setattr(collectors.reach, "_raw_sockets_needed", lambda: None)
    answer = await Reach(icmp=True).collect(camera(tcp_ports=(open_port,)))
    assert not by(answer, ICMP_UP)


def needs_ping():
    reach = Reach(timeout_seconds=1.0)
    if not reach.pings:
        pytest.skip("neither ping sockets nor raw sockets are permitted here")
    return reach


async def test_a_ping_that_is_answered_is_up_and_timed():
    answer = await needs_ping().collect(camera("127.0.0.1"))
    assert by(answer, ICMP_UP) == {"": 1.0}
    assert 0 < by(answer, ICMP_RTT)[""] < 1


async def test_a_ping_alone_keeps_a_device_with_closed_ports_reachable(closed_port):
    answer = await needs_ping().collect(camera(tcp_ports=(closed_port,)))
    assert by(answer, TCP_UP) == {str(closed_port): 0.0}


async def test_a_ping_to_a_name_nobody_knows_is_down():
    with pytest.raises(Unreachable) as caught:
        await needs_ping().collect(camera("no-such-host.invalid"))
    assert [(reading.metric, reading.value) for reading in caught.value.learnt] == [(ICMP_UP, 0.0)]
