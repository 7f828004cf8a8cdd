from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from agent.sinks import topics

NAMES = st.text(max_size=40).filter(lambda name: not any("\ud800" <= char <= "\udfff" for char in name))


def test_topics_are_those_of_the_contract():
    assert topics.status("s1") == "cctv/v1/s1/agent/status"
    assert topics.state("s1", "cam-1") == "cctv/v1/s1/cam-1/state"
    assert topics.event("s1", "cam-1") == "cctv/v1/s1/cam-1/event"
    assert topics.incident("s1", "s1/cam-1/-/REACH_LOST") == "cctv/v1/s1/incident/s1%2Fcam-1%2F-%2FREACH_LOST"


def test_people_read_their_own_names_in_topics():
    assert topics.state("上海", "大门 1") == "cctv/v1/上海/大门 1/state"


@given(name=NAMES)
def test_any_name_is_one_level_without_wildcards_and_can_be_read_back(name):
    level = topics.level(name)
    assert level
    assert not set(level) & set("/+#\0")
    assert not level.startswith("$")
    assert unquote(level) == name or name == ""


@given(one=NAMES, other=NAMES)
def test_two_names_never_become_one(one, other):
    assert (topics.level(one) == topics.level(other)) == (one == other)
