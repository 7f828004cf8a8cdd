"""The ONVIF services, where they live, and the only operations that are ever sent.

Names follow the service specifications (ONVIF network interface specification set). A monitor must never be
the fault: nothing here moves, changes or restarts a device. The subscription and search calls make a handle
at the device that ends by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Service:
    """One service: XML namespace, WSDL file and binding, its name in GetCapabilities, the usual path."""

    name: str
    namespace: str
    wsdl: str
    binding: str
    capability: str
    path: str


_VER10: Final = "http://www.onvif.org/ver10"
_VER20: Final = "http://www.onvif.org/ver20"


def _services() -> tuple[Service, ...]:
    rows = (  # name, namespace, WSDL, binding, in GetCapabilities, path
        ("device", f"{_VER10}/device/wsdl", "devicemgmt", "Device", "Device", "device_service"),
        ("media", f"{_VER10}/media/wsdl", "media", "Media", "Media", "media_service"),
        ("media2", f"{_VER20}/media/wsdl", "", "Media2", "Media2", "media2_service"),
        ("events", f"{_VER10}/events/wsdl", "events", "Event", "Events", "event_service"),
        ("imaging", f"{_VER20}/imaging/wsdl", "imaging", "Imaging", "Imaging", "imaging_service"),
        ("ptz", f"{_VER20}/ptz/wsdl", "ptz", "PTZ", "PTZ", "ptz_service"),
        ("io", f"{_VER10}/deviceIO/wsdl", "deviceio", "DeviceIO", "DeviceIO", "deviceIO_service"),
        ("recording", f"{_VER10}/recording/wsdl", "recording", "Recording", "Recording", "recording_service"),
        ("search", f"{_VER10}/search/wsdl", "search", "Search", "Search", "search_service"),
        ("replay", f"{_VER10}/replay/wsdl", "replay", "Replay", "Replay", "replay_service"),
        (
            "security",
            f"{_VER10}/advancedsecurity/wsdl",
            "",
            "Keystore",
            "AdvancedSecurity",
            "security_service",
        ),
    )
    return tuple(
        Service(
            name, namespace, f"{wsdl}.wsdl" if wsdl else "", f"{binding}Binding", capability, f"/onvif/{path}"
        )
        for name, namespace, wsdl, binding, capability, path in rows
    )


SERVICES: Final[dict[str, Service]] = {service.name: service for service in _services()}

_DEVICE: Final = """
    GetSystemDateAndTime GetDeviceInformation GetServices GetCapabilities GetScopes GetUsers GetHostname
    GetNetworkInterfaces GetNTP GetDNS GetNetworkDefaultGateway GetNetworkProtocols GetRelayOutputs
    GetCertificates GetCertificatesStatus GetCertificateInformation GetStorageConfigurations
    GetEndpointReference GetAuthFailureWarningConfiguration
"""
_MEDIA: Final = """
    GetVideoSources GetProfiles GetVideoEncoderConfigurations GetStreamUri GetSnapshotUri GetOSDs
    GetGuaranteedNumberOfVideoEncoderInstances
"""
_MEDIA2: Final = """
    GetProfiles GetStreamUri GetSnapshotUri GetVideoEncoderConfigurations GetVideoEncoderInstances GetMasks
"""
_SEARCH: Final = """
    GetRecordingSummary GetRecordingInformation GetMediaAttributes FindRecordings GetRecordingSearchResults
    FindEvents GetEventSearchResults EndSearch
"""
READ: Final[dict[str, frozenset[str]]] = {
    name: frozenset(["GetServiceCapabilities", *words.split()])
    for name, words in {
        "device": _DEVICE,
        "media": _MEDIA,
        "media2": _MEDIA2,
        "events": "GetEventProperties CreatePullPointSubscription PullMessages Renew Unsubscribe"
        " SetSynchronizationPoint",
        "imaging": "GetImagingSettings GetStatus",
        "ptz": "GetNodes GetConfigurations GetStatus GetPresets",
        "io": "GetDigitalInputs GetRelayOutputs GetVideoSources GetVideoOutputs",
        "recording": "GetRecordings GetRecordingConfiguration GetRecordingJobs GetRecordingJobState",
        "search": _SEARCH,
        "replay": "GetReplayUri",
        "security": "GetAssignedServerCertificates GetCertificationPath GetCertificate",
    }.items()
}


@dataclass(frozen=True, slots=True)
class Permit:
    """What may be sent: `READ_ONLY` for all, `MOVE` for the PTZ test alone."""

    name: str
    operations: Mapping[str, frozenset[str]]


READ_ONLY: Final = Permit("read", READ)
MOVE: Final = Permit("move", {**READ, "ptz": READ["ptz"] | {"GotoPreset", "AbsoluteMove", "Stop"}})


class NotARead(ValueError):
    """Our own code asked for an operation that is not on the list: a bug, never the device's fault."""


def checked(service: str, operation: str, permit: Permit = READ_ONLY) -> Service:
    """Return the service when the operation may be sent.

    Raises:
        NotARead: it is not on the permit's list.
    """
    if operation not in permit.operations.get(service, ()):
        raise NotARead(f"{service} {operation} is not among the operations this program sends")
    return SERVICES[service]
