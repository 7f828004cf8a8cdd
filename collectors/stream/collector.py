"""Whether a device's stream can be opened, keeps coming, and shows a picture."""

import logging
import math
from collections.abc import Iterator
from typing import Final, Protocol

from collectors.base import AuthRejected, CollectError, NotSupported, StreamSource
from collectors.guard import LoginGuard
from collectors.stream.addresses import channels, job_for
from collectors.stream.job import Limits, StreamJob, StreamResult
from collectors.stream.pool import WorkerPool
from models import metrics
from models.facts import Answer, Device, Picture, Reading, StreamUri
from models.metrics import METRICS, Metric, Type

STREAM_METRICS: Final[tuple[Metric, ...]] = (
    metrics.STREAM_OPEN,
    metrics.STREAM_FPS,
    metrics.STREAM_ARRIVAL_FPS,
    metrics.STREAM_BITRATE,
    metrics.STREAM_GOP,
    metrics.STREAM_GAP,
    metrics.STREAM_STALL,
    metrics.STREAM_LOST,
    metrics.STREAM_CORRUPT,
    metrics.STREAM_WIDTH,
    metrics.STREAM_HEIGHT,
    metrics.STREAM_DESCRIBE,
    metrics.STREAM_INFO,
    metrics.STREAM_CODEC,
    metrics.STREAM_KEY_BYTES,
    metrics.STREAM_AUDIO,
    metrics.STREAM_DELAY,
    metrics.STREAM_RESIZED,
    metrics.PICTURE_LUMA,
    metrics.PICTURE_LUMA_P99,
    metrics.PICTURE_CONTRAST,
    metrics.PICTURE_SHARPNESS,
    metrics.PICTURE_TEXTURE,
    metrics.PICTURE_ENTROPY,
    metrics.PICTURE_CHANGE,
    metrics.PICTURE_SPAN,
)

LONGEST_TEXT: Final = 100

log = logging.getLogger(__name__)


class Source(StreamSource, Protocol):
    """Knows where streams are, and can be told that one was not there."""

    def failed(self, device_id: str) -> None:
        """Note that a stream did not open where it was said to be."""
        ...


class StreamCheck:
    """Looks at one stream of a device per check; of a recorder's channels at each in its turn.

    Args:
        pool: the worker processes.
        guard: the breaker that keeps a wrong password from locking the account.
        source: where to learn addresses when the operator gave none.
        prefer: kind of stream to look at where there is a choice; a sub-stream costs a tenth of a main one.
        limits: how long each step may take. The runner's deadline must exceed `limits.worst`.
    """

    name = "stream"
    metrics: tuple[Metric, ...] = STREAM_METRICS

    def __init__(
        self,
        pool: WorkerPool,
        guard: LoginGuard,
        source: Source | None = None,
        *,
        prefer: str = "sub",
        limits: Limits | None = None,
    ) -> None:
        self._pool = pool
        self._guard = guard
        self._source = source
        self._prefer = prefer
        self._limits = limits or Limits()
        self._turns: dict[str, int] = {}
        self._slow: set[tuple[str, str]] = set()  # (host, address) of streams that cannot be opened fast
        self.slots = pool.size

    def applies(self, device: Device) -> bool:
        """Whether a stream is given, or can be asked for."""
        return bool(device.streams) or (self._source is not None and device.onvif_port is not None)

    async def collect(self, device: Device) -> Answer:
        """Look at one stream.

        Raises:
            CollectError: it could not be opened; a stream that opened and stopped is an answer.
            TimeoutError: the worker had to be killed.
        """
        stream = await self._choose(device)
        job = job_for(device, stream, self._limits, fast=(device.host, stream.uri) not in self._slow)
        try:
            result = await self._guarded(device, job)
        except CollectError as error:
            self._reconsider(device, error)
            raise type(error)(f"{stream.name}: {error}") from None
        if job.fast and not result.fast:
            self._slow.add((device.host, stream.uri))
            log.info("stream needs probing device=%s stream=%s", device.id, stream.name)
        return Answer(tuple(readings(result, stream.name)), pictures(result, stream.name))

    async def _choose(self, device: Device) -> StreamUri:
        """Return the stream whose turn it is."""
        streams = device.streams
        if not streams and self._source is not None:
            streams = await self._source.stream_uris(device)
        choice = channels(streams, self._prefer)
        if not choice:
            raise NotSupported("the device names no stream")
        turn = self._turns.get(device.id, 0)
        self._turns[device.id] = turn + 1
        return choice[turn % len(choice)]

    async def _guarded(self, device: Device, job: StreamJob) -> StreamResult:
        """Run the job and tell the guard how the login fared."""
        self._guard.check(device)
        outcome = self._guard.undecided
        try:
            result = await self._pool.run(job, self._limits.worst)
            if result.logged_in:
                outcome = self._guard.accepted
        except AuthRejected:
            outcome = self._guard.refused
            raise
        else:
            return result
        finally:
            outcome(device)

    def _reconsider(self, device: Device, error: CollectError) -> None:
        """Forget an address at which there is no stream: some do not survive a restart of the device."""
        if self._source is not None and not device.streams and isinstance(error, NotSupported):
            self._source.failed(device.id)


def readings(result: StreamResult, part: str) -> Iterator[Reading]:
    """Yield what a worker told, as far as it is a known metric and a number."""
    for name, value in result.values.items():
        metric = METRICS.get(name)
        if metric in STREAM_METRICS and math.isfinite(value):
            yield Reading(metric, value, part)
    for name, text in result.texts.items():
        metric = METRICS.get(name)
        if metric in STREAM_METRICS and metric.type is Type.INFO:
            yield Reading(metric, text[:LONGEST_TEXT], part)


def pictures(result: StreamResult, part: str) -> tuple[Picture, ...]:
    """Return the evidence picture, if there is one."""
    return (Picture(result.jpeg, result.width, result.height, part),) if result.jpeg else ()
