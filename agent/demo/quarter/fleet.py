"""A site that is not there, told as readings: devices, what happens to them, and what a look at them gives.

The truth is a list of spans; a report is a pure function of device, moment and truth (and of a seed).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import cv2
import numpy as np

from models.facts import Device, Failure, Kind, Picture, Reading, Report, SnmpAccess, StreamUri, Trouble
from models.metrics import METRICS

MINUTE: Final = 60.0
HOUR: Final = 3600.0
DAY: Final = 86400.0


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that really happens to a device, from when until when."""

    device: str
    what: str  # off | black | stream | clock | disk | mains | fade
    since: float
    until: float
    cause: str  # what the technician will find
    size: float = 0.0


@dataclass(frozen=True, slots=True)
class Fleet:
    """The devices and their truth."""

    devices: tuple[Device, ...]
    happenings: tuple[Happening, ...]

    def state(self, device: Device, at: float) -> frozenset[str]:
        """Return what is wrong with a device at a moment; behind a dead switch it is off too."""
        own = {h.what for h in self.happenings if h.device == device.id and h.since <= at < h.until}
        up = device.parent
        if up and any(
            h.device == up and h.what == "off" and h.since <= at < h.until for h in self.happenings
        ):
            own.add("off")
        return frozenset(own)

    def look(self, device: Device, at: float) -> Iterator[Report]:
        """Yield what every collector would learn of a device at a moment."""
        wrong = self.state(device, at)
        for collector, readings, pictures in _asked(device, at, wrong, self._size(device, at)):
            if "off" in wrong:
                error = Failure(Trouble.UNREACHABLE, f"{device.host} answers nothing")
                yield Report(device.id, collector, at, 2.0, error=error)
            elif collector == "stream" and "stream" in wrong:
                error = Failure(Trouble.UNREACHABLE, "RTSP port closed the connection")
                yield Report(device.id, collector, at, 2.0, error=error)
            else:
                yield Report(device.id, collector, at, 0.2, tuple(readings), pictures=pictures)

    def _size(self, device: Device, at: float) -> float:
        mine = [
            h.size for h in self.happenings if h.device == device.id and h.since <= at < h.until and h.size
        ]
        return mine[-1] if mine else 0.0

    def edges(self) -> list[float]:
        """Return every moment at which something begins or ends, in order."""
        return sorted({edge for h in self.happenings for edge in (h.since, h.until)})


_PLACES: Final = (
    ("Gate", "大门"), ("Lobby", "大堂"), ("Car park", "停车场"), ("Corridor 2F", "二层走廊"),
)  # fmt: skip


def devices_of(cameras: int, *, zh: bool) -> tuple[Device, ...]:
    """Return a site: cameras behind two switches, a recorder, a UPS."""
    snmp = SnmpAccess()
    room = "机房" if zh else "Equipment room"
    found = [
        Device("sw-1", Kind.SWITCH, "192.0.2.2", "接入交换机1" if zh else "Access switch 1", room, snmp=snmp),
        Device("sw-2", Kind.SWITCH, "192.0.2.3", "接入交换机2" if zh else "Access switch 2", room, snmp=snmp),
        Device(
            "nvr-1", Kind.NVR, "192.0.2.4", "录像机1" if zh else "Recorder 1", room, "sw-1", onvif_port=80,
            snmp=snmp,
        ),
        Device("ups-1", Kind.UPS, "192.0.2.5", "UPS电源" if zh else "UPS", room, "sw-1", snmp=snmp),
    ]  # fmt: skip
    for n in range(1, cameras + 1):
        place = _PLACES[(n - 1) % len(_PLACES)][zh]
        name = f"{place}摄像机{n:02d}" if zh else f"{place} camera {n:02d}"
        host = f"192.0.2.{n + 10}"
        found.append(
            Device(
                f"cam-{n:02d}",
                Kind.CAMERA,
                host,
                name,
                place,
                "sw-1" if n % 2 else "sw-2",
                onvif_port=80,
                streams=(StreamUri("main", f"rtsp://{host}:554/main"),),
            )
        )
    return tuple(found)


