"""The `discovery` section of `site.yaml`."""

from ipaddress import IPv4Network, ip_address
from typing import Annotated, Any, Final

from pydantic import Field, field_validator

from agent.strict import Strict
from agent.units import Duration

MOST_HOSTS: Final = 4096  # of all networks together


class DiscoveryConfig(Strict):
    """Looks for cameras on the network now and then; leave the section out to look never."""

    every: Annotated[Duration, Field(ge=60.0, description="How often.")] = 6 * 3600.0
    interface: Annotated[
        str, Field(description="IPv4 address of the interface that cameras are on; needed with several.")
    ] = ""
    networks: Annotated[
        tuple[str, ...], Field(description="Networks behind a router, each host of which is asked directly.")
    ] = ()
    ignore: Annotated[
        tuple[str, ...], Field(description="Addresses that are known and not to be watched.")
    ] = ()

    @field_validator("interface")
    @classmethod
    def _interface_is_an_address(cls, value: str) -> str:
        if value:
            ip_address(value)  # its sentence says what is wrong
        return value

    @field_validator("networks")
    @classmethod
    def _networks_are_small_enough(cls, value: Any) -> Any:
        hosts(value)
        return value


def hosts(networks: tuple[str, ...]) -> tuple[str, ...]:
    """Return the addresses of all hosts of some networks.

    Raises:
        ValueError: one is no IPv4 network, or they are too large together.
    """
    given = [IPv4Network(one, strict=False) for one in networks]
    if sum(one.num_addresses for one in given) > MOST_HOSTS:
        raise ValueError(f"these are more than {MOST_HOSTS} addresses: write smaller networks")
    return tuple(str(host) for one in given for host in one.hosts())
