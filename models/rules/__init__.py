"""All rules: a small pure function per fault, a file per thing looked at.

A rule yields nothing where it can say nothing; a fault that is known and not spoken of becomes unknown.
What a rule looks at stands beside it in one table: a rule without anything to look at is not asked, and one
that would see only what it saw before need not be asked again.
"""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from models.facts import Verdict
from models.metrics import (
    CHANNEL_OK,
    CLOCK_OFFSET,
    DEVICE_REBOOTS_DAY,
    EVENT_STATE,
    PROFILE_INFO,
    STREAM_ARRIVAL_FPS,
    STREAM_AUDIO,
    STREAM_BITRATE,
    STREAM_CODEC,
    STREAM_FPS,
    STREAM_GOP,
    STREAM_WIDTH,
)
from models.rules import (
    access,
    clock,
    events,
    hardware,
    identity,
    link,
    login,
    picture,
    poe,
    power,
    ptz,
    reach,
    recording,
    services,
    settings,
    stream,
    stream_settings,
)
from models.seen import ASKED
from models.view import View

Rule: TypeAlias = Callable[[View], Iterator[Verdict]]


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A rule and what it looks at, all of it: names of metrics and collectors, and `seen.ASKED`.

    Without any of `needs` it says nothing; `also` changes what it says; `inputs` are both.
    """

    rule: Rule
    needs: AbstractSet[str]
    also: AbstractSet[str] = frozenset()
    inputs: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", frozenset(self.needs | self.also))


_OF_STREAMS: Final = stream_settings.METRICS - {CLOCK_OFFSET.name}
_SETTINGS: Final = (
    Entry(stream_settings.codec, {STREAM_CODEC.name}, _OF_STREAMS),
    Entry(stream_settings.size, {STREAM_WIDTH.name}, _OF_STREAMS),
    Entry(stream_settings.fps, {STREAM_FPS.name}, _OF_STREAMS),
    Entry(stream_settings.bitrate, {STREAM_BITRATE.name}, _OF_STREAMS),
    Entry(stream_settings.gop, {STREAM_GOP.name}, _OF_STREAMS),
    Entry(stream_settings.audio, {STREAM_AUDIO.name}, _OF_STREAMS),
    Entry(stream_settings.late, {STREAM_ARRIVAL_FPS.name}, stream_settings.METRICS),
)
REACH_ENTRY: Final = Entry(reach.lost, {ASKED}, reach.METRICS)  # first: of what is lost nothing else is said
ENTRIES: Final[tuple[Entry, ...]] = (
    Entry(login.refused, {ASKED}),
    Entry(services.snmp, {ASKED}),
    Entry(services.onvif, {ASKED}),
    Entry(services.discovery, {"discovery"}),
    Entry(clock.clock, clock.METRICS),
    Entry(stream.lost, {stream.STREAM, stream.DESCRIBE}),
    Entry(stream.stall, stream.METRICS),
    Entry(stream.damage, stream.METRICS),
    *_SETTINGS,
    Entry(picture.picture, picture.METRICS),
    Entry(hardware.failed, hardware.METRICS | {events.COLLECTOR}, {EVENT_STATE.name}),
    Entry(power.battery, power.METRICS),
    Entry(poe.supply, poe.METRICS),
    Entry(poe.budget, poe.METRICS),
    Entry(identity.identity, identity.METRICS),  # before what it explains
    Entry(settings.encoder, {PROFILE_INFO.name}),
    Entry(settings.listed, settings.METRICS),
    Entry(access.accounts, access.METRICS),
    Entry(access.certificates, access.METRICS),
    Entry(recording.stopped, recording.METRICS),  # before what it explains
    Entry(recording.gaps, recording.METRICS),
    Entry(recording.retention, recording.METRICS),
    Entry(events.told, {events.COLLECTOR}, events.METRICS | picture.METRICS),
    Entry(events.channels, {CHANNEL_OK.name}, {EVENT_STATE.name, events.COLLECTOR}),
    Entry(events.subscribed, {events.COLLECTOR}),
    Entry(events.rebooting, {DEVICE_REBOOTS_DAY.name}),
    Entry(ptz.stuck, ptz.METRICS),
    Entry(ptz.worn, ptz.METRICS),
)
NEEDED: Final[frozenset[str]] = frozenset().union(
    reach.METRICS, events.METRICS, link.METRICS, *(entry.inputs for entry in ENTRIES)
) - {ASKED}
"""Every name that a rule looks at; the numbers of no other metric are remembered."""


def entries_of(told_of: AbstractSet[str]) -> tuple[Entry, ...]:
    """Return the rules that may say something of a device, in their order.

    Args:
        told_of: names of the metrics and collectors that there is something of.
    """
    return tuple(entry for entry in ENTRIES if not entry.needs.isdisjoint(told_of | {ASKED}))
