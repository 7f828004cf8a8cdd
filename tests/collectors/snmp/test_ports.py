"""Which switch port a PoE port is."""

from hypothesis import given
from hypothesis import strategies as st

from collectors.snmp.ports import poe_names


def test_ports_counted_from_1_are_found_by_their_names():
    """A switch with ifIndexes from 49: PoE port 1 is gi1, not the interface with index 1."""
    ports = {str(49 + n): f"gi{1 + n}" for n in range(18)}
    assert poe_names(["1.1", "1.16"], ports) == {"1.1": "gi1", "1.16": "gi16"}


def test_ports_counted_by_ifindex_are_found_by_that():
    ports = {str(49 + n): f"gi{1 + n}" for n in range(18)}
    assert poe_names(["1.49", "1.66"], ports) == {"1.49": "gi1", "1.66": "gi18"}


def test_a_management_port_with_index_1_does_not_shift_the_others():
    ports = {"1": "mgmt"} | {str(1 + n): f"Port {n}" for n in range(1, 9)}
    assert poe_names(["1.1", "1.8"], ports) == {"1.1": "Port 1", "1.8": "Port 8"}


def test_the_larger_family_of_names_is_meant():
    ports = {str(n): f"Gi1/0/{n}" for n in range(1, 25)} | {str(100 + n): f"Te1/1/{n}" for n in range(1, 5)}
    assert poe_names(["1.1", "1.4"], ports) == {"1.1": "Gi1/0/1", "1.4": "Gi1/0/4"}


def test_in_a_stack_each_group_is_its_own_member():
    ports = {f"{m}{n:02}": f"Gi{m}/0/{n}" for m in (1, 2) for n in range(1, 9)}
    assert poe_names(["1.3", "2.3"], ports) == {"1.3": "Gi1/0/3", "2.3": "Gi2/0/3"}


def test_words_behind_the_number_do_not_hide_it():
    ports = {str(n): f"port {n}: Gigabit Copper" for n in range(1, 9)}
    assert poe_names(["1.5"], ports) == {"1.5": "port 5: Gigabit Copper"}


def test_when_nobody_can_say_it_stays_group_and_port():
    assert poe_names(["1.7", "1.8"], {"1": "uplink"}) == {"1.7": "1/7", "1.8": "1/8"}


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 60)), unique=True, max_size=30),
    st.dictionaries(st.integers(1, 99).map(str), st.text(max_size=12), max_size=40),
)
def test_every_port_gets_a_name_and_no_two_of_a_group_the_same(places, ports):
    distinct = {index: f"{name}/{index}" for index, name in ports.items()}
    indexes = [f"{group}.{port}" for group, port in places]
    named = poe_names(indexes, distinct)
    assert set(named) == set(indexes)
    for group in {group for group, _ in places}:
        mine = [name for index, name in named.items() if index.startswith(f"{group}.")]
        assert len(set(mine)) == len(mine)
