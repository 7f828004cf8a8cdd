"""The stream collector: which stream, which login, which host, and what becomes of the outcome."""

import time
from dataclasses import replace
from typing import ClassVar

import pytest
from conftest import LIMITS, LONGER
from fake_rtsp import Behaviour, FakeRtsp

from collectors.base import AuthRejected, Busy, NotSupported, Unreachable
from collectors.guard import LoginGuard
from collectors.stream.collector import Manner, Room, StreamCheck
from collectors.stream.job import Level, StreamResult
from collectors.stream.told import STREAM_METRICS, answer_of
from models import metrics
from models.facts import Answer, Device, Kind, Login, Secret, StreamUri

pytestmark = pytest.mark.asyncio(loop_scope="module")  # the pool lives as long as the file

LOGIN = Login("viewer", Secret("secret"))


def camera(*streams: tuple[str, str], **more) -> Device:
    return Device(
        "cam-1",
        Kind.CAMERA,
        "127.0.0.1",
        login=LOGIN,
        streams=tuple(StreamUri(*one) for one in streams),
        **more,
    )


def check(pool, source=None, limits=LIMITS, level=Level.SUB, **more) -> StreamCheck:
    return StreamCheck(Room(pool, LoginGuard(time.monotonic), source, limits=limits, **more), level)


class Told:
    """Knows streams as ONVIF would."""

    def __init__(self, *streams):
        self.streams = tuple(StreamUri(*one) for one in streams)
        self.failures = []

    async def stream_uris(self, device):
        return self.streams

    def failed(self, device_id):
        self.failures.append(device_id)


async def test_the_sub_stream_is_looked_at_and_named_in_every_reading_and_in_the_picture(pool):
    async with FakeRtsp(Behaviour()) as sub, FakeRtsp(Behaviour()) as main:
        device = camera(
            ("main", f"rtsp://127.0.0.1:{main.port}/m"), ("sub", f"rtsp://127.0.0.1:{sub.port}/s")
        )
        answer = await check(pool, limits=LONGER).collect(device)
    assert main.requests == []
    assert (
        {reading.part for reading in answer.readings}
        == {picture.part for picture in answer.pictures}
        == {"sub"}
    )
    not_here = {metrics.STREAM_DESCRIBE, metrics.STREAM_DELAY}  # another level's; no sender report came
    told = {reading.metric for reading in answer.readings}
    assert {one for one in STREAM_METRICS if one.name.startswith("cctv_stream")} - not_here <= told
    assert {metrics.PICTURE_LUMA, metrics.PICTURE_CHANGE, metrics.PICTURE_SHARPNESS} <= told


async def test_addresses_come_from_the_source_when_the_operator_gave_none(pool):
    async with FakeRtsp(Behaviour()) as server:
        stream_check = check(pool, Told(("main", f"rtsp://127.0.0.1:{server.port}/m")))
        answer = await stream_check.collect(camera(onvif_port=80))
    assert {reading.part for reading in answer.readings} == {"main"}


async def test_an_address_without_a_stream_is_asked_for_again(pool):
    async with FakeRtsp(Behaviour(statuses={"DESCRIBE": "404 Not Found"})) as server:
        source = Told(("main", f"rtsp://127.0.0.1:{server.port}/m"))
        with pytest.raises(NotSupported, match=r"^main: "):
            await check(pool, source).collect(camera(onvif_port=80))
    assert source.failures == ["cam-1"]


async def test_after_two_refusals_the_password_is_not_sent_any_more(pool):
    async with FakeRtsp(Behaviour(login="viewer:other")) as server:
        stream_check = check(pool)
        for _ in range(4):
            with pytest.raises(AuthRejected) as caught:
                await stream_check.collect(camera(("sub", f"rtsp://127.0.0.1:{server.port}/")))
            assert "secret" not in str(caught.value)
        assert len(server.logins) == 2


async def test_a_login_that_is_accepted_is_told_to_the_guard_and_one_not_asked_for_is_not(pool):
    told = []

    class Noting(LoginGuard):
        def accepted(self, device):
            told.append("accepted")

        def undecided(self, device):
            told.append("undecided")

    for login in ("viewer:secret", ""):
        async with FakeRtsp(Behaviour(login=login)) as server:
            stream_check = StreamCheck(Room(pool, Noting(time.monotonic), limits=LIMITS))
            await stream_check.collect(camera(("sub", f"rtsp://127.0.0.1:{server.port}/")))
    assert told == ["accepted", "undecided"]


