"""Which helpdesks there are: their sections of `site.yaml`, and what is built of them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field

from agent.helpdesk import settings as own
from agent.helpdesk import settings_saas as saas
from agent.helpdesk.base import Helpdesk
from agent.helpdesk.django_helpdesk import DjangoHelpdesk
from agent.helpdesk.email import MailHelpdesk
from agent.helpdesk.freshdesk import Freshdesk
from agent.helpdesk.glpi import Glpi
from agent.helpdesk.jira import Jira
from agent.helpdesk.jsm import JiraServiceManagement
from agent.helpdesk.redmine import Redmine
from agent.helpdesk.rt import RequestTracker
from agent.helpdesk.servicenow import ServiceNow
from agent.helpdesk.webhook import Webhook
from agent.helpdesk.zammad import Zammad
from models.facts import Secret

HelpdeskConfig = Annotated[
    own.LocalConfig
    | own.RtConfig
    | own.DjangoHelpdeskConfig
    | own.MailConfig
    | saas.ZammadConfig
    | saas.GlpiConfig
    | saas.JiraConfig
    | saas.JsmConfig
    | saas.ServiceNowConfig
    | saas.FreshdeskConfig
    | saas.RedmineConfig
    | saas.WebhookConfig,
    Field(discriminator="kind"),
]

Secrets = Mapping[str, Secret]
_SECRETS: Final = ("token", "user_token", "app_token", "password", "api_key", "secret", "query")
_HEADER: Final = "headers."


def _servicenow(config: Any, secrets: Secrets) -> Helpdesk:
    return ServiceNow(config, secrets.get("password") or secrets["api_key"])


def _webhook(config: Any, secrets: Secrets) -> Helpdesk:
    headers = {name.removeprefix(_HEADER): one for name, one in secrets.items() if name.startswith(_HEADER)}
    return Webhook(config, secrets["secret"], headers, secrets.get("query"))


# Every kind but the local one, which is opened by its file.
_BUILDERS: Final[Mapping[str, Callable[[Any, Secrets], Helpdesk]]] = {
    "rt": lambda config, secrets: RequestTracker(config, secrets["token"]),
    "django-helpdesk": lambda config, secrets: DjangoHelpdesk(config, secrets["token"]),
    "email": lambda config, secrets: MailHelpdesk(config, secrets.get("password")),
    "zammad": lambda config, secrets: Zammad(config, secrets["token"]),
    "glpi": lambda config, secrets: Glpi(config, secrets["user_token"], secrets.get("app_token")),
    "jira": lambda config, secrets: Jira(config, secrets["token"]),
    "jsm": lambda config, secrets: JiraServiceManagement(config, secrets["token"]),
    "servicenow": _servicenow,
    "freshdesk": lambda config, secrets: Freshdesk(config, secrets["api_key"]),
    "redmine": lambda config, secrets: Redmine(config, secrets["api_key"]),
    "webhook": _webhook,
}


def secret_references(config: Any) -> dict[str, str]:
    """Return the references to secrets in a helpdesk's section, by the name of their setting."""
    given = {name: getattr(config, name, None) for name in _SECRETS}
    given |= {f"{_HEADER}{name}": ref for name, ref in (getattr(config, "headers", None) or {}).items()}
    return {name: reference for name, reference in given.items() if reference is not None}


def build(config: Any, secrets: Secrets, *, base: Path) -> Helpdesk | None:
    """Build a helpdesk; None for the local one.

    Args:
        config: one of HelpdeskConfig.
        secrets: what `secret_references` named, fetched.
        base: what the path of a CA file is relative to.

    Raises:
        ValueError: a setting cannot be used; the message says which and why.
        OSError: the CA file cannot be read.
    """
    if config.kind == "local":
        return None
    ca_file = getattr(config, "ca_file", None)
    if ca_file is not None:
        config = config.model_copy(update={"ca_file": base / ca_file})
    return _BUILDERS[config.kind](config, secrets)
