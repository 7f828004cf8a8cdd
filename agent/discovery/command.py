"""`siteward discover`: who is on the network, and the rows that would put them into the inventory."""

from pathlib import Path
from typing import Annotated

import typer


def discover(
    *,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", envvar="SITEWARD_CONFIG", help="Leaves out what is in its inventory."),
    ] = None,
    interface: Annotated[
        str, typer.Option(help="IPv4 address of the interface that cameras are on.", metavar="ADDRESS")
    ] = "",
    address: Annotated[
        list[str] | None, typer.Option(help="Ask this host too; repeat for more.", metavar="ADDRESS")
    ] = None,
    network: Annotated[
        list[str] | None, typer.Option(help="Ask each host of it, such as 10.0.5.0/24.", metavar="NETWORK")
    ] = None,
    login: Annotated[
        str, typer.Option(help="Try this login of site.yaml, once a device and no more.", metavar="NAME")
    ] = "",
    seconds: Annotated[float, typer.Option(help="How long to listen.", min=0.2, max=60.0)] = 4.0,
    csv: Annotated[
        Path | None, typer.Option(help="Write rows for devices.csv there; it must not exist.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Find cameras and recorders by WS-Discovery and propose rows for the inventory. Changes nothing.

    Who answers is asked who it is and how many channels it has. A login is tried only when named, and once
    a device: a wrong one locks no account. Kind and parent are proposals; look them over.

    Examples: siteward discover --interface 10.0.5.2

    siteward discover -c site.yaml --network 10.0.6.0/24 --login cameras --csv new.csv

    Exit status: 0 listed, 1 the network could not be asked, 2 wrong use or config.
    """
    from agent.discovery.find import find  # noqa: PLC0415  the clients load only where they are needed

    find(
        config,
        login,
        interface=interface,
        targets=address or [],
        networks=network or [],
        seconds=seconds,
        csv=csv,
        as_json=as_json,
    )
