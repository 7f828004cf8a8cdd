"""Why is a device silent? What the switch says of the port it hung on. No verdict: a hint in the ticket.

port up, power delivered, device silent     hung
port down, no power drawn                   cable, or the device is dead
power denied, supply faulty or full         power budget or supply
"""

from dataclasses import dataclass
from typing import Final

from models.facts import Cause, Device, Kind
from models.metrics import (
    POE_DELIVERING,
    POE_DENIED,
    POE_FAULT,
    PORT_ADMIN_UP,
    PORT_UP,
    SUPPLY_OK,
    Metric,
)
from models.rules.poe import is_full
from models.view import View

METRICS: Final = frozenset({PORT_UP.name, PORT_ADMIN_UP.name, POE_DELIVERING.name, POE_FAULT.name})
LACKS: Final = ("POE_SUPPLY", "POE_BUDGET")  # faults of a switch that leave ports without power
BEFORE_SECONDS: Final = 900.0  # power may have been refused this long before we called the device lost


@dataclass(frozen=True, slots=True)
class Port:
    """What a switch said of a port after the device behind it fell silent; None: not told.

    `crowd`: how many MACs were on it. `denied`: it was refused power. `supply_ok`, `full`: of the switch.
    """

    switch: str
    name: str
    crowd: int
    up: bool | None
    on: bool | None
    delivering: bool | None
    fault: bool | None
    denied: bool | None
    supply_ok: bool | None
    full: bool

    @property
    def is_unfed(self) -> bool:
        """Whether the switch could feed the port and does not."""
        return self.delivering is False and self.up is not True


def port(view: View, name: str, crowd: int, since: float) -> Port:
    """Return what a switch says of one of its ports now, by evidence taken after `since`.

    Args:
        view: the switch.
        name: the port.
        crowd: MACs seen on it.
        since: when the device behind it fell silent.
    """

    def says(metric: Metric) -> bool | None:
        sample = view.number(metric, name)
        return None if sample is None or sample.at < since else sample.value == 1

    denied = view.number(POE_DENIED, name)
    supplies = [s.value == 1 for part in view.parts(SUPPLY_OK) if (s := view.number(SUPPLY_OK, part))]
    return Port(
        switch=view.device.id,
        name=name,
        crowd=crowd,
        up=says(PORT_UP),
        on=says(PORT_ADMIN_UP),
        delivering=says(POE_DELIVERING),
        fault=says(POE_FAULT),
        denied=denied.grew_at >= since - BEFORE_SECONDS if denied is not None else None,
        supply_ok=all(supplies) if supplies else None,
        full=is_full(view),
    )


def cause(device: Device, seen: Port) -> Cause | None:
    """Return what probably lies behind a device's loss; None when its port tells nothing."""
    message = _hint(device, seen)
    if message is None:
        return None
    return Cause(message, {"switch": seen.switch, "port": seen.name, "others": float(max(0, seen.crowd - 1))})


def lack(seen: Port) -> str | None:
    """Return the fault of the switch that leaves a port without power, None when there is none.

    Where the switch counts refusals, only a port that was refused lacks power for that reason.
    """
    if not seen.is_unfed:
        return None
    if seen.supply_ok is False:
        return LACKS[0]
    return LACKS[1] if seen.denied else None


def _hint(device: Device, seen: Port) -> str | None:
    if seen.on is False:
        return "link.off"
    if seen.is_unfed and (power := _power_hint(seen)):
        return power
    if seen.up is None:
        return None
    if device.kind is Kind.SWITCH:
        return "link.switch_up" if seen.up else "link.switch_down"
    return _up_hint(seen) if seen.up else _down_hint(seen)


def _power_hint(seen: Port) -> str | None:
    if seen.supply_ok is False:
        return "link.supply"
    if seen.denied:
        return "link.denied"
    if seen.fault:
        return "link.power_fault"
    return "link.full" if seen.full and seen.denied is None else None


def _down_hint(seen: Port) -> str:
    if seen.delivering is None:
        return "link.down"
    return "link.down_fed" if seen.delivering else "link.down_unfed"


def _up_hint(seen: Port) -> str:
    if seen.crowd > 1:
        return "link.up_shared"
    return "link.up_fed" if seen.delivering else "link.up"
