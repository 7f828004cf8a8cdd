"""Jira Cloud v3, Data Center v2 and the service desk API as developer.atlassian.com describes them."""

import base64
import re

from agent.helpdesk.jira import Jira
from agent.helpdesk.jsm import JiraServiceManagement
from agent.helpdesk.settings_saas import JiraConfig, JsmConfig
from models.facts import Secret
from tests.agent.helpdesk.fakes.web import Card, Refuse, Web, route

TOKEN = "jira-T0ken-seed"
USER = "siteward@example.org"
STATES = {"10000": ("To Do", "new"), "3": ("In Progress", "indeterminate"), "10001": ("Done", "done")}
TRANSITIONS = {  # from -> id -> name, target
    "10000": {"11": ("Start", "3"), "21": ("Resolve Issue", "10001")},
    "3": {"31": ("Resolve Issue", "10001")},
    "10001": {"41": ("Reopen Issue", "10000")},
}
JQL = re.compile(
    r'project = "([A-Z]+)" AND (labels =|cf\[10050\] ~) "((?:\\.|[^"\\])*)" ORDER BY created ASC'
)


class FakeJira(Web):
    creates = ("POST", r"/issue$")
    comments = ("POST", r"/comment$")
    flavor, api, lag = "cloud", "/rest/api/3", 90.0
    reference_field = "labels"
    needs_resolution = False

    def desk(self, token=TOKEN, **more):
        user = USER if self.flavor == "cloud" else ""
        config = JiraConfig(
            url=self.url, flavor=self.flavor, user=user, token="${env:T}", project="CCTV", **more
        )
        self.reference_field = config.reference_field
        return Jira(config, Secret(token))

    def decide(self, id_, *, rejected=False):
        self.card(id_).state = "10001"
        self.card(id_).severity = "Won't Do" if rejected else "Done"

    def is_open(self, card):
        return card.state != "10001"

    def guard(self, call):
        wanted = f"Bearer {TOKEN}"
        if self.flavor == "cloud":
            wanted = "Basic " + base64.b64encode(f"{USER}:{TOKEN}".encode()).decode()
        if call.headers.get("authorization") != wanted:
            raise Refuse(401, {"errorMessages": ["You are not authenticated."], "errors": {}})

    def invalid(self, unknown, missing):
        reason = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."
        return Refuse(
            400, {"errorMessages": [], "errors": {name: reason.format(name) for name in unknown + missing}}
        )

    def absent(self):
        said = "Issue does not exist or you do not have permission to see it."
        return Refuse(404, {"errorMessages": [said], "errors": {}})

    # ------------------------------------------------------------ texts

    def read_text(self, body):
        if self.flavor != "cloud":
            if not isinstance(body, str) or len(body) > 32767:
                raise Refuse(400, {"errors": {"comment": "Operation value must be a string"}})
            return body.removeprefix("{noformat}\n").removesuffix("\n{noformat}")
        if not isinstance(body, dict):
            raise Refuse(400, {"errors": {"comment": "Operation value must be an Atlassian Document"}})
        self.strict(body, {"type", "version", "content"})
        return "\n\n".join(self.read_paragraph(node) for node in body["content"])

    def read_paragraph(self, node):
        self.strict(node, {"type", "content"})
        text = ""
        for child in node["content"]:
            if child["type"] == "text":
                self.strict(child, {"type", "text"})
                if not child["text"]:
                    raise Refuse(400, {"errorMessages": ["INVALID_INPUT"], "errors": {}})
                text += child["text"]
            else:
                self.strict(child, {"type"})
                assert child["type"] == "hardBreak"
                text += "\n"
        return text

    def write_text(self, text):
        if self.flavor != "cloud":
            return "{noformat}\n" + text + "\n{noformat}"
        node = {"type": "paragraph", "content": [{"type": "text", "text": text}]}
        return {"type": "doc", "version": 1, "content": [node]}

    # ------------------------------------------------------------ the platform

    def issue(self, card):
        name, category = STATES[card.state]
        status = {"id": card.state, "name": name, "statusCategory": {"key": category}}
        resolution = {"name": card.severity or "Done"} if card.state == "10001" else None
        fields = {"status": status, "resolution": resolution, self.reference_field: card.reference}
        fields["attachment"] = [{"filename": file} for file in card.files]
        return {"id": card.id.replace("CCTV-", "1000"), "key": card.id, "fields": fields}

    def put(self, reference, subject, body):
        if self.reference_field == "labels":
            if not isinstance(reference, list) or any(" " in one or len(one) > 255 for one in reference):
                raise Refuse(400, {"errors": {"labels": "The label can't contain spaces."}})
        elif len(reference) > 255:
            raise Refuse(400, {"errors": {self.reference_field: "too long"}})
        if len(subject) > 255 or "\n" in subject:
            raise Refuse(400, {"errors": {"summary": "Summary must be less than 255 characters."}})
        key = f"CCTV-{len(self.cards) + 1}"
        self.cards[key] = Card(key, reference, subject, body, "10000", self.clock())
        return self.cards[key]

    @route("GET", r"/rest/api/[23]/myself")
    def myself(self, call):
        return 200, {"displayName": "Siteward", "emailAddress": USER}

    @route("GET", r"/rest/api/[23]/mypermissions")
    def rights(self, call):
        if self.flavor == "cloud" and not call.one("permissions"):
            raise Refuse(400, {"errorMessages": ["The 'permissions' query parameter is required."]})
        names = (
            "BROWSE_PROJECTS",
            "CREATE_ISSUES",
            "ADD_COMMENTS",
            "CREATE_ATTACHMENTS",
            "TRANSITION_ISSUES",
        )
        return 200, {"permissions": {name: {"key": name, "havePermission": True} for name in names}}

    @route("GET", r"/rest/api/[23]/issue/createmeta/CCTV/issuetypes")
    def types(self, call):
        return 200, {"issueTypes" if self.flavor == "cloud" else "values": [{"id": "10002", "name": "Task"}]}

    @route("GET", r"/rest/api/[23]/issue/createmeta/CCTV/issuetypes/10002")
    def meta(self, call):
        needed = ("summary", "project", "issuetype")
        fields = [{"fieldId": name, "required": name in needed, "hasDefaultValue": False}
                  for name in (*needed, "description", "priority", "reporter", "labels", "customfield_10050")]  # fmt: skip
        return 200, {"fields" if self.flavor == "cloud" else "values": fields}

    @route("PUT", r"/rest/api/[23]/issue/([A-Z]+-\d+)")
    def edit(self, call, key):
        data, card = call.json(), self.card(key)
        self.strict(data, {"fields"}, {"update"})
        self.strict(data["fields"], set(), {"summary", "priority", "description"})
        card.subject = data["fields"].get("summary", card.subject)
        card.severity = data["fields"].get("priority", {}).get("name", card.severity)
        return 204, None

    @route("POST", r"/rest/api/[23]/issueLink")
    def link(self, call):
        data = call.json()
        self.strict(data, {"type", "inwardIssue", "outwardIssue"}, {"comment"})
        if data["type"] != {"name": "Relates"}:
            raise Refuse(404, {"errorMessages": ["No issue link type with that name found."]})
        self.links.add((self.card(data["inwardIssue"]["key"]).id, self.card(data["outwardIssue"]["key"]).id))
        return 201, None

    @route("POST", r"/rest/api/[23]/issue")
    def create(self, call):
        data = call.json()
        self.strict(data, {"fields"}, {"update"})
        fields = data["fields"]
        self.strict(
            fields, {"project", "issuetype", "summary"}, {"description", "priority", self.reference_field}
        )
        if fields["project"] != {"key": "CCTV"} or fields["issuetype"] != {"name": "Task"}:
            raise Refuse(400, {"errors": {"project": "valid project is required"}})
        body = self.read_text(fields["description"])
        card = self.put(fields.get(self.reference_field), fields["summary"], body)
        return 201, {"id": "10001", "key": card.id, "self": f"{self.url}/rest/api/3/issue/10001"}

    def search(self, call):
        data = call.json()
        self.strict(data, {"jql"}, {"fields", "maxResults"})
        found = JQL.fullmatch(data["jql"])
        if not found or found[1] != "CCTV":
            raise Refuse(400, {"errorMessages": ["Error in the JQL Query"], "errors": {}})
        value = re.sub(r"\\(.)", r"\1", found[3])
        hits = [card for card in self.cards.values() if card.born + self.lag <= self.clock()]
        if found[2] == "labels =":
            hits = [card for card in hits if value in card.reference]
        else:  # a text field is searched by words
            words = set(re.findall(r"\w+", value.lower()))
            hits = [card for card in hits if words & set(re.findall(r"\w+", card.reference.lower()))]
        return 200, {"issues": [self.issue(card) for card in hits], "isLast": True}

    @route("POST", r"/rest/api/3/search/jql")
    def search_cloud(self, call):
        return self.search(call)

    @route("POST", r"/rest/api/3/search")
    def search_gone(self, call):
        raise Refuse(
            410, {"errorMessages": ["The requested API has been removed. Use /rest/api/3/search/jql"]}
        )

    @route("POST", r"/rest/api/2/search")
    def search_server(self, call):
        return self.search(call)

    @route("GET", r"/rest/api/[23]/issue/(CCTV-\d+|[A-Z]+-\d+)")
    def show(self, call, key):
        return 200, self.issue(self.card(key))

    @route("GET", r"/rest/api/[23]/issue/([^/]+)/comment")
    def list_comments(self, call, key):
        return 200, {"comments": [{"body": self.write_text(text)} for text in self.card(key).texts]}

    @route("POST", r"/rest/api/[23]/issue/([^/]+)/comment")
    def add_comment(self, call, key):
        data = call.json()
        self.strict(data, {"body"}, {"visibility"})
        self.card(key).texts.append(self.read_text(data["body"]))
        return 201, {"id": "1"}

    @route("POST", r"/rest/api/[23]/issue/([^/]+)/attachments")
    def add_attachment(self, call, key):
        self.upload(call, self.card(key).files)
        return 200, [{"filename": name} for name in self.card(key).files]

    def upload(self, call, into):
        if call.headers.get("x-atlassian-token") != "no-check":
            raise Refuse(403, {"errorMessages": ["XSRF check failed"]})
        _, files = call.form()
        if [file[0] for file in files] != ["file"]:
            raise Refuse(400, {"errorMessages": ["the part must be called file"]})
        into[files[0][1]] = files[0][3]

    @route("GET", r"/rest/api/[23]/issue/([^/]+)/transitions")
    def transitions(self, call, key):
        offered = TRANSITIONS[self.card(key).state].items()
        shown = [{"id": id_, "name": name, "to": {"name": STATES[to][0]}} for id_, (name, to) in offered]
        return 200, {"transitions": shown}

    @route("POST", r"/rest/api/[23]/issue/([^/]+)/transitions")
    def walk(self, call, key):
        data, card = call.json(), self.card(key)
        self.strict(data, {"transition"}, {"fields"})
        offered = TRANSITIONS[card.state]
        if data["transition"].get("id") not in offered:
            raise Refuse(
                400, {"errorMessages": ["It seems that you have tried to perform an illegal operation"]}
            )
        target = offered[data["transition"]["id"]][1]
        resolution = data.get("fields", {}).get("resolution", {}).get("name", "")
        if self.needs_resolution and target == "10001" and not resolution:
            raise Refuse(400, {"errorMessages": [], "errors": {"resolution": "Resolution is required."}})
        card.state, card.severity = target, resolution
        return 204, None