async def test_a_recorder_s_channels_are_looked_at_in_turn(pool):
    async with FakeRtsp(Behaviour()) as server:
        base = f"rtsp://127.0.0.1:{server.port}"
        names = [f"ch{number}/{kind}" for number in (1, 2) for kind in ("main", "sub")]
        device = replace(camera(*((name, f"{base}/{name}") for name in names)), kind=Kind.NVR)
        stream_check = check(pool)
        seen = [(await stream_check.collect(device)).readings[0].part for _ in range(3)]
    assert seen == ["ch1/sub", "ch2/sub", "ch1/sub"]


async def test_a_stream_that_needed_probing_is_not_opened_fast_again():
    class Probing:
        size = 1
        asked: ClassVar[list[bool]] = []

        async def run(self, job, timeout):  # noqa: ASYNC109 - the pool's own signature
            self.asked.append(job.fast)
            return StreamResult({}, fast=False)

    stream_check = check(Probing())
    for _ in range(2):
        await stream_check.collect(camera(("sub", "rtsp://127.0.0.1/")))
    assert Probing.asked == [True, False]


async def test_a_device_without_any_stream_says_so(pool):
    with pytest.raises(NotSupported):
        await check(pool, Told()).collect(camera(onvif_port=80))


async def test_it_applies_where_a_stream_is_given_or_can_be_asked_for():
    class Pool:
        size = 3

    given, onvif, neither = camera(("main", "rtsp://127.0.0.1/")), camera(onvif_port=80), camera()
    assert check(Pool()).slots == 3
    assert [check(Pool()).applies(device) for device in (given, onvif, neither)] == [True, False, False]
    assert [check(Pool(), Told()).applies(device) for device in (given, onvif, neither)] == [
        True,
        True,
        False,
    ]


async def test_numbers_a_worker_makes_up_are_not_believed():
    values = {
        "cctv_stream_fps": float("nan"),
        "cctv_ups_charge_ratio": 1.0,
        "x": 1.0,
        "cctv_stream_stalled": 0.0,
    }
    told = answer_of(StreamResult(values, texts={"cctv_device_info": "x"}), "sub").readings
    assert [reading.metric for reading in told] == [metrics.STREAM_STALL, metrics.STREAM_UNCONFIRMED]


class Scripted:
    """Workers that say what a test wants them to, by level and stream, and remember what was asked."""

    size = 1

    def __init__(self, **says):
        self.says, self.asked = says, []

    async def run(self, job, timeout):  # noqa: ASYNC109 - the pool's own signature
        name = f"{job.level.name.lower()}_{job.path.strip('/')}"
        self.asked.append((name, job))
        said = self.says.get(name, GOOD)
        if isinstance(said, list):
            said = said.pop(0) if len(said) > 1 else said[0]
        if isinstance(said, Exception):
            raise said
        return StreamResult(
            {metrics_name(key): value for key, value in said.items()}, jpeg=b"jpeg" if job.picture else b""
        )

    @property
    def names(self):
        return [name for name, _ in self.asked]


GOOD = {
    "STREAM_STALL": 0.0,
    "STREAM_LOST": 0.0,
    "STREAM_CODEC": 264.0,
    "STREAM_FPS": 25.0,
    "STREAM_ARRIVAL_FPS": 25.0,
    "PICTURE_LUMA": 0.5,
    "PICTURE_TEXTURE": 0.5,
    "PICTURE_CONTRAST": 0.2,
}
SURE = {f"PICTURE_SURE {code}": 0.12 for code in metrics.PICTURE_SURE}
GOOD |= {**SURE, "PICTURE_FAULT": 0.1, "PICTURE_REFERENCE": 9.0}
DARK = {**GOOD, "PICTURE_LUMA": 0.02, "PICTURE_FAULT": 0.9, "PICTURE_SURE IMG_DARK": 0.9}
BOTH = (("main", "rtsp://127.0.0.1/main"), ("sub", "rtsp://127.0.0.1/sub"))


def metrics_name(key):
    table, _, code = key.partition(" ")
    return (getattr(metrics, table)[code] if code else getattr(metrics, table)).name


