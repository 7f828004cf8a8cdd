"""A clock of the contract that runs out reaches people: a note on the ticket and a mail, once, and for sure."""

import asyncio

import pytest
from pydantic import ValidationError

from agent.config import SiteConfig
from agent.helpdesk.settings import MailConfig
from agent.service.config import ServiceConfig, addresses_in
from agent.service.postman import GIVE_UP_SECONDS, Postman
from tests.agent.service.mailbox import mailbox
from tests.agent.service.rig import KEY, T0, Desk

LEAD = "Shift leader <lead@example.net>"
HEAD = "head@example.net; deputy@example.net"


def server(port):
    return MailConfig(
        host="127.0.0.1", port=port, security="none", sender="agent@example.net", to=("a@b.net",)
    )


def postman(desk, port):
    return Postman(desk.store, server(port), None, clock=lambda: desk.at)


async def overdue(tmp_path, minutes=(97, 121)):
    desk = Desk(tmp_path, profile="warranty-strict", escalation={"S3": {"at_80": LEAD, "breached": HEAD}})
    await desk.registered()
    for minute in minutes:
        desk.at = T0 + minute * 60
        await desk.step()
        await desk.step()
    return desk


async def test_each_level_is_mailed_once_and_noted_on_the_ticket(tmp_path):
    desk = await overdue(tmp_path)
    async with mailbox() as box:
        assert await asyncio.to_thread(postman(desk, box.port).step) == 2
        assert await asyncio.to_thread(postman(desk, box.port).step) == 0
    warned, breached = box.mails
    assert warned["To"] == "lead@example.net"
    assert breached["To"] == "head@example.net, deputy@example.net"
    assert "80 %" in warned["Subject"]
    assert "ran out" in breached["Subject"]
    assert "Device lost" in breached.get_content()
    assert "Ticket:    1" in breached.get_content()
    assert any("lead@example.net" in text for text in desk.texts())
    assert desk.audit().count("escalation_mailed") == 2
    desk.close()


async def test_a_mail_waits_for_its_server_over_a_kill_and_is_the_same_mail(tmp_path):
    desk = await overdue(tmp_path, (97,))
    assert postman(desk, 9).step() == 0  # nobody listens there
    desk = desk.again()
    assert postman(desk, 9).step() == 0, "not due again so soon"
    desk.at += 3600.0
    async with mailbox() as box:
        assert await asyncio.to_thread(postman(desk, box.port).step) == 1
    assert box.mails[0]["Message-ID"].endswith("@example.net>")
    desk.close()


async def test_what_no_server_takes_for_days_is_given_up_and_said(tmp_path):
    desk = await overdue(tmp_path, (97,))
    desk.at += GIVE_UP_SECONDS + 1
    assert postman(desk, 9).step() == 0
    assert desk.store.letters(desk.at, 9) == []
    (line,) = [one for one in desk.store.audit(KEY, 1) if one.what == "escalation_not_mailed"]
    assert "lead@example.net" in line.why
    desk.close()


def test_names_alone_are_only_named():
    assert addresses_in("shift lead, 555 12 34") == ()
    assert addresses_in(HEAD) == ("head@example.net", "deputy@example.net")
    assert not ServiceConfig.model_validate({"escalation": {"S1": {"breached": "the head"}}}).writes


def test_an_address_that_is_none_and_one_without_a_server_are_refused():
    with pytest.raises(ValidationError, match="e-mail address"):
        ServiceConfig.model_validate({"escalation": {"S1": {"breached": "lead@"}}})
    with pytest.raises(ValidationError, match="no mail server"):
        SiteConfig.model_validate({"site": "s", "service": {"escalation": {"S1": {"breached": LEAD}}}})
    mail = server(25).model_dump(exclude={"kind"}) | {"security": "none"}
    whole = {"site": "s", "service": {"escalation": {"S1": {"breached": LEAD}}}, "reports": {"mail": mail}}
    assert SiteConfig.model_validate(whole).mail_server[0] == "reports.mail"
