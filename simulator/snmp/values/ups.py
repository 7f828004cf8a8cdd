"""Uninterruptible power supplies by UPS-MIB (RFC 1628)."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from simulator.snmp import ber
from simulator.snmp.ber import Oid
from simulator.snmp.drift import Drift
from simulator.snmp.table import Cell, Row, scalar
from simulator.snmp.values.battery import RUNTIME_SECONDS, Battery, State
from simulator.snmp.values.box import Box
from simulator.snmp.values.interfaces import MEGABIT, interfaces, own_ports
from simulator.snmp.values.system import system

UPS: Final[Oid] = (1, 3, 6, 1, 2, 1, 33, 1)
ALARM_ENTRY: Final[Oid] = (*UPS, 6, 2, 1)
ON_BATTERY: Final[Oid] = (*UPS, 6, 3, 2)  # the well-known alarms
LOW_BATTERY: Final[Oid] = (*UPS, 6, 3, 3)
BATTERY_NORMAL: Final = 2
BATTERY_LOW: Final = 3
BATTERY_DEPLETED: Final = 4
SOURCE_NORMAL: Final = 3
SOURCE_BATTERY: Final = 5
_RATED_VA: Final = 1_500
_RATED_WATTS: Final = 900
_LINE: Final = (1,)
_VOLTS: Final = 230
_NO_TEST: Final = 6
_LITTLE: Final = 60.0  # bytes per second


def ups(box: Box) -> Iterator[Row]:
    """Yield all a UPS has."""
    battery = Battery(box)
    yield from system(box)
    yield from interfaces(box, own_ports(box, received=_LITTLE, sent=_LITTLE, speed_bps=100 * MEGABIT))
    yield from _group(1, _identity(box))
    yield from _group(2, _battery(box, battery))
    yield from _input(box, battery)
    yield from _output(box, battery)
    yield from _alarms(box, battery)
    yield from _group(7, {3: ber.integer(_NO_TEST)})
    yield from _group(9, _rating())


def _group(number: int, cells: dict[int, Cell]) -> Iterator[Row]:
    for column, cell in cells.items():
        yield scalar((*UPS, number, column), cell)


def _line(group: tuple[int, ...], cells: dict[int, Cell]) -> Iterator[Row]:
    for column, cell in cells.items():
        yield Row((*UPS, *group, column), _LINE, cell)


def _identity(box: Box) -> dict[int, Cell]:
    spec = box.spec
    texts = {1: spec.maker, 2: spec.model, 3: spec.firmware, 4: spec.firmware, 5: spec.name or spec.id, 6: ""}
    return {column: ber.text(text) for column, text in texts.items()}


def _battery(box: Box, battery: Battery) -> dict[int, Cell]:
    """Return the battery group; volts in tenths, minutes as long as the charge lasts."""
    warmth = box.drift("battery temperature", 22, 27, period=86_400.0)
    return {
        1: _of(battery, _status),
        2: lambda now: ber.integer(_seconds(battery.at(now), now)),
        3: _of(battery, lambda state: round(state.charge * RUNTIME_SECONDS / 60)),
        4: _of(battery, lambda state: round(state.charge * 100)),
        5: _of(battery, _tenths_of_volts),
        7: lambda now: ber.integer(round(warmth.at(now))),
    }


def _status(state: State) -> int:
    if state.charge <= 0:
        return BATTERY_DEPLETED
    return BATTERY_LOW if state.low else BATTERY_NORMAL


def _seconds(state: State, now: float) -> int:
    return int(now - state.since) if state.since is not None else 0


def _tenths_of_volts(state: State) -> int:
    """Two lead blocks in series: floating at 27.3 V, under load 25.4 V falling to 21.0 V."""
    return 273 if state.since is None else round(210 + 44 * state.charge)


def _input(box: Box, battery: Battery) -> Iterator[Row]:
    """Yield mains: losses, volts, hertz in tenths; nothing comes in while the UPS runs from its battery."""
    volts = box.drift("mains", 226, 235)
    yield from _group(3, {1: _counted_losses(battery), 2: ber.integer(1)})
    hertz = _of(battery, lambda state: 0 if _lost(state) else 500)
    yield from _line((3, 3, 1), {2: hertz, 3: _unless_lost(battery, volts)})


def _output(box: Box, battery: Battery) -> Iterator[Row]:
    """Yield where the load is fed from and what it takes: volts, tenths of amperes, watts, percent."""
    load = box.drift("load", 24, 38)
    source = _of(battery, lambda state: SOURCE_BATTERY if _lost(state) else SOURCE_NORMAL)
    yield from _group(4, {1: source, 2: ber.integer(500), 3: ber.integer(1)})
    cells = {
        2: ber.integer(_VOLTS),
        3: _scaled(load, _RATED_WATTS / 100 / _VOLTS * 10),
        4: _scaled(load, _RATED_WATTS / 100),
        5: _scaled(load, 1.0),
    }
    yield from _line((4, 4, 1), cells)


def _alarms(box: Box, battery: Battery) -> Iterator[Row]:
    """Yield the alarms: on battery, and battery low. A row is there while its alarm is."""
    yield from _group(6, {1: _of(battery, lambda state: _lost(state) + state.low, encode=ber.gauge32)})
    since = partial(_alarm_time, box)
    for number, (alarm, there) in enumerate(((ON_BATTERY, _lost), (LOW_BATTERY, _is_low)), start=1):
        name = ber.object_id(alarm)
        yield Row((*ALARM_ENTRY, 2), (number,), _while(battery, there, partial(_constant, name)))
        yield Row((*ALARM_ENTRY, 3), (number,), _while(battery, there, since))


def _constant(value: bytes, _state: State) -> bytes:
    return value


def _alarm_time(box: Box, state: State) -> bytes:
    """Return sysUpTime at which mains was lost; 0 for a battery that is low after mains came back."""
    return ber.time_ticks(max((state.since or 0.0) - box.life.booted_at, 0.0))


def _rating() -> dict[int, Cell]:
    """Return what it was built for: volts, hertz in tenths, volt-amperes, watts, minutes of warning."""
    numbers = {1: _VOLTS, 2: 500, 3: _VOLTS, 4: 500, 5: _RATED_VA, 6: _RATED_WATTS, 7: 5}
    return {column: ber.integer(number) for column, number in numbers.items()}


def _lost(state: State) -> bool:
    return state.since is not None


def _is_low(state: State) -> bool:
    return state.low


def _of(
    battery: Battery, value: Callable[[State], int], *, encode: Callable[[int], bytes] = ber.integer
) -> Cell:
    return lambda now: encode(value(battery.at(now)))


def _counted_losses(battery: Battery) -> Cell:
    return _of(battery, lambda state: state.losses, encode=ber.counter32)


def _unless_lost(battery: Battery, drift: Drift) -> Cell:
    return lambda now: ber.integer(0 if _lost(battery.at(now)) else round(drift.at(now)))


def _while(battery: Battery, there: Callable[[State], bool], value: Callable[[State], bytes]) -> Cell:
    def cell(now: float) -> bytes | None:
        state = battery.at(now)
        return value(state) if there(state) else None

    return cell


def _scaled(drift: Drift, factor: float) -> Cell:
    return lambda now: ber.integer(round(drift.at(now) * factor))
