"""A small site for the SNMP tests, and a way to ask its agents through another program's BER."""

import itertools
import os
from collections.abc import Sequence
from contextlib import asynccontextmanager
from typing import Any

from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto import api

from simulator.faults import FaultBoard
from simulator.site import DeviceSpec, SiteSpec, SnmpSpec
from simulator.snmp.agent import SnmpAgent

COMMUNITY = "watch"
AUTH_KEY = "auth-pass-12"
PRIV_KEY = "priv-pass-34"
ROOT = "0.0"  # before everything: pyasn1 sends nothing shorter
START = 1_800_000_000.0
_hosts = itertools.cycle(range(2, 250))

UNITS = {
    "get": "GetRequestPDU",
    "next": "GetNextRequestPDU",
    "bulk": "GetBulkRequestPDU",
    "set": "SetRequestPDU",
}


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: float = START) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def own_address() -> str:
    """Return a loopback address that no other test run uses at the same time."""
    return f"127.{64 + os.getpid() % 64}.{os.getpid() // 64 % 250 + 1}.{next(_hosts)}"


def v3(auth: str = "SHA", priv: str = "AES") -> dict[str, Any]:
    keys = {"auth_protocol": auth, "auth_key": AUTH_KEY if auth else ""}
    return {
        "version": "3",
        "user": "ops",
        **keys,
        "priv_protocol": priv,
        "priv_key": PRIV_KEY if priv else "",
    }


def device(name: str, role: str, *, parent: str = "", maker: str = "Acme", **snmp: Any) -> DeviceSpec:
    access = {"port": 0, "community": COMMUNITY, **snmp}
    return DeviceSpec(
        name,
        role,
        own_address(),
        name=name.upper(),
        place="Hall",
        maker=maker,
        model="DS-2CD2185FWD-I",
        parent=parent,
        snmp=SnmpSpec(role=role, **access),
    )


def small_site(**snmp: Any) -> SiteSpec:
    """Return a switch with a recorder and three cameras, one of them by Hikvision, and a UPS."""
    return SiteSpec(
        "test",
        (
            device("sw-1", "switch", ports=6, **snmp),
            device("nvr-1", "nvr", parent="sw-1", disks=2, **snmp),
            device("cam-1", "camera", parent="sw-1", disks=1, **snmp),
            device("cam-2", "camera", parent="sw-1", maker="Hikvision", **snmp),
            device("cam-3", "camera", parent="sw-1", **snmp),
            device("ups-1", "ups", **snmp),
        ),
    )


class Stage:
    """The site, its faults, a clock, and an agent for each device, none of them started."""

    def __init__(self, **snmp: Any) -> None:
        self.site = small_site(**snmp)
        self.board = FaultBoard({one.id: one.parent for one in self.site.devices})
        self.clock = Clock()
        self.agents = {one.id: self.agent(one) for one in self.site.devices}

    def agent(self, spec: DeviceSpec, **options: Any) -> SnmpAgent:
        return SnmpAgent(spec, self.board, self.site, clock=self.clock, **options)

    def __getitem__(self, name: str) -> SnmpAgent:
        return self.agents[name]

    def host(self, name: str) -> str:
        return next(one.address for one in self.site.devices if one.id == name)

    @asynccontextmanager
    async def running(self, *names: str):
        for name in names:
            await self.agents[name].start()
        try:
            yield self
        finally:
            for name in names:
                await self.agents[name].stop()


def request(
    kind: str, *oids: str, version: int = 1, community: str = COMMUNITY, first: int = 0, second: int = 0
):
    """Return a whole request as bytes, built by pysnmp."""
    module = api.PROTOCOL_MODULES[version]
    unit = getattr(module, UNITS[kind])()
    protocol = module.apiBulkPDU if kind == "bulk" else module.apiPDU
    protocol.set_defaults(unit)
    if kind == "bulk":
        protocol.set_non_repeaters(unit, first)
        protocol.set_max_repetitions(unit, second)
    protocol.set_varbinds(unit, [(oid, module.Null("")) for oid in oids])
    message = module.Message()
    module.apiMessage.set_defaults(message)
    module.apiMessage.set_community(message, community)
    module.apiMessage.set_pdu(message, unit)
    return encoder.encode(message)


def read(reply: bytes, version: int = 1) -> tuple[int, int, list[tuple[str, Any]]]:
    """Return error status, error index and bindings of a reply, read by pysnmp."""
    module = api.PROTOCOL_MODULES[version]
    message, rest = decoder.decode(reply, asn1Spec=module.Message())
    assert not rest
    unit = module.apiMessage.get_pdu(message)
    bindings = [(str(name), value) for name, value in module.apiPDU.get_varbinds(unit)]
    return int(module.apiPDU.get_error_status(unit)), int(unit["error-index"]), bindings


def ask(agent: SnmpAgent, kind: str, *oids: str, version: int = 1, **options: Any):
    """Ask without a socket; None is silence."""
    reply = agent.handle(request(kind, *oids, version=version, **options))
    return None if reply is None else read(reply, version)


def values(agent: SnmpAgent, *oids: str) -> list[Any]:
    """Return the values of these names: int, bytes, or the name of an exception's class."""
    status, _, bindings = ask(agent, "get", *oids)
    assert status == 0
    return [plain(value) for _, value in bindings]


def value(agent: SnmpAgent, oid: str) -> Any:
    return values(agent, oid)[0]


def plain(value: Any) -> Any:
    kind = type(value).__name__
    if kind in {"NoSuchObject", "NoSuchInstance", "EndOfMibView"}:
        return kind
    if kind in {"ObjectIdentifier", "ObjectName"}:
        return str(value)
    return bytes(value) if kind in {"OctetString", "IpAddress"} else int(value)


def walk(agent: SnmpAgent, root: str) -> dict[str, Any]:
    """Return all rows below `root`, by GETNEXT."""
    rows: dict[str, Any] = {}
    name = root
    while True:
        _, _, [(name, found)] = ask(agent, "next", name)
        if plain(found) == "EndOfMibView" or not (name.startswith(root + ".") or root == ROOT):
            return rows
        assert name not in rows
        rows[name] = plain(found)


def numbers(oids: Sequence[str]) -> list[tuple[int, ...]]:
    return [tuple(map(int, oid.split("."))) for oid in oids]
