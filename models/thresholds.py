"""Where good ends: every number that a rule compares with, in one place, so that a site can override it.

Each pair (bad, clear) is a hysteresis: a fault begins beyond the first and ends only beyond the second.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The thresholds of all rules: ratios 0-1, seconds; luma as a share of full scale or in steps (0-255)."""

    # Contract: warn at 3 s, fail at 5 s against the site's time (DOMAIN 5). Having failed: good below 3 s.
    clock_warn_seconds: float = 3.0
    clock_fail_seconds: float = 5.0
    # A clock off by whole or half hours has the wrong zone, not drift; beside that it may drift this much.
    clock_zone_slack_seconds: float = 60.0

    # 1 % of RTP lost damages 14 of 112 frames, 5 % spoils the picture (measured against a lossy server).
    stream_lost_bad_ratio: float = 0.02
    stream_lost_clear_ratio: float = 0.005
    # Damaged key frames. Under 1 % payload errors nearly each key frame is hit, so the limit can be high.
    stream_corrupt_bad_ratio: float = 0.25
    stream_corrupt_clear_ratio: float = 0.05

    # Black: p99 below 40 of 255, and flat. Camera makers' lists say a standard deviation below 8 of 255; the
    # white text on the screen alone gives 10, so it is 16 here.
    black_p99_ratio: float = 40 / 255
    black_contrast_ratio: float = 16 / 255
    black_clear_factor: float = 1.25

    # UPS-MIB calls the battery low by its own setting; these catch a UPS that leaves it unset (RFC 1628).
    battery_low_charge_ratio: float = 0.20
    battery_low_runtime_seconds: float = 300.0

    # PoE: where the switch names no threshold of its own (RFC 3621 leaves it to the switch, usually 80-99 %).
    poe_full_share: float = 0.95

    # More than this share of the site's devices lost at once, and at least so many: the site is dark.
    site_dark_share: float = 0.6
    site_dark_minimum: int = 5

    # A clock that is set by hand and this far off is kept right by nobody (it tells whole seconds).
    clock_by_hand_seconds: float = 2.0

    # Time to renew a certificate in.
    cert_expiring_seconds: float = 30 * 86400.0

    # Recording: nothing new for so long, although it should record, is stopped (files are closed each few
    # minutes to half an hour). Completeness and retention as in DOMAIN 5; a day's file more is no fault.
    recording_missing_seconds: float = 3600.0
    recording_complete_ratio: float = 0.98
    retention_share: float = 0.97
    # The oldest recording moved within this time: the recorder overwrites, its archive grows no more.
    retention_still_seconds: float = 2 * 86400.0

    # Restarts of a device in 24 h that are no maintenance any more.
    reboots_a_day: int = 3

    # Frames a second, as a share of what is set and usual, the lesser of them: a camera in the dark halves
    # them, and a loaded one drops some.
    stream_fps_bad_share: float = 0.45
    stream_fps_clear_share: float = 0.7
    # Bitrate: an encoder oversteps its own limit for seconds; scenes differ by some times, an empty or noisy
    # picture by ten. Having failed, a fifth further inside is good.
    stream_bitrate_over_limit: float = 1.8
    stream_bitrate_over_own: float = 5.0
    stream_bitrate_under_own: float = 0.05
    stream_bitrate_clear_factor: float = 0.8
    # Frames between key frames: twice as many double the wait for a picture; smart coding does so on purpose.
    stream_gop_bad_factor: float = 2.2
    stream_gop_clear_factor: float = 1.5
    # Pace of arrival against time stamps (a server at half speed shows 0.5), and age of a frame that comes.
    stream_pace_bad_share: float = 0.75
    stream_pace_clear_share: float = 0.9
    stream_delay_bad_seconds: float = 5.0
    stream_delay_clear_seconds: float = 2.0

    # PTZ function test: share of the range by which a preset is missed; likeness of the picture by its edges
    # (one that lies 4 % beside scores below 0.6); how much longer than usual the way takes.
    ptz_offset_ratio: float = 0.02
    ptz_match_ratio: float = 0.35
    ptz_slow_factor: float = 1.5
