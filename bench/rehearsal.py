"""python -m bench.rehearsal [--runs 10] [--looks 20] [--cameras cam-01,cam-02] [--json].

The demo's cameras from many moments on, without network and clock: each is commissioned and looked at as the
agent does. How often is a healthy one called ill; are the demo's faults of pictures seen in time? One JSON
line on stdout, progress on stderr.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final
from zlib import crc32

import av
import cv2
from av.video.codeccontext import VideoCodecContext

from agent.demo.plan import ACTS
from agent.demo.show import SETTINGS
from agent.references import PictureReferences, Surroundings
from agent.store.orders import AuditEntry
from agent.store.references import Page
from bench.output import finish, refuse
from collectors.stream.frames import shot_of
from collectors.stream.sight import Shot, Sight, glance_at, see
from models.metrics import PICTURE_SURE
from models.rules.picture import SURE
from simulator.faults import FaultBoard
from simulator.rtsp.condition import Condition
from simulator.rtsp.encode import Encoder, Format
from simulator.rtsp.scenes import Scene
from simulator.rtsp.view import CameraView
from simulator.site import DeviceSpec
from simulator.sites import demo_site

LEARNT: Final = 6  # looks before the fault comes, at least: the demo waits until its cameras are known
WITHIN: Final = 6  # looks in which it must be open: half a minute of the demo
YEAR: Final = 365 * 86_400.0
BEGIN: Final = 1_760_000_000.0  # Unix seconds
OF: Final = 3  # looks of which …
BAD: Final = 2  # … so many must agree


class Shelf:
    """Keeps nothing."""

    def references(self, _device: str = "") -> list[Page]:
        """Return that nothing is known."""
        return []

    def keep_reference(self, page: Page) -> None:
        """Keep nothing."""

    def drop_references(self, device: str) -> None:
        """Keep nothing."""

    def begin_references(self, pages: list[Page], audit: list[AuditEntry], *, drop: str = "") -> None:
        """Keep nothing."""


@dataclass(slots=True)
class Run:
    """One commissioning and what followed: the label of each look, and what was opened when."""

    device: str
    fault: str = ""
    said: list[str] = field(default_factory=list)

    def opened(self) -> Iterator[tuple[str, int]]:
        """Yield each label that was opened, and by which look, counted from 0."""
        known: set[str] = set()
        for number in range(len(self.said)):
            recent = Counter(self.said[max(0, number - OF + 1) : number + 1])
            for label, times in recent.items():
                if label and times >= BAD and label not in known:
                    known.add(label)
                    yield label, number


class Camera:
    """One camera of the demo, whose sub-stream is looked at."""

    def __init__(self, spec: DeviceSpec) -> None:
        assert spec.rtsp is not None
        self.id, self._rtsp = spec.id, spec.rtsp
        self._board = FaultBoard({spec.id: ""})
        scene = Scene(spec.rtsp.scene, crc32(spec.id.encode()), spec.rtsp.sub, night=spec.rtsp.night)
        label = spec.name or spec.id
        self._view = CameraView(scene, Condition(self._board, spec.id), label=label, seed=spec.id)

    def play(self, begin: float, looks: int, fault: str = "") -> Run:
        """Commission it at a moment (Unix seconds), and go on looking; a fault comes after `LEARNT` looks."""
        run, at = Run(self.id, fault), begin
        known = PictureReferences(Shelf(), wall=lambda: at, around=Surroundings())
        for number in range(looks):
            if fault and number == LEARNT:
                self._board.switch_on(self.id, fault, at=at)
            blob = known.of(self.id, "sub")
            shots = list(self._shots(at))
            sight = glance_at(shots[-1], blob) or see(shots, blob)
            if sight.learnt:
                known.learnt(self.id, "sub", sight.learnt)
            run.said.append(_label(sight))
            at += SETTINGS["schedule"]["stream"]["every"]
        if fault:
            self._board.switch_off(self.id, fault)
        return run

    def _shots(self, begin: float) -> Iterator[Shot]:
        """Yield the key frames of a window, encoded and decoded."""
        width, height = self._rtsp.sub
        encoder = Encoder(Format(self._rtsp.codec, width, height, self._rtsp.fps, 1))
        decoder = av.CodecContext.create("hevc" if self._rtsp.codec == "h265" else "h264", "r")
        assert isinstance(decoder, VideoCodecContext)
        step, seconds = self._rtsp.gop_seconds, SETTINGS["stream_window"]
        moments = [number * step for number in range(round(seconds / step) + 1)]
        packets = [
            b"".join(b"\0\0\0\1" + unit for unit in encoder.encode(self._view.picture(begin + moment)))
            for moment in moments
        ]
        frames = [frame for packet in packets for frame in decoder.decode(av.Packet(packet))]
        frames += decoder.decode(None)
        yield from (shot_of(frame, moment) for frame, moment in zip(frames, moments, strict=True))


def _label(sight: Sight) -> str:
    sure = {code: sight.values.get(metric.name, 0.0) for code, metric in PICTURE_SURE.items()}
    best = max(sure, key=lambda code: sure[code])
    return best if sure[best] >= SURE else ""


def rehearse(cameras: list[Camera], runs: int, looks: int) -> dict[str, Any]:
    """Return what came of all cameras, healthy and with the demo's faults of pictures."""
    healthy: list[Run] = []
    spoilt: list[Run] = []
    expected = {(act.device, act.fault): act.expected for act in ACTS if act.expected.startswith("IMG_")}
    for camera in cameras:
        rng = Random(camera.id)
        for _ in range(runs):
            begin = BEGIN + rng.random() * YEAR
            healthy.append(camera.play(begin, looks))
            for device, fault in expected:
                if device == camera.id:
                    spoilt.append(camera.play(begin, LEARNT + WITHIN, fault))
        print(f"{camera.id}: {runs} runs", file=sys.stderr)
    false = Counter(f"{run.device} {label}" for run in healthy for label, _ in run.opened())
    seen = [
        next((n - LEARNT + 1 for label, n in run.opened() if label == expected[run.device, run.fault]), 0)
        for run in spoilt
    ]
    return {
        "runs": len(healthy),
        "looks": sum(len(run.said) for run in healthy),
        "false_looks": sum(bool(label) for run in healthy for label in run.said),
        "false_opened": sum(false.values()),
        "false": dict(false),
        "faults": len(spoilt),
        "missed": sum(not looks for looks in seen),
        "looks_until_open": {str(looks): times for looks, times in sorted(Counter(seen).items())},
    }


def main() -> int:
    """Rehearse, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m bench.rehearsal", description=__doc__)
    parser.add_argument("--runs", type=int, default=10, help="commissionings of each camera (10)")
    parser.add_argument("--looks", type=int, default=20, help="looks of a healthy run (20)")
    parser.add_argument("--cameras", default="", help="ids, with commas between (all)")
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    specs = [spec for spec in demo_site().devices if spec.kind == "camera"]
    wanted = set(filter(None, given.cameras.split(",")))
    if unknown := wanted - {spec.id for spec in specs}:
        return refuse(f"no camera {', '.join(sorted(unknown))} in the demo")
    chosen = [Camera(spec) for spec in specs if not wanted or spec.id in wanted]
    return finish(rehearse(chosen, max(1, given.runs), max(1, given.looks)), as_json=given.json)


if __name__ == "__main__":
    raise SystemExit(main())
