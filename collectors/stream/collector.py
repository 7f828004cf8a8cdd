"""Whether a device's stream can be opened, keeps coming, and shows a picture: a collector for each level."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

from collectors.base import AuthRejected, CollectError, NotSupported, StreamSource
from collectors.guard import LoginGuard
from collectors.stream.addresses import channels, job_for
from collectors.stream.cascade import NEXT, Cascade, needs_gop
from collectors.stream.job import Level, Limits, StreamJob, StreamResult, Zone
from collectors.stream.told import STREAM_METRICS, answer_of, numbers_of
from models.facts import Answer, Device, StreamUri
from models.metrics import Metric

NAMES: Final = {
    Level.DESCRIBE: "stream_describe",
    Level.SUB: "stream",
    Level.MAIN: "stream_main",
    Level.GOP: "stream_gop",
}
PREFERRED: Final = {Level.DESCRIBE: "sub", Level.SUB: "sub", Level.MAIN: "main", Level.GOP: "main"}
PICTURE_EVERY: Final = 3  # looks at a stream without suspicion from one evidence picture to the next

log = logging.getLogger(__name__)


class Source(StreamSource, Protocol):
    """Knows where streams are, and can be told that one was not there."""

    def failed(self, device_id: str) -> None:
        """Note that a stream did not open where it was said to be."""
        ...


class Workers(Protocol):
    """Does jobs elsewhere; `size` at once."""

    size: int

    async def run(self, job: StreamJob, timeout: float) -> StreamResult:  # noqa: ASYNC109 the clock starts late
        """Do one job; its deadline starts when it begins.

        Raises:
            TimeoutError: it was ended.
            CollectError: the device could not be looked at.
        """
        ...


class References(Protocol):
    """Keeps what is known of a camera's intact picture; opaque to all but `collectors.stream.sight`."""

    def of(self, device: str, part: str) -> bytes:
        """Return what is known of a stream's picture, empty when nothing is."""
        ...

    def learnt(self, device: str, part: str, blob: bytes) -> None:
        """Take in what a look taught."""
        ...


class NoReferences:
    """Nothing is known, and nothing kept."""

    def of(self, _device: str, _part: str) -> bytes:
        """Return nothing."""
        return b""

    def learnt(self, _device: str, _part: str, _blob: bytes) -> None:
        """Keep nothing."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How the streams of one device are looked at."""

    udp: bool = False
    audio: bool = True
    keep_pictures: bool = True
    zones: tuple[Zone, ...] = ()
    lanes: tuple[tuple[str, int], ...] = ()


@dataclass(slots=True)
class Room:
    """What the collectors of all levels share.

    Attributes:
        workers: who does the looking.
        guard: the breaker that keeps a wrong password from locking the account.
        source: where to learn addresses when the operator gave none.
        limits: how long each step may take. The runner's deadline must exceed `worst` of a collector.
        manner: how the operator wants a device to be looked at.
        is_suspected: whether something is open or pending on a device: then each look brings a picture.
        references: what is known of intact pictures.
    """

    workers: Workers
    guard: LoginGuard
    source: Source | None = None
    limits: Limits = field(default_factory=Limits)
    manner: Callable[[Device], Manner] = lambda _device: Manner()
    is_suspected: Callable[[str], bool] = lambda _device: False
    references: References = field(default_factory=NoReferences)
    cascade: Cascade = field(default_factory=Cascade)
    slow: set[tuple[str, str]] = field(default_factory=set)  # (host, address) that cannot be opened fast
    since_picture: dict[tuple[str, str], int] = field(default_factory=dict)

    def forget(self, device: str) -> None:
        """Forget a device that left the inventory."""
        self.cascade.forget(device)
        for key in [key for key in self.since_picture if key[0] == device]:
            del self.since_picture[key]


@dataclass(frozen=True, slots=True)
class Look:
    """One look at one stream, done."""

    stream: StreamUri
    level: Level
    result: StreamResult

    def key(self, device: Device) -> tuple[str, str]:
        """Return what the cascade knows the stream by."""
        return device.id, self.stream.name


