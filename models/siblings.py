"""What the site's other cameras show now: fog before one lens is water, before all of them it is fog."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from models.facts import Report
from models.metrics import PICTURE_FAULT, PICTURE_SURE
from models.picture_look import DAY, DUSK

FEWEST: Final = 3  # cameras beside this one, below which a site says nothing
LEAST_HITS: Final = 2
SITE_WIDE: Final = 0.4  # share of the cameras that must show it
# What weather, light and mains do to all cameras alike: any of a row says the same of a site.
GROUPS: Final[Mapping[str, frozenset[str]]] = {
    "fog": frozenset({"IMG_FOG"}),
    "rain": frozenset({"IMG_DIRT", "IMG_NOISE"}),
    "dark": frozenset({"IMG_DARK", "IMG_IR"}),
    "light": frozenset({"IMG_BRIGHT", "IMG_CAST", "IMG_ICR"}),
    "mains": frozenset({"IMG_FLICKER", "IMG_STRIPES"}),
}
GROUP_OF: Final = {code: group for group, codes in GROUPS.items() for code in codes}
OF_THE_SITE: Final = frozenset(GROUP_OF)
_CODES: Final = {metric.name: code for code, metric in PICTURE_SURE.items()}


class Shown(NamedTuple):
    """How many cameras were looked at of late, and which of them show each group."""

    cameras: int
    by: Mapping[str, tuple[str, ...]]

    def wide(self) -> frozenset[str]:
        """Return the groups that so many cameras show that it is the site's."""
        least = max(LEAST_HITS + 1, SITE_WIDE * self.cameras)
        enough = self.cameras > FEWEST
        return frozenset(group for group, who in self.by.items() if enough and len(who) >= least)


class Siblings:
    """The newest picture of each camera, as the codes that are plausible in it."""

    def __init__(self) -> None:
        self._shown: dict[str, tuple[float, frozenset[str]]] = {}

    def note(self, report: Report, sure: float) -> bool:
        """Take in a report; return whether it says anything of a picture.

        Args:
            report: of one device; a recorder counts as one camera.
            sure: confidence from which on a fault counts as shown.
        """
        if not any(one.metric is PICTURE_FAULT for one in report.readings):
            return False
        codes = frozenset(
            _CODES[one.metric.name]
            for one in report.readings
            if one.metric.name in _CODES and not isinstance(one.value, str) and one.value >= sure
        )
        self._shown[report.device] = report.at, codes
        return True

    def forget(self, device: str) -> None:
        """Forget a device that left the inventory."""
        self._shown.pop(device, None)

    def share(self, code: str, device: str, at: float, within: float) -> float:
        """Return the share of the other cameras that show a fault, 0 where too few were looked at of late.

        Args:
            code: of the fault; what says the same of a site counts as well.
            device: who asks, and is left out.
            at: now.
            within: seconds; older looks do not count.
        """
        wanted = GROUPS.get(GROUP_OF.get(code, ""), frozenset({code}))
        others = [codes for id_, codes in self._newest(at, within) if id_ != device]
        hits = sum(not wanted.isdisjoint(codes) for codes in others)
        return hits / len(others) if len(others) >= FEWEST and hits >= LEAST_HITS else 0.0

    def shown(self, at: float, within: float) -> Shown:
        """Return what all cameras show that were looked at within so many seconds."""
        newest = list(self._newest(at, within))
        by = {
            group: tuple(sorted(id_ for id_, shown in newest if not codes.isdisjoint(shown)))
            for group, codes in GROUPS.items()
        }
        return Shown(len(newest), by)

    def _newest(self, at: float, within: float) -> Iterable[tuple[str, frozenset[str]]]:
        return ((id_, codes) for id_, (seen, codes) in self._shown.items() if abs(at - seen) <= within)


def named(wide: Iterable[str], sun: float | None, *, power: bool) -> dict[str, str]:
    """Return which fault of the site explains each group that is shown all over it.

    Args:
        wide: the groups.
        sun: its elevation in degrees; None where the place of the site is not known.
        power: whether a fault of the site's power stands.
    """
    groups = frozenset(wide)
    lamps = power or "mains" in groups or _is_no_dusk(sun)
    dark = "SITE_POWER" if lamps else "SITE_DUSK"
    light = dark if {"dark", "mains"} & groups else "SITE_DUSK"
    rain = "SITE_FOG" if "fog" in groups else dark if "dark" in groups else "SITE_RAIN"
    cause = {"fog": "SITE_FOG", "rain": rain, "dark": dark, "light": light, "mains": "SITE_POWER"}
    return {group: cause[group] for group in groups}


def _is_no_dusk(sun: float | None) -> bool:
    """Whether light does not go by itself now: then what went out are lamps."""
    return sun is not None and not DUSK <= sun < DAY
