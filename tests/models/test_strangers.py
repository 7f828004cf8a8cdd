"""Devices on the network that are in no inventory."""

from models.facts import SITE, Ending, Phase
from models.strangers import MOST, Strangers
from models.watch import Watch
from tests.models.builders import CAMERA, T0


def seen(*addresses):
    return {address: {"model": "SV 9", "known_as": ""} for address in addresses}


def test_a_stranger_is_a_finding_and_its_end_too():
    strangers = Strangers()
    assert [(f.key.part, f.phase) for f in strangers.see(seen("10.0.0.9"), T0)] == [("10.0.0.9", Phase.OPEN)]
    assert strangers.see(seen("10.0.0.9"), T0 + 1) == []
    assert [f.phase for f in strangers.see({}, T0 + 2)] == [Phase.OK]


def test_many_strangers_are_one_finding():
    found = Strangers().see(seen(*(f"10.0.0.{n}" for n in range(MOST + 1))), T0)
    assert [(f.key.part, f.verdict.facts["count"]) for f in found] == [("", MOST + 1.0)]


def test_a_device_at_another_address_is_told_by_its_name():
    verdict = Strangers().see({"10.0.0.9": {"model": "", "known_as": "cam-3"}}, T0)[0].verdict
    assert (verdict.detail, verdict.facts["device"]) == ("stranger.moved", "cam-3")


def test_a_stranger_becomes_an_incident_of_the_site_and_recovers():
    watch = Watch("s", [CAMERA], correlate_seconds=10)
    watch.note_strangers(seen("10.0.0.9"), T0)
    opened = watch.tick(T0 + 20).opened
    assert [incident.key for incident in opened] == [f"s/{SITE}/10.0.0.9/DEVICE_UNKNOWN"]
    again = Watch("s", [CAMERA], correlate_seconds=10)
    assert again.restore(watch.dump()) == []
    assert len(again.incidents()) == 1
    closed = again.note_strangers({}, T0 + 40).closed
    assert [incident.ending for incident in closed] == [Ending.RECOVERED]
