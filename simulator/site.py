"""What exists on the simulated site: the site file, read and checked.

Each device has a loopback address of its own (127.x.y.z), so that the site looks like a network.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Final, Literal

from simulator.faults import FAULTS, MOST_STRENGTH
from simulator.strict import Problems, read_yaml

Kind = Literal["camera", "nvr", "switch", "ups"]
LOOPBACK: Final = IPv4Network("127.0.0.0/8")


class SiteError(ValueError):
    """A site file cannot be used; the message lists every problem with its path, one a line."""


@dataclass(frozen=True, slots=True)
class OnvifSpec:
    """The ONVIF server of a device."""

    port: int = 8080
    auth: Literal["wsse", "digest", "both", "none"] = "wsse"
    media2: bool = True  # whether the Media2 service (the only one that knows H.265) is there
    max_pull_points: int = 4  # event subscriptions the device holds at once
    ptz: bool = False  # whether it can be turned
    discoverable: bool = False  # whether it answers WS-Discovery on UDP port 3702 of its address
    tls: bool = False  # whether it speaks HTTPS, with a certificate of its own making
    quirks: tuple[str, ...] = ()  # faults that are always on, such as onvif_nat


@dataclass(frozen=True, slots=True)
class RtspSpec:
    """The RTSP server of a device: `/main` and `/sub`; on a recorder `/ch1/main`, `/ch1/sub` and so on."""

    port: int = 8554
    codec: Literal["h264", "h265"] = "h264"
    fps: int = 12
    main: tuple[int, int] = (1280, 720)
    sub: tuple[int, int] = (640, 360)
    gop_seconds: float = 1.0
    scene: str = "street"  # which rendered scene; the device id seeds its details
    night: bool = False
    audio: bool = False  # whether sound (PCMU) comes with the streams
    rate: Literal["quality", "cbr", "vbr"] = "quality"  # constant quality, constant or capped bitrate


@dataclass(frozen=True, slots=True)
class SnmpSpec:
    """The SNMP agent of a device. v2c answers `community`; v3 answers `user` with its keys."""

    port: int = 1161
    role: Kind = "camera"
    version: Literal["2c", "3"] = "2c"
    community: str = field(default="public", repr=False)
    user: str = ""
    auth_protocol: Literal["", "SHA", "SHA256"] = ""
    auth_key: str = field(default="", repr=False)
    priv_protocol: Literal["", "AES"] = ""
    priv_key: str = field(default="", repr=False)
    disks: int = 0
    ports: int = 0
    walk: str = ""  # a recording to replay instead of the role's values; its path, from the site file
    quirks: tuple[str, ...] = ()  # faults snmp_… that are always on
    trap_to: str = ""  # host:port that traps are sent to, on loopback; "": it sends none


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """One simulated device."""

    id: str
    kind: Kind
    address: str
    name: str = ""
    place: str = ""
    maker: str = "Acme"
    model: str = "SV-200"
    firmware: str = "1.4.2"
    serial: str = ""
    mac: str = ""
    parent: str = ""  # id of the switch that feeds it
    channels: tuple[str, ...] = ()  # recorder: ids of the cameras it records, channel 1 first
    user: str = "service"
    password: str = field(default="", repr=False)
    onvif: OnvifSpec | None = None
    rtsp: RtspSpec | None = None
    snmp: SnmpSpec | None = None


@dataclass(frozen=True, slots=True)
class Switching:
    """One line of the schedule: `fault` of `device` is on from `at` to `until`, in seconds after start."""

    device: str
    fault: str
    at: float
    until: float | None = None
    strength: float = 1.0


@dataclass(frozen=True, slots=True)
class SiteSpec:
    """A whole simulated site."""

    name: str
    devices: tuple[DeviceSpec, ...]
    schedule: tuple[Switching, ...] = ()

    def device(self, device: str) -> DeviceSpec:
        """Return the device of this id.

        Raises:
            KeyError: there is none.
        """
        for spec in self.devices:
            if spec.id == device:
                return spec
        raise KeyError(f"no device {device!r} on this site")


def load_site(path: Path | str) -> SiteSpec:
    """Read a site file (YAML).

    Raises:
        SiteError: it cannot be read, or not be used; every problem is listed with its path.
    """
    problems = Problems()
    site = read_yaml(Path(path), SiteSpec, problems)
    if site is not None:
        told = tuple(problem.split(":", 1)[0] for problem in problems)
        problems.extend(flaw for flaw in flaws(site) if not flaw.startswith(told))
    if problems or site is None:
        raise SiteError(f"{path}: this site cannot be simulated\n" + "\n".join(f"  {p}" for p in problems))
    return filled(_near(site, Path(path).parent))


def _near(site: SiteSpec, folder: Path) -> SiteSpec:
    """Return the site with paths from its own folder."""
    return replace(site, devices=tuple(_placed(spec, folder) for spec in site.devices))


def _placed(spec: DeviceSpec, folder: Path) -> DeviceSpec:
    if spec.snmp is None or not spec.snmp.walk:
        return spec
    return replace(spec, snmp=replace(spec.snmp, walk=str(folder / spec.snmp.walk)))


def flaws(site: SiteSpec) -> Iterator[str]:
    """Yield what is wrong with a site although each value is of the right type, as `path: sentence`."""
    if not site.devices:
        yield "devices: there is none"
    ids = {spec.id for spec in site.devices}
    seen: set[str] = set()
    taken: dict[str, str] = {}
    for n, spec in enumerate(site.devices):
        at = f"devices[{n}]"
        if not spec.id or spec.id in seen:
            yield f"{at}.id: {spec.id!r} is empty or taken by a device before it"
        if spec.address in taken:
            yield f"{at}.address: {spec.address} is taken by {taken[spec.address]}"
        seen.add(spec.id)
        taken.setdefault(spec.address, spec.id)
        yield from _own_flaws(spec, at)
        yield from _link_flaws(spec, at, ids)
    yield from schedule_flaws(site)


def _own_flaws(spec: DeviceSpec, at: str) -> Iterator[str]:
    if not _on_loopback(spec.address):
        yield f"{at}.address: {spec.address!r} is not an address in {LOOPBACK}"
    for name, server in (("onvif", spec.onvif), ("rtsp", spec.rtsp), ("snmp", spec.snmp)):
        if server is not None and not 1024 <= server.port <= 65535:
            yield f"{at}.{name}.port: {server.port} is not between 1024 and 65535"
    if spec.rtsp is not None and (min(spec.rtsp.fps, *spec.rtsp.main, *spec.rtsp.sub) < 1):
        yield f"{at}.rtsp: frame rate, width and height must be above 0"
    for n, quirk in enumerate(spec.onvif.quirks if spec.onvif else ()):
        if quirk not in FAULTS:
            yield f"{at}.onvif.quirks[{n}]: no fault {quirk!r}: GET /site of the control lists them"
    if spec.snmp is not None:
        yield from _snmp_flaws(spec.snmp, f"{at}.snmp")


def _on_loopback(address: str) -> bool:
    try:
        return IPv4Address(address) in LOOPBACK
    except ValueError:
        return False


def _is_target(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return _on_loopback(host) and port.isascii() and port.isdecimal() and 0 < int(port) <= 65535


def _snmp_flaws(snmp: SnmpSpec, at: str) -> Iterator[str]:
    if snmp.version == "3" and not snmp.user:
        yield f"{at}.user: version 3 needs a user"
    if bool(snmp.auth_protocol) != bool(snmp.auth_key):
        yield f"{at}: auth_protocol and auth_key go together"
    if bool(snmp.priv_protocol) != bool(snmp.priv_key):
        yield f"{at}: priv_protocol and priv_key go together"
    for n, quirk in enumerate(snmp.quirks):
        if quirk not in FAULTS or not quirk.startswith("snmp_"):
            yield f"{at}.quirks[{n}]: no fault {quirk!r} that begins with snmp_"
    if snmp.trap_to and not _is_target(snmp.trap_to):
        yield f"{at}.trap_to: needs an address in {LOOPBACK} and a port, such as 127.0.0.1:1162"
    if snmp.priv_protocol and not snmp.auth_protocol:
        yield f"{at}.priv_protocol: privacy needs authentication (RFC 3414 section 1.4.3)"


def _link_flaws(spec: DeviceSpec, at: str, ids: set[str]) -> Iterator[str]:
    if spec.parent and (spec.parent not in ids or spec.parent == spec.id):
        yield f"{at}.parent: no other device {spec.parent!r} on this site"
    for n, camera in enumerate(spec.channels):
        if camera not in ids:
            yield f"{at}.channels[{n}]: no device {camera!r} on this site"


def schedule_flaws(site: SiteSpec) -> Iterator[str]:
    """Yield what is wrong with the schedule, as `path: sentence`."""
    ids = {spec.id for spec in site.devices}
    for n, line in enumerate(site.schedule):
        at = f"schedule[{n}]"
        if line.device not in ids:
            yield f"{at}.device: no device {line.device!r} on this site"
        if line.fault not in FAULTS:
            yield f"{at}.fault: no fault {line.fault!r}: choose one of {', '.join(FAULTS)}"
        if line.at < 0 or (line.until is not None and line.until <= line.at):
            yield f"{at}.until: must be later than at, and at not below 0"
        if not 0 < line.strength <= MOST_STRENGTH:
            yield f"{at}.strength: must be above 0 and at most {MOST_STRENGTH:g}"


def filled(site: SiteSpec) -> SiteSpec:
    """Give every device without a name, serial or MAC one made from its id, so that all its servers agree."""
    return replace(site, devices=tuple(_filled(spec) for spec in site.devices))


def _filled(spec: DeviceSpec) -> DeviceSpec:
    digits = zlib.crc32(spec.id.encode())
    mac = "02:53:" + ":".join(
        f"{digits >> shift & 255:02x}" for shift in (24, 16, 8, 0)
    )  # 02: local, nobody's
    return replace(
        spec, name=spec.name or spec.id, serial=spec.serial or f"SIM{digits:010d}", mac=spec.mac or mac
    )


def moved(site: SiteSpec, network: str) -> SiteSpec:
    """Move a site into another network, so that several can run side by side.

    Each device keeps its distance from the start of the site's first /24.

    Args:
        site: the site to move.
        network: `127.a.b.0`, from there on as far as the site reaches; or with a limit, `127.a.b.0/20`.

    Raises:
        ValueError: this is no network in 127.0.0.0/8, or it is too small.
    """
    hosts = [int(IPv4Address(spec.address)) for spec in site.devices] or [0]
    first, last = min(hosts) & ~255, max(hosts)
    start, end = _range(network)
    if start + last - first > end:
        raise ValueError(f"{network} is too small: this site needs {last - first + 1} addresses")
    return replace(
        site,
        devices=tuple(
            replace(spec, address=str(IPv4Address(host - first + start)))
            for spec, host in zip(site.devices, hosts, strict=False)
        ),
    )


def _range(network: str) -> tuple[int, int]:
    """Return the first and the last address that may be used."""
    try:
        given = IPv4Network(network if "/" in network else f"{network}/24")
    except ValueError as err:
        raise ValueError(f"{network!r} is no network such as 127.30.1.0 or 127.30.0.0/16") from err
    if not given.subnet_of(LOOPBACK):
        raise ValueError(f"{network} is not within {LOOPBACK}")
    return int(given[0]), int(given[-1] if "/" in network else LOOPBACK[-1])
