"""The section `web` of `site.yaml`: where metrics, pages and API are served, and to whom."""

from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from agent.strict import SecretRef, Strict, WebAddress


class WebTls(Strict):
    """The site's own certificate."""

    certificate: Annotated[Path, Field(description="PEM, the chain behind it in the same file.")]
    key: Annotated[Path, Field(description="PEM, without a passphrase, readable by the agent's user only.")]


RoleName = Literal["viewer", "technician", "manager", "auditor"]


class OidcConfig(Strict):
    """Log-in by the company's OpenID Connect provider, beside the accounts of `siteward user`."""

    issuer: Annotated[WebAddress, Field(description="As the provider calls itself; https.")]
    client_id: Annotated[str, Field(min_length=1)]
    client_secret: Annotated[SecretRef, Field(description="A reference to the client's secret.")]
    label: Annotated[str, Field(max_length=60, description="What its button says.")] = "OpenID Connect"
    name_claim: Annotated[str, Field(description="The claim that accounts are named by.")] = (
        "preferred_username"
    )
    role_claim: Annotated[str, Field(description="The claim that lists somebody's groups.")] = "groups"
    roles: Annotated[
        dict[str, RoleName], Field(description="Group: role; of several the first that fits.")
    ] = Field(default_factory=dict)
    everybody: Annotated[
        RoleName | None, Field(description="The role of all others; left out, they may not in.")
    ] = None

    @model_validator(mode="after")
    def _somebody_may_in(self) -> Self:
        if not self.roles and self.everybody is None:
            raise ValueError("nobody could log in: name groups in roles, or a role for everybody")
        parts = urlsplit(str(self.issuer))
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            raise ValueError("issuer: tokens would cross the network in the clear: give an https address")
        return self


class WebConfig(Strict):
    """Where metrics, health, pages and API are served."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 9464
    pages: Annotated[
        bool, Field(description="Serve the site's pages and API, not only metrics and health.")
    ] = True
    tls: Annotated[WebTls | None, Field(description="Serve everything over HTTPS.")] = None
    allow_plain: Annotated[
        bool,
        Field(description="Serve pages over plain HTTP beyond this machine: behind a proxy that does TLS."),
    ] = False
    trusted_proxies: Annotated[
        tuple[str, ...],
        Field(description="Addresses or networks of proxies whose X-Forwarded-For and -Proto are believed."),
    ] = ()
    base_url: Annotated[
        WebAddress | None,
        Field(description="Where people reach the pages; links in tickets, reports and mail begin with it."),
    ] = None

    oidc: Annotated[OidcConfig | None, Field(description="Log-in by OpenID Connect; needs base_url.")] = None

    @model_validator(mode="after")
    def _the_issuer_knows_the_way_back(self) -> Self:
        if self.oidc is not None and self.base_url is None:
            raise ValueError("oidc needs base_url: the provider sends people back to it, /login/oidc/back")
        return self

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies_are_networks(cls, value: Any) -> Any:
        for one in value:
            ip_network(one, strict=False)  # its sentence says what is wrong
        return value

    @model_validator(mode="after")
    def _passwords_do_not_travel_in_the_clear(self) -> Self:
        if self.pages and self.tls is None and not self.allow_plain and not is_loopback(self.host):
            raise ValueError(
                f"passwords would cross the network in the clear on {self.host}: give web.tls, or set"
                " allow_plain: true where a proxy does TLS, or pages: false for metrics alone"
            )
        return self


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
