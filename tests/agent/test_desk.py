"""Which helpdesk the config chooses, what is kept beside it, and what the doctor says of it."""

import pytest

from agent.app import Agent, StartError
from agent.config import ConfigError, fetch_access, read_config
from agent.desk import open_desk, preflight
from agent.doctor import examine
from agent.helpdesk.base import Abilities, Attachment, Draft, HelpdeskDown, TicketRef
from agent.helpdesk.email import MailHelpdesk
from agent.helpdesk.local import LocalHelpdesk
from agent.helpdesk.together import TICKET_FIELD, Recorded, WithMail
from tests.agent.helpdesk.fake import FakeHelpdesk
from tests.agent.helpdesk.fakes.zammad import TOKEN, FakeZammad
from tests.fixtures.mosquitto import free_port

SECRET = {"T": "t0ken-seed", "U": "t0ken-seed-2"}
URL = "https://desk.example.org"
SECTIONS = {
    "rt": f"url: {URL}, token: '${{env:T}}', queue: CCTV",
    "django-helpdesk": f"url: {URL}, token: '${{env:T}}', queue: 3",
    "email": "host: mx.example.org, sender: a@example.org, to: [b@example.org]",
    "zammad": f"url: {URL}, token: '${{env:T}}', group: G, customer: c",
    "glpi": f"url: {URL}, user_token: '${{env:T}}', app_token: '${{env:U}}'",
    "jira": f"url: {URL}, user: a@b.c, token: '${{env:T}}', project: CCTV",
    "jsm": f"url: {URL}, user: a@b.c, token: '${{env:T}}', project: CCTV, service_desk: '4', request_type: '25'",
    "servicenow": f"url: {URL}, user: u, password: '${{env:T}}'",
    "freshdesk": f"url: {URL}, api_key: '${{env:T}}', email: a@b.c",
    "redmine": f"url: {URL}, api_key: '${{env:T}}', project: p, reference_field: 3",
    "webhook": f"url: {URL}, secret: '${{env:T}}', headers: {{X-Key: '${{env:U}}'}}",
}


@pytest.fixture
def write(tmp_path):
    def write_file(section, more=""):
        path = tmp_path / "site.yaml"
        path.write_text(
            f"site: riverside\nweb: {{port: 0}}\nhelpdesk: {{{section}}}\n{more}", encoding="utf-8"
        )
        (tmp_path / "devices.csv").write_text("id,kind,host\nsw-1,switch,127.0.0.1\n", encoding="utf-8")
        return path

    return write_file


def load(path):
    config = read_config(path)
    return config, fetch_access(config, path, SECRET)


def problems(path):
    with pytest.raises(ConfigError) as caught:
        load(path)
    return caught.value.problems


@pytest.mark.parametrize("kind", SECTIONS)
def test_each_kind_is_built_of_its_section(write, tmp_path, kind):
    config, access = load(write(f"kind: {kind}, {SECTIONS[kind]}"))
    with LocalHelpdesk(tmp_path / "helpdesk.db") as local:
        desk = open_desk(config, access, local)
        assert isinstance(desk, Recorded)
        assert desk.name == kind
        desk.close()
    assert "seed" not in f"{config!r}{access.helpdesk}"


def test_without_a_section_tickets_stay_here(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text("site: riverside\n")
    config, access = load(path)
    with LocalHelpdesk(tmp_path / "helpdesk.db") as local:
        assert open_desk(config, access, local) is local
    assert preflight(config, access)[0].ok
    assert not (tmp_path / "var" / "helpdesk.db").exists()


def test_the_record_can_be_left_out(write, tmp_path):
    config, access = load(write(f"kind: rt, {SECTIONS['rt']}", "helpdesk_record: false\n"))
    with LocalHelpdesk(tmp_path / "helpdesk.db") as local:
        assert open_desk(config, access, local).name == "rt"
        assert not isinstance(open_desk(config, access, local), Recorded)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("kind: osticket", "helpdesk: Input tag 'osticket'"),
        ("url: https://x", "helpdesk: Unable to extract tag"),
        ("kind: rt, url: https://x, token: '${env:T}'", "helpdesk.rt.queue: Field required"),
        ("kind: rt, url: x, token: '${env:T}', queue: Q", "helpdesk.rt.url: must begin with https://"),
        (
            "kind: rt, url: 'https://u:hunter2@x', token: '${env:T}', queue: Q",
            "helpdesk.rt.url: a user or password",
        ),
        ("kind: rt, url: https://x, token: hunter2, queue: Q", "helpdesk.token: a secret must not stand"),
        ("kind: rt, url: https://x, token: '${env:NO}', queue: Q", "helpdesk.token: environment variable NO"),
        (
            "kind: rt, url: https://x, token: '${env:T}', queue: Q, tokn: x",
            "helpdesk.rt.tokn: unknown key; is token meant?",
        ),
        (
            "kind: rt, url: https://x, token: '${env:T}', queue: Q, priorities: {S1: 900}",
            "helpdesk.rt.priorities.S1",
        ),
    ],
)
def test_each_mistake_is_named_with_its_path_and_no_secret(write, section, said):
    told = problems(write(section))
    assert any(line.startswith(said) for line in told), told
    assert "hunter2" not in " ".join(told)


async def test_an_agent_with_a_section_that_cannot_work_says_so_at_its_start(write, tmp_path):
    config, access = load(write(f"kind: rt, {SECTIONS['rt']}, ca_file: gone.pem"))
    with pytest.raises(StartError, match="helpdesk rt"):
        async with Agent(config, access, ()):
            pass


