"""A URL that is told what to do: one signed POST per deed [tested against a receiver of ours only].

Signed as Standard Webhooks says (standardwebhooks.com, specification 1.0): headers webhook-id,
webhook-timestamp and webhook-signature = "v1," + base64(HMAC-SHA256(secret, id.timestamp.body)). The
receiver refuses old timestamps and knows a repetition by its id, which is the same for every try of one
deed. Retries are the worker's.

The body is JSON. Without a template it holds all words of the deed that are not empty. A template is JSON
too: in its texts {{word}} is replaced, once, by the word's text, which is never read as a template or as
JSON again.
"""

import base64
import binascii
import hmac
import json
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

from agent.check import Check
from agent.helpdesk.base import Abilities, Attachment, Draft, TicketRef
from agent.helpdesk.http import Answer, Http
from agent.helpdesk.marks import mark, one_line
from agent.helpdesk.preflight import steps
from agent.helpdesk.rest import dig
from agent.helpdesk.settings_saas import WebhookConfig
from agent.helpdesk.template import WORDS, filled
from models.facts import Secret

MAX_ATTACHMENT: Final = 5 * 2**20  # bytes
_PREFIX: Final = "whsec_"


class Webhook:
    """Events create, comment, attach, resolve and reopen.

    Args:
        config: where, and what to send.
        secret: the signing key: `whsec_` and base64, or any text.
        headers: further headers, such as a gateway's token.
        query: what follows the URL's question mark, for receivers that want a key there.
        clock: Unix seconds.

    Raises:
        ValueError: the signing key is not what it says it is.
    """

    name = "webhook"

    def __init__(
        self,
        config: WebhookConfig,
        secret: Secret,
        headers: Mapping[str, Secret] | None = None,
        query: Secret | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.abilities = Abilities(
            can_search_key=False,
            can_edit=True,
            can_link=True,
            can_attach=config.pictures,
            max_attachment=MAX_ATTACHMENT,
            idempotent_create=config.deduplicates,
        )
        self._config = config
        _key(secret)
        self._secret = secret
        self._http = Http(config.url, headers=headers, ca_file=config.ca_file, secrets=[secret])
        self._query = query
        self._clock = clock

    def find(self, reference: str) -> TicketRef | None:  # noqa: ARG002 - the protocol's
        """Return None: there is nobody to ask, as the abilities say."""
        return None

    def get(self, ticket: str) -> TicketRef | None:
        """Return that nobody told us otherwise: a receiver answers no questions."""
        return TicketRef(ticket, "", is_open=True, state="unknown")

    def create(self, draft: Draft) -> str:
        """Tell of a new ticket; return the id that the answer holds, or else the reference."""
        told = {name: text for name, text in draft.fields.items() if name in WORDS}
        told |= {"reference": draft.reference, "key": draft.key, "severity": draft.severity}
        told |= {"subject": one_line(draft.subject), "body": draft.body}
        answer = self._tell("create", told, once=draft.reference)
        return str(dig(answer, *self._config.ticket_at)) if self._config.ticket_at else draft.reference

    def comment(self, ticket: str, text: str, *, once: str) -> None:
        """Tell of a comment."""
        self._tell("comment", {"ticket": ticket, "text": text}, once=once)

    def attach(self, ticket: str, attachment: Attachment, *, once: str) -> None:
        """Tell of a file, which comes along in base64."""
        data = base64.b64encode(attachment.data).decode()
        file = {"file_name": attachment.name, "file_type": attachment.media_type, "file_data": data}
        self._tell("attach", {"ticket": ticket, **file}, once=once)

    def resolve(self, ticket: str, text: str, *, once: str) -> None:
        """Tell that the fault is gone; what a person decided there is the receiver's to respect."""
        self._tell("resolve", {"ticket": ticket, "text": text}, once=once)

    def reopen(self, ticket: str, text: str, *, once: str) -> None:
        """Tell that the fault is back."""
        self._tell("reopen", {"ticket": ticket, "text": text}, once=once)

    def edit(self, ticket: str, draft: Draft) -> None:
        """Tell that the ticket is about something worse now."""
        told = {"ticket": ticket, "subject": one_line(draft.subject), "severity": draft.severity}
        self._tell("edit", told, once=f"{draft.reference}:edit")

    def link(self, ticket: str, other: str) -> None:
        """Tell which older ticket this one follows."""
        self._tell("link", {"ticket": ticket, "follows": other}, once=f"{ticket}:link:{other}")

    def preflight(self) -> list[Check]:
        """Look whether somebody is there; whether he takes what we send only a ticket can tell."""
        return steps(("reached", self._reach, "mend the URL, or open the way to it"))

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    # ------------------------------------------------------------ inside

    @property
    def _path(self) -> str:
        return "?" + self._query.reveal() if self._query else ""

    def _reach(self) -> str:
        answer = self._http.send("HEAD", self._path, allow={*range(300, 500), HTTPStatus.NOT_IMPLEMENTED})
        return f"{answer.host} answers {answer.status}; whether it takes tickets is not known"

    def _tell(self, event: str, told: Mapping[str, str], *, once: str) -> Answer:
        words = {"event": event, **told}
        template = self._config.template
        content = filled(template, words) if template is not None else _present(words)
        data = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
        headers = self._signed(mark(f"{event}:{once}"), data) | {"Content-Type": "application/json"}
        return self._http.send("POST", self._path, body=data, headers=headers)

    def _signed(self, id_: str, data: bytes) -> dict[str, str]:
        at = str(int(self._clock()))
        signature = hmac.digest(_key(self._secret), f"{id_}.{at}.".encode() + data, "sha256")
        text = "v1," + base64.b64encode(signature).decode()
        return {"webhook-id": id_, "webhook-timestamp": at, "webhook-signature": text}


def _present(words: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in words.items() if text}


def _key(secret: Secret) -> bytes:
    text = secret.reveal()
    if not text.startswith(_PREFIX):
        return text.encode()
    try:
        return base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("the signing key begins with whsec_ and is no base64") from None
