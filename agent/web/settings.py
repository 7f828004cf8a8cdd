"""The section `web` of `site.yaml`: where metrics, pages and API are served, and to whom."""

from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from agent.strict import Strict, WebAddress


class WebTls(Strict):
    """The site's own certificate."""

    certificate: Annotated[Path, Field(description="PEM, the chain behind it in the same file.")]
    key: Annotated[Path, Field(description="PEM, without a passphrase, readable by the agent's user only.")]


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