class FakeJiraServer(FakeJira):
    flavor, api, lag = "server", "/rest/api/2", 0.0


class FakeJsm(FakeJira):
    creates = ("POST", r"/servicedeskapi/request$")

    def __init__(self, clock):
        super().__init__(clock)
        self.temporary = {}

    def desk(self, token=TOKEN, **more):
        config = JsmConfig(
            url=self.url,
            flavor=self.flavor,
            user=USER if self.flavor == "cloud" else "",
            token="${env:T}",
            project="CCTV",
            service_desk="4",
            request_type="25",
            **more,
        )
        self.reference_field = config.reference_field
        return JiraServiceManagement(config, Secret(token))

    def read_plain(self, body):
        if not isinstance(body, str):
            raise Refuse(400, {"errorMessage": "body must be a string"})
        return body.removeprefix("{noformat}\n").removesuffix("\n{noformat}")

    @route("GET", r"/rest/servicedeskapi/servicedesk/4/requesttype/25/field")
    def form(self, call):
        fields = [
            {"fieldId": name, "required": name == "summary"} for name in ("summary", "description", "labels")
        ]
        return 200, {"requestTypeFields": fields, "canRaiseOnBehalfOf": False}

    @route("POST", r"/rest/servicedeskapi/request")
    def request(self, call):
        data = call.json()
        self.strict(data, {"serviceDeskId", "requestTypeId", "requestFieldValues"}, {"raiseOnBehalfOf"})
        values = data["requestFieldValues"]
        self.strict(values, {"summary"}, {"description", self.reference_field})
        if (data["serviceDeskId"], data["requestTypeId"]) != ("4", "25"):
            raise Refuse(400, {"errorMessage": "no such request type"})
        body = self.read_plain(values["description"])
        card = self.put(values.get(self.reference_field), values["summary"], body)
        return 201, {"issueId": "1", "issueKey": card.id}

    @route("POST", r"/rest/api/[23]/issue/?")
    def create(self, call):
        raise Refuse(403, {"errorMessages": ["requests are made through the portal"]})

    @route("POST", r"/rest/servicedeskapi/request/([^/]+)/comment")
    def say(self, call, key):
        data = call.json()
        self.strict(data, {"body", "public"})
        self.card(key).texts.append(self.read_plain(data["body"]))
        return 201, {"id": "1"}

    @route("POST", r"/rest/servicedeskapi/servicedesk/4/attachTemporaryFile")
    def attach_temporary(self, call):
        files = {}
        self.upload(call, files)
        ids = [f"temp{len(self.temporary) + n}" for n in range(len(files))]
        self.temporary |= dict(zip(ids, files.items(), strict=True))
        named = zip(ids, files, strict=True)
        return 201, {
            "temporaryAttachments": [{"temporaryAttachmentId": id_, "fileName": n} for id_, n in named]
        }

    @route("POST", r"/rest/servicedeskapi/request/([^/]+)/attachment")
    def attach(self, call, key):
        data = call.json()
        self.strict(data, {"temporaryAttachmentIds", "public"}, {"additionalComment"})
        for id_ in data["temporaryAttachmentIds"]:
            if id_ not in self.temporary:
                raise Refuse(400, {"errorMessage": "temporary attachment not found"})
            name, content = self.temporary.pop(id_)
            self.card(key).files[name] = content
        return 201, {"attachments": {"values": []}}


class FakeJsmServer(FakeJsm):
    flavor, api, lag = "server", "/rest/api/2", 0.0
