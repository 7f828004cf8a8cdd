"""A site worth looking at: a covered camera, a dead switch with its cameras, planned work, a forecast, a record."""

import json
import sqlite3
import time
from dataclasses import replace
from typing import Final

from agent.files import SERVICE_FILE, STORE_FILE
from agent.service.book import BaselineValue, Book, Handover
from agent.service.handover import FOLDER, PICTURE
from agent.service.requests import Request
from agent.store.records import DAY
from models.facts import Cause, Prediction
from simulator.site import DeviceSpec, RtspSpec
from tests.agent.pipeline_rig import until
from tests.agent.site_rig import FAST, Scene, camera, switch, ups

COVERED: Final = "test/cam-2/sub/IMG_COVER"
DARK: Final = "test/sw-1/-/REACH_LOST"
BEHIND: Final = 6
WORN: Final = "cam-3"
SETTINGS: Final = {
    "service": {"profile": "warranty-strict", "poll": 1, "retest_scale": 0.05, "retest_patience": 10},
    "contract": {"handed_over": "2024-03-01"},
    "schedule": {
        **FAST["schedule"],
        "stream": {"every": 1.5, "deadline": 15},
        "stream_main": {"every": 300},
        "stream_gop": {"every": 900},
        "stream_describe": {"every": 900},
    },
}


def devices() -> tuple[DeviceSpec, ...]:
    """Return cameras at a gate, a switch with its cameras, and a UPS."""
    rtsp = RtspSpec(main=(640, 360), sub=(480, 270), fps=8)
    behind = [
        camera(number, parent="sw-1", name=f"Hall {number}", place="Building 1, hall")
        for number in range(11, 11 + BEHIND)
    ]
    return (
        replace(switch(), name="PoE switch 1", place="Building 1, rack 1"),
        replace(ups(), name="UPS", place="Building 1, rack 1"),
        camera(1, name="North gate", place="Gate N"),
        camera(2, name="Main entrance", place="Gate A, mast 1", rtsp=rtsp),
        camera(3, name="Lobby", place="Building 1, lobby"),
        *(
            camera(number, name=f"Parking {number - 3}", place="Parking, north side")
            for number in range(4, 10)
        ),
        *behind,
    )


async def worth_looking_at(scene: Scene) -> None:
    """Let the faults come, and wait for their tickets."""
    await scene.all_ok()
    await until(lambda: _knows_its_picture(scene), seconds=60, what="the picture is commissioned")
    _hand_over(scene)
    scene.world.switch_on("cam-2", "covered")
    scene.world.switch_on("sw-1", "off")
    for key in (COVERED.removeprefix("test/"), "sw-1/-/REACH_LOST"):
        await scene.ticket(key, seconds=60)
    _plan(scene)
    _foresee(scene)
    await until(lambda: _is_swallowed(scene), seconds=60, what="all that hangs on the switch is swallowed")


def _knows_its_picture(scene: Scene) -> bool:
    seen = [one for one in scene.agent.pipeline.watch.findings("cam-2") if one.key.code == "IMG_COVER"]
    return bool(seen) and all(one.phase.value == "ok" for one in seen)


def _is_swallowed(scene: Scene) -> bool:
    found = [one for one in scene.agent.pipeline.watch.incidents() if one.key == DARK]
    return bool(found) and len({child.device for child in found[0].children}) >= BEHIND


def _hand_over(scene: Scene) -> None:
    agent = scene.agent
    (kept,) = agent.pipeline.pictures.of_device("cam-2")[:1]
    folder = agent.config.state_dir / FOLDER
    folder.mkdir(exist_ok=True)
    (folder / "cam-2-sub.jpg").write_bytes(kept.picture.jpeg)
    values = [
        BaselineValue("cam-2", PICTURE, "sub", "cam-2-sub.jpg", 0.0),
        BaselineValue("cam-2", "cctv_clock_offset_seconds", "", 0.1, time.time()),
    ]
    Book(agent.config.state_dir / SERVICE_FILE).freeze(Handover(0, time.time(), "Client", "", 1), values)


def _plan(scene: Scene) -> None:
    now = scene.agent.clocks.wall()
    given = {"devices": ["ups-1"], "since": now, "until": now + 4 * 3600}
    scene.agent.service.do(Request("", "maintenance", "A manager", json.dumps(given), "new batteries"))


def _foresee(scene: Scene) -> None:
    """A lens that grew dull over a year, and what is said of it."""
    agent, now = scene.agent, scene.agent.clocks.wall()
    _write_year(scene, now)
    why = (
        Cause("wear.summary", {"quantity": "cctv_picture_sharpness", "base": 900.0, "now": 650.0, "depleted": 0.69}),
        Cause("wear.slope", {"window": 90.0, "slope": 0.021, "significance": 9.4}),
        Cause("wear.siblings", {"count": 7.0, "siblings": 0.03}),
        Cause("wear.ruled_out", {}),
        Cause("wear.measured", {"days": 88.0, "of": 90.0}),
    )  # fmt: skip
    told = Prediction(
        WORN, "", "lens", ("IMG_BLUR",), now, probability=0.83, due_at=now + 80 * DAY, earliest=now + 50 * DAY,
        latest=now + 130 * DAY, grade="A", model="trend-1", explanation=why,
        action="wear.do.lens", spare="wear.spare.lens",
    )  # fmt: skip
    agent.pipeline.predict([told], now)


def _write_year(scene: Scene, now: float) -> None:
    db = sqlite3.connect(scene.agent.config.state_dir / STORE_FILE, timeout=20)
    (device,) = db.execute("SELECT id FROM device WHERE name = ?", (WORN,)).fetchone()
    db.execute(
        "INSERT INTO series (device, metric, part) VALUES (?, 'cctv_picture_sharpness', '')", (device,)
    )
    (series,) = db.execute(
        "SELECT id FROM series WHERE device = ? AND metric = 'cctv_picture_sharpness'", (device,)
    ).fetchone()
    for back in range(365, 0, -1):
        value = 900.0 - 250.0 * ((365 - back) / 365) ** 2 + (back * 37 % 41) - 20
        slot = int(now // DAY) - back
        db.execute(
            "INSERT INTO rollup_day VALUES (?, ?, 24, ?, ?, ?, ?, ?)",
            (slot, series, value, value, 24 * value, value, slot * DAY),
        )
    db.commit()
    db.close()
