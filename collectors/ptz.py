"""The function test of a camera that can be turned: preset to preset and back, with stopwatch and picture.

    origin ──▶ A ──▶ B ──▶ A ──▶ origin
               each: how long it took, how far from the preset, whether the picture is that of the preset

The only part of the program that moves anything. It is opt-in and audited, and it gives way: before each move
the camera must stand still where we left it, else an operator has it and the test ends at once, where it is.
Worn mechanics show as times that grow and as presets that are missed.
"""

import asyncio
import base64
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from collectors.base import BadReply, Busy, CollectError, NotSupported
from collectors.onvif import xml
from collectors.onvif.addresses import own_path
from collectors.onvif.client import Onvif
from collectors.onvif.line import Question
from collectors.onvif.operations import MOVE, SERVICES
from collectors.onvif.xml import Element
from models.facts import Answer, Device, Reading
from models.metrics import (
    PTZ_ARRIVED,
    PTZ_OFFSET,
    PTZ_PICTURE_MATCH,
    PTZ_RETURNED,
    PTZ_TRAVEL,
    PTZ_TRAVEL_USUAL,
    Metric,
)

NEAR: Final = 0.02  # of a space from -1 to 1: as good as there
STILL: Final = 0.005  # positions so near are the same
LONGEST_SECONDS: Final = 25.0  # for one move
START_SECONDS: Final = 4.0  # some think so long before they begin to move
STEP_SECONDS: Final = 0.4  # between two looks at its status
WATCH_SECONDS: Final = 3.0  # it must stand still so long before the test begins
SETTLE_SECONDS: Final = 1.0  # before the picture is taken
LEARN: Final = 5  # tests from which the usual time is taken
_SIZE: Final = (160, 90)  # of a reference picture
_PTZ: Final = SERVICES["ptz"].namespace
_SCHEMA: Final = "http://www.onvif.org/ver10/schema"

Place = tuple[float, ...]  # pan, tilt, and zoom where told
Audit = Callable[[str, str], None]  # device, what was done


class References(Protocol):
    """Remembers what is usual for each camera, as plain data."""

    def get(self, device: str) -> dict[str, Any]:
        """Return what is kept; empty for a camera that was never tested."""
        ...

    def put(self, device: str, known: dict[str, Any]) -> None:
        """Keep it."""
        ...


@dataclass(frozen=True, slots=True)
class Preset:
    """A stored position; `place` is empty where the camera does not tell it."""

    token: str
    name: str
    place: Place = ()


@dataclass(slots=True)
class _Test:
    """One test under way."""

    device: Device
    profile: str
    known: dict[str, Any]
    left_at: Place = ()  # where our last move ended
    readings: list[Reading] = field(default_factory=list)


