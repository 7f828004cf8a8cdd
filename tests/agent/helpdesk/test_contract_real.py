"""The contract against real helpdesks: Request Tracker of Debian, django-helpdesk of PyPI."""

import pytest

from agent.helpdesk.base import HelpdeskRefused
from agent.helpdesk.django_helpdesk import DjangoHelpdesk
from agent.helpdesk.http import Http
from agent.helpdesk.rt import RequestTracker
from agent.helpdesk.settings import DjangoHelpdeskConfig, RtConfig
from models.facts import Secret
from tests.agent.helpdesk.contract import SECRETS, Contract, Relay, Rig, Seen, draft
from tests.fixtures.django_desk import django_desk
from tests.fixtures.mosquitto import free_port
from tests.fixtures.rt import QUEUE, request_tracker

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def rt(tmp_path_factory):
    with request_tracker(tmp_path_factory.mktemp("rt")) as server:
        yield server


@pytest.fixture(scope="module")
def django(tmp_path_factory):
    with django_desk(tmp_path_factory.mktemp("django")) as server:
        yield server


class RelayRig(Rig):
    """A rig over a real server, with a relay before it that loses answers."""

    creates = comments = ("POST", "")

    def __init__(self, server, own_api):
        super().__init__()
        self.server = server
        self.relay = Relay(server.url)
        self.own = own_api

    def __enter__(self):
        self.relay.start()
        return self

    def __exit__(self, *_):
        self.relay.stop()
        self.own.close()
        assert not self.relay.errors, self.relay.errors

    def address(self):
        return self.server.url.replace(self.relay.upstream.split("/")[2], self.relay.url.split("/")[2])

    def lose(self, what):
        method, path = {"create": self.creates, "comment": self.comments}[what]
        self.relay.trouble("lost", method, path=path)

    def busy(self, seconds):
        self.relay.trouble(seconds, "POST")
        return True


class RtRig(RelayRig):
    creates = ("POST", r"/ticket$")
    comments = ("POST", r"/comment$")

    def __init__(self, server):
        headers = {"Authorization": Secret(f"token {server.token}")}
        super().__init__(server, Http(f"{server.url}/REST/2.0", headers=headers))

    def desk(self, **change):
        made = {"kind": "rt", "url": self.address(), "token": "${env:T}", "queue": QUEUE}
        made["fields"] = {"device": "Device"}
        token = change.pop("secret", self.server.token)
        return RequestTracker(RtConfig(**{**made, **change}), Secret(token))

    def stranger(self):
        return self.desk(secret=SECRETS[0])

    def away(self):
        return self.desk(url=f"http://127.0.0.1:{free_port()}")

    def decide(self, ticket, *, rejected=False):
        status = "rejected" if rejected else "resolved"
        self.own.send("PUT", f"/ticket/{ticket}", json_body={"Status": status})

    def is_linked(self, ticket, other):
        links = self.own.get(f"/ticket/{ticket}").json()["_hyperlinks"]
        return any(link["ref"] == "refers-to" and str(link.get("id")) == other for link in links)

    def seen(self, ticket):
        row = self.own.get(f"/ticket/{ticket}").json()
        wanted = {"fields": "Filename,ContentType,Content", "per_page": "100"}
        parts = self.own.get(f"/ticket/{ticket}/attachments", wanted).json()["items"]
        texts = [p["Content"] for p in parts if p["ContentType"] == "text/plain" and not p["Filename"]]
        files = [part["Content"].encode("latin-1") for part in parts if part["Filename"]]
        is_open = row["Status"] in {"new", "open", "stalled"}
        return Seen(row["Subject"], texts[0], is_open, texts[1:], files)

    def count(self, reference):
        rows = self.own.get(
            "/tickets", {"query": "id > 0", "fields": "CustomFields", "per_page": "100"}
        ).json()
        values = [field["values"] for row in rows["items"] for field in row["CustomFields"]]
        return sum(reference in held for held in values)


