"""What is answered to GET, GETNEXT, GETBULK and SET, asked through another program's codec."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.snmp.ber import NOTHING, encode_oid, integer
from simulator.snmp.table import Row, Table
from tests.simulator.snmp_site import (
    COMMUNITY,
    ROOT,
    Stage,
    ask,
    numbers,
    plain,
    read,
    request,
    value,
    values,
    walk,
)

SYS_DESCR = "1.3.6.1.2.1.1.1.0"
SYS_NAME = "1.3.6.1.2.1.1.5.0"
IF_ENTRY = "1.3.6.1.2.1.2.2.1"
HC_IN = "1.3.6.1.2.1.31.1.1.1.6.1"


@pytest.fixture
def stage():
    return Stage()


def test_get_answers_in_the_order_of_the_question(stage):
    _, _, bindings = ask(stage["cam-1"], "get", SYS_NAME, SYS_DESCR)
    assert [(name, plain(found)) for name, found in bindings] == [
        (SYS_NAME, b"CAM-1"),
        (SYS_DESCR, b"Acme DS-2CD2185FWD-I, firmware 1.4.2"),
    ]


def test_what_a_device_does_not_have_at_all_is_no_such_object(stage):
    assert value(stage["cam-1"], "1.3.6.1.2.1.33.1.2.1.0") == "NoSuchObject"


@pytest.mark.parametrize("name", ["1.3.6.1.2.1.1.5", "1.3.6.1.2.1.1.5.1", f"{IF_ENTRY}.8.99"])
def test_another_instance_of_what_a_device_has_is_no_such_instance(stage, name):
    assert value(stage["cam-1"], name) == "NoSuchInstance"


def test_one_missing_name_does_not_hide_the_others(stage):
    assert values(stage["cam-1"], "1.3.6.1.9.9.0", SYS_NAME) == ["NoSuchObject", b"CAM-1"]


@pytest.mark.parametrize("name", ["sw-1", "nvr-1", "cam-1", "cam-2", "ups-1"])
def test_a_walk_meets_every_row_once_and_in_order(stage, name):
    rows = walk(stage[name], ROOT)
    assert len(rows) > 60
    assert numbers(list(rows)) == sorted(set(numbers(list(rows))))


@pytest.mark.parametrize("name", ["sw-1", "nvr-1", "cam-1", "cam-2", "ups-1"])
def test_what_a_walk_shows_is_what_get_gives(stage, name):
    rows = walk(stage[name], ROOT)
    for oid, found in rows.items():
        assert value(stage[name], oid) == found


def test_get_next_begins_between_two_rows(stage):
    _, _, [(name, _)] = ask(stage["cam-1"], "next", "1.3.6.1.2.1.1.4.7")
    assert name == SYS_NAME


def test_get_next_behind_the_last_row_is_the_end_of_the_view(stage):
    _, _, [(name, found)] = ask(stage["cam-1"], "next", "2.99")
    assert (name, plain(found)) == ("2.99", "EndOfMibView")


def test_bulk_gives_non_repeaters_once_and_the_rest_row_after_row(stage):
    _, _, bindings = ask(
        stage["cam-1"], "bulk", "1.3.6.1.2.1.1.4", f"{IF_ENTRY}.2", f"{IF_ENTRY}.8", first=1, second=2
    )
    assert [name for name, _ in bindings] == [
        "1.3.6.1.2.1.1.4.0",
        f"{IF_ENTRY}.2.1",
        f"{IF_ENTRY}.8.1",
        f"{IF_ENTRY}.2.2",
        f"{IF_ENTRY}.8.2",
    ]


def test_bulk_stops_at_the_end_of_the_view(stage):
    """A million rows were wanted; once all names are at the end, going on would only repeat it."""
    _, _, bindings = ask(stage["cam-1"], "bulk", "2.98", "2.99", second=1_000_000)
    assert [plain(found) for _, found in bindings] == ["EndOfMibView", "EndOfMibView"]


@pytest.mark.parametrize(("first", "second", "count"), [(0, 0, 0), (9, 5, 1), (1, 5, 1)])
def test_bulk_takes_odd_numbers_for_what_they_can_mean(stage, first, second, count):
    _, _, bindings = ask(stage["cam-1"], "bulk", SYS_DESCR, first=first, second=second)
    assert len(bindings) == count


def test_negative_numbers_of_a_bulk_count_as_zero(stage):
    """Another program refuses to send them, so the two numbers are turned in its bytes."""
    data = request("bulk", SYS_DESCR, first=113, second=114)
    data = data.replace(bytes((2, 1, 113)), bytes((2, 1, 0x8D))).replace(
        bytes((2, 1, 114)), bytes((2, 1, 0x8E))
    )
    assert read(stage["cam-1"].handle(data)) == (0, 0, [])


def test_bulk_without_names_is_answered_at_once(stage):
    assert ask(stage["cam-1"], "bulk", second=2**31 - 1) == (0, 0, [])


def test_a_bulk_reply_fits_one_frame_however_much_was_wanted(stage):
    reply = stage["sw-1"].handle(request("bulk", ROOT, second=5_000))
    assert 1_300 < len(reply) <= 1_472


def test_bulk_that_fits_not_even_one_row_is_too_big(stage):
    agent = stage.agent(stage.site.devices[0], limit=60)
    assert ask(agent, "bulk", SYS_DESCR, second=5) == (1, 0, [])


@pytest.mark.parametrize("kind", ["get", "next"])
def test_a_reply_that_does_not_fit_is_too_big_and_empty(stage, kind):
    agent = stage.agent(stage.site.devices[0], limit=200)
    assert ask(agent, kind, *[SYS_DESCR] * 10) == (1, 0, [])


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.sampled_from([SYS_DESCR, SYS_NAME, HC_IN, "1.3.9.9", ROOT]), max_size=60),
    st.integers(64, 600),
)
def test_no_reply_is_larger_than_the_limit(names, limit):
    stage = Stage()
    agent = stage.agent(stage.site.devices[2], limit=limit)
    for kind in ("get", "next", "bulk"):
        assert len(agent.handle(request(kind, *names, second=7))) <= limit


def test_writing_is_refused_and_counted(stage):
    agent = stage["cam-1"]
    assert ask(agent, "set", SYS_NAME)[:2] == (17, 1)
    assert agent.writes == 1
    assert value(agent, SYS_NAME) == b"CAM-1"
    assert agent.writes == 1


def test_writing_with_a_wrong_community_is_counted_too(stage):
    assert ask(stage["cam-1"], "set", SYS_NAME, community="guess") is None
    assert stage["cam-1"].writes == 1


def test_a_wrong_community_is_met_with_silence(stage):
    assert ask(stage["cam-1"], "get", SYS_NAME, community=COMMUNITY + "x") is None


def test_a_changed_community_is_met_with_silence_too(stage):
    stage.board.switch_on("cam-1", "wrong_password")
    assert ask(stage["cam-1"], "get", SYS_NAME) is None
    stage.board.switch_off("cam-1", "wrong_password")
    assert value(stage["cam-1"], SYS_NAME) == b"CAM-1"


# ---------------------------------------------------------------- v1


def test_in_v1_one_missing_name_fails_the_whole_request(stage):
    status, index, bindings = ask(stage["cam-1"], "get", SYS_NAME, "1.3.6.1.9.9.0", version=0)
    assert (status, index) == (2, 2)
    assert [name for name, _ in bindings] == [SYS_NAME, "1.3.6.1.9.9.0"]


def test_v1_does_not_have_64_bit_counters(stage):
    assert ask(stage["cam-1"], "get", HC_IN, version=0)[0] == 2


def test_a_v1_walk_steps_over_64_bit_counters(stage):
    _, _, [(name, _)] = ask(stage["cam-1"], "next", "1.3.6.1.2.1.31.1.1.1.1.2", version=0)
    assert name == "1.3.6.1.2.1.31.1.1.1.15.1"


def test_the_end_of_a_v1_walk_is_no_such_name(stage):
    assert ask(stage["cam-1"], "next", "2.99", version=0)[:2] == (2, 1)


def test_writing_over_v1_is_no_such_name(stage):
    assert ask(stage["cam-1"], "set", SYS_NAME, version=0)[:2] == (2, 1)
    assert stage["cam-1"].writes == 1


def test_a_v1_reply_that_does_not_fit_sends_the_request_back(stage):
    agent = stage.agent(stage.site.devices[0], limit=200)
    status, _, bindings = ask(agent, "get", *[SYS_DESCR] * 10, version=0)
    assert (status, len(bindings)) == (1, 10)


# ---------------------------------------------------------------- the table


def test_two_rows_of_one_name_are_a_mistake():
    with pytest.raises(ValueError, match=r"two rows are named 1\.3\.1\.0"):
        Table([Row((1, 3, 1), (0,), NOTHING), Row((1, 3), (1, 0), NOTHING)])


arcs = st.lists(
    st.sampled_from([0, 1, 127, 128, 129, 16_383, 16_384, 2**32 - 1]), min_size=1, max_size=4
).map(tuple)


@given(st.sets(arcs, min_size=1, max_size=12), arcs)
def test_the_next_row_is_the_smallest_larger_name_by_numbers_not_by_bytes(names, asked):
    """Arcs of three bytes sort before some of two by their bytes: the order must be that of the numbers."""
    table = Table([Row((1, 3, *name), (), integer(1)) for name in names])
    larger = sorted(name for name in names if name > asked)
    found = table.after(encode_oid((1, 3, *asked)), 0.0)
    assert (found and found[0]) == (encode_oid((1, 3, *larger[0])) if larger else None)


def test_a_row_that_is_not_there_now_is_skipped_by_walks_and_missing_to_get():
    table = Table(
        [Row((1, 3, 1), (1,), lambda now: integer(7) if now > 5 else None), Row((1, 3, 2), (1,), NOTHING)]
    )
    first, second = encode_oid((1, 3, 1, 1)), encode_oid((1, 3, 2, 1))
    assert table.get(first, 0.0) == b"\x81\x00"
    assert table.after(b"", 0.0) == (second, NOTHING)
    assert table.after(b"", 9.0) == (first, integer(7))
