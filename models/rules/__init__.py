"""All rules: a small pure function per fault, a file per thing looked at.

A rule yields nothing where it can say nothing; a fault that is known and not spoken of becomes unknown.
"""

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from models.facts import Verdict
from models.rules import (
    access,
    clock,
    disk,
    events,
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
from models.view import View

Rule: TypeAlias = Callable[[View], Iterator[Verdict]]

REACH_RULE: Final[Rule] = reach.lost  # first: of a device that is lost nothing else can be said
RULES: Final[tuple[Rule, ...]] = (
    login.refused,
    services.snmp,
    services.onvif,
    services.discovery,
    clock.clock,
    stream.lost,
    stream.stall,
    stream.damage,
    stream_settings.codec,
    stream_settings.size,
    stream_settings.fps,
    stream_settings.bitrate,
    stream_settings.gop,
    stream_settings.audio,
    stream_settings.late,
    picture.picture,
    disk.failed,
    power.battery,
    poe.supply,
    poe.budget,
    identity.identity,  # before what it explains
    settings.encoder,
    settings.listed,
    access.accounts,
    access.certificates,
    recording.stopped,  # before what it explains
    recording.gaps,
    recording.retention,
    events.told,
    events.channels,
    events.subscribed,
    events.rebooting,
    ptz.stuck,
    ptz.worn,
)
NEEDED: Final[frozenset[str]] = frozenset().union(
    *(
        module.METRICS
        for module in (
            reach,
            login,
            services,
            clock,
            stream,
            stream_settings,
            picture,
            disk,
            power,
            ptz,
            poe,
            link,
            events,
            settings,
            access,
            recording,
        )
    )
)
