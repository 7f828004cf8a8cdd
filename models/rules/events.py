"""What devices tell by themselves: faults they report by ONVIF event, and whether we still hear them.

A state counts only while its subscription lives. When that is gone nobody knows: unknown, never well.
"""

from collections.abc import Iterator
from typing import Final

from models.facts import Health, Trouble, Verdict
from models.faults import FAULTS
from models.metrics import (
    CHANNEL_OK,
    DEVICE_REBOOTS_DAY,
    EVENT_STATE,
    PICTURE_CONTRAST,
    RECORDING_ACTIVE,
    RECORDING_MISSING,
)
from models.rules import picture
from models.view import NONE, Sample, View

METRICS: Final = frozenset(
    {
        EVENT_STATE.name,
        CHANNEL_OK.name,
        RECORDING_ACTIVE.name,
        RECORDING_MISSING.name,
        DEVICE_REBOOTS_DAY.name,
    }
)
COLLECTOR: Final = "onvif_events"
PAGES: Final = "vendor_http"
# Event -> the fault it is, and the message for bad; that for good is the same for all. Events of disks, fans,
# supplies and temperatures are judged together with what the device answers when asked: `rules.hardware`.
FAULT_OF: Final = {
    "signal_loss": ("VIDEO_LOSS", "event.signal_loss"),
    "tamper": ("TAMPER", "event.tamper"),
    "scene_change": ("TAMPER", "event.scene_change"),
    "recording": ("REC_STOPPED", "event.recording"),
    "recording_job": ("REC_STOPPED", "event.recording"),
}
PICTURE_FAULTS: Final = tuple(code for code in FAULTS if code.startswith("IMG_"))
_DEAF: Final = frozenset({Trouble.BUSY, Trouble.BAD_REPLY})


def told(view: View) -> Iterator[Verdict]:
    """VIDEO_LOSS, TAMPER, REC_STOPPED by event."""
    asked = view.asked.get(COLLECTOR)
    if asked is None:
        return
    if asked.trouble is not None:
        yield from _unknown(view)
        return
    worst: dict[tuple[str, str], Verdict] = {}
    for part in view.parts(EVENT_STATE):
        verdict = _told(view, part)
        if verdict is not None:
            key = verdict.fault.code, verdict.part
            if key not in worst or verdict.health is Health.BAD:
                worst[key] = verdict
    yield from worst.values()


def channels(view: View) -> Iterator[Verdict]:
    """VIDEO_LOSS by the recorder's own pages, where its events do not speak of the channel.

    Not by SNMP: recorders' agents are known to call every channel empty.
    """
    for part in view.parts(CHANNEL_OK):
        sample = view.number(CHANNEL_OK, part)
        if sample is None or sample.collector != PAGES:
            continue
        if (
            view.number(EVENT_STATE, f"signal_loss:{part}") is not None
            and view.asked[COLLECTOR].trouble is None
        ):
            continue
        health = Health.GOOD if sample.value == 1 else Health.BAD
        detail = "channel.well" if sample.value == 1 else "channel.lost"
        yield view.verdict("VIDEO_LOSS", health, part, detail, sample.at, channel=part)


def subscribed(view: View) -> Iterator[Verdict]:
    """EVENTS_LOST: the device answers, and our subscription to its events cannot be had."""
    asked = view.asked.get(COLLECTOR)
    if asked is None or not view.is_fresh(asked.at, COLLECTOR):
        return
    if asked.trouble in _DEAF:
        yield view.verdict("EVENTS_LOST", Health.BAD, "", "event.deaf", asked.at, said=asked.detail)
    elif asked.trouble is None:
        yield view.verdict("EVENTS_LOST", Health.GOOD, "", "event.subscribed", asked.at)


def rebooting(view: View) -> Iterator[Verdict]:
    """REBOOTING: it restarted several times within a day."""
    count = view.number(DEVICE_REBOOTS_DAY)
    if count is not None:
        is_bad = count.value >= view.limits.reboots_a_day
        health = Health.BAD if is_bad else Health.GOOD
        yield view.verdict("REBOOTING", health, "", "event.reboots", count.at, count=count.value)


def _told(view: View, part: str) -> Verdict | None:
    event, _, source = part.partition(":")
    fault = FAULT_OF.get(event)
    sample = view.number(EVENT_STATE, part)
    if fault is None or sample is None or _is_said_elsewhere(view, fault[0]):
        return None
    code, message = fault
    if sample.value == 0:
        return view.verdict(code, Health.GOOD, source, "event.well", sample.at, source=source or "-")
    if code == "TAMPER" and _picture_is_older(view, sample):
        return view.verdict(code, Health.UNKNOWN, source, "unknown.picture_awaited", view.at)
    if by := _explained(view, code):
        return view.verdict(code, Health.UNKNOWN, source, "unknown.explained", view.at, by=by)
    return view.verdict(code, Health.BAD, source, message, sample.at, source=source or "-")


def _is_said_elsewhere(view: View, code: str) -> bool:
    """Whether another rule speaks of this fault: a recorder that was asked."""
    return code == "REC_STOPPED" and bool(view.parts(RECORDING_ACTIVE) or view.parts(RECORDING_MISSING))


def _picture_is_older(view: View, sample: Sample) -> bool:
    """Whether the pictures of this camera are judged, and none was since the event began."""
    pictures = (view.number(PICTURE_CONTRAST, part) for part in view.parts(PICTURE_CONTRAST))
    newest = max((picture.at for picture in pictures if picture is not None), default=None)
    return newest is not None and newest < sample.grew_at


def _explained(view: View, code: str) -> str:
    """Return the fault seen by other means that this event only repeats, "" where there is none."""
    if code == "TAMPER":
        streams = {part for name in picture.METRICS for part in view.samples.get(name, NONE)}
        seen = (one for one in PICTURE_FAULTS for part in streams if view.was_bad(one, part))
        return next(seen, "")
    return ""


def _unknown(view: View) -> Iterator[Verdict]:
    """What was told before is unknown now."""
    keys: dict[tuple[str, str], None] = {}
    for part in view.samples.get(EVENT_STATE.name, NONE):
        event, _, source = part.partition(":")
        if event in FAULT_OF:
            code = FAULT_OF[event][0]
            if code == "REC_STOPPED" and view.parts(RECORDING_ACTIVE):
                continue
            keys[code, source] = None
    for code, source in keys:
        yield view.verdict(code, Health.UNKNOWN, source, "unknown.events_lost", view.at)
