"""Zammad as its documentation and its controllers describe it (docs.zammad.org/en/latest/api/ticket).

Without Elasticsearch a `query` is looked up in title, number and texts, so `field:value` finds nothing.
Stricter than the product: an unknown attribute of a create is refused, where Zammad drops it.
"""

import base64

from agent.helpdesk.settings_saas import ZammadConfig
from agent.helpdesk.zammad import Zammad
from models.facts import Secret
from tests.agent.helpdesk.fakes.web import Card, Refuse, Web, route

TOKEN = "zammad-T0ken-seed"
STATES = {"new", "open", "pending reminder", "pending close", "closed", "merged", "fixed", "again"}
ARTICLE = {"body", "subject", "content_type", "type", "internal", "attachments"}


class FakeZammad(Web):
    creates = ("POST", r"/api/v1/tickets$")
    comments = ("POST", r"/ticket_articles$")
    lag = 0.0
    field = "siteward_ref"
    ignores_conditions = False  # as with an operator that this Zammad does not know

    def desk(self, token=TOKEN, **more):
        config = ZammadConfig(
            url=self.url, token="${env:T}", group="CCTV", customer="guard@example.org", **more
        )
        return Zammad(config, Secret(token))

    def decide(self, id_, *, rejected=False):
        self.cards[id_].state = "merged" if rejected else "closed"

    def is_open(self, card):
        return card.state not in {"closed", "merged"}

    def guard(self, call):
        if call.headers.get("authorization") != f"Token token={TOKEN}":
            raise Refuse(401, {"error": "Invalid token!", "error_human": "Invalid token!"})

    def invalid(self, unknown, missing):
        return Refuse(422, {"error": f"Missing required value for field {missing or unknown}"})

    def absent(self):
        return Refuse(404, {"error": "Couldn't find Ticket"})

    def row(self, card):
        return {
            "id": int(card.id), "number": f"10{card.id}", "title": card.subject, "state": card.state,
            "group": "CCTV", self.field: card.reference or None,
        }  # fmt: skip

    @route("GET", r"/api/v1/users/me")
    def me(self, call):
        return 200, {"id": 3, "login": "siteward"}

    @route("GET", r"/api/v1/groups")
    def groups(self, call):
        return 200, [{"id": 1, "name": "CCTV", "active": True}]

    @route("GET", r"/api/v1/tickets")
    def index(self, call):
        return 200, [self.row(card) for card in self.cards.values()][: int(call.one("per_page", "50"))]

    @route("POST", r"/api/v1/tickets")
    def create(self, call):
        data = call.json()
        self.strict(data, {"title", "group", "customer", "article"}, {"priority", "state", self.field})
        self.strict(data["article"], {"body"}, ARTICLE)
        if data["group"] != "CCTV" or data["customer"] != "guard@example.org":
            raise Refuse(422, {"error": "No lookup value found for 'group' or 'customer'"})
        if data.get("priority", "2 normal") not in {"1 low", "2 normal", "3 high"}:
            raise Refuse(422, {"error": "No lookup value found for 'priority'"})
        if len(data["title"]) > 250 or len(data.get(self.field, "")) > 120:
            raise Refuse(500, {"error": "Mysql2::Error: Data too long for column"})
        id_ = str(len(self.cards) + 1)
        article, reference = data["article"], data.get(self.field, "")
        self.cards[id_] = Card(id_, reference, data["title"], article["body"], "new", self.clock())
        self.cards[id_].severity = data.get("priority", "")
        return 201, self.row(self.cards[id_])

    @route("POST", r"/api/v1/tickets/search")
    def search(self, call):
        data = call.json()
        self.strict(data, set(), {"query", "condition", "limit"})
        found = list(self.cards.values())
        if query := data.get("query", ""):  # no Elasticsearch here
            found = [c for c in found if query in c.subject or query in c.body]
        for name, wanted in data.get("condition", {}).items():
            if name != f"ticket.{self.field}":
                raise Refuse(500, {"error": f"PG::UndefinedColumn: column {name} does not exist"})
            self.strict(wanted, {"operator", "value"})
            found = [c for c in found if self.ignores_conditions or c.reference == wanted["value"]]
        listed = [self.row(card) for card in found][: data.get("limit", 50)]
        return 200, listed if call.one("expand") else {"tickets": [row["id"] for row in listed]}

    @route("GET", r"/api/v1/tickets/(\d+)")
    def show(self, call, id_):
        row = self.row(self.card(id_))
        if not call.one("expand"):
            row.pop("state")  # only state_id without it
        return 200, row

    @route("PUT", r"/api/v1/tickets/(\d+)")
    def update(self, call, id_):
        data = call.json()
        self.strict(data, set(), {"state", "title", "priority", "article"})
        card = self.card(id_)
        card.subject, card.severity = data.get("title", card.subject), data.get("priority", card.severity)
        data.setdefault("state", card.state)
        if data["state"] not in STATES:
            raise Refuse(422, {"error": "No lookup value found for 'state'"})
        if data["state"].startswith("pending"):
            raise Refuse(422, {"error": "Missing required value for field 'pending_time'!"})
        self.card(id_).state = data["state"]
        return 200, self.row(self.card(id_))

    @route("POST", r"/api/v1/links/add")
    def join(self, call):
        data = call.json()
        ends = {
            "link_object_source",
            "link_object_source_number",
            "link_object_target",
            "link_object_target_value",
        }
        self.strict(data, {"link_type", *ends})
        if data["link_type"] not in {"normal", "parent", "child"}:
            raise Refuse(422, {"error": f"No such link type {data['link_type']}"})
        older = next(
            (c for c in self.cards.values() if f"10{c.id}" == data["link_object_source_number"]), None
        )
        if older is None or {data["link_object_source"], data["link_object_target"]} != {"Ticket"}:
            raise Refuse(422, {"error": "No such object"})
        self.links.add((self.card(str(data["link_object_target_value"])).id, older.id))
        return 201, {"id": len(self.links)}

    @route("GET", r"/api/v1/ticket_articles/by_ticket/(\d+)")
    def articles(self, call, id_):
        card = self.card(id_)
        files = [{"id": 1, "filename": name, "preferences": {}} for name in card.files]
        told = [{"id": n, "ticket_id": int(id_), "body": text} for n, text in enumerate(card.texts)]
        return 200, [{"id": 99, "body": card.body, "attachments": files}, *told]

    @route("POST", r"/api/v1/ticket_articles")
    def add(self, call):
        data = call.json()
        self.strict(data, {"ticket_id", "body"}, ARTICLE)
        card = self.card(str(data["ticket_id"]))
        for file in data.get("attachments", []):
            self.strict(file, {"filename", "data", "mime-type"})
            card.files[file["filename"]] = base64.b64decode(file["data"], validate=True)
        if not data.get("attachments"):
            card.texts.append(data["body"])
        return 201, {"id": len(card.texts), "ticket_id": data["ticket_id"]}
