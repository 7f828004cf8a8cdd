"""Where does the power come from, and how long will it last? From the UPS-MIB (RFC 1628)."""

from collections.abc import Iterator
from typing import Final

from models.facts import Health, Verdict
from models.metrics import UPS_BATTERY_OK, UPS_CHARGE, UPS_ON_BATTERY, UPS_RUNTIME
from models.view import Sample, View

METRICS: Final = frozenset({UPS_ON_BATTERY.name, UPS_BATTERY_OK.name, UPS_CHARGE.name, UPS_RUNTIME.name})


def battery(view: View) -> Iterator[Verdict]:
    """POWER_BATTERY, then POWER_BATTERY_LOW (running out) or BATTERY_BAD (weak although mains is there)."""
    source = view.number(UPS_ON_BATTERY)
    if source is None:
        return
    on_battery = source.value == 1
    facts = _facts(view)
    detail = "power." + "_".join(("battery" if on_battery else "mains", *facts))
    health = Health.BAD if on_battery else Health.GOOD
    yield view.verdict("POWER_BATTERY", health, "", detail, source.at, **facts)
    yield _low(view, source, detail, facts)
    yield from _bad_battery(view, source, detail, facts)


def _facts(view: View) -> dict[str, float]:
    charge, runtime = view.number(UPS_CHARGE), view.number(UPS_RUNTIME)
    return {name: s.value for name, s in (("charge", charge), ("runtime", runtime)) if s is not None}


def _is_low(view: View) -> bool | None:
    """Whether the battery is low; None when the UPS does not tell."""
    limits = view.limits
    state, charge, runtime = view.number(UPS_BATTERY_OK), view.number(UPS_CHARGE), view.number(UPS_RUNTIME)
    if state is None and charge is None and runtime is None:
        return None
    return bool(
        (state is not None and state.value == 0)
        or (charge is not None and charge.value < limits.battery_low_charge_ratio)
        or (runtime is not None and runtime.value < limits.battery_low_runtime_seconds)
    )


def _low(view: View, source: Sample, detail: str, facts: dict[str, float]) -> Verdict:
    low = _is_low(view)
    if source.value == 1 and low is None:
        return view.verdict("POWER_BATTERY_LOW", Health.UNKNOWN, "", "unknown.not_told", view.at)
    health = Health.BAD if source.value == 1 and low else Health.GOOD
    return view.verdict("POWER_BATTERY_LOW", health, "", detail, source.at, **facts)


def _bad_battery(view: View, source: Sample, detail: str, facts: dict[str, float]) -> Iterator[Verdict]:
    state = view.number(UPS_BATTERY_OK)
    if state is None:
        return
    if source.value == 1:  # a battery that empties while it works is doing its duty
        yield view.verdict(
            "BATTERY_BAD", Health.UNKNOWN, "", "unknown.explained", view.at, by="POWER_BATTERY"
        )
        return
    health = Health.GOOD if state.value == 1 else Health.BAD
    yield view.verdict("BATTERY_BAD", health, "", detail, state.at, **facts)
