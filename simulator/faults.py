"""Which faults the simulated devices can have, and which are on now."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from simulator.faults_events import EVENT_FAULTS, EVENT_QUIRKS
from simulator.faults_streams import STREAM_FAULTS
from simulator.onvif.quirks import FAULTS as ONVIF_FAULTS
from simulator.rtsp.damage import ALL

FAULTS: Final[dict[str, str]] = {
    "off": "no power: nothing answers on any port; a switch takes down all that hangs on it",
    "wrong_password": "the device's password was changed: ours is refused everywhere",
    "clock_offset": "the clock is ahead by 40 s times strength",
    **{name: damage.what for name, damage in ALL.items()},  # what a picture can have: simulator/rtsp/damage
    **STREAM_FAULTS,
    "disk_failed": "the first disk is failed",
    "disk_full": "the disks are full and the recorder overwrites: normal, no fault",
    "on_battery": "mains is lost, the UPS runs from its battery",
    **EVENT_FAULTS,
    **EVENT_QUIRKS,
    # what SNMP agents do wrong: simulator/snmp/quirks.py
    "snmp_silent": "SNMP answers nothing while all else works",
    "snmp_slow": "SNMP answers come late, by 3 s times strength",
    "snmp_other_source": "SNMP answers come from another address",
    "snmp_wrong_ids": "SNMP answers carry another request id",
    "snmp_truncated": "a share of the SNMP answers, as large as strength, is cut in half",
    "snmp_garbage": "a share of the SNMP answers, as large as strength, is rubbish",
    "snmp_errors": "each SNMP request is answered with genErr and the names as they came",
    "snmp_v1_only": "SNMP v1 is answered and nothing newer",
    "snmp_get_too_big": "a GET of more than 10 names is tooBig",
    "snmp_bulk_too_big": "a GETBULK of more than 5 rows is tooBig, with no bindings",
    "snmp_bulk_silent": "a GETBULK of more than 5 rows is not answered",
    "snmp_bulk_skips": "a GETBULK of more than 10 rows leaves every other one out",
    "snmp_bulk_few": "a GETBULK brings 3 rows at most",
    "snmp_oid_loop": "behind the last interface's name the first one comes again",
    "snmp_oid_disorder": "the interfaces' names do not come in order",
    "snmp_narrow_counters": "interfaces have no 64-bit counters",
    "snmp_counter_wrap": "32-bit octet counters wrap after half a megabyte times strength",
    "snmp_uptime_wrap": "sysUpTime wraps, as after 497 days, 10 s times strength after it was next asked for",
    "snmp_agent_restart": "the SNMP agent restarted and the device did not: sysUpTime and boots alone tell",
    "snmp_boots_reset": "the SNMPv3 engine forgot how often it booted",
    "snmp_same_engine": "the SNMPv3 engine id is that of every other device with this fault",
    "snmp_ifindex_moves": "interfaces have other indexes after each second boot",
    "snmp_empty_bay": "one more disk bay is listed, and nothing is in it",
    "snmp_bay_error": "asking for the first disk fails with genErr",
    "snmp_numbers_as_text": "makers' numbers come as text",
    "snmp_units_in_text": "makers' numbers come as text with PERCENT behind, whatever they are",
    "snmp_wrong_types": "makers' numbers come in another type of number",
    "snmp_sentinels": "makers' numbers come as -1, 65535 or 2147483647: they are not known",
    "snmp_latin1": "texts hold letters in Latin-1",
    "snmp_nul_padding": "texts are padded with NULs",
}
FAULTS.update(ONVIF_FAULTS)
MOST_STRENGTH: Final = 1e7  # puts a clock 12 years ahead; beyond lie dates that cannot be written


@dataclass(frozen=True, slots=True)
class Active:
    """One fault that is on."""

    fault: str
    strength: float
    since: float  # Unix seconds


Listener = Callable[
    [str, str, Active | None], None
]  # device, fault, and how it is on: None when switched off


class FaultBoard:
    """The faults that are on, by device. One board for the whole site; servers look here at each request.

    Args:
        parents: device id -> id of the device that feeds it.
    """

    def __init__(self, parents: dict[str, str]) -> None:
        self._parents = parents
        self._on: dict[tuple[str, str], Active] = {}
        self._listeners: list[Listener] = []
        self.changes = 0  # how often anything was switched

    def listen(self, listener: Listener) -> None:
        """Call `listener(device, fault, active)` after each switch; `active` is None when switched off."""
        self._listeners.append(listener)

    def forget(self, listener: Listener) -> None:
        """Call `listener` no more; nothing happens when it was not listening."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def switch_on(self, device: str, fault: str, *, strength: float = 1.0, at: float = 0.0) -> None:
        """Switch a fault on.

        Raises:
            KeyError: no such device or fault.
        """
        self._known(device, fault)
        self._on[device, fault] = Active(fault, strength, at)
        self._tell(device, fault)

    def switch_off(self, device: str, fault: str) -> None:
        """Switch a fault off; nothing happens when it is not on.

        Raises:
            KeyError: no such device or fault.
        """
        self._known(device, fault)
        if self._on.pop((device, fault), None) is not None:
            self._tell(device, fault)

    def strength(self, device: str, fault: str) -> float:
        """Return how strong a fault is now, 0.0 when it is off."""
        active = self._on.get((device, fault))
        return active.strength if active else 0.0

    def is_off(self, device: str) -> bool:
        """Whether the device has no power: its own, or that of what feeds it."""
        seen: set[str] = set()
        while device and device not in seen:
            if (device, "off") in self._on:
                return True
            seen.add(device)
            device = self._parents.get(device, "")
        return False

    def active(self) -> dict[tuple[str, str], Active]:
        """Return a copy of all that is on."""
        return dict(self._on)

    def _tell(self, device: str, fault: str) -> None:
        self.changes += 1
        for listener in tuple(self._listeners):
            listener(device, fault, self._on.get((device, fault)))

    def _known(self, device: str, fault: str) -> None:
        if device not in self._parents:
            raise KeyError(f"no device {device!r} on this site")
        if fault not in FAULTS:
            raise KeyError(f"no fault {fault!r}: choose one of {', '.join(FAULTS)}")
