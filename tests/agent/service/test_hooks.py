"""A helpdesk tells by a signed request what a person did; nobody else can, and not twice."""

import asyncio
import base64
import hmac
import json
import urllib.error
import urllib.request
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette

from agent.service.requests import carry_out
from agent.web.app import serving
from agent.web.hooks import PATH, Hook
from models.facts import Secret
from tests.agent.service.rig import Desk

KEY = Secret("a key of the helpdesk")


@pytest.fixture
async def desk(tmp_path):
    made = Desk(tmp_path)
    await made.registered()
    yield made
    made.close()


@pytest.fixture
async def web(desk):
    def do(request):
        return carry_out(request, desk.orders, desk.terms, desk.at)

    app = Starlette(routes=[Hook(KEY, desk.orders, do, lambda: desk.at).route()])
    async with serving(app, "127.0.0.1", 0) as port:
        yield f"http://127.0.0.1:{port}{PATH}"


async def send(web, desk, *, id_="msg_1", at=None, key=KEY, body=None, **told):
    data = json.dumps(told).encode() if body is None else body
    stamp = str(int(desk.at if at is None else at))
    signed = hmac.digest(key.reveal().encode(), f"{id_}.{stamp}.".encode() + data, "sha256")
    headers = {
        "webhook-id": id_,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(signed).decode(),
    }
    return await asyncio.to_thread(post, urllib.request.Request(web, data, headers))


def post(request):
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return SimpleNamespace(status_code=answer.status, text=answer.read().decode())
    except urllib.error.HTTPError as err:
        return SimpleNamespace(status_code=err.code, text=err.read().decode())


async def test_a_step_of_a_person_is_taken(web, desk):
    answer = await send(web, desk, ticket="1", state="dispatched", who="Li Wei")
    assert (answer.status_code, desk.state) == (200, "dispatched")
    answer = await send(web, desk, id_="msg_2", ticket="1", cause="CABLE", who="Li Wei")
    assert (answer.status_code, desk.order.cause) == (200, "CABLE")


async def test_repaired_begins_the_retest_and_the_helpdesks_own_word_too(web, desk):
    await send(web, desk, ticket="1", state="Resolved", is_open=False, who="Li Wei")
    assert desk.state == "verifying"


@pytest.mark.parametrize(
    "wrong", [{"key": Secret("another key")}, {"at": 0}, {"at": 2_000_000_000}, {"id_": ""}]
)
async def test_what_is_not_signed_now_by_the_helpdesk_is_refused_and_says_nothing(web, desk, wrong):
    answer = await send(web, desk, ticket="1", state="dispatched", who="Li", **wrong)
    assert (answer.status_code, desk.state) == (401, "registered")
    assert "key" not in answer.text


async def test_the_same_request_again_does_nothing_again(web, desk):
    for _ in range(2):
        answer = await send(web, desk, ticket="1", pause="parts", who="Li", why="lens")
        assert answer.status_code == 200
    assert desk.audit().count("clocks_paused") == 1


async def test_a_request_from_before_this_start_is_refused(web, desk):
    assert (
        await send(web, desk, at=desk.at - 60, ticket="1", state="dispatched", who="Li")
    ).status_code == 401


async def test_nobody_speaks_for_the_agent(web, desk):
    answer = await send(web, desk, ticket="1", state="resolved", who="siteward")
    assert (answer.status_code, desk.state) == (422, "registered")


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"ticket": "1", "state": "Closed"}'])
async def test_a_body_that_cannot_be_read_is_said_to_be_so(web, desk, body):
    assert (await send(web, desk, body=body)).status_code == 400


async def test_a_body_without_end_is_cut_off(web, desk):
    assert (await send(web, desk, body=b"x" * 100_000)).status_code == 413
