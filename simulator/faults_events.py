"""Faults that a device tells by event, and what event services do wrong."""

from typing import Final

EVENT_FAULTS: Final[dict[str, str]] = {
    "fan_failed": "a fan is failed, told by event only",
    "supply_failed": "a power supply is failed, told by event only",
    "overheated": "it is too hot, told by event only",
    "signal_lost": "channel 1 of a recorder gets no picture although its camera is well",
    "tampered": "the camera reports tampering; its picture is as ever",
    "recording_stopped": "channel 1 of a recorder is not recorded any more",
    "rebooted": "switched on or off: it restarts that moment, all subscriptions are gone",
}
EVENT_QUIRKS: Final[dict[str, str]] = {
    "events_none": "it has no event service",
    "events_no_room": "others hold all pull points it has room for",
    "events_wants_end": "a subscription without InitialTerminationTime is refused with status 500",
    "events_relative_broken": "durations are not understood: a subscription is said to end as it begins",
    "events_no_renew": "Renew is not supported",
    "events_reference": "all subscriptions have one address; reference parameters tell them apart",
    "events_dead": "subscriptions die quietly: pulls are answered, and hold nothing, for ever",
    "events_lost_often": "a subscription is gone after each second pull",
    "events_no_sync": "SetSynchronizationPoint is refused as not authorised",
    "events_zero_waits": "a pull that is not to wait waits for 30 s",
    "events_small_limit": "more than 20 messages a pull are refused",
    "events_repeated": "each pull tells every state again as changed",
    "events_tamper_at_start": "tampering is told at each beginning of a subscription, and never ends",
    "events_odd_words": "booleans are written TRUE, 0, 1, active",
    "events_odd_times": "times have no zone, or cannot be",
    "events_other_tokens": "sources in events have other names than in the list of video sources",
    "events_makers_topics": "faults are told under a maker's own topics and item names",
    "events_broken_xml": "pulls hold a prefix nobody declared, and bytes that are no UTF-8",
    "events_nat": "the subscription's address is one of a network we are not in",
    "vendor_other_login": "its web pages know other users than ONVIF",
    "vendor_login_page": "its web pages are a form to log in",
    "vendor_cut": "its web pages end in the middle",
    "vendor_empty_bay": "its web pages list a disk bay with nothing in it",
    "discovery_silent": "WS-Discovery is switched off",
    "discovery_wants_type": "probes without the one type it is are not answered",
    "discovery_elsewhere": "answers name services on hosts that are not the device",
    "discovery_wrong_id": "answers refer to a probe that nobody sent",
    "discovery_huge": "answers are 20 kB long",
    "addressing_breaks": "WS-Addressing headers outside the event service are refused",
}
