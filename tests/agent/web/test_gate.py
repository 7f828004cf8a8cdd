"""Where a log-in may lead, and whose forms are taken."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from agent.web.gate import is_same_origin, local_path


@given(st.text())
def test_a_log_in_never_leads_to_another_host(wanted):
    path = local_path(wanted)
    parts = urlsplit(path)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert not parts.scheme
    assert not parts.netloc


@pytest.mark.parametrize(
    "wanted", ["//evil.example/", "/\\evil.example", "https://evil.example", "javascript:x", "", "x"]
)
def test_what_leads_elsewhere_leads_home(wanted):
    assert local_path(wanted) == "/"


def test_a_path_of_ours_is_kept():
    assert local_path("/tickets/7?all=1") == "/tickets/7?all=1"


@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"origin": "http://site:9464"}, True),
        ({"origin": "http://evil.example"}, False),
        ({"origin": "null"}, False),
        ({}, True),  # no browser: the form's own token decides
    ],
)
def test_where_a_form_comes_from(headers, is_ours):
    raw = [(k.encode(), v.encode()) for k, v in {"host": "site:9464", **headers}.items()]
    assert is_same_origin(Request({"type": "http", "headers": raw})) is is_ours
