"""Freshdesk API v2 as developers.freshdesk.com/api describes it; its search lags by minutes."""

import base64
import html
import re

from agent.helpdesk.freshdesk import Freshdesk
from agent.helpdesk.settings_saas import FreshdeskConfig
from models.facts import Secret
from tests.agent.helpdesk.fakes.web import Card, Refuse, Web, route

TOKEN = "fresh-K3y-seed"
FIELD = "cf_siteward_ref"
KNOWN = {
    "subject",
    "description",
    "email",
    "status",
    "priority",
    "custom_fields",
    "group_id",
    "type",
    "source",
    "tags",
}


class FakeFreshdesk(Web):
    creates = ("POST", r"/tickets$")
    comments = ("POST", r"/notes$")
    lag = 240.0
    for_closure = False

    def desk(self, token=TOKEN, **more):
        return Freshdesk(
            FreshdeskConfig(url=self.url, api_key="${env:T}", email="guard@example.org", **more),
            Secret(token),
        )

    def decide(self, id_, *, rejected=False):
        self.cards[id_].state = "spam" if rejected else "5"

    def is_open(self, card):
        return card.state in {"2", "3"}

    def guard(self, call):
        if call.headers.get("authorization") != "Basic " + base64.b64encode(f"{TOKEN}:X".encode()).decode():
            said = "You have to be logged in to perform this action."
            raise Refuse(401, {"code": "invalid_credentials", "message": said})

    def invalid(self, unknown, missing):
        errors = [
            {"field": name, "message": "Unexpected/invalid field in request", "code": "invalid_field"}
            for name in unknown
        ]
        errors += [
            {"field": name, "message": "It should be a/an String", "code": "missing_field"}
            for name in missing
        ]
        return Refuse(400, {"description": "Validation failed", "errors": errors})

    def wrong(self, name, message):
        error = {"field": name, "message": message, "code": "invalid_value"}
        return Refuse(400, {"description": "Validation failed", "errors": [error]})

    def absent(self):
        return Refuse(404)

    def row(self, card):
        gone = card.state in {"spam", "deleted"}
        row = {"id": int(card.id), "subject": card.subject, "status": 2 if gone else int(card.state)}
        row |= {"spam": card.state == "spam", "custom_fields": {FIELD: card.reference or None}}
        return row | ({"deleted": True} if card.state == "deleted" else {})

    @route("GET", r"/api/v2/agents/me")
    def me(self, call):
        return 200, {"id": 4, "contact": {"email": "siteward@example.org"}}

    @route("GET", r"/api/v2/ticket_fields")
    def fields(self, call):
        custom = {
            "name": FIELD,
            "default": False,
            "required_for_agents": False,
            "required_for_closure": False,
        }
        cause = {**custom, "name": "cf_cause", "required_for_closure": self.for_closure}
        return 200, [{"name": "subject", "default": True, "required_for_agents": True}, custom, cause]

    @route("POST", r"/api/v2/tickets")
    def create(self, call):
        data = call.json()
        self.strict(data, {"email", "status", "priority", "subject", "description"}, KNOWN)
        self.strict(data.get("custom_fields", {}), set(), {FIELD})
        if data["priority"] not in {1, 2, 3, 4} or data["status"] != 2:
            raise self.wrong("priority", "It should be one of these values: '1,2,3,4'")
        if len(data["subject"]) > 255 or len(data["custom_fields"][FIELD]) > 255:
            raise self.wrong("subject", "Has 256 characters, it can have maximum of 255 characters")
        id_ = str(len(self.cards) + 1)
        card = Card(
            id_, data["custom_fields"][FIELD], data["subject"], read(data["description"]), "2", self.clock()
        )
        self.cards[id_] = card
        return 201, self.row(card)

    @route("GET", r"/api/v2/search/tickets")
    def search(self, call):
        self.strict(call.query, {"query"}, {"page"})
        found = re.fullmatch(rf"\"{FIELD}:'([^'\"]*)'\"", call.one("query"))
        if not found or len(call.one("query")) > 512:
            raise self.wrong("query", "The query is invalid")
        hits = [
            c for c in self.cards.values() if c.born + self.lag <= self.clock() and c.reference == found[1]
        ]
        return 200, {"total": len(hits), "results": [self.row(card) for card in hits]}

    @route("GET", r"/api/v2/tickets/(\d+)")
    def show(self, call, id_):
        return 200, self.row(self.card(id_))

    @route("PUT", r"/api/v2/tickets/(\d+)")
    def update(self, call, id_):
        data = call.json()
        self.strict(data, set(), KNOWN)
        card = self.card(id_)
        card.subject, card.severity = (
            data.get("subject", card.subject),
            str(data.get("priority", card.severity)),
        )
        data.setdefault("status", int(card.state))
        if data["status"] not in {2, 3, 4, 5}:
            raise self.wrong("status", "It should be one of these values: '2,3,4,5'")
        if self.for_closure and data["status"] in {4, 5}:
            raise self.invalid([], ["cf_cause"])
        self.card(id_).state = str(data["status"])
        return 200, self.row(self.card(id_))

    @route("GET", r"/api/v2/tickets/(\d+)/conversations")
    def conversations(self, call, id_):
        card = self.card(id_)
        told = [{"body": html.escape(text), "attachments": []} for text in card.texts]
        told += [{"body": name, "attachments": [{"name": name}]} for name in card.files]
        page, size = int(call.one("page", "1")), int(call.one("per_page", "30"))
        return 200, told[(page - 1) * size : page * size]

    @route("POST", r"/api/v2/tickets/(\d+)/notes")
    def note(self, call, id_):
        card = self.card(id_)
        if call.headers["content-type"].startswith("multipart/"):
            fields, files = call.form()
            self.strict(fields, {"body"}, {"private"})
            if any(field != "attachments[]" for field, *_ in files):
                raise self.invalid([files[0][0]], [])
            card.files |= {name: content for _, name, _, content in files}
        else:
            data = call.json()
            self.strict(data, {"body"}, {"private", "incoming", "notify_emails"})
            card.texts.append(read(data["body"]))
        return 201, {"id": 1}


def read(text):
    """Read HTML as a browser shows it: what is not <br> is a tag and not text."""
    return html.unescape(re.sub(r"<[^>]*>", "", text.replace("<br>\n", "\n")))
