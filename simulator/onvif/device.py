"""The device service (ONVIF Core, device management): who it is, what time it has, what it can do."""

from collections.abc import Callable
from typing import Final
from urllib.parse import quote
from xml.sax.saxutils import escape

from simulator.onvif.box import Box
from simulator.onvif.soap import NAMESPACES, Ask

Operation = Callable[[Box, Ask], str]
ZONE_HOURS: Final = 8
_NTP: Final = "192.0.2.123"  # a documentation address (RFC 5737): nothing is ever sent there


def date_and_time(box: Box, _: Ask) -> str:
    """The clock, in UTC and local time; anonymous, since clients need it to sign."""
    local = ZONE_HOURS * 3600
    told = {
        "UTCDateTime": box.utc(local if box.has("onvif_clock_local") else 0),
        "LocalDateTime": box.utc(local),
    }
    if box.has("onvif_clock_local_only"):
        del told["UTCDateTime"]
    kind = "Manual" if box.has("clock_manual") else "NTP"
    times = "".join(
        f"<tt:{name}><tt:Time><tt:Hour>{t.hour}</tt:Hour><tt:Minute>{t.minute}</tt:Minute><tt:Second>{t.second}"
        f"</tt:Second></tt:Time><tt:Date><tt:Year>{t.year}</tt:Year><tt:Month>{t.month}</tt:Month><tt:Day>{t.day}"
        f"</tt:Day></tt:Date></tt:{name}>"
        for name, t in told.items()
    )
    if box.has("onvif_clock_impossible"):
        times = (
            "<tt:UTCDateTime><tt:Time><tt:Hour>0</tt:Hour><tt:Minute>61</tt:Minute><tt:Second>16</tt:Second>"
            "</tt:Time><tt:Date><tt:Year>2026</tt:Year><tt:Month>13</tt:Month><tt:Day>1</tt:Day></tt:Date>"
            "</tt:UTCDateTime>"
        )
    return (
        f"<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>{kind}</tt:DateTimeType>"
        f"<tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone><tt:TZ>CST-{ZONE_HOURS}</tt:TZ></tt:TimeZone>"
        f"{times}</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    )


def information(box: Box, _: Ask) -> str:
    """Maker, model, firmware, serial number."""
    spec = box.spec
    firmware = spec.firmware + ("-new" if box.has("firmware_changed") else "")
    serial = "000000" if box.has("onvif_equal_serials") else spec.serial
    serial += "X" if box.has("device_replaced") else ""
    return (
        f"<tds:GetDeviceInformationResponse><tds:Manufacturer>{escape(spec.maker)}</tds:Manufacturer>"
        f"<tds:Model>{escape(spec.model)}</tds:Model><tds:FirmwareVersion>{escape(firmware)}"
        f"</tds:FirmwareVersion><tds:SerialNumber>{escape(serial)}</tds:SerialNumber>"
        "<tds:HardwareId>1.0</tds:HardwareId></tds:GetDeviceInformationResponse>"
    )


def _services(box: Box) -> dict[str, tuple[str, int, int]]:
    """Return prefix -> (last part of the address, version major, minor) of what this device has."""
    services = {"tds": ("device_service", 2, 6), "trt": ("media_service", 2, 6)}
    if box.has("onvif_minimal"):
        return services
    if box.has("onvif_media2_only"):
        del services["trt"]
    if box.onvif.media2:
        services["tr2"] = ("media2_service", 2, 0)
    if box.onvif.ptz:
        services["tptz"] = ("ptz_service", 2, 4)
    services |= {"tev": ("events_service", 2, 6), "tmd": ("deviceIO_service", 2, 6)}
    if box.channels:
        services["timg"] = ("imaging_service", 2, 6)
    if box.has("onvif_key_store"):
        services["tas"] = ("security_service", 2, 6)
    if box.spec.channels:
        services |= {"trc": ("recording_service", 2, 6), "tse": ("search_service", 2, 6)}
    if box.has("onvif_wrong_paths"):
        return {p: (f"gone/{path}" if p != "tds" else path, *rest) for p, (path, *rest) in services.items()}  # type: ignore[misc]
    return services


def services(box: Box, _: Ask) -> str:
    """Every service with its address and version; capabilities are asked of each service itself."""
    return (
        "<tds:GetServicesResponse>"
        + "".join(
            f"<tds:Service><tds:Namespace>{NAMESPACES[prefix]}</tds:Namespace><tds:XAddr>{box.base}/{path}"
            f"</tds:XAddr><tds:Version><tt:Major>{major}</tt:Major><tt:Minor>{minor}</tt:Minor></tds:Version>"
            "</tds:Service>"
            for prefix, (path, major, minor) in _services(box).items()
        )
        + "</tds:GetServicesResponse>"
    )


def capabilities(box: Box, _: Ask) -> str:
    """The old way to find services; Media2 cannot be found by it."""
    return (
        "<tds:GetCapabilitiesResponse><tds:Capabilities>"
        f"<tt:Device><tt:XAddr>{box.base}/device_service</tt:XAddr></tt:Device>"
        f"<tt:Events><tt:XAddr>{box.base}/events_service</tt:XAddr>"
        "<tt:WSSubscriptionPolicySupport>false</tt:WSSubscriptionPolicySupport>"
        "<tt:WSPullPointSupport>true</tt:WSPullPointSupport>"
        "<tt:WSPausableSubscriptionManagerInterfaceSupport>false"
        "</tt:WSPausableSubscriptionManagerInterfaceSupport></tt:Events>"
        f"<tt:Media><tt:XAddr>{box.base}/media_service</tt:XAddr><tt:StreamingCapabilities>"
        "<tt:RTPMulticast>false</tt:RTPMulticast><tt:RTP_TCP>true</tt:RTP_TCP>"
        "<tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP></tt:StreamingCapabilities></tt:Media>"
        "</tds:Capabilities></tds:GetCapabilitiesResponse>"
    )


def service_capabilities(box: Box, _: Ask) -> str:
    """What the device service itself can do: above all, how one logs in."""
    digest = str(box.auth in {"digest", "both"}).lower()
    token = str(box.auth in {"wsse", "both"}).lower()
    return (
        '<tds:GetServiceCapabilitiesResponse><tds:Capabilities><tds:Network NTP="1"/>'
        f'<tds:Security UsernameToken="{token}" HttpDigest="{digest}"/>'
        "<tds:System/></tds:Capabilities></tds:GetServiceCapabilitiesResponse>"
    )


def interfaces(box: Box, _: Ask) -> str:
    """The one network interface."""
    mac = box.spec.mac
    if box.has("device_replaced"):
        mac = f"{mac[:-2]}{int(mac[-2:], 16) ^ 0xFF:02x}"
    if box.has("onvif_equal_serials"):
        mac = "00:00:00:00:00:00"
    return (
        '<tds:GetNetworkInterfacesResponse><tds:NetworkInterfaces token="eth0"><tt:Enabled>true</tt:Enabled>'
        f"<tt:Info><tt:Name>eth0</tt:Name><tt:HwAddress>{mac}</tt:HwAddress><tt:MTU>1500</tt:MTU></tt:Info>"
        "<tt:IPv4><tt:Enabled>true</tt:Enabled><tt:Config><tt:Manual>"
        f"<tt:Address>{box.spec.address}</tt:Address><tt:PrefixLength>24</tt:PrefixLength></tt:Manual>"
        "<tt:DHCP>false</tt:DHCP></tt:Config></tt:IPv4></tds:NetworkInterfaces></tds:GetNetworkInterfacesResponse>"
    )


def hostname(box: Box, _: Ask) -> str:
    """Its name in the network."""
    return (
        "<tds:GetHostnameResponse><tds:HostnameInformation><tt:FromDHCP>false</tt:FromDHCP>"
        f"<tt:Name>{escape(box.spec.id)}</tt:Name></tds:HostnameInformation></tds:GetHostnameResponse>"
    )


def scope_words(box: Box) -> tuple[str, ...]:
    """Return its scopes, without the part that all have in front."""
    return (
        "type/Network_Video_Transmitter" if box.spec.kind == "camera" else "type/Network_Video_Storage",
        "Profile/Streaming",
        f"name/{quote(box.spec.name, safe='')}",
        f"hardware/{quote(box.spec.model, safe='')}",
        f"location/{quote(box.spec.place, safe='')}",
    )


def scopes(box: Box, _: Ask) -> str:
    """What WS-Discovery would tell of it."""
    rows = "".join(
        f"<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef><tt:ScopeItem>onvif://www.onvif.org/{word}</tt:ScopeItem>"
        "</tds:Scopes>"
        for word in scope_words(box)
    )
    return f"<tds:GetScopesResponse>{rows}</tds:GetScopesResponse>"


def ntp(box: Box, _: Ask) -> str:
    """Where it takes the time from."""
    server = f"<tt:NTPManual><tt:Type>IPv4</tt:Type><tt:IPv4Address>{_NTP}</tt:IPv4Address></tt:NTPManual>"
    return (
        "<tds:GetNTPResponse><tds:NTPInformation><tt:FromDHCP>false</tt:FromDHCP>"
        f"{'' if box.has('clock_manual') else server}</tds:NTPInformation></tds:GetNTPResponse>"
    )


def dns(_: Box, __: Ask) -> str:
    """Where it asks for names."""
    return (
        "<tds:GetDNSResponse><tds:DNSInformation><tt:FromDHCP>false</tt:FromDHCP><tt:DNSManual>"
        "<tt:Type>IPv4</tt:Type><tt:IPv4Address>192.0.2.53</tt:IPv4Address></tt:DNSManual>"
        "</tds:DNSInformation></tds:GetDNSResponse>"
    )


def gateway(_: Box, __: Ask) -> str:
    """Its way out."""
    return (
        "<tds:GetNetworkDefaultGatewayResponse><tds:NetworkGateway><tt:IPv4Address>192.0.2.1</tt:IPv4Address>"
        "</tds:NetworkGateway></tds:GetNetworkDefaultGatewayResponse>"
    )


def users(box: Box, _: Ask) -> str:
    """Who may log in; never with a password."""
    known = [(box.spec.user, "Operator")] + (
        [("888888", "Administrator")] if box.has("default_account") else []
    )
    rows = "".join(
        f"<tds:User><tt:Username>{escape(name)}</tt:Username><tt:UserLevel>{level}</tt:UserLevel></tds:User>"
        for name, level in known
    )
    return f"<tds:GetUsersResponse>{rows}</tds:GetUsersResponse>"


def protocols(box: Box, _: Ask) -> str:
    """Which ports are open."""
    ports = [("HTTP", box.onvif.port)] + ([("RTSP", box.spec.rtsp.port)] if box.spec.rtsp else [])
    rows = "".join(
        f"<tds:NetworkProtocols><tt:Name>{name}</tt:Name><tt:Enabled>true</tt:Enabled><tt:Port>{port}</tt:Port>"
        "</tds:NetworkProtocols>"
        for name, port in ports
    )
    return f"<tds:GetNetworkProtocolsResponse>{rows}</tds:GetNetworkProtocolsResponse>"


OPERATIONS: Final[dict[str, Operation]] = {
    "GetSystemDateAndTime": date_and_time,
    "GetDeviceInformation": information,
    "GetServices": services,
    "GetCapabilities": capabilities,
    "GetServiceCapabilities": service_capabilities,
    "GetNetworkInterfaces": interfaces,
    "GetNetworkProtocols": protocols,
    "GetHostname": hostname,
    "GetScopes": scopes,
    "GetNTP": ntp,
    "GetDNS": dns,
    "GetNetworkDefaultGateway": gateway,
    "GetUsers": users,
}
