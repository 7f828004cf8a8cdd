"""All rules: a small pure function per fault, a file per thing looked at.

A rule yields nothing where it can say nothing; a fault that is known and not spoken of becomes unknown.
"""

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Final, TypeAlias

from models.facts import Verdict
from models.metrics import CHANNEL_OK, DEVICE_REBOOTS_DAY, PROFILE_INFO
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
    hardware.failed,
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
            hardware,
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

# Rule -> metrics and collectors without any of which it says nothing; one that is not here is always asked.
SPEAKS_OF: Final[Mapping[Rule, AbstractSet[str]]] = {
    **{
        rule: module.METRICS
        for module, rules in (
            (clock, (clock.clock,)),
            (stream, (stream.stall, stream.damage)),
            (
                stream_settings,
                (
                    stream_settings.codec,
                    stream_settings.size,
                    stream_settings.fps,
                    stream_settings.bitrate,
                    stream_settings.gop,
                    stream_settings.audio,
                    stream_settings.late,
                ),
            ),
            (picture, (picture.picture,)),
            (power, (power.battery,)),
            (poe, (poe.supply, poe.budget)),
            (identity, (identity.identity,)),
            (settings, (settings.listed,)),
            (access, (access.accounts, access.certificates)),
            (recording, (recording.stopped, recording.gaps, recording.retention)),
            (ptz, (ptz.stuck, ptz.worn)),
        )
        for rule in rules
    },
    stream.lost: {stream.STREAM, stream.DESCRIBE},
    services.discovery: {"discovery"},
    settings.encoder: {PROFILE_INFO.name},
    hardware.failed: {*hardware.METRICS, events.COLLECTOR},
    events.told: {events.COLLECTOR},
    events.channels: {CHANNEL_OK.name},
    events.subscribed: {events.COLLECTOR},
    events.rebooting: {DEVICE_REBOOTS_DAY.name},
}


def rules_of(told_of: AbstractSet[str]) -> tuple[Rule, ...]:
    """Return the rules that may say something of a device, in their order.

    Args:
        told_of: names of the metrics and collectors that there is something of.
    """
    return tuple(rule for rule in RULES if rule not in SPEAKS_OF or SPEAKS_OF[rule] & told_of)