def told(answer, part="sub"):
    return {reading.metric: reading.value for reading in answer.readings if reading.part == part}


async def test_what_is_not_sure_at_all_is_not_reported():
    answer = await check(Scripted(sub_sub=DARK)).collect(camera(*BOTH))
    assert {told for told in told(answer) if told in metrics.PICTURE_SURE.values()} == {
        metrics.PICTURE_SURE["IMG_DARK"]
    }


async def test_what_one_key_frame_cannot_show_is_not_refuted_by_one():
    frozen = {**GOOD, "PICTURE_SURE IMG_FREEZE": 0.9, "PICTURE_FAULT": 0.9}
    workers = Scripted(sub_sub=[GOOD, frozen], main_main=GOOD)
    stream_check = check(workers)
    await stream_check.collect(camera(*BOTH))
    assert told(await stream_check.collect(camera(*BOTH)))[metrics.PICTURE_SURE["IMG_FREEZE"]] == 0.9


async def test_what_looks_taught_is_kept_of_the_first_and_of_the_main_stream():
    class Kept:
        learnt_of: ClassVar[list[str]] = []

        def of(self, device, part):
            return f"{device} {part}".encode()

        def learnt(self, device, part, blob):
            self.learnt_of.append(f"{device} {part} {blob.decode()}")

    class Teaching(Scripted):
        async def run(self, job, timeout):  # noqa: ASYNC109 - the pool's own signature
            assert job.reference.decode().endswith(job.path.strip("/"))
            return replace(await super().run(job, timeout), learnt=b"news")

    kept, workers = Kept(), Teaching(sub_sub=DARK, main_main=DARK)
    room = Room(workers, LoginGuard(time.monotonic), references=kept)
    for level in (Level.SUB, Level.MAIN):
        await StreamCheck(room, level).collect(camera(*BOTH))
    assert set(kept.learnt_of) == {"cam-1 sub news", "cam-1 main news"}


async def test_a_stream_as_usual_is_looked_at_once():
    workers = Scripted()
    for _ in range(3):
        answer = await check(workers).collect(camera(*BOTH))
    assert set(workers.names) == {"sub_sub"}
    assert told(answer)[metrics.STREAM_UNCONFIRMED] == 0


async def test_a_suspicion_that_the_main_stream_bears_out_counts_at_once():
    workers = Scripted(sub_sub=[GOOD, DARK], main_main=DARK)
    stream_check = check(workers)
    await stream_check.collect(camera(*BOTH))
    answer = await stream_check.collect(camera(*BOTH))
    assert workers.names == ["sub_sub", "sub_sub", "main_main"]
    assert told(answer)[metrics.PICTURE_LUMA] == 0.02
    assert told(answer)[metrics.STREAM_UNCONFIRMED] == 0
    assert metrics.PICTURE_LUMA not in told(answer, "main"), "a picture is judged once, not once per stream"
    await stream_check.collect(camera(*BOTH))
    assert workers.names[3:] == ["sub_sub"], "what is known is not looked into again"


async def test_a_suspicion_that_is_not_borne_out_is_left_out_and_counts_when_it_persists():
    workers = Scripted(sub_sub=[GOOD, DARK], main_main=GOOD)
    stream_check = check(workers)
    await stream_check.collect(camera(*BOTH))
    first = told(await stream_check.collect(camera(*BOTH)))
    assert metrics.PICTURE_LUMA not in first
    assert first[metrics.STREAM_FPS] == 25.0
    assert first[metrics.STREAM_UNCONFIRMED] == 1
    again = told(await stream_check.collect(camera(*BOTH)))
    assert again[metrics.PICTURE_LUMA] == 0.02


async def test_damage_is_looked_into_down_to_the_group_of_pictures():
    lossy = {**GOOD, "STREAM_LOST": 0.05}
    workers = Scripted(sub_sub=lossy, main_main=lossy, gop_main={**lossy, "STREAM_CORRUPT": 0.4})
    answer = await check(workers).collect(camera(*BOTH))
    assert workers.names == ["sub_sub", "main_main", "gop_main"]
    assert told(answer)[metrics.STREAM_LOST] == 0.05
    assert told(answer, "main")[metrics.STREAM_LOST] == 0.05