def _noise(*of: object) -> float:
    """Return a number from -1 to 1 that is always the same for the same things."""
    digest = blake2b("/".join(map(str, of)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**63 - 1.0


def _read(name: str, value: float | str, part: str = "") -> Reading:
    return Reading(METRICS[name], value, part)


_Asked = tuple[str, Sequence[Reading], tuple[Picture, ...]]


def _asked(device: Device, at: float, wrong: frozenset[str], size: float) -> Iterator[_Asked]:
    if device.onvif_port or device.streams:
        ports = [str(port) for port in (device.onvif_port, 554 if device.streams else None) if port]
        yield "reach", [_read("cctv_icmp_up", 1), *(_read("cctv_tcp_up", 1, port) for port in ports)], ()
    if device.onvif_port:
        drift = size if "clock" in wrong else 0.4 * _noise(device.id, at // DAY)
        yield "onvif_clock", [_read("cctv_clock_offset_seconds", drift), _read("cctv_clock_ntp", 1)], ()
    if device.kind is Kind.CAMERA:
        yield "onvif_identity", _identity(device), ()
        yield _stream(device, at, wrong)
    elif device.kind is Kind.NVR:
        yield "onvif_identity", _identity(device), ()
        yield "snmp_health", list(_recorder(device, at, wrong)), ()
        if int(at // HOUR) % 6 == 0:
            yield "onvif_recording", list(_archive(device, at)), ()
            yield "onvif_gaps", list(_yesterday(device, at)), ()
    elif device.kind is Kind.SWITCH:
        yield (
            "snmp_health",
            [_read("cctv_uptime_seconds", at % (100 * DAY)), _read("cctv_cpu_used_ratio", 0.1)],
            (),
        )
        errors = [
            _read("cctv_port_error_ratio", 2e-7 * (1 + _noise(device.id, port, at)), f"{port}")
            for port in (1, 2)
        ]
        yield "snmp_interfaces", errors, ()
    elif device.kind is Kind.UPS:
        yield "snmp_ups", list(_ups(at, wrong)), ()


def _identity(device: Device) -> list[Reading]:
    models = ("DS-2CD2143G2", "IPC-HFW2431", "P3245-V")
    number = int(device.id.rpartition("-")[2])
    model = "NVR-4216" if device.kind is Kind.NVR else models[number % 3]
    told = {"maker": "Example", "model": model, "firmware": "V5.7.1", "serial": f"EX{1000 + number}"}
    return [_read("cctv_device_info", text, label) for label, text in told.items()]


def _stream(device: Device, at: float, wrong: frozenset[str]) -> _Asked:
    is_black = "black" in wrong
    day = 0.5 + 0.12 * np.cos((at % DAY / DAY - 0.2) * 2 * np.pi)
    wobble = 1 + 0.04 * _noise(device.id, at)
    values = {
        "cctv_stream_fps": 25.0 + 0.2 * _noise(device.id, at, "fps"),
        "cctv_stream_arrival_fps": 25.0,
        "cctv_stream_bitrate_bps": 4.0e6 * wobble,
        "cctv_stream_lost_packets_ratio": 0.0004 * abs(wobble),
        "cctv_stream_stalled": 0.0,
        "cctv_stream_corrupt_frames_ratio": 0.0,
        "cctv_picture_luma_ratio": 0.02 if is_black else day * wobble,
        "cctv_picture_luma_p99_ratio": 0.04 if is_black else 0.93,
        "cctv_picture_contrast_ratio": 0.01 if is_black else 0.21 * wobble,
        "cctv_picture_texture_ratio": 0.01 if is_black else 0.46 * wobble,
        "cctv_picture_sharpness": 2.0 if is_black else 410.0 * wobble,
        "cctv_picture_entropy_bits": 0.6 if is_black else 7.1 * wobble,
        "cctv_picture_change_luma": 0.2 if is_black else 3.6 * wobble,
        "cctv_picture_span_seconds": 2.0,
        "cctv_picture_fault_confidence_ratio": 0.98 if is_black else 0.1,
        "cctv_picture_reference_looks": 40.0,
        "cctv_picture_structure_ratio": 0.6,
    }
    if is_black:
        values["cctv_picture_black_confidence_ratio"] = 0.98
    if "fade" in wrong:  # a lens that clouds, too slowly for a fault
        values["cctv_picture_texture_ratio"] *= 0.57
        values["cctv_picture_sharpness"] *= 0.5
    jpeg = scene(int(device.id[-2:]), is_black=is_black, hour=int(at % DAY // HOUR) // 6)
    picture = Picture(jpeg, 320, 180, "main")
    return "stream", [_read(name, float(value), "main") for name, value in values.items()], (picture,)


def _recorder(device: Device, at: float, wrong: frozenset[str]) -> Iterator[Reading]:
    yield _read("cctv_uptime_seconds", at % (200 * DAY))
    yield _read("cctv_temperature_celsius", 44 + 3 * _noise(device.id, at // HOUR), "board")
    for disk in ("1", "2", "3", "4"):
        yield _read("cctv_disk_ok", 0.0 if "disk" in wrong and disk == "2" else 1.0, disk)
        yield _read("cctv_disk_size_bytes", 8e12, disk)
        yield _read("cctv_disk_used_ratio", 0.98, disk)


CHANNELS: Final = ("ch1", "ch2", "ch3", "ch4")


def _archive(device: Device, at: float) -> Iterator[Reading]:
    """An archive that overwrites what is older than 34 days or so."""
    for channel in CHANNELS:
        kept = (34 + 0.5 * _noise(device.id, channel, at // DAY)) * DAY
        yield _read("cctv_recording_active", 1.0, channel)
        yield _read("cctv_recording_oldest_timestamp_seconds", at - kept, channel)
        yield _read("cctv_recording_newest_timestamp_seconds", at - 5.0, channel)
        yield _read("cctv_recording_missing_seconds", 0.0, channel)
        yield _read("cctv_recording_retention_seconds", kept, channel)
        yield _read("cctv_recording_retention_goal_seconds", 30 * DAY, channel)


def _yesterday(device: Device, at: float) -> Iterator[Reading]:
    """What was kept of the day before; cards in these cameras fill what the network lost."""
    for channel in CHANNELS:
        lost = round(60.0 * (1 + _noise(device.id, channel, at // DAY, "lost")))
        yield _read("cctv_recording_recorded_seconds", DAY - lost, channel)
        yield _read("cctv_recording_required_seconds", DAY, channel)
        yield _read("cctv_recording_completeness_ratio", 1 - lost / DAY, channel)
        yield _read("cctv_recording_gaps", 1.0 if lost else 0.0, channel)
        yield _read("cctv_recording_longest_gap_seconds", lost, channel)


def _ups(at: float, wrong: frozenset[str]) -> Iterator[Reading]:
    on_battery = "mains" in wrong
    yield _read("cctv_uptime_seconds", at % (100 * DAY))
    yield _read("cctv_ups_on_battery", float(on_battery))
    yield _read("cctv_ups_battery_ok", 1.0)
    yield _read("cctv_ups_charge_ratio", 0.8 if on_battery else 1.0)
    yield _read("cctv_ups_runtime_seconds", 1900.0 if on_battery else 2700.0)
    yield _read("cctv_ups_load_ratio", 0.34)


_SCENES: dict[tuple[int, bool, int], bytes] = {}


def scene(number: int, *, is_black: bool = False, hour: int = 2) -> bytes:
    """Return a small JPEG of a made-up place; the same for the same camera and time of day."""
    key = (number % 8, is_black, hour)
    if key not in _SCENES:
        _SCENES[key] = _draw(*key)
    return _SCENES[key]


def _draw(number: int, is_black: bool, hour: int) -> bytes:  # noqa: FBT001  a key of the cache
    rng = np.random.default_rng(number)
    picture = np.zeros((180, 320, 3), np.uint8)
    if not is_black:
        light = (0.55, 0.9, 1.0, 0.7)[hour % 4]
        sky = np.linspace(205, 150, 90)[:, None, None] * np.array([1.0, 0.93, 0.85])
        picture[:90] = sky
        picture[90:] = np.linspace(95, 135, 90)[:, None, None] * np.array([0.95, 1.0, 1.0])
        for _ in range(6):
            x, w, h = int(rng.integers(0, 290)), int(rng.integers(20, 60)), int(rng.integers(25, 75))
            shade = [int(c) for c in rng.integers(70, 190, 3)]
            cv2.rectangle(picture, (x, 95 - h), (x + w, 95), shade, -1)
            for wy in range(100 - h, 90, 12):
                for wx in range(x + 4, x + w - 6, 10):
                    cv2.rectangle(picture, (wx, wy), (wx + 5, wy + 6), (225, 225, 200), -1)
        cv2.line(picture, (160, 95), (60, 180), (210, 210, 210), 2)
        cv2.line(picture, (160, 95), (260, 180), (210, 210, 210), 2)
        noise = rng.normal(0, 4, picture.shape)
        picture = np.clip(picture * light + noise, 0, 255).astype(np.uint8)
    cv2.putText(picture, f"CAM {number:02d}", (8, 170), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 255), 1)
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes())
