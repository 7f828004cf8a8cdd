"""What a worker says of an RTSP server that does this or that; every case over a real connection."""

import asyncio
import time

import pytest
from conftest import LIMITS, LONGER
from fake_rtsp import FPS, GOP, SIZE, Behaviour, FakeRtsp

from collectors.base import AuthRejected, BadReply, Busy, NotSupported, Unreachable
from collectors.stream.job import StreamJob
from collectors.stream.pool import WorkerPool
from models import metrics
from models.facts import Login, Secret

pytestmark = pytest.mark.asyncio(loop_scope="module")  # the pool lives as long as the file

PASSWORD = "p@ss:/w%20ö?#"
LOGIN = Login("viewer", Secret(PASSWORD))


async def look(pool, server, *, login=LOGIN, limits=LIMITS):
    result = await pool.run(
        StreamJob("127.0.0.1", server.port, "/v?password=in-the-path", login, limits), limits.worst
    )
    return result, {
        name: result.values.get(metric.name) for name, metric in vars(metrics).items() if is_metric(metric)
    }


def is_metric(value):
    return isinstance(value, metrics.Metric)


async def look_until(pool, server, is_so, *, login=LOGIN):
    """Look until a look saw what must be seen: one look of a second may fall into a pause of a busy machine."""
    for _ in range(8):
        result, values = await look(pool, server, limits=LONGER, login=login)
        if values["STREAM_ARRIVAL_FPS"] is not None and is_so(values["STREAM_ARRIVAL_FPS"]):
            break
    return result, values


async def refusal(pool, behaviour, kind, *, login=LOGIN):
    """Return the sentence of the error a server's behaviour gives, after seeing that it holds no secret."""
    async with FakeRtsp(behaviour) as server:
        with pytest.raises(kind) as caught:
            await look(pool, server, login=login)
        assert type(caught.value) is kind
    sentence = str(caught.value)
    assert not [secret for secret in (PASSWORD, "p%40ss", "in-the-path", "rtsp://") if secret in sentence]
    assert caught.value.__cause__ is None
    return sentence


async def test_a_healthy_stream_gives_its_rates_and_a_picture(pool):
    async with FakeRtsp(Behaviour(login=f"viewer:{PASSWORD}")) as server:
        result, values = await look_until(pool, server, pytest.approx(FPS, rel=0.25).__eq__)
    assert values["STREAM_FPS"] == pytest.approx(FPS, rel=0.02)
    assert values["STREAM_ARRIVAL_FPS"] == pytest.approx(FPS, rel=0.25)
    assert values["STREAM_GOP"] == GOP
    assert values["STREAM_GAP"] == pytest.approx(1 / FPS, abs=0.002)
    assert (values["STREAM_STALL"], values["STREAM_LOST"], values["STREAM_CORRUPT"]) == (0, 0, 0)
    assert (values["STREAM_WIDTH"], values["STREAM_HEIGHT"]) == SIZE
    assert values["PICTURE_SPAN"] == pytest.approx(1.0, abs=0.6)
    assert values["PICTURE_CHANGE"] > 0.5
    assert 0.3 < values["PICTURE_LUMA"] < 0.7
    assert result.jpeg.startswith(b"\xff\xd8")
    assert (result.width, result.height) == SIZE
    assert result.fast
    assert result.logged_in


async def test_a_login_that_nobody_asked_for_says_nothing_of_itself(pool):
    async with FakeRtsp(Behaviour()) as server:
        result, _ = await look(pool, server)
    assert not result.logged_in


async def test_a_wrong_password_is_refused_once_per_look(pool):
    async with FakeRtsp(Behaviour(login="viewer:other")) as server:
        with pytest.raises(AuthRejected, match="'viewer'"):
            await look(pool, server)
        assert server.logins == [f"viewer:{PASSWORD}"]


async def test_a_stream_without_parameter_sets_in_its_description_is_read_all_the_same(pool):
    async with FakeRtsp(Behaviour(announce_sets=False)) as server:
        _, values = await look(pool, server)
    assert (values["STREAM_WIDTH"], values["STREAM_HEIGHT"]) == SIZE


async def test_a_stall_is_told_with_what_came_before_it(pool):
    async with FakeRtsp(Behaviour(stall_after=20)) as server:
        result, values = await look(pool, server, limits=LONGER)
    assert values["STREAM_STALL"] == 1
    assert values["STREAM_FPS"] == pytest.approx(FPS, rel=0.02)
    assert result.jpeg


async def test_a_stream_that_ends_without_an_error_is_a_stall(pool):
    async with FakeRtsp(Behaviour(end_after=10)) as server:
        _, values = await look(pool, server)
    assert values["STREAM_STALL"] == 1
    assert values["PICTURE_LUMA"] is not None


async def test_a_stream_agreed_upon_that_never_comes_is_a_stall(pool):
    async def told(how):
        async with FakeRtsp(how) as server:
            return (await look(pool, server))[1]

    ways = [
        Behaviour(stall_after=0),
        Behaviour(stall_after=1),
        Behaviour(end_after=0),
        Behaviour(end_after=1),
    ]
    for values in await asyncio.gather(*map(told, ways)):
        assert values["STREAM_STALL"] == 1
        assert values["STREAM_FPS"] is None


