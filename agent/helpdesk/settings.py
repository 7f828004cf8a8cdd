"""The `helpdesk` section of `site.yaml` for what one runs oneself: local, RT, django-helpdesk, e-mail."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from agent.strict import Port, SecretRef, Strict, WebAddress, Words


class LocalConfig(Strict):
    """The helpdesk that comes with the agent."""

    kind: Literal["local"] = "local"


class RtConfig(Strict):
    """Request Tracker 5; the pre-flight names the rights that the token's user needs."""

    kind: Literal["rt"]
    url: Annotated[WebAddress, Field(description="Of RT itself, without /REST/2.0.")]
    token: SecretRef
    queue: Words
    reference_field: Annotated[
        Words, Field(description="A custom field of the queue's tickets, FreeformSingle, for our reference.")
    ] = "ExternalId"
    fields: Annotated[
        dict[Words, Words],
        Field(
            default_factory=dict,
            description="More custom fields: site, device, part or fault, and its name there.",
        ),
    ]
    priorities: dict[Words, Annotated[int, Field(ge=0, le=100)]] = Field(
        default_factory=lambda: {"S1": 100, "S2": 75, "S3": 50, "S4": 25}
    )
    resolved: Words = "resolved"
    reopened: Words = "open"
    done: Annotated[
        tuple[Words, ...], Field(description="Statuses of tickets that nobody works on any more.")
    ] = ("resolved", "rejected", "deleted")
    turned_down: Annotated[
        tuple[Words, ...], Field(description="Those of them that say: no fault. Never reopened.")
    ] = ("rejected", "deleted")
    ca_file: Path | None = None


class DjangoHelpdeskConfig(Strict):
    """django-helpdesk 2; the token's user must be staff."""

    kind: Literal["django-helpdesk"]
    url: Annotated[WebAddress, Field(description="Of the helpdesk itself: where its `api/` begins.")]
    token: SecretRef
    queue: Annotated[int, Field(ge=1, description="The queue's number, as its address in the admin shows.")]
    reference_field: Annotated[
        Words, Field(pattern=r"^[a-z0-9_-]+$", description="A custom field of the type CharField.")
    ] = "external_id"
    reference_length: Annotated[int, Field(ge=32, le=255, description="What that field takes.")] = 255
    priorities: dict[Words, Annotated[int, Field(ge=1, le=5)]] = Field(
        default_factory=lambda: {"S1": 1, "S2": 2, "S3": 3, "S4": 4}
    )
    ca_file: Path | None = None


def plain_address(text: str) -> str:
    """Return an e-mail address.

    Raises:
        ValueError: it is none, or written with more than itself.
    """
    name, at, domain = text.rpartition("@")
    if not (name and at and domain) or not text.isprintable() or any(c in text for c in ' <>,;:"()[]\\'):
        raise ValueError("must be one plain e-mail address")
    return text


MailAddress = Annotated[str, AfterValidator(plain_address)]


class MailConfig(Strict):
    """Tickets by e-mail: to people, or to the mailbox of a helpdesk that makes tickets of mails."""

    kind: Literal["email"] = "email"
    host: Words
    port: Port = 587
    security: Annotated[
        Literal["starttls", "tls", "none"],
        Field(description="`none` only to this machine, or without login."),
    ] = "starttls"
    user: str = ""
    password: SecretRef | None = None
    sender: MailAddress
    to: Annotated[tuple[MailAddress, ...], Field(min_length=1)]
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _login_is_whole(self) -> Any:
        if bool(self.user) != bool(self.password):
            raise ValueError("user and password go together")
        if self.user and self.security == "none":
            raise ValueError("a login needs security: starttls or tls")
        return self
