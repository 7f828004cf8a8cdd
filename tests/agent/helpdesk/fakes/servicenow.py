"""ServiceNow's Table and Attachment API as docs.servicenow.com describes them, with the base data policy.

Stricter than the product: an unknown field of a record is refused, where ServiceNow drops it.
"""

import base64
import hashlib

from agent.helpdesk.servicenow import ServiceNow
from agent.helpdesk.settings_saas import ServiceNowConfig
from models.facts import Secret
from tests.agent.helpdesk.fakes.web import Card, Refuse, Web, route

TOKEN = "snow-Pa55word-seed"
CODES = ["Solution provided", "Duplicate", "No resolution provided"]
WRITABLE = {
    "short_description", "description", "urgency", "impact", "caller_id", "assignment_group", "cmdb_ci",
    "correlation_id", "correlation_display", "work_notes", "comments", "state", "close_code", "close_notes",
    "parent",
}  # fmt: skip
POLICY = "Data Policy Exception: The following fields are mandatory: {}"


class FakeServiceNow(Web):
    creates = ("POST", r"/table/incident$")
    comments = ("PATCH", r"/table/incident/")
    lag = 0.0
    readable = True  # correlation_id may be read and queried

    def desk(self, token=TOKEN, **more):
        config = ServiceNowConfig(url=self.url, user="siteward", password="${env:T}", **more)
        return ServiceNow(config, Secret(token))

    def decide(self, id_, *, rejected=False):
        self.by_ticket(id_).state = "8" if rejected else "7"

    def by_ticket(self, ticket):
        return self.cards[ticket.rpartition(":")[2]]

    def is_open(self, card):
        return card.state not in {"6", "7", "8"}

    def guard(self, call):
        wanted = base64.b64encode(f"siteward:{TOKEN}".encode()).decode()
        if call.headers.get("authorization") != f"Basic {wanted}":
            detail = "Required to provide Auth information"
            raise Refuse(
                401, {"error": {"message": "User Not Authenticated", "detail": detail}, "status": "failure"}
            )

    def invalid(self, unknown, missing):
        return self.failed(400, f"Invalid: {unknown} {missing}")

    def failed(self, status, detail):
        return Refuse(
            status, {"error": {"message": "Operation Failed", "detail": detail}, "status": "failure"}
        )

    def absent(self):
        detail = "Record doesn't exist or ACL restricts the record retrieval"
        return Refuse(404, {"error": {"message": "No Record found", "detail": detail}, "status": "failure"})

    def record(self, card, call):
        row = {"sys_id": card.id, "number": f"INC00{card.severity}", "state": card.state}
        row |= {"correlation_id": card.reference} if self.readable else {}
        if call.one("sysparm_display_value") == "true":  # journals show only then
            row |= {"work_notes": "\n\n".join(card.texts), "close_notes": ""}
        wanted = call.one("sysparm_fields")
        return {name: value for name, value in row.items() if not wanted or name in wanted.split(",")}

    @route("GET", r"/api/now/table/incident")
    def query(self, call):
        self.strict(call.query, set(), {"sysparm_query", "sysparm_fields", "sysparm_limit"})
        hits = list(self.cards.values())
        terms = call.one("sysparm_query").replace("^^", "\0").split("^")
        for term in (term.replace("\0", "^") for term in terms):
            name, _, value = term.partition("=")
            if name == "correlation_id" and self.readable:  # else the term is ignored: everything matches
                hits = [card for card in hits if card.reference == value]
        return 200, {
            "result": [self.record(card, call) for card in hits][: int(call.one("sysparm_limit", "10000"))]
        }

    @route("GET", r"/api/now/table/incident/([^/]+)")
    def show(self, call, id_):
        return 200, {"result": self.record(self.card(id_), call)}

    @route("POST", r"/api/now/table/incident")
    def create(self, call):
        data = self.fields(call)
        number = f"{len(self.cards) + 10001}"
        id_ = hashlib.md5(number.encode()).hexdigest()
        subject = data.get("short_description", "")[:160]  # cut silently
        body, reference = data.get("description", "")[:4000], data.get("correlation_id", "")[:100]
        self.cards[id_] = Card(id_, reference, subject, body, "1", self.clock(), severity=number)
        return 201, {"result": self.record(self.cards[id_], call)}

    @route("PATCH", r"/api/now/table/incident/([^/]+)")
    def patch(self, call, id_):
        card, data = self.card(id_), self.fields(call)
        if card.state in {"7", "8"}:
            raise self.failed(403, "ACL Exception Update Failed due to security constraints")
        if data.get("state") in {"6", "7"}:
            names = {"close_code": "Resolution code", "close_notes": "Resolution notes"}
            if missing := [shown for name, shown in names.items() if not data.get(name)]:
                raise self.failed(403, POLICY.format(", ".join(missing)))
        if parent := data.get("parent"):
            self.links.add((card.id, self.card(parent).id))  # a sys_id that is none is dropped by the product
        card.state = data.get("state", card.state)
        card.subject = data.get("short_description", card.subject)
        card.severity = data.get("urgency", card.severity)
        card.texts += [data[name] for name in ("work_notes", "close_notes") if data.get(name)]
        return 200, {"result": self.record(card, call)}

    def fields(self, call):
        data = call.json()
        self.strict(data, set(), WRITABLE)
        if any(not isinstance(value, str) for value in data.values()):
            raise self.failed(400, "values are strings")
        return data

    @route("GET", r"/api/now/table/sys_choice")
    def choices(self, call):
        return 200, {"result": [{"value": code} for code in CODES]}

    @route("GET", r"/api/now/table/sys_attachment")
    def attachments(self, call):
        terms = dict(term.split("=") for term in call.one("sysparm_query").split("^"))
        return 200, {"result": [{"file_name": name} for name in self.card(terms["table_sys_id"]).files]}

    @route("POST", r"/api/now/attachment/file")
    def attach(self, call):
        self.strict(call.query, {"table_name", "table_sys_id", "file_name"})
        if call.headers.get("content-type") != "image/jpeg":
            raise self.failed(415, "Unsupported Media Type")
        self.card(call.one("table_sys_id")).files[call.one("file_name")] = call.body
        return 201, {"result": {"sys_id": "a", "file_name": call.one("file_name")}}