class PtzTest:
    """Runs the test. Not a part of the usual rounds: `agent.ptz` says when.

    Args:
        onvif: the client.
        references: what is usual.
        audit: told of every move, before it is sent.
        monotonic: a clock that never steps.
        sleep: waits; tests hurry it.
    """

    name = "ptz_test"
    metrics: tuple[Metric, ...] = (
        PTZ_ARRIVED, PTZ_TRAVEL, PTZ_TRAVEL_USUAL, PTZ_OFFSET, PTZ_PICTURE_MATCH, PTZ_RETURNED,
    )  # fmt: skip
    slots = 1

    def __init__(
        self,
        onvif: Onvif,
        references: References,
        audit: Audit,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._onvif = onvif
        self._references = references
        self._audit = audit
        self._monotonic = monotonic
        self._sleep = sleep

    def applies(self, device: Device) -> bool:
        """Whether the inventory gives an ONVIF port."""
        return device.onvif_port is not None

    async def collect(self, device: Device) -> Answer:
        """Test once.

        Raises:
            Busy: an operator is moving it, or took it during the test; `learnt` holds what was seen before.
            NotSupported: it has no two presets, or does not tell where it is.
            CollectError: it could not be asked.
        """
        profile = await self._profile(device)
        first, second = await self._presets(device, profile)
        test = _Test(device, profile, self._references.get(device.id))
        origin = await self._at_rest(test)
        try:
            await self._visit(test, first, came_from="")
            await self._visit(test, second, came_from=first.token)
            await self._visit(test, first, came_from=second.token)
            await self._return(test, origin)
        except CollectError as err:
            err.learnt = tuple(test.readings)
            raise
        self._references.put(device.id, test.known)
        return Answer(tuple(test.readings))

    # ------------------------------------------------------------ before

    async def _profile(self, device: Device) -> str:
        """Return the token of the first profile that turns something."""
        told = await self._onvif.call(device, "media", "GetProfiles")
        rows = list(xml.children(told.body, "Profiles"))[:256]
        turning = [row for row in rows if xml.find(row, "PTZConfiguration") is not None]
        token = next((xml.attribute(row, "token") for row in turning or rows), "")
        if not token:
            raise NotSupported("it has no profile")
        return token

    async def _presets(self, device: Device, profile: str) -> tuple[Preset, Preset]:
        """Return two presets, the farthest apart of the first eight where it tells where they are."""
        told = await self._onvif.call(device, "ptz", "GetPresets", ProfileToken=profile)
        rows = list(xml.children(told.body, "Preset"))[:8]
        found = [
            Preset(
                xml.attribute(row, "token"), xml.text(row, "Name")[:40], _place(xml.find(row, "PTZPosition"))
            )
            for row in rows
        ]
        found = [one for one in found if one.token]
        if len(found) < 2:
            raise NotSupported("the test needs two presets; it has fewer")
        pairs = [(a, b) for n, a in enumerate(found) for b in found[n + 1 :]]
        return max(pairs, key=lambda pair: _distance(pair[0].place, pair[1].place))

    async def _at_rest(self, test: _Test) -> Place:
        """Return where it stands, if it stands still.

        Raises:
            Busy: somebody moves it.
        """
        ends = self._monotonic() + WATCH_SECONDS
        place, moving = await self._status(test)
        while not moving and self._monotonic() < ends:
            await self._sleep(STEP_SECONDS)
            now, moving = await self._status(test)
            moving = moving or _distance(place, now) > STILL
        if moving:
            raise Busy("an operator is moving it: not tested")
        if not place:
            raise NotSupported("it does not tell where it is: it could not be brought back there")
        return place

    # ------------------------------------------------------------ moves

    async def _visit(self, test: _Test, preset: Preset, *, came_from: str) -> None:
        sent = await self._move(
            test, f"GotoPreset {preset.name or preset.token}", _goto(test.profile, preset)
        )
        arrived, place, seconds = await self._wait(test, preset.place, sent)
        if not came_from:
            return
        part = preset.name or preset.token
        test.readings.append(Reading(PTZ_ARRIVED, float(arrived), part))
        if not arrived:
            return
        wanted = preset.place or _known_place(test.known, preset.token, place)
        test.readings.append(Reading(PTZ_OFFSET, _distance(place, wanted) / 2, part))
        key = f"{came_from}>{preset.token}"
        usual = _learn_time(test.known, key, seconds)
        test.readings.append(Reading(PTZ_TRAVEL, seconds, part))
        if usual is not None:
            test.readings.append(Reading(PTZ_TRAVEL_USUAL, usual, part))
        await self._picture(test, preset, part)

    async def _return(self, test: _Test, origin: Place) -> None:
        sent = await self._move(test, "AbsoluteMove back to where it was", _absolute(test.profile, origin))
        arrived, _, _ = await self._wait(test, origin, sent)
        test.readings.append(Reading(PTZ_RETURNED, float(arrived)))

    async def _move(self, test: _Test, what: str, question: Question) -> tuple[float, Place]:
        """Send a move, if the camera still stands where we left it; return when, and from where.

        Raises:
            Busy: an operator took it; from now on it is the operator's.
        """
        place, moving = await self._status(test)
        if moving or (test.left_at and _distance(place, test.left_at) > NEAR):
            self._audit(test.device.id, "PTZ test ended: an operator moves the camera")
            raise Busy("an operator took it during the test: it was left where it is")
        self._audit(test.device.id, f"PTZ test: {what}")
        began = self._monotonic()
        await self._onvif.send(test.device, question, permit=MOVE)
        return began, place

    async def _wait(self, test: _Test, wanted: Place, sent: tuple[float, Place]) -> tuple[bool, Place, float]:
        """Wait until it stands; return whether that is where it should, where that is, and the seconds."""
        began, start = sent
        before: Place = ()
        ended = began
        stood = 0
        while self._monotonic() - began < LONGEST_SECONDS:
            await self._sleep(STEP_SECONDS)
            place, moving = await self._status(test)
            still = not moving and bool(before) and _distance(place, before) <= STILL
            if not still:
                ended, stood = self._monotonic(), 0
            before, stood = place, stood + still
            has_begun = _distance(place, start) > STILL or self._monotonic() - began > START_SECONDS
            is_there = bool(wanted) and _distance(place, wanted) <= STILL
            if stood >= 2 and (has_begun or is_there):
                break
        test.left_at = before
        if wanted:
            arrived = stood >= 2 and _distance(before, wanted) <= 4 * NEAR + 0.1
        else:
            arrived = stood >= 2 and _distance(before, start) > STILL
        return arrived, before, ended - began

    async def _status(self, test: _Test) -> tuple[Place, bool]:
        """Return where it is, and whether it says that it moves."""
        told = await self._onvif.call(test.device, "ptz", "GetStatus", ProfileToken=test.profile)
        status = xml.find(told.body, "PTZStatus")
        moves = xml.find(status, "MoveStatus")
        words = {xml.text(moves, name).upper() for name in ("PanTilt", "Zoom")}
        return _place(xml.find(status, "Position")), "MOVING" in words

    # ------------------------------------------------------------ pictures

    async def _picture(self, test: _Test, preset: Preset, part: str) -> None:
        """Compare with the preset's reference; a camera without snapshots is judged by position alone."""
        await self._sleep(SETTLE_SECONDS)
        try:
            told = await self._onvif.call(test.device, "media", "GetSnapshotUri", ProfileToken=test.profile)
            reply = await self._onvif.fetch(test.device, own_path(xml.text(told.body, "MediaUri/Uri")))
        except (NotSupported, BadReply):
            return
        now = gray(reply.data)
        if now is None:
            return
        pictures = test.known.setdefault("pictures", {})
        kept = _unpacked(pictures.get(preset.token, ""))
        if kept is None:
            pictures[preset.token] = base64.b64encode(now.tobytes()).decode()
            return
        test.readings.append(Reading(PTZ_PICTURE_MATCH, match(now, kept), part))


def gray(jpeg: bytes) -> NDArray[np.uint8] | None:
    """Return a picture as luma of 160 x 90, None where the bytes are none."""
    if not jpeg:
        return None
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        return None
    return np.asarray(cv2.resize(picture, _SIZE, interpolation=cv2.INTER_AREA), np.uint8)


def match(now: NDArray[np.uint8], reference: NDArray[np.uint8]) -> float:
    """Return how alike two pictures are by their edges, 0 to 1.

    Correlation of the gradient magnitudes: light by day and infrared by night change brightness everywhere,
    edges stay where they are. A picture that lies 5 % beside its place scores below half of one that fits.
    """
    first, second = _edges(now), _edges(reference)
    norm = float(np.linalg.norm(first) * np.linalg.norm(second))
    return max(0.0, float((first * second).sum()) / norm) if norm > 0 else 0.0


def _edges(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    smooth = cv2.GaussianBlur(picture, (5, 5), 0).astype(np.float32)
    across, down = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    size = np.hypot(across, down)
    return np.asarray(size - size.mean(), np.float32)


def _unpacked(text: str) -> NDArray[np.uint8] | None:
    try:
        data = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
    except ValueError:
        return None
    width, height = _SIZE
    return data.reshape(height, width) if data.size == width * height else None


# ---------------------------------------------------------------- positions and times


def _place(element: Element | None) -> Place:
    """Return pan, tilt and zoom of a position, as far as it tells them; empty without pan and tilt."""
    values = [
        _float(xml.attribute(axis, name))
        for axis, name in ((xml.find(element, "PanTilt"), "x"), (xml.find(element, "PanTilt"), "y"),
                           (xml.find(element, "Zoom"), "x"))
        if axis is not None
    ]  # fmt: skip
    known = [value for value in values if value is not None]
    return tuple(known) if len(known) == len(values) >= 2 else ()


def _float(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _distance(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the largest distance along one axis; 0 where one of them is not told."""
    return max((abs(a - b) for a, b in zip(first, second, strict=False)), default=0.0)


def _known_place(known: dict[str, Any], token: str, place: Place) -> Place:
    """Return where a preset was found at the first test, for cameras that do not tell where presets are."""
    places: dict[str, list[float]] = known.setdefault("places", {})
    return tuple(places.setdefault(token, list(place)))


def _learn_time(known: dict[str, Any], key: str, seconds: float) -> float | None:
    """Note the time of a way; return the median of its first tests, None before there are enough."""
    times: list[float] = known.setdefault("times", {}).setdefault(key, [])
    if len(times) < LEARN:
        times.append(seconds)
        return None
    return float(np.median(times))


# ---------------------------------------------------------------- requests


def _goto(profile: str, preset: Preset) -> Question:
    inner = f"<ProfileToken>{_safe(profile)}</ProfileToken><PresetToken>{_safe(preset.token)}</PresetToken>"
    return _question("GotoPreset", inner)


def _absolute(profile: str, place: Place) -> Question:
    zoom = f'<Zoom xmlns="{_SCHEMA}" x="{place[2]:.5f}"/>' if len(place) > 2 else ""
    pan = f'<PanTilt xmlns="{_SCHEMA}" x="{place[0]:.5f}" y="{place[1]:.5f}"/>'
    return _question(
        "AbsoluteMove", f"<ProfileToken>{_safe(profile)}</ProfileToken><Position>{pan}{zoom}</Position>"
    )


def _question(operation: str, inner: str) -> Question:
    return Question("ptz", operation, f'<{operation} xmlns="{_PTZ}">{inner}</{operation}>', "")


def _safe(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
