"""The schedule when the inventory changes under it, and when what takes its reports fails."""

import asyncio
import time
from dataclasses import replace

from agent.run import Clocks
from agent.schedule import Schedule
from models.facts import Answer, Device, Kind, Reading
from models.metrics import UPTIME

CLOCKS = Clocks(time.time, time.monotonic)
DEVICE = Device("d1", Kind.CAMERA, "127.0.0.1")


class Slow:
    """A collector that takes its time and counts who is asked at once."""

    name, metrics = "reach", (UPTIME,)

    def __init__(self, takes: float, slots: int = 0) -> None:
        self.takes, self.slots = takes, slots
        self.now = self.most = 0
        self.asked: list[tuple[str, str]] = []

    def applies(self, _device: Device) -> bool:
        return True

    async def collect(self, device: Device) -> Answer:
        self.asked.append((device.id, device.host))
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(self.takes)
        finally:
            self.now -= 1
        return Answer((Reading(UPTIME, 1.0),))


async def play(schedule: Schedule, *steps) -> None:
    """Run a schedule; each step is a wait in seconds or an inventory."""
    task = asyncio.create_task(schedule.run())
    for step in steps:
        if isinstance(step, float):
            await asyncio.sleep(step)
        else:
            schedule.set_devices(step)
            for device in step:
                schedule.ask_now(device.id)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_changed_row_does_not_let_two_requests_into_one_device():
    """The old row's question is still under way when the new row's is due."""
    slow = Slow(takes=0.2)
    schedule = Schedule([slow], lambda _: (5.0, 1.0), lambda _: None, clocks=CLOCKS)
    rows = [[replace(DEVICE, name=f"name {n}")] for n in range(4)]
    await play(schedule, rows[0], 0.05, rows[1], 0.05, rows[2], 0.05, rows[3], 0.8)
    assert slow.most == 1
    assert len(slow.asked) >= 2


async def test_a_row_that_changed_while_it_waited_is_not_asked_in_its_old_shape():
    slow = Slow(takes=0.15, slots=1)
    others = [replace(DEVICE, id=f"other-{n}") for n in range(3)]
    schedule = Schedule([slow], lambda _: (5.0, 1.0), lambda _: None, clocks=CLOCKS)
    moved = replace(DEVICE, host="127.0.0.2")
    await play(schedule, [*others, DEVICE], 0.05, [*others, moved], 1.2)
    assert ("d1", "127.0.0.1") not in slow.asked
    assert ("d1", "127.0.0.2") in slow.asked


async def test_a_report_that_cannot_be_taken_does_not_end_the_asking():
    slow = Slow(takes=0.0)

    def full(_report):
        raise RuntimeError("a fault of ours")

    schedule = Schedule([slow], lambda _: (0.05, 1.0), full, clocks=CLOCKS)
    await play(schedule, [DEVICE], 0.6)
    assert len(slow.asked) > 4


async def test_twenty_thousand_devices_are_taken_at_once_and_in_good_time():
    slow = Slow(takes=0.0)
    devices = [replace(DEVICE, id=f"d{n}") for n in range(20_000)]
    schedule = Schedule([slow], lambda _: (60.0, 1.0), lambda _: None, clocks=CLOCKS)
    began = time.monotonic()
    schedule.set_devices(devices)
    schedule.set_devices(devices[:-1])
    assert time.monotonic() - began < 10
    assert schedule.in_flight == 0