class TestRequestTracker(Contract):
    @pytest.fixture
    def rig(self, rt):
        with RtRig(rt) as rig:
            yield rig

    def test_preflight_names_a_field_that_is_hidden_from_this_user(self, rig):
        checks = rig.desk(secret=rig.server.fieldless).preflight()
        assert [check.ok for check in checks] == [True, True, False]
        assert "not there, or hidden from this user: Device, ExternalId" in checks[-1].said
        assert "SetInitialCustomField" in checks[-1].todo

    def test_preflight_names_a_queue_that_this_user_may_not_use(self, rig):
        checks = rig.desk(secret=rig.server.powerless).preflight()
        assert [check.ok for check in checks] == [True, False]
        assert "CreateTicket" in checks[-1].todo

    def test_a_status_that_rt_does_not_know_is_refused_though_it_answers_200(self, rig):
        desk = rig.desk(resolved="repaired")
        ticket = desk.create(draft())
        with pytest.raises(HelpdeskRefused, match="stays new"):
            desk.resolve(ticket, "gone", once=f"{ticket}:1")

    def test_fields_and_priority_arrive(self, rig):
        desk = rig.desk()
        row = rig.own.get(f"/ticket/{desk.create(draft(severity='S1'))}").json()
        held = {field["name"]: field["values"] for field in row["CustomFields"]}
        assert (row["Priority"], held["Device"]) == ("100", ["cam-1"])


class DjangoRig(RelayRig):
    creates = ("POST", r"/tickets/$")
    comments = ("POST", r"/followups/$")

    def __init__(self, server):
        headers = {"Authorization": Secret(f"Token {server.token}")}
        super().__init__(server, Http(f"{server.url}/api", headers=headers))

    def desk(self, **change):
        made = {
            "kind": "django-helpdesk",
            "url": self.address(),
            "token": "${env:T}",
            "queue": self.server.queue,
        }
        token = change.pop("secret", self.server.token)
        return DjangoHelpdesk(DjangoHelpdeskConfig(**{**made, **change}), Secret(token))

    def stranger(self):
        return self.desk(secret=SECRETS[0])

    def away(self):
        return self.desk(url=f"http://127.0.0.1:{free_port()}/desk")

    def decide(self, ticket, *, rejected=False):
        said = {"ticket": int(ticket), "comment": "by hand", "new_status": 5 if rejected else 4}
        self.own.send("POST", "/followups/", json_body=said)

    def seen(self, ticket):
        row = self.own.get(f"/tickets/{ticket}/").json()
        notes = row["followup_set"]
        names = [file["file"] for note in notes for file in note["followupattachment_set"]]
        kept = [path for path in (self.server.log.parent / "media").rglob("*") if path.is_file()]
        files = [path.read_bytes() for name in names for path in kept if name.endswith(path.name)]
        texts = [note["comment"] for note in notes[1:] if not note["followupattachment_set"]]
        return Seen(row["title"], row["description"], row["status"] in {1, 2}, texts, files)

    def count(self, reference):
        rows = self.own.get("/tickets/", {"page_size": "1000"}).json()["results"]
        return sum(row["custom_external_id"] == reference for row in rows)


class TestDjangoHelpdesk(Contract):
    @pytest.fixture
    def rig(self, django):
        with DjangoRig(django) as rig:
            yield rig

    def test_a_user_who_is_not_staff_is_refused_in_words(self, rig):
        (check,) = rig.desk(secret=rig.server.customer).preflight()
        assert not check.ok
        assert "may not do that" in check.said
        assert "staff" in check.todo

    def test_preflight_names_a_field_that_is_not_there(self, rig):
        checks = rig.desk(reference_field="nope").preflight()
        assert [check.ok for check in checks] == [True, False]
        assert "no custom field nope" in checks[-1].said

    def test_preflight_names_a_queue_that_is_not_there(self, rig):
        checks = rig.desk(queue=99).preflight()
        assert [check.ok for check in checks] == [True, True, False]
        assert "queue" in checks[-1].said

    def test_a_comment_leaves_the_title_as_a_person_wrote_it(self, rig):
        desk = rig.desk()
        ticket = desk.create(draft())
        rig.own.send("PATCH", f"/tickets/{ticket}/", json_body={"title": "named by a person"})
        desk.comment(ticket, "looked", once=f"{ticket}:1")
        assert rig.seen(ticket).subject == "named by a person"

    def test_a_ticket_on_an_older_page_is_found(self, rig, monkeypatch):
        monkeypatch.setattr("agent.helpdesk.django_helpdesk._PAGE", 2)
        desk, wanted = rig.desk(), draft()
        ticket = desk.create(wanted)
        for _ in range(5):
            desk.create(draft())
        assert desk.find(wanted.reference).id == ticket
