"""The settings of the helpdesks behind REST: what `site.yaml` may say of each.

`priorities` maps S1 (critical) to S4 (latent) to the product's own words or numbers; a severity that is not
in it leaves the priority to the product.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from agent.helpdesk.template import check_template
from agent.strict import SecretRef, Strict, WebAddress, Words

Names = Annotated[tuple[Words, ...], Field(min_length=1)]


class _Desk(Strict):
    url: WebAddress
    ca_file: Path | None = None


class ZammadConfig(_Desk):
    """Zammad. `customer` must exist there; `reference_field` is a text attribute of tickets."""

    kind: Literal["zammad"] = "zammad"
    token: SecretRef
    group: Words
    customer: Words
    reference_field: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = "siteward_ref"
    internal: bool = False
    closed_states: Names = ("closed",)
    open_state: str = "open"
    priorities: dict[str, str] = Field(
        default_factory=lambda: {"S1": "3 high", "S2": "3 high", "S3": "2 normal", "S4": "1 low"}
    )


class GlpiConfig(_Desk):
    """GLPI 9 and 10. `url` ends with /apirest.php; the reference goes where `reference_in` says."""

    kind: Literal["glpi"] = "glpi"
    app_token: SecretRef | None = None
    user_token: SecretRef
    reference_in: Annotated[
        Literal["auto", "externalid", "title"], Field(description="auto: externalid where GLPI has it.")
    ] = "auto"
    entity: int | None = None
    category: int | None = None
    solution_type: int | None = None
    private: bool = False
    priorities: dict[str, int] = Field(
        default_factory=lambda: {"S1": 5, "S2": 4, "S3": 3, "S4": 2}
    )  # urgency, 5 very high


class JiraConfig(_Desk):
    """Jira Cloud (`user` is a mail address) or Data Center (a personal access token, no user)."""

    kind: Literal["jira"] = "jira"
    flavor: Literal["cloud", "server"] = "cloud"
    user: str = ""
    token: SecretRef
    project: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]+$")]
    issue_type: str = "Task"
    reference_field: Annotated[str, Field(pattern=r"^(labels|customfield_\d+)$")] = "labels"
    resolve_by: Names = ("Resolve Issue", "Resolve", "Resolved", "Done", "Close Issue", "Closed")
    reopen_by: Names = ("Reopen Issue", "Reopen", "Reopened", "Open", "To Do", "Back to open")
    resolution: Annotated[str, Field(description="Set when resolving, where the screen asks for one.")] = ""
    turned_down: tuple[str, ...] = (
        "Won't Do", "Won't Fix", "Duplicate", "Declined", "Cannot Reproduce", "Canceled",
    )  # fmt: skip
    priorities: dict[str, str] = Field(
        default_factory=lambda: {"S1": "Highest", "S2": "High", "S3": "Medium", "S4": "Low"}
    )

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        if (self.flavor == "cloud") != bool(self.user):
            raise ValueError("Cloud needs `user`, a mail address; Data Center takes a token and no user")
        return self


class JsmConfig(JiraConfig):
    """Jira Service Management: as Jira, and the portal's service desk and request type."""

    kind: Literal["jsm"] = "jsm"  # type: ignore[assignment] # it is a Jira of its own kind
    service_desk: Words
    request_type: Words
    public: Annotated[bool, Field(description="Comments and pictures are seen by the customer.")] = True


class ServiceNowConfig(_Desk):
    """ServiceNow. Either `user` and `password` or `api_key`; close codes are the instance's own."""

    kind: Literal["servicenow"] = "servicenow"
    user: str = ""
    password: SecretRef | None = None
    api_key: SecretRef | None = None
    table: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = "incident"
    caller: str = ""
    assignment_group: str = ""
    close_code: str = "Solution provided"
    fields: dict[str, str] = Field(default_factory=dict)
    priorities: dict[str, str] = Field(
        default_factory=lambda: {"S1": "1", "S2": "2", "S3": "2", "S4": "3"}
    )  # urgency and impact

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        if bool(self.user) != bool(self.password) or bool(self.password) == bool(self.api_key):
            raise ValueError("give either user and password, or api_key")
        return self


class FreshdeskConfig(_Desk):
    """Freshdesk. `email` is the requester; `reference_field` a single-line text field of tickets."""

    kind: Literal["freshdesk"] = "freshdesk"
    api_key: SecretRef
    email: Words
    reference_field: Annotated[str, Field(pattern=r"^cf_[a-z0-9_]+$")] = "cf_siteward_ref"
    group: int | None = None
    type: str = ""
    private: bool = True
    priorities: dict[str, int] = Field(default_factory=lambda: {"S1": 4, "S2": 3, "S3": 2, "S4": 1})


class RedmineConfig(_Desk):
    """Redmine. `reference_field` is the number of a text field that is "used as a filter"."""

    kind: Literal["redmine"] = "redmine"
    api_key: SecretRef
    project: Words
    reference_field: int
    tracker: int | None = None
    closed_status: str = "Resolved"
    open_status: str = "In Progress"
    turned_down: tuple[str, ...] = ("Rejected",)
    private: bool = False
    priorities: dict[str, int] = Field(default_factory=dict)


class WebhookConfig(_Desk):
    """A URL that takes one signed POST per deed; see agent/helpdesk/template.py for the template's words."""

    kind: Literal["webhook"] = "webhook"
    secret: SecretRef
    headers: dict[str, SecretRef] = Field(default_factory=dict)
    query: Annotated[SecretRef | None, Field(description="What follows the URL's `?`.")] = None
    template: Annotated[
        dict[str, object] | None, Field(description="JSON with {{words}} in its texts; left out: all words.")
    ] = None
    pictures: bool = True
    deduplicates: Annotated[bool, Field(description="The receiver makes one ticket per reference.")] = False
    ticket_at: Annotated[tuple[str, ...], Field(description="Where the answer holds the ticket's id.")] = ()

    @model_validator(mode="after")
    def _template_is_known(self) -> Self:
        check_template(self.template)
        return self