async def test_a_camera_with_one_stream_is_looked_at_more_closely_in_it():
    workers = Scripted(sub_main=[GOOD, DARK], gop_main=DARK)
    only = camera(BOTH[0])
    stream_check = check(workers)
    await stream_check.collect(only)
    assert told(await stream_check.collect(only), "main")[metrics.PICTURE_LUMA] == 0.02
    assert workers.names == ["sub_main", "sub_main", "gop_main"]


async def test_a_closer_look_that_fails_leaves_the_suspicion_standing():
    workers = Scripted(sub_sub=[GOOD, DARK], main_main=Busy("full"))
    stream_check = check(workers)
    await stream_check.collect(camera(*BOTH))
    assert told(await stream_check.collect(camera(*BOTH)))[metrics.PICTURE_LUMA] == 0.02


async def test_a_description_that_fails_counts_only_when_the_stream_fails_too():
    refusing = Unreachable("gone")
    workers = Scripted(describe_sub=refusing)
    answer = await check(workers, level=Level.DESCRIBE).collect(camera(*BOTH))
    assert workers.names == ["describe_sub", "sub_sub"]
    assert told(answer)[metrics.STREAM_STALL] == 0
    workers = Scripted(describe_sub=refusing, sub_sub=refusing)
    with pytest.raises(Unreachable):
        await check(workers, level=Level.DESCRIBE).collect(camera(*BOTH))


async def test_a_changed_description_is_looked_into():
    room = Room(Scripted(), LoginGuard(time.monotonic))
    await StreamCheck(room).collect(camera(*BOTH))
    room.workers = Scripted(describe_sub={"STREAM_CODEC": 265.0})
    await StreamCheck(room, Level.DESCRIBE).collect(camera(*BOTH))
    assert room.workers.names[:2] == ["describe_sub", "sub_sub"]


async def test_a_refused_login_is_never_asked_again_by_a_closer_look():
    workers = Scripted(describe_sub=AuthRejected("no"))
    with pytest.raises(AuthRejected):
        await check(workers, level=Level.DESCRIBE).collect(camera(*BOTH))
    assert workers.names == ["describe_sub"]


async def test_the_main_level_has_nothing_to_see_where_there_is_one_stream():
    workers = Scripted()
    assert await check(workers, level=Level.MAIN).collect(camera(BOTH[0])) == Answer()
    assert workers.asked == []
    await check(workers, level=Level.MAIN).collect(camera(*BOTH))
    assert workers.names == ["main_main"]


async def test_pictures_come_now_and_then_and_always_under_suspicion_and_never_where_unwanted():
    suspected = []
    workers = Scripted()
    stream_check = check(workers, is_suspected=lambda device: device in suspected)
    taken = [bool((await stream_check.collect(camera(*BOTH))).pictures) for _ in range(7)]
    assert taken == [True, False, False, True, False, False, True]
    suspected.append("cam-1")
    assert (await stream_check.collect(camera(*BOTH))).pictures
    private = check(workers, manner=lambda device: Manner(keep_pictures=False))
    assert not (await private.collect(camera(*BOTH))).pictures


async def test_manner_and_reference_reach_the_worker_and_what_it_learnt_comes_back():
    class Kept:
        def of(self, device, part):
            return f"{device}/{part}".encode()

        def learnt(self, *what):
            self.got = what

    class Learning(Scripted):
        async def run(self, job, timeout):  # noqa: ASYNC109 - the pool's own signature
            return replace(await super().run(job, timeout), learnt=b"new")

    kept, workers = Kept(), Learning()
    manner = Manner(udp=True, audio=False, zones=((0.0, 0.0, 0.5, 0.5),))
    await check(workers, references=kept, manner=lambda device: manner).collect(camera(*BOTH))
    (_, job) = workers.asked[0]
    assert (job.udp, job.audio, job.zones, job.reference) == (True, False, manner.zones, b"cam-1/sub")
    assert kept.got == ("cam-1", "sub", b"new")


async def test_what_is_known_of_a_device_goes_with_it():
    workers = Scripted(sub_sub=[GOOD, DARK])
    room = Room(workers, LoginGuard(time.monotonic))
    await StreamCheck(room).collect(camera(*BOTH))
    room.forget("cam-1")
    await StreamCheck(room).collect(camera(*BOTH))
    assert workers.names == ["sub_sub", "sub_sub"], "a new camera is not suspicious for being another one"
