"""A receiver that checks the signature as Standard Webhooks says: id, timestamp within five minutes, HMAC."""

import base64
import hashlib
import hmac
import json

from agent.helpdesk.settings_saas import WebhookConfig
from agent.helpdesk.webhook import Webhook
from models.facts import Secret
from tests.agent.helpdesk.fakes.web import Card, Refuse, Web, route

TOKEN = "whsec_" + base64.b64encode(b"a key of thirty-two bytes, seed!").decode()
WORDS = {"event", "reference", "key", "subject", "body", "severity", "site", "device", "part", "fault", "ticket", "text",
         "file_name", "file_type", "file_data"}  # fmt: skip


class FakeReceiver(Web):
    creates = ("POST", r"^/hook$")
    comments = ("POST", r"^/hook$")
    lag = 0.0

    def __init__(self, clock):
        super().__init__(clock)
        self.seen = {}
        self.bodies = []

    def desk(self, token=TOKEN, **more):
        config = WebhookConfig(url=self.url + "/hook", secret="${env:T}", deduplicates=True, **more)
        return Webhook(config, Secret(token), clock=self.clock)

    def is_open(self, card):
        return card.state == "open"

    def guard(self, call):
        if call.method == "HEAD":
            return
        id_, at = call.headers.get("webhook-id", ""), call.headers.get("webhook-timestamp", "0")
        if abs(self.clock() - int(at)) > 300:
            raise Refuse(400, {"error": "timestamp too old"})
        key = base64.b64decode(TOKEN.removeprefix("whsec_"))
        wanted = hmac.new(key, f"{id_}.{at}.".encode() + call.body, hashlib.sha256).digest()
        version, _, given = call.headers.get("webhook-signature", "").partition(",")
        if version != "v1" or not hmac.compare_digest(base64.b64encode(wanted).decode(), given):
            raise Refuse(401, {"error": "signature"})

    @route("POST", r"/hook")
    def take(self, call):
        self.bodies.append(json.loads(call.body))
        id_ = call.headers["webhook-id"]
        if id_ not in self.seen:
            self.seen[id_] = self.act(call.json())
        return 200, {"ticket": {"id": self.seen[id_]}}

    def act(self, told):
        self.strict(told, {"event"}, WORDS)
        if told["event"] == "create":
            id_ = told["reference"]
            self.cards[id_] = Card(
                id_, told["reference"], told["subject"], told["body"], "open", self.clock()
            )
            return id_
        card = self.card(told["ticket"])
        if told["event"] == "attach":
            card.files[told["file_name"]] = base64.b64decode(told["file_data"], validate=True)
        else:
            card.texts.append(told["text"])
            card.state = {"resolve": "resolved", "reopen": "open"}.get(told["event"], card.state)
        return card.id
