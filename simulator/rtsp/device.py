"""What all connections of one device share: its streams, its gate, its faults, its encoders."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Final
from zlib import crc32

from simulator.faults import FaultBoard
from simulator.rtsp.clips import Clip, pick
from simulator.rtsp.condition import Condition
from simulator.rtsp.digest import Gate, Login
from simulator.rtsp.encode import Format, parameter_sets
from simulator.rtsp.player import Player
from simulator.rtsp.scenes import SCENES, Scene
from simulator.rtsp.view import CameraView
from simulator.rtsp.workshop import Workshop
from simulator.site import DeviceSpec, RtspSpec

SMALLEST: Final = 64  # pixels: below, the encoders refuse
OTHER: Final = {"h264": "h265", "h265": "h264"}
MAX_STREAMS: Final = 6  # sessions at once: as much as a small camera can do


Cameras = Mapping[str, DeviceSpec]


@dataclass(frozen=True, slots=True)
class Eye:
    """What a stream looks through."""

    source: str  # seeds its scene, the same for main and sub
    device: str  # whose faults show in the picture: the camera's, where a recorder passes it on
    label: str
    scene: str
    night: bool


@dataclass(frozen=True, slots=True)
class Stream:
    """One thing that can be played."""

    form: Format
    eye: Eye
    audio: bool = False


class Device:
    """The RTSP side of one simulated device.

    Raises:
        ValueError: the device has no RTSP, or a codec or scene that does not exist.
        FileNotFoundError: no video file in `clips`.
    """

    def __init__(
        self,
        spec: DeviceSpec,
        board: FaultBoard,
        *,
        clips: Path | None,
        now: Callable[[], float],
        channels: int,
        cameras: Cameras,
        session_seconds: float,
    ) -> None:
        rtsp = _check(spec, cameras)
        self.address, self.name = spec.address, spec.name or spec.id
        self.session_seconds = session_seconds
        self.condition = Condition(board, spec.id)
        self.gate = Gate(spec.user, spec.password, realm=f"{spec.model} {spec.id}", clock=time.monotonic)
        self.refused_logins = 0
        self.workshop = Workshop()
        self._open = not spec.password
        self._board = board
        self._streams = _streams(spec, rtsp, cameras, channels)
        self._eyes = {spec.id: self.condition}  # one condition per device, so that all sessions freeze alike
        if clips is not None:
            pick(clips, spec.id)  # a folder without footage is told now, not to the first client
        self._clips, self._now = clips, now
        self._rng = Random(crc32(spec.id.encode()))  # one for all sessions: each loses other packets
        self._players: set[Player] = set()

    def stream(self, path: str) -> Stream | None:
        """Return the stream of a path, None when there is none."""
        return self._streams.get(path)

    def login(self, method: str, header: str) -> Login:
        """Judge a request's Authorization; a device without a password asks for none."""
        wrong = self.condition.strength("wrong_password") > 0
        if self._open and not wrong:
            return Login.GRANTED
        login = self.gate.judge(method, header)
        if wrong and login is not Login.NONE:
            login = Login.REFUSED
        self.refused_logins += login is Login.REFUSED
        return login

    def form(self, stream: Stream) -> Format:
        """Return how a stream is encoded now: as it is set, or as a fault has it."""
        has, form = self.condition.strength, stream.form
        if has("codec_changed"):
            form = replace(form, codec=OTHER[form.codec])
        if has("size_changed"):
            form = replace(form, width=form.width // 4 * 2, height=form.height // 4 * 2)
        if has("fps_low"):
            form = replace(form, fps=max(1, form.fps // 3), gop=max(1, form.gop // 3))
        if has("gop_long"):
            form = replace(form, gop=form.gop * 5)
        if finer := has("bitrate_high"):
            form = replace(form, rate="quality", finer=round(10 * finer))
        return form

    async def parameter_sets(self, form: Format) -> tuple[bytes, ...]:
        """Return what an encoder of this format will announce."""
        return await self.workshop.run(parameter_sets, form)

    async def prepare(self) -> None:
        """Paint the scene of each stream, and know what its encoder announces."""
        for stream in self._streams.values():
            source = self._source(stream)
            await self.workshop.run(source.picture, self._now())
            source.close()
            await self.parameter_sets(self.form(stream))

    @property
    def sessions(self) -> int:
        """How many players there are."""
        return len(self._players)

    def has_room(self) -> bool:
        """Whether one more stream can be played."""
        return len(self._players) < MAX_STREAMS

    def player(self, stream: Stream, cut: Callable[[], None]) -> Player:
        """Make a player; `admit` it once its transport is agreed."""
        eye = stream.eye
        condition = self._eyes.setdefault(eye.device, Condition(self._board, eye.device))
        view = CameraView(self._source(stream), condition, label=eye.label, seed=eye.source)
        form = self.form(stream)
        return Player(form, view, self.condition, self.workshop, now=self._now, rng=self._rng, cut=cut)

    def admit(self, player: Player) -> Player:
        """Count a player."""
        self._players.add(player)
        return player

    async def dismiss(self, player: Player) -> None:
        """Stop a player and forget it."""
        self._players.discard(player)
        await player.stop()

    def _source(self, stream: Stream) -> Scene | Clip:
        form = self.form(stream)
        eye, size = stream.eye, (form.width, form.height)
        if self._clips is not None:
            return Clip(pick(self._clips, eye.source), size)
        return Scene(eye.scene, crc32(eye.source.encode()), size, night=eye.night)


def _streams(spec: DeviceSpec, rtsp: RtspSpec, cameras: Cameras, channels: int) -> dict[str, Stream]:
    if spec.kind != "nvr":
        return _pair(rtsp, "", Eye(spec.id, spec.id, spec.name or spec.id, rtsp.scene, rtsp.night))
    streams: dict[str, Stream] = {}
    for number in range(1, (len(spec.channels) or channels) + 1):
        streams |= _pair(rtsp, f"/ch{number}", _eye(spec, rtsp, cameras, number))
    return streams


def _eye(spec: DeviceSpec, rtsp: RtspSpec, cameras: Cameras, number: int) -> Eye:
    """Return what one channel of a recorder looks through."""
    if not spec.channels:  # the recorder's own, each in another place
        scene = SCENES[(SCENES.index(rtsp.scene) + number - 1) % len(SCENES)]
        return Eye(f"{spec.id}/ch{number}", spec.id, f"CH{number}", scene, rtsp.night)
    camera = spec.channels[number - 1]
    seen = cameras.get(camera)
    media = (seen.rtsp if seen else None) or rtsp
    return Eye(camera, camera, (seen.name if seen else "") or f"CH{number}", media.scene, media.night)


def _pair(rtsp: RtspSpec, prefix: str, eye: Eye) -> dict[str, Stream]:
    gop = max(1, round(rtsp.fps * rtsp.gop_seconds))
    return {
        f"{prefix}/{name}": Stream(
            Format(rtsp.codec, *size, rtsp.fps, gop, rtsp.rate, kbps(size, rtsp.fps)), eye, rtsp.audio
        )
        for name, size in (("main", rtsp.main), ("sub", rtsp.sub))
    }


def kbps(size: tuple[int, int], fps: int) -> int:
    """Return a usual bitrate for a size: a tenth of a bit for each pixel of each picture."""
    return max(64, round(size[0] * size[1] * fps * 0.1 / 1000))


def _check(spec: DeviceSpec, cameras: Cameras) -> RtspSpec:
    if spec.rtsp is None:
        raise ValueError(f"{spec.id} has no RTSP server")
    behind = (cameras[camera].rtsp for camera in spec.channels if camera in cameras)
    scenes = [spec.rtsp.scene, *(media.scene for media in behind if media)]
    if spec.rtsp.codec not in {"h264", "h265"}:
        raise ValueError(f"{spec.id}: no codec {spec.rtsp.codec!r}: choose h264 or h265")
    if unknown := [scene for scene in scenes if scene not in SCENES]:
        raise ValueError(f"{spec.id}: no scene {unknown[0]!r}: choose one of {', '.join(SCENES)}")
    if any(side % 2 or side < SMALLEST for side in (*spec.rtsp.main, *spec.rtsp.sub)):
        raise ValueError(f"{spec.id}: width and height must be even and at least {SMALLEST}")
    return spec.rtsp