# ---------------------------------------------------------------- the doctor


async def test_the_doctor_says_what_is_wrong_with_the_helpdesk(write, monkeypatch):
    for name, value in SECRET.items():
        monkeypatch.setenv(name, value)
    section = SECTIONS["rt"].replace(URL, f"http://127.0.0.1:{free_port()}")
    checks = await examine(write(f"kind: rt, {section}"))
    (check,) = [check for check in checks if check.name.startswith("helpdesk")]
    assert not check.ok
    assert "was not reached: Connection refused" in check.said
    assert "helpdesk.url" in check.todo
    assert "seed" not in repr(checks)


async def test_the_doctor_is_content_with_a_helpdesk_that_is_well(write, monkeypatch):
    monkeypatch.setenv("T", TOKEN)
    fake = FakeZammad(lambda: 0.0).start()
    try:
        section = (
            f"kind: zammad, url: '{fake.url}', token: '${{env:T}}', group: CCTV, customer: guard@example.org"
        )
        checks = [check for check in await examine(write(section)) if check.name.startswith("helpdesk")]
    finally:
        fake.stop()
    assert len(checks) > 1
    assert all(check.ok for check in checks)


def test_a_token_in_the_clear_is_told(write):
    config, access = load(write(f"kind: rt, {SECTIONS['rt'].replace(URL, 'http://desk.invalid')}"))
    checks = preflight(config, access)
    assert checks[0].name == "helpdesk privacy"
    assert not checks[0].ok


# ---------------------------------------------------------------- a record beside it

DRAFT = Draft("site/cam-1/-/X#1", "site/cam-1/-/X", "camera lost", "since 10:42", "S3", {"device": "cam-1"})


class Peer(FakeHelpdesk):
    def preflight(self):
        return []

    def close(self):
        pass


@pytest.fixture
def local(tmp_path):
    with LocalHelpdesk(tmp_path / "helpdesk.db", lambda: 0.0) as desk:
        yield desk


@pytest.fixture
def true():
    peer = Peer(lambda: 0.0)
    peer.tickets["unused"] = None
    return peer


def test_the_record_holds_what_was_sent_and_the_true_number(local, true):
    desk = Recorded(true, local)
    ticket = desk.create(DRAFT)
    desk.comment(ticket, "looked", once="a")
    desk.attach(ticket, Attachment("a.jpg", "image/jpeg", b"jpeg"), once="b")
    desk.resolve(ticket, "gone", once="c")
    (kept,) = local.tickets()
    assert (kept.subject, kept.is_open, kept.fields[TICKET_FIELD]) == ("camera lost", False, ticket)
    _, steps = local.ticket(kept.number)
    assert [step.text for step in steps] == ["", "looked", "a.jpg", "gone"]


def test_a_create_tried_again_is_in_the_record_once(local, true):
    desk = Recorded(true, local)
    true.errors = [HelpdeskDown("refused")]
    with pytest.raises(HelpdeskDown):
        desk.create(DRAFT)
    assert TICKET_FIELD not in local.tickets()[0].fields
    ticket = desk.create(DRAFT)
    assert [kept.fields[TICKET_FIELD] for kept in local.tickets()] == [ticket]


def test_a_ticket_found_again_gets_its_number_in_the_record(local, true):
    local.create(DRAFT)
    del true.tickets["unused"]
    ticket = true.create(DRAFT)
    assert Recorded(true, local).find(DRAFT.reference).id == ticket
    assert local.by_field(TICKET_FIELD, ticket) == "1"


def test_a_record_that_fails_holds_nothing_up(true, tmp_path):
    (tmp_path / "bad.db").write_bytes(b"garbage" * 1000)
    with LocalHelpdesk(tmp_path / "bad.db") as broken:
        desk = Recorded(true, broken)
        ticket = desk.create(DRAFT)
        desk.comment(ticket, "looked", once="a")
    assert true.tickets[ticket].texts == ["looked"]


# ---------------------------------------------------------------- e-mail for what only takes new ones


class Mails:
    def __init__(self):
        self.sent = []

    def comment(self, ticket, text, *, once):
        self.sent.append((ticket, text))

    def attach(self, ticket, attachment, *, once):
        self.sent.append((ticket, attachment.name))

    def preflight(self):
        return []

    def close(self):
        pass


def test_what_a_create_only_helpdesk_cannot_do_is_mailed(local):
    only = Abilities(
        can_search_key=False, can_update=False, can_close=False, can_reopen=False, can_attach=False
    )
    peer, mails = Peer(lambda: 0.0, only), Mails()
    desk = WithMail(peer, mails, MailHelpdesk.abilities)
    ticket = desk.create(DRAFT)
    desk.comment(ticket, "looked", once="a")
    desk.attach(ticket, Attachment("a.jpg", "image/jpeg", b"jpeg"), once="b")
    assert mails.sent == [(ticket, "looked"), (ticket, "a.jpg")]
    assert (desk.abilities.can_update, desk.abilities.can_attach, desk.abilities.can_close) == (
        True,
        True,
        False,
    )
    assert peer.get(ticket) == TicketRef(ticket, DRAFT.reference, True, "open")


def test_what_a_helpdesk_can_do_itself_is_not_mailed():
    peer, mails = Peer(lambda: 0.0), Mails()
    desk = WithMail(peer, mails, MailHelpdesk.abilities)
    ticket = desk.create(DRAFT)
    desk.comment(ticket, "looked", once="a")
    assert mails.sent == []
    assert peer.tickets[ticket].texts == ["looked"]
