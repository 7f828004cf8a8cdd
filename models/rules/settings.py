"""Is the device set as it was accepted, and does it still list all that it had?"""

from collections.abc import Iterator
from typing import Final

from models.facts import Health, Verdict
from models.metrics import (
    INPUT_LISTED,
    INPUTS,
    PROFILE_INFO,
    RELAY_LISTED,
    RELAYS,
    SOURCE_LISTED,
    STORAGE_LISTED,
    STORAGES,
    VIDEO_SOURCES,
    Metric,
)
from models.rules.many import Opinion, told
from models.view import NONE, View

_LISTS: Final = (  # count, each one, code, word of its messages
    (VIDEO_SOURCES, SOURCE_LISTED, "CHANNEL_LOST", "channel"),
    (INPUTS, INPUT_LISTED, "IO_LOST", "input"),
    (RELAYS, RELAY_LISTED, "IO_LOST", "relay"),
    (STORAGES, STORAGE_LISTED, "STORAGE_LOST", "storage"),
)
METRICS: Final = frozenset(metric.name for count, each, *_ in _LISTS for metric in (count, each))


def encoder(view: View) -> Iterator[Verdict]:
    """ENCODER_CHANGED, by stream."""
    opinions: dict[str, Opinion] = {}
    for part in view.accepted.parts(PROFILE_INFO.name):
        text = view.text(PROFILE_INFO, part)
        was = view.accepted.get(PROFILE_INFO.name, part)
        if text is None or was is None:
            continue
        if text.value == was:
            opinions[part] = Opinion(Health.GOOD, "settings.encoder_same", text.at, {"now": was})
        else:
            facts = {"was": was, "now": text.value}
            opinions[part] = Opinion(Health.BAD, "settings.encoder", text.at, facts)
    yield from told(view, "ENCODER_CHANGED", opinions, unless="REPLACED")


def listed(view: View) -> Iterator[Verdict]:
    """CHANNEL_LOST, IO_LOST and STORAGE_LOST: what was listed before and is not any more."""
    for count, each, code, word in _LISTS:
        newest = view.number(count)
        if newest is None:
            continue
        opinions = {
            f"{word} {part}" if code == "IO_LOST" else part: _listed(view, each, part, newest.at, word)
            for part in view.accepted.parts(each.name)
        }
        yield from told(view, code, opinions, unless="REPLACED")


def _listed(view: View, each: Metric, part: str, at: float, word: str) -> Opinion:
    sample = view.samples.get(each.name, NONE).get(part)
    if sample is not None and sample.at >= at:
        return Opinion(Health.GOOD, f"settings.{word}_there", at, {"which": part})
    return Opinion(Health.BAD, f"settings.{word}_gone", at, {"which": part})
