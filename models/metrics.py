"""Every metric there is: name with its unit, help, and what its `part` means.

A collector may return only metrics listed here; the Prometheus sink exports no other; the README's table
and every dashboard and alert rule are tested against this list. Names: `cctv_<noun>_<unit>`, base units,
ratios 0-1.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Type(StrEnum):
    """How a metric behaves over time (Prometheus's words)."""

    GAUGE = "gauge"
    COUNTER = "counter"  # only grows, until the device restarts
    INFO = "info"  # text; exported as labels of a series that is always 1


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: `name` as exported, `help` for people, `part`: what a reading's part names ("": none)."""

    name: str
    help: str
    part: str = ""
    type: Type = Type.GAUGE

    def __hash__(self) -> int:
        return hash(self.name)  # known to the text once, where that of all fields is reckoned at each look-up


_ALL: dict[str, Metric] = {}


def _metric(name: str, help_: str, *, part: str = "", type_: Type = Type.GAUGE) -> Metric:
    if name in _ALL:
        raise ValueError(f"metric {name} is listed twice")
    _ALL[name] = Metric(name, help_, part, type_)
    return _ALL[name]


# ---------------------------------------------------------------- reach

ICMP_UP: Final = _metric("cctv_icmp_up", "1 when the device answered a ping, 0 when it did not.")
ICMP_RTT: Final = _metric("cctv_icmp_rtt_seconds", "Round trip of the ping.")
TCP_UP: Final = _metric(
    "cctv_tcp_up", "1 when the port accepted a connection, 0 when it refused or was silent.", part="port"
)
TCP_CONNECT: Final = _metric("cctv_tcp_connect_seconds", "Time to open the TCP connection.", part="port")

# ---------------------------------------------------------------- identity and clock

DEVICE_INFO: Final = _metric(
    "cctv_device_info",
    "Who the device says it is (maker, model, firmware, serial, hardware, mac), joined by site and device.",
    part="label",
    type_=Type.INFO,
)
CLOCK_OFFSET: Final = _metric(
    "cctv_clock_offset_seconds", "Device clock minus the agent's clock, positive when the device is ahead."
)
CLOCK_NTP: Final = _metric(
    "cctv_clock_ntp", "1 when the device says it sets its clock by NTP, 0 when by hand."
)
UPTIME: Final = _metric("cctv_uptime_seconds", "Time since the device's SNMP agent started (sysUpTime).")
DEVICE_UPTIME: Final = _metric(
    "cctv_device_uptime_seconds", "Time since the device itself started (hrSystemUptime or the maker's own)."
)
ENGINE_BOOTS: Final = _metric(
    "cctv_snmp_engine_boots_total",
    "Times the device's SNMP agent started, as it says itself (snmpEngineBoots).",
    type_=Type.COUNTER,
)
REBOOTS: Final = _metric(
    "cctv_device_reboots_total",
    "Reboots of the device seen since it is watched; no wraps of its uptime, no restarts of its SNMP agent.",
    type_=Type.COUNTER,
)
AGENT_RESTARTS: Final = _metric(
    "cctv_snmp_agent_restarts_total",
    "Restarts of the device's SNMP agent seen while the device itself ran on.",
    type_=Type.COUNTER,
)

# ---------------------------------------------------------------- media as configured

VIDEO_SOURCES: Final = _metric("cctv_video_sources", "Video sources (channels) the device offers.")
PROFILE_INFO: Final = _metric(
    "cctv_profile_info",
    "How the profile of a stream is set: codec, resolution, frame rate, bitrate, in the label `profile`.",
    part="stream",
    type_=Type.INFO,
)
CONFIGURED_FPS: Final = _metric(
    "cctv_stream_configured_fps", "Frame-rate limit of the profile in the device's settings.", part="stream"
)
CONFIGURED_BITRATE: Final = _metric(
    "cctv_stream_configured_bitrate_bps",
    "Bitrate limit of the profile in the device's settings.",
    part="stream",
)
CONFIGURED_WIDTH: Final = _metric(
    "cctv_stream_configured_width_pixels", "Width of the picture in the device's settings.", part="stream"
)
CONFIGURED_HEIGHT: Final = _metric(
    "cctv_stream_configured_height_pixels", "Height of the picture in the device's settings.", part="stream"
)
CONFIGURED_CODEC: Final = _metric(
    "cctv_stream_configured_codec",
    "Codec in the device's settings, by the number in its name: 264, 265; 0 for another.",
    part="stream",
)
CONFIGURED_GOP: Final = _metric(
    "cctv_stream_configured_gop_frames",
    "Frames from one key frame to the next in the device's settings.",
    part="stream",
)

# ---------------------------------------------------------------- stream, from packets

STREAM_OPEN: Final = _metric(
    "cctv_stream_open_seconds", "Time from connecting to the first packet.", part="stream"
)
STREAM_FPS: Final = _metric(
    "cctv_stream_fps", "Frames per second by the stream's own timestamps.", part="stream"
)
STREAM_ARRIVAL_FPS: Final = _metric(
    "cctv_stream_arrival_fps", "Frames per second by the time they arrived.", part="stream"
)
STREAM_BITRATE: Final = _metric("cctv_stream_bitrate_bps", "Payload bits per second.", part="stream")
STREAM_GOP: Final = _metric("cctv_stream_gop_frames", "Frames from one key frame to the next.", part="stream")
STREAM_GAP: Final = _metric(
    "cctv_stream_largest_gap_seconds", "Longest pause between two frames by timestamps.", part="stream"
)
STREAM_STALL: Final = _metric(
    "cctv_stream_stalled",
    "1 when frames stopped or the stream ended before the check did, else 0.",
    part="stream",
)
STREAM_LOST: Final = _metric(
    "cctv_stream_lost_packets_ratio", "Share of RTP packets missing by sequence number.", part="stream"
)
STREAM_CORRUPT: Final = _metric(
    "cctv_stream_corrupt_frames_ratio", "Share of decoded frames the decoder had to repair.", part="stream"
)
STREAM_WIDTH: Final = _metric("cctv_stream_width_pixels", "Width of the picture.", part="stream")
STREAM_HEIGHT: Final = _metric("cctv_stream_height_pixels", "Height of the picture.", part="stream")
STREAM_DESCRIBE: Final = _metric(
    "cctv_stream_describe_seconds", "Time from connecting to the stream's description.", part="stream"
)
STREAM_INFO: Final = _metric(
    "cctv_stream_info",
    "What the stream sends: codec and profile, in the label `profile`.",
    part="stream",
    type_=Type.INFO,
)
STREAM_CODEC: Final = _metric(
    "cctv_stream_codec",
    "Codec that is sent, by the number in its name: 264, 265; 0 for another.",
    part="stream",
)
STREAM_KEY_BYTES: Final = _metric("cctv_stream_key_frame_bytes", "Size of a key frame.", part="stream")
STREAM_AUDIO: Final = _metric(
    "cctv_stream_audio",
    "1 when sound came with the stream, 0 when none did; absent when it could not be listened for.",
    part="stream",
)
STREAM_DELAY: Final = _metric(
    "cctv_stream_delay_seconds",
    "How long after it was taken a frame came, by the device's own clock: that clock's offset is in it.",
    part="stream",
)
STREAM_RESIZED: Final = _metric(
    "cctv_stream_resized", "1 when the picture changed its size within a check, else 0.", part="stream"
)
STREAM_UNCONFIRMED: Final = _metric(
    "cctv_stream_unconfirmed",
    "1 when a closer look did not show what a check suspected, else 0; the suspicion is then not counted.",
    part="stream",
)

# ---------------------------------------------------------------- picture, from key frames

PICTURE_LUMA: Final = _metric(
    "cctv_picture_luma_ratio", "Mean brightness, 0 black to 1 white.", part="stream"
)
PICTURE_LUMA_P99: Final = _metric(
    "cctv_picture_luma_p99_ratio", "Brightness that 99 % of the pixels stay below.", part="stream"
)
PICTURE_CONTRAST: Final = _metric(
    "cctv_picture_contrast_ratio",
    "Standard deviation of brightness, as a share of full scale.",
    part="stream",
)
PICTURE_SHARPNESS: Final = _metric(
    "cctv_picture_sharpness", "Variance of the Laplacian of the luma plane at 360 lines.", part="stream"
)
PICTURE_TEXTURE: Final = _metric(
    "cctv_picture_texture_ratio", "Share of picture blocks that show edges.", part="stream"
)
PICTURE_ENTROPY: Final = _metric(
    "cctv_picture_entropy_bits", "Entropy of the brightness histogram.", part="stream"
)
PICTURE_CHANGE: Final = _metric(
    "cctv_picture_change_luma",
    "Upper quartile over blocks of the mean luma difference between two key frames of a check, 0-255.",
    part="stream",
)
PICTURE_SPAN: Final = _metric(
    "cctv_picture_span_seconds", "Time between those two key frames.", part="stream"
)

# ---------------------------------------------------------------- picture, against the camera's own reference

PICTURE_FAULT: Final = _metric(
    "cctv_picture_fault_confidence_ratio",
    "How sure it is that something is wrong with the picture, 0 to 1; a fault from 0.5 on.",
    part="stream",
)
PICTURE_REFERENCE: Final = _metric(
    "cctv_picture_reference_looks",
    "Looks that the camera's reference was learnt from; 0 while there is none.",
    part="stream",
)
PICTURE_UNFIT: Final = _metric(
    "cctv_picture_unfit",
    "Why no reference can be taken: 1 black, 2 slate, 3 burnt, 4 noise, 5 flat, 6 blurred; 0 it can.",
    part="stream",
)
PICTURE_TURNING: Final = _metric(
    "cctv_picture_turning", "1 when the camera turns while it is looked at, else 0.", part="stream"
)
# How sure each fault of the picture is. Below 0.2, hidden by another fault or not to be told: absent.
PICTURE_SURE: Final[dict[str, Metric]] = {
    code: _metric(
        f"cctv_picture_{name}_confidence_ratio",
        f"How sure {code} is, 0.2 to 1; a fault from 0.5 on.",
        part="stream",
    )
    for code, name in {
        "IMG_NO_VIDEO": "no_video", "IMG_BLACK": "black", "IMG_MIRROR": "mirror", "IMG_ROLL": "roll",
        "IMG_INTERLACE": "interlace", "IMG_NOISE": "noise", "IMG_STRIPES": "stripes",
        "IMG_MOSAIC": "mosaic", "IMG_FLICKER": "flicker", "IMG_SHAKE": "shake", "IMG_MOVED": "moved",
        "IMG_COVER": "cover", "IMG_DIRT": "dirt", "IMG_BLUR": "blur", "IMG_FOG": "fog",
        "IMG_BRIGHT": "bright", "IMG_DARK": "dark", "IMG_IR": "infrared", "IMG_ICR": "infrared_filter",
        "IMG_CAST": "cast", "OSD_MISSING": "clock_missing", "OSD_STILL": "clock_still",
        "IMG_FREEZE": "freeze",
    }.items()
}  # fmt: skip
# Measure of `collectors.stream.pictures.window` -> what it is exported as, and its decimals.
PICTURE_MEASURES: Final[dict[str, tuple[Metric, int]]] = {
    name: (_metric(f"cctv_picture_{metric}", help_, part="stream"), digits)
    for name, metric, digits, help_ in (
        ("anchors", "structure_ratio", 2, "Share of the picture that always shows the same."),
        ("match", "match_ratio", 2, "Likeness to the reference where it always shows the same, -1 to 1."),
        ("fine", "focus_ratio", 2, "Fine detail against coarse, 1 as usual; blur lowers it."),
        ("light", "light_ratio", 2, "Brightness against the reference, 1 as usual."),
        ("gain", "gain_ratio", 2, "Contrast of edges against the reference, 1 as usual."),
        ("noise", "noise_luma", 1, "Standard deviation of the noise in flat places, luma steps."),
        ("cast", "cast_chroma", 1, "How far all colours moved together, steps of colour difference."),
        ("lost", "lost_ratio", 2, "Share of what always stands there that is gone, its place smooth."),
        ("shift", "shift_ratio", 3, "How far the picture lies aside, as a share of its width."),
        ("night", "night", 0, "1 when the picture has no colour, as by infrared light, else 0."),
    )
}

# ---------------------------------------------------------------- interfaces and power over Ethernet

PORT_UP: Final = _metric("cctv_port_up", "1 when the port's link is up (ifOperStatus), else 0.", part="port")
PORT_ADMIN_UP: Final = _metric(
    "cctv_port_admin_up", "1 when the port is switched on (ifAdminStatus).", part="port"
)
PORT_SPEED: Final = _metric("cctv_port_speed_bps", "Speed of the link.", part="port")
PORT_IN: Final = _metric("cctv_port_in_bytes_total", "Bytes received.", part="port", type_=Type.COUNTER)
PORT_OUT: Final = _metric("cctv_port_out_bytes_total", "Bytes sent.", part="port", type_=Type.COUNTER)
PORT_ERRORS: Final = _metric(
    "cctv_port_errors_total", "Frames received with errors.", part="port", type_=Type.COUNTER
)
PORT_PACKETS: Final = _metric(
    "cctv_port_in_packets_total",
    "Frames received without errors; without broadcasts.",
    part="port",
    type_=Type.COUNTER,
)
PORT_IN_RATE: Final = _metric(
    "cctv_port_in_bps", "Bits received per second since the poll before.", part="port"
)
PORT_OUT_RATE: Final = _metric(
    "cctv_port_out_bps", "Bits sent per second since the poll before.", part="port"
)
PORT_ERROR_RATIO: Final = _metric(
    "cctv_port_error_ratio",
    "Share of the frames received since the poll before that had errors.",
    part="port",
)
PORT_NEIGHBOURS: Final = _metric(
    "cctv_port_neighbours", "MAC addresses the switch has heard on the port of late.", part="port"
)
POE_DELIVERING: Final = _metric("cctv_poe_delivering", "1 when the port delivers power, else 0.", part="port")
POE_FAULT: Final = _metric(
    "cctv_poe_fault",
    "1 when the port's power is in fault (overload, short, invalid device), else 0.",
    part="port",
)
POE_DENIED: Final = _metric(
    "cctv_poe_denied_total",
    "Times the port was refused power (pethPsePortPowerDeniedCounter).",
    part="port",
    type_=Type.COUNTER,
)
POE_POWER: Final = _metric("cctv_poe_power_watts", "Power drawn from the supply.", part="supply")
POE_BUDGET: Final = _metric("cctv_poe_budget_watts", "Power the supply can give.", part="supply")
POE_THRESHOLD: Final = _metric(
    "cctv_poe_threshold_ratio", "Share of the supply's power at which the switch warns.", part="supply"
)

# ---------------------------------------------------------------- storage and health

DISK_OK: Final = _metric(
    "cctv_disk_ok", "1 when the device calls the disk well, 0 when it calls it failed.", part="disk"
)
DISK_WARNING: Final = _metric(
    "cctv_disk_warning",
    "1 when the device calls the disk neither well nor failed (unformatted, repairing, a warning), else 0.",
    part="disk",
)
DISK_BAD_SECTORS: Final = _metric("cctv_disk_bad_sectors", "Sectors the disk gave up.", part="disk")
DISK_PENDING: Final = _metric(
    "cctv_disk_pending_sectors", "Sectors the disk could not read and waits to give up.", part="disk"
)
DISK_LIFE: Final = _metric("cctv_disk_life_left_ratio", "Share of its life the disk has left.", part="disk")
RAID_OK: Final = _metric(
    "cctv_raid_ok", "1 when the array or volume is whole, 0 when it crashed.", part="array"
)
RAID_WARNING: Final = _metric(
    "cctv_raid_warning",
    "1 when the array lost a disk or is being rebuilt, checked or changed, else 0.",
    part="array",
)
DISK_SIZE: Final = _metric("cctv_disk_size_bytes", "Capacity.", part="disk")
DISK_USED: Final = _metric("cctv_disk_used_ratio", "Used share of the capacity.", part="disk")
CPU_USED: Final = _metric("cctv_cpu_used_ratio", "Processor load.")
MEMORY_USED: Final = _metric("cctv_memory_used_ratio", "Used share of main memory.")
LOAD: Final = _metric(
    "cctv_load_average", "Processes that run or wait to, on average over 1, 5 or 15 minutes.", part="average"
)
TEMPERATURE: Final = _metric("cctv_temperature_celsius", "Temperature.", part="sensor")
TEMPERATURE_OK: Final = _metric(
    "cctv_temperature_ok", "1 when the device calls its temperature well, else 0.", part="sensor"
)
FAN_OK: Final = _metric("cctv_fan_ok", "1 when the device calls the fan well, 0 when failed.", part="fan")
FAN_SPEED: Final = _metric("cctv_fan_speed_rpm", "Speed of the fan, in turns per minute.", part="fan")
SUPPLY_OK: Final = _metric(
    "cctv_power_supply_ok", "1 when the device calls the power supply well, 0 when failed.", part="supply"
)
CAMERA_ALARM: Final = _metric(
    "cctv_camera_alarm",
    "1 while the camera itself reports it (tampering, defocus, fog, shock, temperature), else 0.",
    part="alarm",
)
CASING_OPEN: Final = _metric(
    "cctv_casing_open", "1 when the casing of the device is open, 0 when closed.", part="casing"
)
CHANNEL_OK: Final = _metric(
    "cctv_channel_ok", "1 when a recorder or encoder gets the picture of the channel, else 0.", part="channel"
)

# ---------------------------------------------------------------- PTZ function test (opt-in)

PTZ_ARRIVED: Final = _metric(
    "cctv_ptz_arrived", "1 when the test reached the preset, 0 when it did not.", part="preset"
)
PTZ_TRAVEL: Final = _metric(
    "cctv_ptz_travel_seconds", "Time the camera took from the test's other preset to this one.", part="preset"
)
PTZ_TRAVEL_USUAL: Final = _metric(
    "cctv_ptz_travel_usual_seconds", "Median of that time in the camera's first five tests.", part="preset"
)
PTZ_OFFSET: Final = _metric(
    "cctv_ptz_offset_ratio",
    "How far from the preset the camera stood still, as a share of its range.",
    part="preset",
)
PTZ_PICTURE_MATCH: Final = _metric(
    "cctv_ptz_picture_match_ratio",
    "How alike the picture at the preset and its reference are by their edges, 0 to 1.",
    part="preset",
)
PTZ_RETURNED: Final = _metric(
    "cctv_ptz_returned", "1 when the camera stands where it stood before the test, else 0."
)

# ---------------------------------------------------------------- told by the device itself (ONVIF events)

EVENT_STATE: Final = _metric(
    "cctv_event_state",
    "1 while the device reports this trouble by an ONVIF event, 0 while it says that all is well.",
    part="event",
)
EVENTS_SEEN: Final = _metric(
    "cctv_events_total",
    "Times trouble began by ONVIF event since the device is watched.",
    part="event",
    type_=Type.COUNTER,
)
EVENT_SUBSCRIPTIONS: Final = _metric(
    "cctv_event_subscriptions_total",
    "Event subscriptions made at the device since it is watched; it grows when one died.",
    type_=Type.COUNTER,
)
DEVICE_REBOOTS_DAY: Final = _metric(
    "cctv_device_reboots_day", "Restarts of the device in the last 24 h that it told itself by ONVIF event."
)

# ---------------------------------------------------------------- UPS (UPS-MIB, RFC 1628)

UPS_ON_BATTERY: Final = _metric("cctv_ups_on_battery", "1 when the load runs from the battery, 0 on mains.")
UPS_BATTERY_OK: Final = _metric(
    "cctv_ups_battery_ok", "1 when the battery is normal, 0 when low or depleted."
)
UPS_CHARGE: Final = _metric("cctv_ups_charge_ratio", "Charge of the battery.")
UPS_RUNTIME: Final = _metric("cctv_ups_runtime_seconds", "Time the battery is expected to last.")
UPS_ON_BATTERY_SECONDS: Final = _metric(
    "cctv_ups_on_battery_seconds", "Time the load has run from the battery."
)
UPS_LOAD: Final = _metric("cctv_ups_load_ratio", "Output load as a share of what the UPS can carry.")
UPS_REPLACE: Final = _metric("cctv_ups_replace_battery", "1 when the UPS asks for a new battery, else 0.")
UPS_TEST_OK: Final = _metric(
    "cctv_ups_test_ok", "1 when the newest self test passed, 0 when it failed or warned."
)
UPS_OUTPUT_OFF: Final = _metric("cctv_ups_output_off", "1 when the UPS gives no power to its load, else 0.")
UPS_BYPASS: Final = _metric("cctv_ups_bypass", "1 when the load runs past the UPS, unprotected, else 0.")
UPS_INPUT: Final = _metric("cctv_ups_input_volts", "Mains voltage.", part="line")

# ---------------------------------------------------------------- what a device is set to and has

NETWORK_INFO: Final = _metric(
    "cctv_network_info",
    "How the device is set on the network (address, dhcp, gateway, dns, ntp, hostname).",
    part="label",
    type_=Type.INFO,
)
SOURCE_LISTED: Final = _metric(
    "cctv_video_source_listed", "1 for each video source that the device lists, by its token.", part="source"
)
SNAPSHOT_OK: Final = _metric(
    "cctv_snapshot_ok",
    "1 when the device's own snapshot is a picture, 0 when it is something else or none.",
    part="stream",
)
SNAPSHOT_BYTES: Final = _metric(
    "cctv_snapshot_size_bytes", "Size of the device's own snapshot.", part="stream"
)
OSD_CLOCK: Final = _metric(
    "cctv_osd_clock", "1 when date and time are written into the picture, else 0.", part="source"
)
OSD_ELEMENTS: Final = _metric("cctv_osd_elements", "Things written into the picture.", part="source")
IMAGING_LEVEL: Final = _metric(
    "cctv_imaging_level",
    "A setting of the image sensor (brightness, contrast, …), on the device's own scale.",
    part="source and setting",
)
IR_CUT_AUTO: Final = _metric(
    "cctv_imaging_ir_cut_auto",
    "1 when the camera switches between day and night by itself, 0 when it is fixed.",
    part="source",
)
FOCUS_MOVING: Final = _metric(
    "cctv_imaging_focus_moving", "1 while the focus moves, 0 when it rests.", part="source"
)
PTZ_POSITION: Final = _metric(
    "cctv_ptz_position",
    "Where a PTZ looks, on the device's own scale (-1 to 1 for pan and tilt, 0 to 1 for zoom, mostly).",
    part="channel and axis",
)
PTZ_MOVING: Final = _metric("cctv_ptz_moving", "1 while a PTZ moves, 0 when it rests.", part="channel")
PTZ_ERROR: Final = _metric("cctv_ptz_error", "1 while a PTZ reports an error, else 0.", part="channel")
INPUTS: Final = _metric("cctv_digital_inputs", "Alarm inputs the device lists.")
RELAYS: Final = _metric("cctv_relays", "Relays the device lists.")
STORAGES: Final = _metric("cctv_storages", "Storages the device lists.")
INPUT_LISTED: Final = _metric(
    "cctv_digital_input_listed", "1 for each alarm input that the device lists, by its token.", part="input"
)
RELAY_LISTED: Final = _metric(
    "cctv_relay_listed", "1 for each relay that the device lists, by its token.", part="relay"
)
USERS: Final = _metric("cctv_users", "Accounts the device has.")
DEFAULT_ACCOUNTS: Final = _metric(
    "cctv_default_account",
    "1 for each account with the name of a factory account that could be removed, 0 for one that could not.",
    part="user",
)
CERT_EXPIRES: Final = _metric(
    "cctv_certificate_expires_timestamp_seconds",
    "When a server certificate ends; https is the one shown on the connection.",
    part="certificate",
)
TLS_PINNED: Final = _metric(
    "cctv_tls_certificate_pinned",
    "1 when the certificate shown is the pinned one, 0 when it is another.",
)
STORAGE_LISTED: Final = _metric(
    "cctv_storage_listed", "1 for each storage that the device lists, by its token.", part="storage"
)

# ---------------------------------------------------------------- recording (ONVIF Profile G)

RECORDING_ACTIVE: Final = _metric(
    "cctv_recording_active",
    "1 when the recorder says it records the channel, 0 when it says it does not, though it is told to.",
    part="channel",
)
RECORDING_OLDEST: Final = _metric(
    "cctv_recording_oldest_timestamp_seconds", "When the oldest recording begins.", part="channel"
)
RECORDING_NEWEST: Final = _metric(
    "cctv_recording_newest_timestamp_seconds", "When the newest recording ends.", part="channel"
)
RECORDING_MISSING: Final = _metric(
    "cctv_recording_missing_seconds",
    "Time that should have been recorded since the newest recording ended.",
    part="channel",
)
RETENTION: Final = _metric(
    "cctv_recording_retention_seconds", "Age of the oldest recording that is kept.", part="channel"
)
RETENTION_GOAL: Final = _metric(
    "cctv_recording_retention_goal_seconds", "How long recordings should be kept.", part="channel"
)
RECORDED: Final = _metric(
    "cctv_recording_recorded_seconds",
    "Time recorded on the day before, within what should be recorded.",
    part="channel",
)
REQUIRED: Final = _metric(
    "cctv_recording_required_seconds",
    "Time that should have been recorded on the day before.",
    part="channel",
)
COMPLETENESS: Final = _metric(
    "cctv_recording_completeness_ratio",
    "Recorded time over required time of the day before.",
    part="channel",
)
RECORDING_GAPS: Final = _metric(
    "cctv_recording_gaps", "Gaps on the day before, within what should be recorded.", part="channel"
)
LONGEST_GAP: Final = _metric(
    "cctv_recording_longest_gap_seconds", "The longest gap of the day before.", part="channel"
)

# ---------------------------------------------------------------- how asking went

VALUES_UNREADABLE: Final = _metric(
    "cctv_unreadable_values_total",
    "Values a device gave that could not be read; they are absent, never 0.",
    part="protocol",
    type_=Type.COUNTER,
)
MALFORMED_REPLIES: Final = _metric(
    "cctv_malformed_replies_total",
    "Replies that could be read only by repairing them.",
    part="protocol",
    type_=Type.COUNTER,
)

METRICS: Final[dict[str, Metric]] = dict(_ALL)

# ---------------------------------------------------------------- what the agent says of its own accord


@dataclass(frozen=True, slots=True)
class AgentMetric:
    """A metric the agent exports about its judgement or itself; `labels` come after `site`."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    type: Type = Type.GAUGE


def _agent_metric(name: str, help_: str, *labels: str, type_: Type = Type.GAUGE) -> AgentMetric:
    metric = AgentMetric(name, help_, labels, type_)
    AGENT_METRICS[name] = metric
    return metric


AGENT_METRICS: Final[dict[str, AgentMetric]] = {}

DEVICE_UP: Final = _agent_metric(
    "cctv_device_up", "1 when the device answers, 0 when it is lost; absent while unknown.", "device"
)
DEVICE_HEALTH: Final = _agent_metric(
    "cctv_device_health", "1 for the state the device is in: ok, fault or unknown.", "device", "state"
)
DEVICE_META: Final = _agent_metric(
    "cctv_inventory_info", "What the inventory says of a device; always 1.",
    "device", "kind", "name", "place", "parent", "address",
)  # fmt: skip
FAULT_OPEN: Final = _agent_metric(
    "cctv_fault_open", "1 for each open fault.", "device", "part", "code", "severity"
)
INCIDENT_OPENED: Final = _agent_metric(
    "cctv_incident_opened_timestamp_seconds", "When the fault behind an open incident was first seen.",
    "device", "part", "code", "severity",
)  # fmt: skip
INCIDENT_DEVICES: Final = _agent_metric(
    "cctv_incident_devices", "Devices that an open incident concerns, those behind its cause included.",
    "device", "part", "code", "severity",
)  # fmt: skip
INCIDENTS_OPEN: Final = _agent_metric("cctv_incidents_open", "Open incidents (one ticket each).", "severity")
INCIDENTS_TOTAL: Final = _agent_metric(
    "cctv_incidents_total", "Incidents since the agent started, by what happened to them.", "change",
    type_=Type.COUNTER,
)  # fmt: skip
TICKETS_OPEN: Final = _agent_metric("cctv_tickets_open", "Open work orders (a ticket each).", "state")
TICKET_CLOCK_LEFT: Final = _agent_metric(
    "cctv_ticket_clock_left_seconds",
    "Time left of a running contract clock; negative once it ran out, still while it is paused.",
    "device", "part", "code", "clock",
)  # fmt: skip
TICKET_CLOCKS_BREACHED: Final = _agent_metric(
    "cctv_ticket_clocks_breached_total", "Contract clocks that ran out, ever.", "clock", type_=Type.COUNTER
)
RETESTS: Final = _agent_metric(
    "cctv_retests_total", "Re-tests of repairs since the agent started, by how they ended.", "result",
    type_=Type.COUNTER,
)  # fmt: skip
CHECK_SUCCESS: Final = _agent_metric(
    "cctv_check_success", "1 when the newest check told us something, else 0.", "device", "collector"
)
CHECK_DURATION: Final = _agent_metric(
    "cctv_check_duration_seconds", "How long the newest check took.", "device", "collector"
)
CHECK_LAST_SUCCESS: Final = _agent_metric(
    "cctv_check_last_success_timestamp_seconds", "When a check last told us something.", "device", "collector"
)
PARENT_CONTRADICTED: Final = _agent_metric(
    "cctv_parent_contradicted",
    "1 where what the switches see disagrees with the inventory: `why` is operator, shared_mac or ring.",
    "device", "why", "given", "seen",
)  # fmt: skip
LEARNING_PROGRESS: Final = _agent_metric(
    "cctv_learning_progress_ratio",
    "How much of what knowing a day needs was learnt of the device's series, their mean; 1 after seven days.",
    "device",
)
UNUSUAL_SERIES: Final = _agent_metric(
    "cctv_unusual_series",
    "Series that were unlike their past in the last hour, at most 20; evidence, no fault.",
    "device",
)
UNLIKE_SIBLINGS: Final = _agent_metric(
    "cctv_unlike_siblings_score",
    "How unlike others of its kind the device is; above 1 as one in a thousand; absent while unknown.",
    "device",
)
ANOMALY_SCORE: Final = _agent_metric(
    "cctv_anomaly_score",
    "How unlike its past a series was in the last hour; of at most 200 series. Evidence, no fault.",
    "device", "part", "metric",
)  # fmt: skip
AGENT_INFO: Final = _agent_metric(
    "cctv_agent_info", "The agent's version, and where its pages are reached; always 1.", "version", "pages"
)
AGENT_DEVICES: Final = _agent_metric("cctv_agent_devices", "Devices in the inventory.")
AGENT_START: Final = _agent_metric("cctv_agent_start_timestamp_seconds", "When the agent started.")
AGENT_CHECKS: Final = _agent_metric(
    "cctv_agent_checks_total", "Checks started.", "collector", type_=Type.COUNTER
)
AGENT_CHECKS_LATE: Final = _agent_metric(
    "cctv_agent_checks_late_total", "Checks started later than a tenth of their interval (at least 1 s).",
    "collector", type_=Type.COUNTER,
)  # fmt: skip
AGENT_CHECKS_SKIPPED: Final = _agent_metric(
    "cctv_agent_checks_skipped_total", "Rounds left out because the one before had not ended.", "collector",
    type_=Type.COUNTER,
)  # fmt: skip
AGENT_TRAPS: Final = _agent_metric(
    "cctv_agent_traps_total",
    "SNMP notifications received: accepted, from an unknown sender, refused (community, keys), limited.",
    "result",
    type_=Type.COUNTER,
)
AGENT_LAG: Final = _agent_metric(
    "cctv_agent_lag_seconds", "Start of the newest check after its due time.", "collector"
)
AGENT_LOOP_LAG: Final = _agent_metric(
    "cctv_agent_loop_lag_seconds", "99th percentile over a minute of how late the agent's loop wakes up."
)
AGENT_STORE_OK: Final = _agent_metric(
    "cctv_agent_store_ok", "1 while the history can be written, 0 while it is kept in memory only."
)
OUTBOX_PENDING: Final = _agent_metric("cctv_outbox_pending", "Messages that wait to leave.", "outbox")
OUTBOX_OLDEST: Final = _agent_metric(
    "cctv_outbox_oldest_seconds", "Age of the oldest message that waits to leave.", "outbox"
)
OUTBOX_SENT: Final = _agent_metric(
    "cctv_outbox_sent_total", "Messages that left and were acknowledged.", "outbox", type_=Type.COUNTER
)
OUTBOX_REFUSED: Final = _agent_metric(
    "cctv_outbox_refused_total", "Messages the other side refused.", "outbox", type_=Type.COUNTER
)
OUTBOX_DEAD: Final = _agent_metric(
    "cctv_outbox_dead_letters", "Steps of tickets that the helpdesk will not take: a person must look.",
    "outbox",
)  # fmt: skip
OUTBOX_DROPPED: Final = _agent_metric(
    "cctv_outbox_dropped_total", "Telemetry dropped, oldest first, because the outbox was full.", "outbox",
    type_=Type.COUNTER,
)  # fmt: skip
MQTT_CONNECTED: Final = _agent_metric("cctv_mqtt_connected", "1 while the broker is connected, else 0.")
