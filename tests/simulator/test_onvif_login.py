import asyncio
import socket

import pytest

from simulator.site import OnvifSpec, moved
from simulator.world import World
from tests.simulator.onvif_client import (
    PASSWORD,
    camera,
    client,
    digest,
    envelope,
    own_network,
    session,
    site,
    token,
)

PATH = "/onvif/device_service"
TEXT = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText"


def world_of(*devices):
    return World(moved(site(*devices), own_network()))


@pytest.mark.parametrize("auth", ["wsse", "digest", "both"])
@pytest.mark.parametrize("operation", ["GetSystemDateAndTime", "GetCapabilities", "GetServices"])
async def test_what_a_client_needs_before_it_can_sign_is_open_to_all(auth, operation):
    async with world_of(camera(auth=auth)) as world, session() as http:
        assert (await client(http, world).ask(operation)).status == 200


async def test_a_right_token_is_let_in():
    async with world_of(camera()) as world, session() as http:
        reply = await client(http, world).ask("GetDeviceInformation", header=token())
        assert reply.text("tds:SerialNumber") == world.site.device("cam-1").serial


@pytest.mark.parametrize("zone", ["Z", "+00:00", "", ".250Z"])
async def test_every_usual_spelling_of_utc_is_understood(zone):
    async with world_of(camera()) as world, session() as http:
        assert (await client(http, world).ask("GetUsers", header=token(zone=zone))).status == 200


@pytest.mark.parametrize("ahead", [-7, 7])
async def test_a_clock_a_few_seconds_off_is_let_in(ahead):
    async with world_of(camera()) as world, session() as http:
        assert (await client(http, world).ask("GetUsers", header=token(ahead=ahead))).status == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "other"},
        {"user": "admin"},
        {"ahead": 15},
        {"ahead": -15},
        {"kind": TEXT},
        {"nonce": b""},
        {"zone": "?"},
    ],
    ids=["password", "user", "clock ahead", "clock behind", "password in clear", "no nonce", "no time"],
)
async def test_a_wrong_token_is_refused_and_counted(wrong):
    async with world_of(camera()) as world, session() as http:
        reply = await client(http, world).ask("GetDeviceInformation", header=token(**wrong))
        assert (reply.status, reply.subcodes) == (400, ["ter:NotAuthorized"])
        assert world.servers["cam-1", "onvif"].counts["refused_logins"] == 1


async def test_a_request_without_login_is_refused_but_no_failed_login():
    async with world_of(camera()) as world, session() as http:
        reply = await client(http, world).ask("GetDeviceInformation")
        assert (reply.status, reply.subcodes) == (400, ["ter:NotAuthorized"])
        assert world.servers["cam-1", "onvif"].counts["refused_logins"] == 0


async def test_a_token_is_good_once():
    async with world_of(camera()) as world, session() as http:
        header = token()
        first = await client(http, world).ask("GetUsers", header=header)
        again = await client(http, world).ask("GetUsers", header=header)
        assert (first.status, again.status) == (200, 400)


async def test_a_nonce_is_good_once_whatever_the_time_signed_with_it():
    async with world_of(camera()) as world, session() as http:
        nonce = b"the same for ever"
        first = await client(http, world).ask("GetUsers", header=token(nonce=nonce))
        again = await client(http, world).ask("GetUsers", header=token(nonce=nonce, ahead=3))
        assert (first.status, again.status) == (200, 400)


async def test_a_clock_that_is_off_is_shown_and_must_be_signed_with():
    async with world_of(camera()) as world, session() as http:
        world.switch_on("cam-1", "clock_offset")
        camera_1 = client(http, world)
        assert (await camera_1.ask("GetUsers", header=token())).status == 400
        assert (await camera_1.ask("GetUsers", header=token(ahead=40))).status == 200
        world.switch_off("cam-1", "clock_offset")
        assert (await camera_1.ask("GetUsers", header=token())).status == 200


async def test_a_changed_password_refuses_the_old_one_and_takes_the_new():
    async with world_of(camera(auth="both")) as world, session() as http:
        world.switch_on("cam-1", "wrong_password")
        camera_1 = client(http, world)
        refused = await camera_1.ask("GetUsers", header=token())
        assert refused.status == 401
        old = digest(refused.headers["WWW-Authenticate"], uri=PATH)
        assert (await camera_1.ask("GetUsers", headers={"Authorization": old})).status == 401
        assert (await camera_1.ask("GetUsers", header=token(password=f"{PASSWORD}-changed"))).status == 200


async def challenge_of(one):
    reply = await one.ask("GetUsers")
    assert reply.status == 401
    return reply.headers["WWW-Authenticate"]


@pytest.mark.parametrize("auth", ["digest", "both"])
async def test_a_right_digest_is_let_in_and_its_nonce_serves_on(auth):
    async with world_of(camera(auth=auth)) as world, session() as http:
        one = client(http, world)
        challenge = await challenge_of(one)
        for nc in (1, 2, 7):
            headers = {"Authorization": digest(challenge, uri=PATH, nc=nc)}
            assert (await one.ask("GetUsers", headers=headers)).status == 200


