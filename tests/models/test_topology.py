from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from models.facts import Kind
from models.topology import Topology, is_site_dark
from tests.models.builders import camera


def tree(**parents: str) -> Topology:
    return Topology([camera(id_, parent) for id_, parent in parents.items()])


CHAIN = {"core": "", "access": "core", "cam": "access", "other": "core"}


def nobody(_device: str) -> bool:
    return False


def test_the_nearest_lost_feeder_explains_and_the_topmost_is_the_root():
    site = tree(**CHAIN)
    lost = {"core", "access", "cam"}
    assert site.explained_by("cam", lost, nobody) == "access"
    assert site.root("cam", lost, nobody) == "core"


def test_a_feeder_that_nobody_watches_is_looked_through():
    assert tree(**CHAIN).root("cam", {"core", "cam"}, nobody) == "core"


def test_a_feeder_seen_alive_clears_what_is_above_it():
    assert tree(**CHAIN).root("cam", {"core", "cam"}, {"access"}.__contains__) == "cam"


def test_a_parent_that_is_not_in_the_inventory_is_no_parent():
    assert tree(cam="nowhere").root("cam", {"cam"}, nobody) == "cam"


def test_a_ring_of_parents_has_one_root_for_all():
    ring = tree(a="c", b="a", c="b", cam="b")
    assert {ring.root(d, {"a", "b", "c", "cam"}, nobody) for d in ("a", "b", "c", "cam")} == {"a"}


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("abcdefx"), min_size=1), st.data())
def test_in_any_tangle_of_parents_every_lost_device_has_a_lost_root_that_is_its_own(parents, data):
    site = tree(**parents)
    lost = data.draw(st.sets(st.sampled_from(sorted(parents))))
    for device in lost:
        root = site.root(device, lost, nobody)
        assert root in lost
        assert site.root(root, lost, nobody) == root


def dark(roots: dict[str, int], devices: int) -> bool:
    return is_site_dark(Counter(roots), devices, share=0.6, minimum=5)


def test_most_devices_lost_for_many_reasons_is_a_dark_site():
    assert dark({"a": 5, "b": 5}, 15)
    assert dark(dict.fromkeys("abcdefghijkl", 1), 15)


def test_one_dead_switch_is_a_dead_switch_however_much_hangs_on_it():
    assert not dark({"sw": 14}, 15)
    assert not dark({"sw": 13, "cam": 1}, 15)


def test_few_devices_or_a_small_share_are_no_dark_site():
    assert not dark({"a": 2, "b": 2}, 4)
    assert not dark({"a": 4, "b": 5}, 15)


def test_a_device_is_not_its_own_parent():
    switch = replace(camera("sw", "sw"), kind=Kind.SWITCH)
    assert list(Topology([switch]).ancestors("sw")) == []
