"""`siteward handover`: collects, takes pictures, freezes, and shows what is frozen."""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from agent.config import SiteConfig
from agent.service import handover
from agent.service.book import BaselineValue
from agent.service.desk import Desk
from agent.service.refused import Refused
from models.facts import Device


def shown(desk: Desk) -> list[dict[str, Any]]:
    """Return the hand-overs that were made."""
    return [
        {
            "number": one.id,
            "frozen": datetime.fromtimestamp(one.at, desk.zone).strftime("%Y-%m-%d %H:%M"),
            "accepted_by": one.who,
            "devices": one.devices,
            "note": one.note,
        }
        for one in desk.book.handovers()
    ]


def accept(
    desk: Desk,
    *,
    who: str,
    note: str,
    days: int,
    pictures: bool,
    only: Sequence[str],
    told: Callable[[str], None],
) -> str:
    """Freeze the baseline of all devices or some; return what was frozen in a sentence.

    Raises:
        Refused: a device is unknown, or nothing was measured yet.
    """
    unknown = sorted(set(only) - set(desk.by_id))
    if unknown:
        raise Refused(f"no device {', '.join(unknown)} in the inventory")
    devices = [device for device in desk.devices if not only or device.id in only]
    values = handover.collect(desk.store, devices, desk.now, days=days)
    if not values:
        raise Refused(f"nothing was measured in the last {days} days: let the agent watch first")
    taken: list[BaselineValue] = []
    if pictures and desk.config.keep_pictures:
        told("taking pictures …")
        taken = asyncio.run(_pictures(desk.config, devices, told))
    measured = {value.device for value in values}
    missing = sorted(device.id for device in devices if device.id not in measured)
    number = handover.freeze(
        desk.book, [*values, *taken], who=who, note=note, now=desk.now, devices=len(measured)
    )
    what = f"{len(values)} values of {len(measured)} devices, {len(taken)} pictures"
    said = f"hand-over {number}: {what}, accepted by {who}"
    return f"{said}\nnothing is known of, and nothing frozen for: {', '.join(missing)}" if missing else said


async def _pictures(
    config: SiteConfig, devices: Sequence[Device], told: Callable[[str], None]
) -> list[BaselineValue]:
    from agent.eyes import Eyes  # noqa: PLC0415  the codecs load only where they are needed
    from agent.run import Clocks, run_once  # noqa: PLC0415

    clocks = Clocks(time.time, time.monotonic)
    eyes = Eyes(config, clocks)
    streams = [collector for collector in eyes.collectors if collector.name == "stream"]

    async def ask(device: Device) -> list[tuple[str, bytes]]:
        reports = [
            await run_once(one, device, deadline=config.timing("stream")[1], clocks=clocks)
            for one in streams
            if one.applies(device)
        ]
        return [(picture.part, picture.jpeg) for report in reports for picture in report.pictures]

    try:
        return await handover.take_pictures(
            ask,
            [device for device in devices if any(one.applies(device) for one in streams)],
            config.state_dir / handover.FOLDER,
            told=lambda done, of: told(f"taking pictures … {done} of {of}"),
        )
    finally:
        await eyes.close()
