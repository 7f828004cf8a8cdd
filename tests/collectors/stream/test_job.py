"""Messages between agent and worker: whole when both are well, refused when one is not."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.stream.job import (
    HEADER,
    Level,
    Limits,
    Refusal,
    StreamJob,
    StreamResult,
    lengths,
    pack_job,
    pack_outcome,
    read_job,
    read_outcome,
)
from models.facts import Login, Secret

texts = st.text(max_size=40)
jobs = st.builds(
    StreamJob,
    texts,
    st.integers(1, 65535),
    texts,
    st.none() | st.builds(Login, texts, st.builds(Secret, texts)),
    st.builds(Limits, *[st.floats(0.1, 60)] * 4),
    st.booleans(),
    st.booleans(),
    st.sampled_from(Level),
    st.sampled_from(["rtsp", "https"]),
    st.booleans(),
    st.booleans(),
    st.lists(st.tuples(*[st.floats(0, 1)] * 4), max_size=3).map(tuple),
    st.binary(max_size=50),
)
numbers = st.floats(allow_nan=False, allow_infinity=False)
results = st.builds(
    StreamResult,
    st.dictionaries(texts, numbers, max_size=5),
    st.booleans(),
    st.booleans(),
    st.binary(max_size=99),
    st.integers(0, 640),
    st.integers(0, 640),
    st.dictionaries(texts, texts, max_size=3),
    st.binary(max_size=20),
    st.binary(max_size=20),
)


def parts(message: bytes) -> tuple[bytes, bytes]:
    text, blob = lengths(message[: HEADER.size])
    body = message[HEADER.size :]
    assert len(body) == text + blob
    return body[:text], body[text:]


@given(jobs)
def test_a_job_arrives_as_it_was_sent(job):
    assert read_job(*parts(pack_job(job))) == job


@given(results | st.builds(Refusal, texts, texts), st.integers(0, 2**40))
def test_an_outcome_arrives_as_it_was_sent(outcome, rss_bytes):
    assert read_outcome(*parts(pack_outcome(outcome, rss_bytes))) == (outcome, rss_bytes)


@given(jobs)
def test_a_job_can_be_printed_without_its_password(job):
    if job.login and len(job.login.password.reveal()) > 3:
        assert job.login.password.reveal() not in repr(job).replace(job.host, "").replace(
            job.path, ""
        ).replace(job.login.user, "")


json_like = st.recursive(
    st.none() | st.booleans() | st.floats() | texts,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(texts | st.sampled_from(["result", "values"]), inner)
    ),
)


@given(st.binary(max_size=60) | json_like.map(lambda value: json.dumps(value).encode()))
def test_whatever_a_broken_worker_writes_is_a_value_error(text):
    with pytest.raises(ValueError):
        read_outcome(text, b"")


@pytest.mark.parametrize("header", [HEADER.pack(2**31, 0), HEADER.pack(2, 2**31)])
def test_a_length_no_honest_worker_sends_is_refused_before_it_is_read(header):
    with pytest.raises(ValueError, match="bytes"):
        lengths(header)


def test_a_number_that_is_none_does_not_leave_the_worker():
    with pytest.raises(ValueError):
        pack_outcome(StreamResult({"x": math.nan}), 0)
