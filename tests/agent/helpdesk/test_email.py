"""Tickets by e-mail, against a real SMTP server on loopback (aiosmtpd), with and without TLS."""

import email
import email.policy
import socket
import ssl
import subprocess
from dataclasses import dataclass, field

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from agent.helpdesk.base import (
    Attachment,
    HelpdeskDenied,
    HelpdeskDown,
    HelpdeskError,
    HelpdeskRefused,
    HelpdeskUnsure,
)
from agent.helpdesk.email import MailHelpdesk
from agent.helpdesk.settings import MailConfig
from models.facts import Secret
from tests.agent.helpdesk.contract import HOSTILE, JPEG, SECRETS, Contract, Rig, Seen, draft
from tests.fixtures.mosquitto import free_port

PASSWORD = "smtp-pass-seed"


@dataclass
class Mailbox:
    """Keeps what arrives; answers as it is told to."""

    mails: list = field(default_factory=list)
    answers: list = field(default_factory=list)  # to the next DATA, after the mail was kept
    refused: set = field(default_factory=set)

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  aiosmtpd's name
        if address in self.refused:
            return "550 5.1.1 no such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  likewise
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if not answer.startswith("4"):
            self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        if answer == "vanish":
            server.transport.abort()
        return answer


def controller(mailbox, **how):
    made = Controller(mailbox, hostname="127.0.0.1", port=free_port(), **how)
    made.start()
    return made


def config(port, **change):
    made = {"host": "127.0.0.1", "port": port, "security": "none", "sender": "siteward@example.org"}
    return MailConfig(**{**made, "to": ["service@example.org"], **change})


@pytest.fixture
def mailbox():
    return Mailbox()


@pytest.fixture
def server(mailbox):
    made = controller(mailbox)
    yield made
    made.stop()


def text_of(mail):
    return mail.get_body(("plain",)).get_content()


class MailRig(Rig):
    keeps_comments = False

    def __init__(self, mailbox, port):
        super().__init__()
        self.mailbox, self.port = mailbox, port

    def desk(self):
        return MailHelpdesk(config(self.port), None, seconds=5.0)

    def stranger(self):
        return None

    def away(self):
        return MailHelpdesk(config(free_port()), None)

    def lose(self, what):
        self.mailbox.answers.append("vanish")

    def thread(self, ticket):
        mails = {mail["Message-ID"]: mail for mail in self.mailbox.mails if ticket in mail["Subject"]}
        return list(mails.values())  # a reader shows a Message-ID once

    def seen(self, ticket):
        first, *rest = self.thread(ticket)
        files = [part.get_content() for mail in rest for part in mail.iter_attachments()]
        return Seen(first["Subject"], text_of(first), True, [text_of(mail) for mail in rest], files)


class TestEmail(Contract):
    @pytest.fixture
    def rig(self, mailbox, server):
        return MailRig(mailbox, server.port)


def desk_at(server, **change):
    return MailHelpdesk(config(server.port, **change), None, seconds=5.0)


def test_all_mails_about_one_ticket_are_one_thread(mailbox, server):
    desk = desk_at(server)
    ticket = desk.create(draft(severity="S1"))
    desk.comment(ticket, "看过了\nmore", once=f"{ticket}:1")
    desk.attach(ticket, Attachment("前.jpg", "image/jpeg", JPEG), once=f"{ticket}:2")
    first, second, third = mailbox.mails
    assert second["In-Reply-To"] == third["In-Reply-To"] == second["References"] == first["Message-ID"]
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 3
    assert all(mail["Subject"].startswith(f"[{ticket}] ") for mail in mailbox.mails)
    assert second["Subject"] == f"[{ticket}] 看过了"
    assert first["Importance"] == "high"
    assert {mail["Auto-Submitted"] for mail in mailbox.mails} == {"auto-generated"}


def test_a_mail_sent_again_is_recognised_by_its_id(mailbox, server):
    wanted = draft()
    mailbox.answers = ["vanish"]
    with pytest.raises(HelpdeskUnsure):
        desk_at(server).create(wanted)
    assert desk_at(server).create(wanted) == desk_at(server).create(wanted)
    assert len(mailbox.mails) == 3
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 1


