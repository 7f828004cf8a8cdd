"""The device's clock, read from GetSystemDateAndTime; odd values make it absent, never an error."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from collectors.onvif import xml
from collectors.onvif.xml import Element

_POSIX_ZONE: Final = re.compile(r"^(?:[A-Za-z]{3,}|<[^>]*>)([+-]?)(\d{1,2})(?::(\d{1,2}))?(?::(\d{1,2}))?")


@dataclass(frozen=True, slots=True)
class SystemTime:
    """What a device says of its clock.

    Attributes:
        utc: Unix seconds, whole; None when it gives no possible time.
        ntp: True by NTP, False by hand, None when it does not say.
    """

    utc: float | None
    ntp: bool | None


def system_time(response: Element) -> SystemTime:
    """Read a GetSystemDateAndTimeResponse (ONVIF Core, GetSystemDateAndTime).

    UTCDateTime counts; where it is missing, LocalDateTime and the time zone do.
    """
    told = xml.find(response, "SystemDateAndTime")
    utc = _moment(xml.find(told, "UTCDateTime"))
    if utc is None:
        utc = _from_local(told)
    kind = xml.text(told, "DateTimeType").upper()
    return SystemTime(utc, {"NTP": True, "MANUAL": False}.get(kind))


def _moment(element: Element | None) -> float | None:
    """Return Date and Time as Unix seconds, read as UTC; hours over 23, month 13 and their like are None."""
    names = ("Date/Year", "Date/Month", "Date/Day", "Time/Hour", "Time/Minute", "Time/Second")
    values = [xml.number(element, name) for name in names]
    if any(value is None for value in values):
        return None
    year, month, day, hour, minute, second = (int(value) for value in values if value is not None)
    leap = second == 60  # a leap second: the last that a day may show
    try:
        moment = datetime(year, month, day, hour, minute, 59 if leap else second, tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return moment.timestamp() + leap


def _from_local(told: Element | None) -> float | None:
    local = _moment(xml.find(told, "LocalDateTime"))
    west = zone_seconds(xml.text(told, "TimeZone/TZ"))
    if local is None or west is None:
        return None
    summer = xml.text(told, "DaylightSavings").lower() in {"true", "1"}
    return local + west - (3600 if summer else 0)


def zone_seconds(zone: str) -> float | None:
    """Return what to add to standard local time to get UTC, from a POSIX TZ string (`CST-8` is 8 h east).

    IEEE Std 1003.1, section 8.3: the sign is positive *west* of Greenwich.
    """
    match = _POSIX_ZONE.match(zone.strip())
    if match is None:
        return None
    sign, hours, minutes, seconds = match.groups()
    total = int(hours) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return float(-total if sign == "-" else total)


_ISO: Final = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d{0,12})?)?"
    r"\s*(Z|[+-]\d{1,2}(?::?\d{2})?)?"
)


def iso(text: str) -> float | None:
    """Return an xs:dateTime as Unix seconds, whole; one without a zone is UTC; None when it cannot be.

    Forgives a blank for the T, a missing zone, `+8` for `+08:00`, a leap second.
    """
    match = _ISO.fullmatch(text.strip()[:64])
    if match is None:
        return None
    *parts, second, zone = match.groups()
    year, month, day, hour, minute = (int(part) for part in parts)
    try:
        moment = datetime(year, month, day, hour, minute, min(int(second or 0), 59), tzinfo=UTC)
    except ValueError:
        return None
    return moment.timestamp() - _east(zone or "Z")


def _east(zone: str) -> float:
    if zone == "Z":
        return 0.0
    digits = zone[1:].replace(":", "")
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    return (hours * 3600.0 + minutes * 60.0) * (-1 if zone[0] == "-" else 1)