async def test_a_digest_sent_twice_is_stale_which_is_no_failed_login():
    async with world_of(camera(auth="digest")) as world, session() as http:
        one = client(http, world)
        headers = {"Authorization": digest(await challenge_of(one), uri=PATH)}
        assert (await one.ask("GetUsers", headers=headers)).status == 200
        again = await one.ask("GetUsers", headers=headers)
        assert again.status == 401
        assert "stale=true" in again.headers["WWW-Authenticate"]
        assert world.servers["cam-1", "onvif"].counts["refused_logins"] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "other"},
        {"user": "admin"},
        {"uri": "/onvif/media_service"},
        {"method": "GET"},
        {"qop": "x"},
    ],
    ids=["password", "user", "other address", "other method", "other protection"],
)
async def test_a_wrong_digest_is_refused_and_counted(wrong):
    async with world_of(camera(auth="digest")) as world, session() as http:
        one = client(http, world)
        header = digest(await challenge_of(one), **{"uri": PATH, **wrong})
        reply = await one.ask("GetUsers", headers={"Authorization": header})
        assert (reply.status, reply.subcodes) == (401, ["ter:NotAuthorized"])
        assert "stale" not in reply.headers["WWW-Authenticate"]
        assert world.servers["cam-1", "onvif"].counts["refused_logins"] == 1


async def test_a_digest_device_does_not_look_at_tokens():
    async with world_of(camera(auth="digest")) as world, session() as http:
        assert (await client(http, world).ask("GetUsers", header=token())).status == 401
        assert world.servers["cam-1", "onvif"].counts["refused_logins"] == 0


async def test_a_token_device_does_not_look_at_digests():
    async with world_of(camera(), camera(2, auth="digest")) as world, session() as http:
        challenge = await challenge_of(client(http, world, "cam-2"))
        headers = {"Authorization": digest(challenge, uri=PATH)}
        reply = await client(http, world).ask("GetUsers", headers=headers)
        assert (reply.status, "WWW-Authenticate" in reply.headers) == (400, False)


async def test_a_digest_client_may_hold_its_body_back_until_it_is_challenged():
    async with world_of(camera(auth="digest")) as world, session() as http:
        reply = await client(http, world).post(b"")
        assert (reply.status, reply.headers["WWW-Authenticate"][:6]) == (401, "Digest")


async def test_a_device_without_login_lets_everybody_in():
    async with world_of(camera(onvif=OnvifSpec(auth="none"))) as world, session() as http:
        assert (await client(http, world).ask("GetUsers")).status == 200


async def test_two_requests_at_once_are_seen_as_two():
    async with world_of(camera(), camera(2)) as world, session() as http:
        one, two = client(http, world), client(http, world, "cam-2")
        await asyncio.gather(one.login("GetUsers"), one.login("GetUsers"))
        await two.login("GetUsers")
        await two.login("GetUsers")
        assert world.servers["cam-1", "onvif"].counts["max_in_flight"] == 2
        assert world.servers["cam-2", "onvif"].counts["max_in_flight"] == 1


@pytest.mark.parametrize("operation", ["SetSystemDateAndTime", "SystemReboot", "CreateUsers", "Whatever"])
async def test_nothing_can_be_changed_and_each_try_is_counted(operation):
    async with world_of(camera()) as world, session() as http:
        reply = await client(http, world).login(operation)
        assert reply.subcodes == ["ter:OperationProhibited"]
        assert (await client(http, world).ask(operation)).subcodes == ["ter:NotAuthorized"]
        assert world.servers["cam-1", "onvif"].counts["writes"] == 2


async def test_an_unknown_question_is_answered_so():
    async with world_of(camera()) as world, session() as http:
        reply = await client(http, world).login("GetWeather")
        assert (reply.status, reply.subcodes) == (500, ["ter:ActionNotSupported"])


@pytest.mark.parametrize(
    ("body", "status", "subcode"),
    [
        (b"", 400, "ter:WellFormed"),
        (b"\xff\xfe<", 400, "ter:WellFormed"),
        (b"<a>&b;</a>", 400, "ter:WellFormed"),
        (b"<a/>", 400, "ter:InvalidArgs"),
        (b"x" * 70_000, 413, "ter:InvalidArgs"),
    ],
)
async def test_garbage_is_answered_with_a_fault_and_the_device_goes_on(body, status, subcode):
    async with world_of(camera()) as world, session() as http:
        one = client(http, world)
        reply = await one.post(body)
        assert (reply.status, reply.subcodes) == (status, [subcode])
        assert (await one.login("GetUsers")).status == 200


async def test_other_addresses_and_methods_are_a_plain_404():
    async with world_of(camera()) as world, session() as http:
        one = client(http, world)
        body = envelope("GetSystemDateAndTime")
        assert (await one.post(body, url=f"{one.base}/nothing_service")).status == 404
        async with http.get(f"{one.base}/device_service") as answer:
            assert answer.status == 404


async def test_an_entity_in_a_request_is_not_expanded():
    async with world_of(camera()) as world, session() as http:
        body = '<!DOCTYPE x [<!ENTITY n SYSTEM "file:///etc/hostname">]>' + envelope(
            "GetProfile", service="trt", inner="<ProfileToken>&n;</ProfileToken>", header=token()
        )
        reply = await client(http, world).post(body)
        assert reply.subcodes == ["ter:InvalidArgVal", "ter:NoProfile"]
        assert socket.gethostname().encode() not in reply.payload