def test_no_header_can_be_smuggled_in(mailbox, server):
    desk = desk_at(server)
    desk.create(draft(subject="x\r\nBcc: thief@example.org\r\n\r\nbody", body=HOSTILE + "\r\n.\r\nQUIT"))
    (mail,) = mailbox.mails
    assert mail["Bcc"] is None
    assert mail["To"] == "service@example.org"
    assert "QUIT" in text_of(mail)


def test_not_now_is_down_and_never_is_refused(mailbox, server):
    mailbox.answers = ["451 4.3.2 try later"]
    with pytest.raises(HelpdeskDown, match="451"):
        desk_at(server).create(draft())
    mailbox.answers = ["552 5.3.4 too large"]
    with pytest.raises(HelpdeskRefused, match="552"):
        desk_at(server).create(draft())
    mailbox.refused = {"service@example.org"}
    with pytest.raises(HelpdeskRefused, match="no such user"):
        desk_at(server).create(draft())


def test_one_receiver_who_is_refused_does_not_keep_it_from_the_others(mailbox, server):
    mailbox.refused = {"gone@example.org"}
    desk_at(server, to=["gone@example.org", "service@example.org"]).create(draft())
    assert len(mailbox.mails) == 1


def test_preflight_names_a_receiver_that_is_refused_and_sends_nothing(mailbox, server):
    mailbox.refused = {"service@example.org"}
    checks = desk_at(server).preflight()
    assert [check.ok for check in checks] == [True, False]
    assert "no such user" in checks[-1].said
    assert mailbox.mails == []


def test_a_server_that_says_nothing_is_down():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        desk = MailHelpdesk(config(silent.getsockname()[1]), None, seconds=0.3)
        with pytest.raises(HelpdeskDown, match="timed out"):
            desk.create(draft())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(
        [*command.split(), "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return folder / "cert.pem", context


@pytest.fixture
def tls_server(mailbox, certificate):
    def login(server, session, envelope, mechanism, data):
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)

    made = controller(mailbox, tls_context=certificate[1], authenticator=login, auth_required=True)
    yield made
    made.stop()


def with_login(server, certificate, password, **change):
    given = {"security": "starttls", "user": "siteward", "password": "${env:P}", "ca_file": certificate[0]}
    return MailHelpdesk(config(server.port, **{**given, **change}), Secret(password), seconds=5.0)


def test_over_starttls_with_a_login(mailbox, tls_server, certificate):
    desk = with_login(tls_server, certificate, PASSWORD)
    desk.create(draft())
    assert len(mailbox.mails) == 1
    assert all(check.ok for check in desk.preflight())


def test_a_wrong_password_is_denied_and_not_told(mailbox, tls_server, certificate):
    desk = with_login(tls_server, certificate, SECRETS[0])
    with pytest.raises(HelpdeskDenied, match=r"mend helpdesk.user") as caught:
        desk.create(draft())
    assert SECRETS[0] not in f"{caught.value!r}"
    assert not desk.preflight()[0].ok


def test_a_certificate_that_nobody_vouches_for_is_not_spoken_to(mailbox, tls_server, certificate):
    desk = with_login(tls_server, certificate, PASSWORD, ca_file=None)
    with pytest.raises(HelpdeskDown, match="TLS: self"):
        desk.create(draft())
    assert mailbox.mails == []


def test_a_server_without_tls_never_gets_the_password(server, certificate):
    desk = with_login(server, certificate, PASSWORD)
    with pytest.raises(HelpdeskDown, match="STARTTLS"):
        desk.create(draft())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sender": "a@b.c\r\nBcc: x@y"}, "one plain e-mail address"),
        ({"to": []}, "at least 1 item"),
        ({"user": "me"}, "user and password go together"),
        ({"user": "me", "password": "${env:P}"}, "a login needs security"),
    ],
)
def test_settings_that_cannot_work_are_refused(change, said):
    with pytest.raises(ValueError, match=said):
        config(25, **change)


def test_every_failure_is_a_helpdesk_error(mailbox, server):
    for answer in ("421 4.7.0 bye", "500 what", "554 spam", "vanish"):
        mailbox.answers = [answer]
        with pytest.raises(HelpdeskError):
            desk_at(server).create(draft())
