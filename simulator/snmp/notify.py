"""Traps that a simulated device sends by itself when something happens to it or to what hangs on it."""

from collections.abc import Iterable, Iterator
from typing import Final

from simulator.faults import FaultBoard
from simulator.site import DeviceSpec, SiteSpec
from simulator.snmp import ber, pdu
from simulator.snmp.ber import Oid

_UPTIME: Final[Oid] = (1, 3, 6, 1, 2, 1, 1, 3, 0)
_TRAP: Final[Oid] = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)
_STANDARD: Final[Oid] = (1, 3, 6, 1, 6, 3, 1, 1, 5)
COLD_START: Final[Oid] = (*_STANDARD, 1)
LINK_DOWN: Final[Oid] = (*_STANDARD, 3)
LINK_UP: Final[Oid] = (*_STANDARD, 4)
_UPS: Final[Oid] = (1, 3, 6, 1, 2, 1, 33)
UPS_ON_BATTERY: Final[Oid] = (*_UPS, 2, 1)
UPS_ALARM_REMOVED: Final[Oid] = (*_UPS, 2, 4)
_ALARM_ON_BATTERY: Final[Oid] = (*_UPS, 1, 6, 3, 2)
_IF_ENTRY: Final[Oid] = (1, 3, 6, 1, 2, 1, 2, 2, 1)

Variable = tuple[Oid, bytes]
Event = tuple[Oid, tuple[Variable, ...]]


def unit(number: int, uptime: float, event: Event) -> bytes:
    """Return a SNMPv2-Trap-PDU (RFC 3416, section 4.2.6)."""
    oid, variables = event
    all_: Iterable[Variable] = ((_UPTIME, ber.time_ticks(uptime)), (_TRAP, ber.object_id(oid)), *variables)
    bindings = b"".join(pdu.binding(ber.encode_oid(name), value) for name, value in all_)
    return pdu.build(pdu.TRAP, number, bindings=bindings)


class Happenings:
    """What happened to one device since it was last looked at.

    Args:
        spec: the device.
        board: the faults of the site.
        site: what hangs on what.
    """

    def __init__(self, spec: DeviceSpec, board: FaultBoard, site: SiteSpec) -> None:
        self._spec, self._board = spec, board
        self._children = [one.id for one in site.devices if one.parent == spec.id]
        self._dead, self._dark, self._on_battery = self._state()

    def news(self) -> list[Event]:
        """Return what happened; nothing of a device without power."""
        before = (self._dead, self._dark, self._on_battery)
        self._dead, self._dark, self._on_battery = self._state()
        return [] if self._dead else list(self._changes(*before))

    def _state(self) -> tuple[bool, tuple[bool, ...], bool]:
        dark = tuple(map(self._board.is_off, self._children))
        on_battery = self._board.strength(self._spec.id, "on_battery") > 0
        return self._board.is_off(self._spec.id), dark, on_battery

    def _changes(self, dead: bool, dark: tuple[bool, ...], on_battery: bool) -> Iterator[Event]:  # noqa: FBT001
        if dead:
            yield COLD_START, ()
            return
        if self._spec.snmp is not None and self._spec.snmp.role == "switch":
            yield from self._links(dark)
        if on_battery != self._on_battery:
            yield _battery(lost=self._on_battery)

    def _links(self, before: tuple[bool, ...]) -> Iterator[Event]:
        for port, (was, is_) in enumerate(zip(before, self._dark, strict=True), start=1):
            if was != is_:
                state = ber.integer(2 if is_ else 1)
                cells = {1: ber.integer(port), 7: ber.integer(1), 8: state}
                variables = tuple(((*_IF_ENTRY, column, port), value) for column, value in cells.items())
                yield LINK_DOWN if is_ else LINK_UP, variables


def _battery(*, lost: bool) -> Event:
    """Return what a UPS tells when mains goes (RFC 1628, upsTraps) and when it is back."""
    if not lost:
        gone = (
            ((*_UPS, 1, 6, 2, 1, 1), ber.integer(1)),
            ((*_UPS, 1, 6, 2, 1, 2), ber.object_id(_ALARM_ON_BATTERY)),
        )
        return UPS_ALARM_REMOVED, gone
    left = ((*_UPS, 1, 2, 3, 0), ber.integer(45)), ((*_UPS, 1, 2, 2, 0), ber.integer(0))
    return UPS_ON_BATTERY, left
