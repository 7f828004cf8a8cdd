"""GLPI 10 as apirest.md describes it: sessions that expire, search options, answers that say no with a 2xx.

Search compares `contains` as GLPI does: ^ and $ anchor, the rest is a part. A title is HTML-encoded when read.
"""

import html
import json
import re

from agent.helpdesk.glpi import Glpi
from agent.helpdesk.settings_saas import GlpiConfig
from models.facts import Secret
from tests.agent.helpdesk.fakes.web import Card, Refuse, Web, route

TOKEN, APP = "glpi-T0ken-seed", "glpi-App-seed"
TICKET = {"content", "urgency", "priority", "entities_id", "itilcategories_id", "status", "type"}


class FakeGlpi(Web):
    creates = ("POST", r"/apirest.php/Ticket$")
    comments = ("POST", r"/ITILFollowup$")
    lag = 0.0
    has_external = True
    uploads_broken = False

    def __init__(self, clock):
        super().__init__(clock)
        self.session = None
        self.sessions = 0
        self.documents = {}
        self.solutions = {}

    def desk(self, token=TOKEN, **more):
        config = GlpiConfig(url=self.url + "/apirest.php", user_token="${env:T}", **more)
        return Glpi(config, Secret(token), Secret(APP))

    def decide(self, id_, *, rejected=False):
        self.cards[id_].state = "deleted" if rejected else "6"

    def is_open(self, card):
        return card.state in {"1", "2", "3", "4"}

    def expire(self):
        self.session = None

    def guard(self, call):
        if call.headers.get("app-token") != APP:
            raise Refuse(400, ["ERROR_WRONG_APP_TOKEN_PARAMETER", "parameter app_token seems wrong"])
        if call.path.endswith("/initSession"):
            if call.headers.get("authorization") != f"user_token {TOKEN}":
                raise Refuse(401, ["ERROR_GLPI_LOGIN_USER_TOKEN", "parameter user_token seems invalid"])
        elif "authorization" in call.headers:
            raise Refuse(400, ["ERROR_BAD_ARRAY", "the login belongs to initSession alone"])
        elif self.session is None or call.headers.get("session-token") != self.session:
            raise Refuse(401, ["ERROR_SESSION_TOKEN_INVALID", "session_token seems invalid"])

    def invalid(self, unknown, missing):
        return Refuse(400, ["ERROR_GLPI_ADD", f"unknown {unknown}, missing {missing}"])

    def absent(self):
        return Refuse(404, ["ERROR_ITEM_NOT_FOUND", "Item not found"])

    @route("GET", r"/apirest.php/initSession")
    def init(self, call):
        self.sessions += 1
        self.session = f"session-{self.sessions}"
        return 200, {"session_token": self.session}

    @route("GET", r"/apirest.php/killSession")
    def kill(self, call):
        self.session = None
        return 200, None

    @route("GET", r"/apirest.php/getFullSession")
    def full(self, call):
        return 200, {"session": {"glpiname": "siteward", "glpiID": 7}}

    @route("GET", r"/apirest.php/listSearchOptions/Ticket")
    def options(self, call):
        known = {"common": {"name": "Characteristics"}}
        known["1"] = {"name": "Title", "table": "glpi_tickets", "field": "name"}
        known["2"] = {"name": "ID", "table": "glpi_tickets", "field": "id"}
        if self.has_external:
            known["87"] = {"name": "External ID", "table": "glpi_tickets", "field": "externalid"}
        return 200, known

    @route("GET", r"/apirest.php/search/Ticket")
    def search(self, call):
        allowed = {
            "criteria[0][field]",
            "criteria[0][searchtype]",
            "criteria[0][value]",
            "forcedisplay[0]",
            "range",
        }
        self.strict(call.query, allowed)
        assert call.one("criteria[0][searchtype]") == "contains"
        attribute = {"1": "subject", "87": "reference"}[call.one("criteria[0][field]")]
        value = call.one("criteria[0][value]")
        start, end, value = (
            value.startswith("^"),
            value.endswith("$"),
            value.removeprefix("^").removesuffix("$"),
        )
        pattern = ("^" if start else "") + re.escape(value) + ("$" if end else "")
        hits = [
            c
            for c in self.cards.values()
            if c.state != "deleted" and re.search(pattern, getattr(c, attribute))
        ]
        answer = {"totalcount": len(hits), "count": len(hits)}
        if hits:  # no `data` otherwise
            answer["data"] = [{"1": c.subject, "2": int(c.id)} for c in hits]
        return 200 if len(hits) < 21 else 206, answer

    @route("GET", r"/apirest.php/Ticket/(\d+)")
    def show(self, call, id_):
        card = self.card(id_)
        deleted = card.state == "deleted"
        row = {"id": int(id_), "name": html.escape(card.subject), "content": html.escape(card.body)}
        row |= {"status": 1 if deleted else int(card.state), "is_deleted": int(deleted)}
        return 200, row | ({"externalid": html.escape(card.reference) or None} if self.has_external else {})

    @route("POST", r"/apirest.php/Ticket")
    def create(self, call):
        item = self.item(call)
        self.strict(item, {"name"}, TICKET | ({"externalid"} if self.has_external else set()))
        if len(item["name"]) > 255 or len(item.get("externalid", "")) > 255:
            raise Refuse(400, ["ERROR_SQL", "Data too long for column"])
        if not item["name"]:
            return 207, ["ERROR_GLPI_PARTIAL_ADD", [{"id": False, "message": "Mandatory fields: Title"}]]
        id_ = str(len(self.cards) + 1)
        card = Card(id_, item.get("externalid", ""), item["name"], read(item["content"]), "1", self.clock())
        self.cards[id_] = card
        return 201, {"id": int(id_), "message": ""}

    @route("PUT", r"/apirest.php/Ticket/(\d+)")
    def update(self, call, id_):
        item = self.item(call)
        self.strict(item, {"id"}, TICKET | {"name"})
        card = self.card(id_)
        card.state = str(item.get("status", card.state))
        card.subject = item.get("name", card.subject)
        card.severity = item.get("urgency", card.severity)
        return 200, [{id_: True, "message": ""}]

    @route("GET", r"/apirest.php/Ticket/(\d+)/(ITILFollowup|ITILSolution|Document_Item|Ticket_Ticket)")
    def sub(self, call, id_, kind):
        card = self.card(id_)
        if kind == "Document_Item":
            linked = [n for n, (_, _, ticket) in self.documents.items() if ticket == id_]
            return 200, [{"id": n, "documents_id": n, "items_id": int(id_)} for n in linked]
        if kind == "Ticket_Ticket":
            pairs = [pair for pair in self.links if id_ in pair]
            return 200, [
                {"id": n, "tickets_id_1": int(one), "tickets_id_2": int(two), "link": 1}
                for n, (one, two) in enumerate(pairs)
            ]
        texts = self.solutions.get(id_, []) if kind == "ITILSolution" else card.texts
        return 200, [{"id": n, "content": html.escape(text)} for n, text in enumerate(texts)]

    @route("POST", r"/apirest.php/Ticket_Ticket")
    def join(self, call):
        item = self.item(call)
        self.strict(item, {"tickets_id_1", "tickets_id_2", "link"})
        pair = self.card(str(item["tickets_id_1"])).id, self.card(str(item["tickets_id_2"])).id
        if item["link"] not in {1, 2, 3, 4} or pair[0] == pair[1] or pair in self.links:
            return 400, ["ERROR_GLPI_ADD", [{"id": False, "message": ""}]]
        self.links.add(pair)
        return 201, {"id": len(self.links), "message": ""}

    @route("POST", r"/apirest.php/ITILFollowup")
    def follow(self, call):
        item = self.item(call)
        self.strict(item, {"itemtype", "items_id", "content"}, {"is_private"})
        card = self.card(str(item["items_id"]))
        if card.state == "6":
            raise Refuse(400, ["ERROR_GLPI_ADD", [{"id": False, "message": "You cannot add a follow-up"}]])
        card.texts.append(read(item["content"]))
        return 201, {"id": len(card.texts), "message": ""}

    @route("POST", r"/apirest.php/ITILSolution")
    def solve(self, call):
        item = self.item(call)
        self.strict(item, {"itemtype", "items_id", "content"}, {"solutiontypes_id"})
        card = self.card(str(item["items_id"]))
        card.state = "5"
        card.texts.append(read(item["content"]))
        self.solutions.setdefault(card.id, []).append(card.texts[-1])
        return 201, {"id": 1, "message": ""}

    @route("POST", r"/apirest.php/Document")
    def document(self, call):
        fields, files = call.form()
        self.strict(fields, {"uploadManifest"})
        manifest = json.loads(fields["uploadManifest"])["input"]
        self.strict(manifest, {"name", "_filename"})
        if [(file[0], file[1]) for file in files] != [("filename[0]", manifest["_filename"][0])]:
            raise Refuse(400, ["ERROR_BAD_ARRAY", "the manifest names another file"])
        if self.uploads_broken:  # glpi#15265
            return 207, {"id": False, "message": "Upload failed", "upload_result": {}}
        number = len(self.documents) + 1
        self.documents[number] = (files[0][1], files[0][3], None)
        return 201, {"id": number, "message": "Document move succeeded.", "upload_result": {"filename": [{}]}}

    @route("GET", r"/apirest.php/Document/(\d+)")
    def show_document(self, call, id_):
        return 200, {"id": int(id_), "filename": self.documents[int(id_)][0]}

    @route("POST", r"/apirest.php/Document_Item")
    def link(self, call):
        item = self.item(call)
        self.strict(item, {"documents_id", "itemtype", "items_id"})
        name, content, _ = self.documents[item["documents_id"]]
        card = self.card(str(item["items_id"]))
        self.documents[item["documents_id"]] = (name, content, card.id)
        card.files[name] = content
        return 201, {"id": 1, "message": ""}

    def item(self, call):
        data = call.json()
        self.strict(data, {"input"})
        return data["input"]


class FakeGlpiWithoutExternalId(FakeGlpi):
    has_external = False


def read(text):
    """Read HTML as a browser shows it: what is not <br> is a tag and not text."""
    return html.unescape(re.sub(r"<[^>]*>", "", text.replace("<br>\n", "\n")))
