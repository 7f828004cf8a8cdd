"""What a device tells of itself by events: property topics and their state now.

Paths are those of the ONVIF specifications (Core: Device/HardwareFailure; Imaging: VideoSource).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from simulator.onvif.box import Box


@dataclass(frozen=True, slots=True)
class Topic:
    """One property: where it stands in the topic tree, what it is of, and the name of its boolean."""

    path: str
    source_name: str
    source: str
    data_name: str


REBOOT = Topic("tns1:Monitoring/OperatingTime/LastReboot", "", "", "Status")
# What makers call the same: path, name of the boolean.
_MAKERS = {
    "StorageFailure": ("tns1:Device/tnsacme:HardwareFailure/StorageFailure", "disruption"),
    "FanFailure": ("tns1:Device/tnsacme:HardwareFailure/FanFailure", "fan_failure"),
    "SignalLoss": ("tns1:VideoSource/tnsacme:VideoLost/AnalyticsService", "lost"),
    "Tamper": ("tns1:VideoSource/tnsacme:Tampering", "tampering"),
}


def states(box: Box) -> dict[Topic, bool]:
    """Return every property of a device and whether it holds now."""
    found = dict(_storage(box)) | dict(_hardware(box)) | dict(_signal(box)) | dict(_picture(box))
    if not box.has("events_makers_topics"):
        return found
    return {_makers(topic): holds for topic, holds in found.items()}


def _makers(topic: Topic) -> Topic:
    path, name = _MAKERS.get(topic.path.rpartition("/")[2], (topic.path, topic.data_name))
    return Topic(path, topic.source_name, topic.source, name)


def _hardware(box: Box) -> Iterator[tuple[Topic, bool]]:
    for name, fault, source, data in (
        ("FanFailure", "fan_failed", "fan1", "Failed"),
        ("PowerSupplyFailure", "supply_failed", "psu1", "Failed"),
        ("TemperatureCritical", "overheated", "", "Critical"),
    ):
        topic = Topic(f"tns1:Device/HardwareFailure/{name}", "Token", source, data)
        if box.spec.kind == "nvr" or box.spec.maker.lower() == "axis" or box.ever_had(fault):
            yield topic, box.has(fault) > 0


def _storage(box: Box) -> Iterator[tuple[Topic, bool]]:
    """A recorder's disks; the fault disk_failed breaks the first."""
    for n in range(box.spec.snmp.disks if box.spec.snmp else 0):
        topic = Topic("tns1:Device/HardwareFailure/StorageFailure", "Token", f"disk{n + 1}", "Failed")
        yield topic, n == 0 and box.has("disk_failed") > 0


def _signal(box: Box) -> Iterator[tuple[Topic, bool]]:
    """A recorder's inputs: the camera that is off gives no signal."""
    if box.spec.channels:
        for channel in box.channels:
            topic = Topic("tns1:VideoSource/SignalLoss", "Source", channel.source, "State")
            first = channel is box.channels[0]
            yield topic, box.board.is_off(channel.camera) or (first and box.has("signal_lost") > 0)
            topic = Topic(
                "tns1:RecordingHistory/Recording/State", "RecordingToken", channel.source, "IsRecording"
            )
            yield topic, not (first and box.has("recording_stopped") > 0)


def _picture(box: Box) -> Iterator[tuple[Topic, bool]]:
    """What a camera itself sees of its picture."""
    seen = {"ImageTooDark": ("black",), "ImageTooBlurry": ("blurred",), "GlobalSceneChange": ("covered",)}
    if box.spec.kind == "camera":
        for channel in box.channels:
            for name, faults in seen.items():
                topic = Topic(f"tns1:VideoSource/{name}/ImagingService", "Source", channel.source, "State")
                yield topic, any(box.has(fault) for fault in faults)
            tamper = Topic(
                "tns1:RuleEngine/TamperDetector/Tamper", "VideoSourceToken", channel.source, "IsTamper"
            )
            yield tamper, any(box.has(fault) > 0 for fault in ("tampered", "events_tamper_at_start"))


def tree(box: Box) -> str:
    """Return the topic set, as GetEventProperties shows it."""
    branches: dict[str, dict[str, Topic]] = {}
    for topic in states(box):
        root, _, rest = topic.path.partition("/")
        branches.setdefault(root, {}).setdefault(rest, topic)
    return "".join(
        f"<{root}>{''.join(_leaf(rest, topic) for rest, topic in leaves.items())}</{root}>"
        for root, leaves in branches.items()
    )


def _leaf(rest: str, topic: Topic) -> str:
    names = rest.split("/")
    message = (
        '<tt:MessageDescription IsProperty="true"><tt:Source>'
        f'<tt:SimpleItemDescription Name="{topic.source_name}" Type="tt:ReferenceToken"/></tt:Source>'
        f'<tt:Data><tt:SimpleItemDescription Name="{topic.data_name}" Type="xs:boolean"/></tt:Data>'
        "</tt:MessageDescription>"
    )
    inner = f'<{names[-1]} wstop:topic="true">{message}</{names[-1]}>'
    for name in reversed(names[:-1]):
        inner = f"<{name}>{inner}</{name}>"
    return inner
