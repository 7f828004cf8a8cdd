"""Redmine as its wiki describes it (Rest_Issues, Attachments): unknown filters and forbidden steps are ignored.

Stricter than the product: an unknown attribute of an issue is refused, where Redmine drops it.
"""

import html

from agent.helpdesk.redmine import Redmine
from agent.helpdesk.settings_saas import RedmineConfig
from models.facts import Secret
from tests.agent.helpdesk.fakes.web import Card, Refuse, Web, route

TOKEN = "redmine-K3y-seed"
STATUSES = {
    1: ("New", False),
    2: ("In Progress", False),
    3: ("Resolved", True),
    5: ("Closed", True),
    6: ("Rejected", True),
}
ISSUE = {"project_id", "tracker_id", "subject", "description", "priority_id", "status_id", "custom_fields", "uploads",
         "notes", "private_notes"}  # fmt: skip


class FakeRedmine(Web):
    creates = ("POST", r"/issues.json$")
    comments = ("PUT", r"/issues/")
    lag = 0.0
    is_filter = True  # the custom field is "used as a filter"
    may_close = True  # the workflow allows it

    def __init__(self, clock):
        super().__init__(clock)
        self.tokens = {}

    def desk(self, token=TOKEN, **more):
        config = RedmineConfig(url=self.url, api_key="${env:T}", project="cctv", reference_field=5, **more)
        return Redmine(config, Secret(token))

    def decide(self, id_, *, rejected=False):
        self.cards[id_].state = "6" if rejected else "5"

    def is_open(self, card):
        return not STATUSES[int(card.state)][1]

    def guard(self, call):
        if call.headers.get("x-redmine-api-key") != TOKEN:
            raise Refuse(401, None, WWW_Authenticate='Basic realm="Redmine API"')

    def invalid(self, unknown, missing):
        return Refuse(422, {"errors": [f"unknown {unknown}", f"cannot be blank {missing}"]})

    def absent(self):
        return Refuse(404)

    def row(self, card):
        name = STATUSES[int(card.state)][0]
        field = {"id": 5, "name": "Siteward", "value": card.reference}
        return {"id": int(card.id), "subject": card.subject, "status": {"id": int(card.state), "name": name},
                "custom_fields": [field]}  # fmt: skip

    @route("GET", r"/users/current.json")
    def me(self, call):
        return 200, {"user": {"id": 1, "login": "siteward"}}

    @route("GET", r"/issue_statuses.json")
    def statuses(self, call):
        return 200, {
            "issue_statuses": [{"id": n, "name": name, "is_closed": c} for n, (name, c) in STATUSES.items()]
        }

    @route("GET", r"/issues.json")
    def index(self, call):
        hits = list(self.cards.values())
        if call.one("status_id", "open") == "open":
            hits = [card for card in hits if self.is_open(card)]
        if self.is_filter and "cf_5" in call.query:
            hits = [card for card in hits if card.reference == call.one("cf_5")]
        return 200, {
            "issues": [self.row(card) for card in hits][: int(call.one("limit", "25"))],
            "total_count": len(hits),
        }

    @route("POST", r"/issues.json")
    def create(self, call):
        issue = self.issue(call)
        if issue.get("project_id") != "cctv":
            raise Refuse(404)
        self.strict(issue, {"project_id", "subject"}, ISSUE)
        value = issue["custom_fields"][0]["value"]
        if len(issue["subject"]) > 255 or len(value) > 255:
            raise Refuse(422, {"errors": ["Subject is too long (maximum is 255 characters)"]})
        id_ = str(len(self.cards) + 1)
        self.cards[id_] = Card(id_, value, issue["subject"], read(issue["description"]), "1", self.clock())
        return 201, {"issue": self.row(self.cards[id_])}

    @route("GET", r"/issues/(\d+).json")
    def show(self, call, id_):
        card = self.card(id_)
        row = self.row(card)
        if "journals" in call.one("include"):
            row["journals"] = [
                {"id": n, "notes": f"<pre>\n{text}\n</pre>"} for n, text in enumerate(card.texts)
            ]
        if "attachments" in call.one("include"):
            row["attachments"] = [{"id": n, "filename": name} for n, name in enumerate(card.files)]
        return 200, {"issue": row}

    @route("PUT", r"/issues/(\d+).json")
    def update(self, call, id_):
        card, issue = self.card(id_), self.issue(call)
        self.strict(issue, set(), ISSUE)
        card.subject = issue.get("subject", card.subject)
        card.severity = str(issue.get("priority_id", card.severity))
        if issue.get("notes"):
            card.texts.append(read(issue["notes"]))
        for upload in issue.get("uploads", []):
            self.strict(upload, {"token"}, {"filename", "content_type", "description"})
            if upload["token"] not in self.tokens:
                raise Refuse(422, {"errors": ["Attachment is invalid"]})
            card.files[upload["filename"]] = self.tokens.pop(upload["token"])
        if (status := issue.get("status_id")) and (self.may_close or not STATUSES[status][1]):
            card.state = str(status)  # otherwise ignored, and 204 all the same
        return 204, None

    @route("POST", r"/issues/(\d+)/relations.json")
    def relate(self, call, id_):
        relation = call.json()["relation"]
        self.strict(relation, {"issue_to_id"}, {"relation_type", "delay"})
        pair = (self.card(id_).id, self.card(str(relation["issue_to_id"])).id)
        if pair in self.links:
            raise Refuse(422, {"errors": ["Related issue has already been taken"]})
        self.links.add(pair)
        return 201, {"relation": {"id": len(self.links), **relation}}

    @route("POST", r"/uploads.json")
    def upload(self, call):
        if call.headers.get("content-type") != "application/octet-stream":
            raise Refuse(406)
        token = f"{len(self.tokens) + 1}.ed32257a2ab0f7526c0d72c32994c58b131bb2c0775f7aa84aae01ea8397ea54"
        self.tokens[token] = call.body
        return 201, {"upload": {"id": 1, "token": token}}

    def issue(self, call):
        data = call.json()
        self.strict(data, {"issue"})
        return data["issue"]


def read(text):
    return html.unescape(text.removeprefix("<pre>\n").removesuffix("\n</pre>"))