async def test_a_stream_that_begins_late_is_no_stall(pool):
    late = LIMITS.opening + 0.6 * LIMITS.silence  # opening has given up waiting for a frame by then
    async with FakeRtsp(Behaviour(begins_after=late)) as server:
        began = time.monotonic()
        _, values = await look(pool, server)
        took = time.monotonic() - began
    assert values["STREAM_STALL"] == 0
    assert late - 0.1 < values["STREAM_OPEN"] < took, "counted until the stream began"
    assert values["PICTURE_LUMA"] is not None


async def test_missing_packets_are_counted_and_the_frames_they_tear_are_damaged(pool):
    async with FakeRtsp(Behaviour(loses=lambda sequence: sequence % 25 == 20)) as server:
        _, values = await look(pool, server, limits=LONGER)
        true_share = server.dropped / (server.dropped + server.sent)
    assert values["STREAM_LOST"] == pytest.approx(true_share, rel=0.25)
    assert values["STREAM_CORRUPT"] > 0.1


async def test_a_server_at_half_speed_keeps_its_timestamps_but_not_its_pace(pool):
    async with FakeRtsp(Behaviour(pace=0.5)) as server:
        _, values = await look_until(pool, server, lambda rate: rate < 0.7 * FPS)
    assert values["STREAM_FPS"] == pytest.approx(FPS, rel=0.02)
    assert values["STREAM_ARRIVAL_FPS"] < 0.7 * FPS


@pytest.mark.parametrize(
    ("status", "kind", "word"),
    [
        ("403 Forbidden", AuthRejected, "forbids"),
        ("404 Not Found", NotSupported, "no such stream"),
        ("453 Not Enough Bandwidth", Busy, "bandwidth"),
        ("461 Unsupported Transport", NotSupported, "TCP"),
        ("503 Service Unavailable", Busy, "no room"),
        ("500 Internal Server Error", BadReply, "500"),
        ("400 Bad Request", BadReply, "400"),
    ],
)
async def test_a_status_has_its_name_in_the_error_tree(pool, status, kind, word):
    method = "SETUP" if status.startswith(("453", "461")) else "DESCRIBE"
    assert word in await refusal(pool, Behaviour(statuses={method: status}), kind)


async def test_a_server_that_asks_for_a_login_we_do_not_have_says_so(pool):
    assert "none is given" in await refusal(pool, Behaviour(login="a:b"), AuthRejected, login=None)


async def test_a_stream_without_video_is_probed_once_more_and_then_said_to_have_none(pool):
    for media in ("audio", "application"):
        assert "without video" in await refusal(pool, Behaviour(media=media), NotSupported)


async def test_a_redirection_is_refused_and_nobody_else_is_connected_to(pool):
    async with FakeRtsp(Behaviour()) as elsewhere:
        moved = f"302 Moved Temporarily\r\nLocation: rtsp://127.0.0.1:{elsewhere.port}/v"
        for method in ("OPTIONS", "DESCRIBE"):
            assert "another address" in await refusal(pool, Behaviour(statuses={method: moved}), BadReply)
        assert elsewhere.requests == []
        _, values = await look(pool, elsewhere)  # and the same worker may connect again
        assert values["STREAM_STALL"] == 0


async def test_garbage_instead_of_rtsp_is_named(pool):
    for garbage in (
        b"\0" * 4096,
        bytes(range(256)) * 64,
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"RTSP/1.0 200",
    ):
        await refusal(pool, Behaviour(raw=garbage), BadReply)


async def test_a_server_that_closes_at_once_is_named(pool):
    for method in ("OPTIONS", "DESCRIBE", "SETUP"):
        assert "closed" in await refusal(pool, Behaviour(close_at=method), BadReply)


async def test_a_server_that_is_silent_or_slow_is_named_in_time(pool):
    silent, halfway, asking, slow = await asyncio.gather(
        refusal(pool, Behaviour(say_nothing_to="OPTIONS"), Unreachable),
        refusal(pool, Behaviour(say_nothing_to="SETUP"), BadReply),
        refusal(pool, Behaviour(login="a:b", say_nothing_to="a login"), BadReply),  # it refused nothing
        refusal(pool, Behaviour(trickle_seconds=0.1), Unreachable),
    )
    assert "said nothing" in silent
    assert "stopped answering" in halfway
    assert "stopped answering" in asking
    assert slow == silent


async def test_a_closed_port_is_unreachable(pool):
    async with FakeRtsp(Behaviour()) as server:
        pass
    with pytest.raises(Unreachable, match="refused the connection"):
        await look(pool, server)


async def test_an_address_nobody_has_is_unreachable_in_time(pool):
    with pytest.raises(Unreachable):
        await pool.run(StreamJob("no-such-host.invalid", 554, "/", LOGIN, LIMITS), LIMITS.worst)


async def test_one_worker_reads_stream_after_stream():
    single = WorkerPool(1)
    async with FakeRtsp(Behaviour()) as good, FakeRtsp(Behaviour(raw=b"\0" * 999)) as bad:
        for server in (good, bad, good):
            outcome = await asyncio.gather(look(single, server), return_exceptions=True)
            assert isinstance(outcome[0], BadReply) == (server is bad)
    await single.close()