class StreamCheck:
    """Looks at one stream of a device per check; of a recorder's channels at each in its turn.

    A look that is suspicious is followed at once by a closer one, of the next level; what that does not bear
    out is not reported.
    """

    metrics: tuple[Metric, ...] = STREAM_METRICS
    pool = "stream"

    def __init__(self, room: Room, level: Level = Level.SUB) -> None:
        self.name = NAMES[level]
        self.level = level
        self.slots = room.workers.size
        self.hurries = level < Level.MAIN
        self._room = room
        self._turns: dict[str, int] = {}

    @property
    def worst(self) -> float:
        """Seconds that a check takes at most: its look, and the closer ones that may follow."""
        return (len(Level) - max(self.level, Level.SUB)) * self._room.limits.worst

    def applies(self, device: Device) -> bool:
        """Whether a stream is given, or can be asked for."""
        return bool(device.streams) or (self._room.source is not None and device.onvif_port is not None)

    def lanes(self, device: Device) -> Iterable[tuple[str, int]]:
        """Return the limits that this device's streams are under."""
        return self._room.manner(device).lanes

    async def collect(self, device: Device) -> Answer:
        """Look at one stream.

        Raises:
            CollectError: it could not be opened; a stream that opened and stopped is an answer.
            TimeoutError: the worker had to be killed.
        """
        streams = await self._streams(device)
        stream = self._choose(device, streams)
        if stream is None:
            return Answer()  # the first level sees all there is to see
        if self.level is Level.DESCRIBE:
            return await self._described(device, stream, streams)
        look = await self._look(device, stream, self.level)
        return await self._settled(device, look, streams)

    async def _streams(self, device: Device) -> tuple[StreamUri, ...]:
        streams = device.streams
        if not streams and self._room.source is not None:
            streams = await self._room.source.stream_uris(device)
        if not streams:
            raise NotSupported("the device names no stream")
        return streams

    def _choose(self, device: Device, streams: tuple[StreamUri, ...]) -> StreamUri | None:
        """Return the stream whose turn it is; None where it is the one that a cheaper level looks at."""
        choice = channels(streams, PREFERRED[self.level])
        turn = self._turns.get(device.id, 0)
        self._turns[device.id] = turn + 1
        stream = choice[turn % len(choice)]
        is_only = stream == channels(streams, PREFERRED[Level.SUB])[turn % len(choice)]
        return None if self.level is Level.MAIN and is_only else stream

    async def _described(self, device: Device, stream: StreamUri, streams: tuple[StreamUri, ...]) -> Answer:
        """Ask for the description; a refusal or a change is looked into at once.

        A refused login is certain, and no room is no fault: neither is asked again.
        """
        try:
            look = await self._look(device, stream, Level.DESCRIBE)
        except CollectError as error:
            if isinstance(error, AuthRejected) or not isinstance(error, CollectError):
                raise
            return await self._settled(device, await self._look(device, stream, Level.SUB), streams)
        if self._room.cascade.suspects(look.key(device), look.result.values):
            return await self._settled(device, await self._look(device, stream, Level.SUB), streams)
        return answer_of(look.result, stream.name)

    async def _settled(self, device: Device, look: Look, streams: tuple[StreamUri, ...]) -> Answer:
        """Return what a look may report, after closer looks where it is suspicious."""
        cascade, key, values = self._room.cascade, look.key(device), numbers_of(look.result)
        suspected = cascade.suspects(key, values)
        closer = await self._closer(device, look, streams) if suspected else None
        if closer is None:
            cascade.believe(key, values)
            return answer_of(look.result, look.stream.name, level=look.level)
        told = numbers_of(closer.result)
        settled = cascade.settle(key, values, suspected, closer=(closer.key(device), told))
        answer = answer_of(look.result, look.stream.name, level=look.level, settled=settled)
        if closer.stream == look.stream:
            return answer
        more = await self._settled(device, closer, streams) if needs_gop(suspected) else None
        more = more or answer_of(closer.result, closer.stream.name, level=closer.level)
        return Answer((*answer.readings, *more.readings), answer.pictures or more.pictures)

    async def _closer(self, device: Device, look: Look, streams: tuple[StreamUri, ...]) -> Look | None:
        """Look at the same channel more closely; None where that is not to be had."""
        level = NEXT.get(look.level)
        if level is None:
            return None
        channel = look.stream.name.rpartition("/")[0]
        own = [one for one in streams if one.name.rpartition("/")[0] == channel]
        (stream,) = channels(own, PREFERRED[level])
        if stream == look.stream:
            level = Level.GOP
        try:
            return await self._look(device, stream, level)
        except (CollectError, TimeoutError) as error:
            why = type(error).__name__
            log.info("no closer look device=%s stream=%s why=%s", device.id, stream.name, why)
            return None

    async def _look(self, device: Device, stream: StreamUri, level: Level) -> Look:
        room, manner = self._room, self._room.manner(device)
        key = (device.id, stream.name)
        address = (device.host, stream.uri)
        job = job_for(
            device, stream, room.limits, fast=address not in room.slow, level=level, udp=manner.udp,
            audio=manner.audio, zones=manner.zones, picture=self._wants_picture(key, manner, level),
            reference=room.references.of(*key),
        )  # fmt: skip
        try:
            result = await self._guarded(device, job)
        except CollectError as error:
            self._reconsider(device, error)
            raise type(error)(f"{stream.name}: {error}") from None
        if job.fast and not result.fast:
            room.slow.add(address)
            log.info("stream needs probing device=%s stream=%s", device.id, stream.name)
        if level is Level.SUB:
            room.since_picture[key] = 0 if result.jpeg else room.since_picture.get(key, 0) + 1
        if result.learnt and level < Level.GOP:
            room.references.learnt(*key, result.learnt)
        return Look(stream, level, result)

    def _wants_picture(self, key: tuple[str, str], manner: Manner, level: Level) -> bool:
        if not manner.keep_pictures or level is Level.DESCRIBE:
            return False
        since = self._room.since_picture.get(key, PICTURE_EVERY)
        return level > Level.SUB or since + 1 >= PICTURE_EVERY or self._room.is_suspected(key[0])

    async def _guarded(self, device: Device, job: StreamJob) -> StreamResult:
        """Run the job and tell the guard how the login fared."""
        room = self._room
        room.guard.check(device)
        outcome = room.guard.undecided
        try:
            result = await room.workers.run(job, room.limits.worst)
            if result.logged_in:
                outcome = room.guard.accepted
        except AuthRejected:
            outcome = room.guard.refused
            raise
        else:
            return result
        finally:
            outcome(device)

    def _reconsider(self, device: Device, error: CollectError) -> None:
        """Forget an address at which there is no stream: some do not survive a restart of the device."""
        source = self._room.source
        if source is not None and not device.streams and isinstance(error, NotSupported):
            source.failed(device.id)
