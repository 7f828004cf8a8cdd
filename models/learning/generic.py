"""How to read a metric that the table of components does not know: by its name, and by its values.

Names are those of the field: IF-MIB and UPS-MIB objects, SMART attributes by number or words, and what people
call things. Ends are the component's own, in the unit that a name tells, or of a public standard: IEEE 1188
(a lead-acid battery's capacity below 80 %, its internal resistance half as high again), SMART and NVMe (a
tenth of the spare left), GB 50348 (recordings of thirty days).
"""

import re
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from models.learning.measures import Component, Measure, Reduce, Scale, Toward
from models.learning.robust import Floats, median

_FALL, _RISE = Toward.FALLING, Toward.RISING

_COUNTER: Final = re.compile(
    r"total|count|error|packet|octet|discard|hours|cycles|event|retr|restart|reboot|flap"
)
FIRST_DAYS: Final = 42
NEVER_FALLS: Final = 0.98  # share of the differences from day to day of a counter that is seldom set back
FEW_DIFFERENCES: Final = 50

# What is measured beside a component to understand it, and says nothing of its wear.
_CONTEXT: Final = re.compile(
    r"ambient|uptime|bit_?rate|(^|_)load($|_)|hours|power_on|smart_\D*0*(9|12|188|190|193|194|199)(?!\d)|humidity|"
    r"battery_(temp|volt)|input_volt|output_volt|output_current|output_power|frequency"
)

# Words in names of metrics, by which way is worse. The first that is found decides.
_RISING: Final = (
    "error", "loss", "lost", "drop", "noise", "temp", "offset", "drift", "pending", "realloc", "bad_sector",
    "latency", "delay", "retr", "flap", "reboot", "resistance", "impedance", "watts", "power", "used",
    "jitter", "backlash", "vibration", "corrupt", "gap", "skew", "hot_pixel", "crc", "leak", "blur",
    "discard", "wear", "gain", "soft_block", "restart", "ripple", "deviation", "uncorrect", "fail",
    "timeout", "usage",
)  # fmt: skip
_FALLING: Final = (
    "luma", "bright", "light", "illum", "sharp", "contrast", "texture", "detail", "focus", "runtime",
    "minutes", "capacity", "charge", "soh", "health", "rpm", "fan_speed", "fps", "retention", "recorded",
    "life", "snr", "signal", "rssi", "remaining", "free", "days", "volt", "lux", "conductance", "available",
    "laplacian", "tenengrad", "mtf", "frame_rate", "margin",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Known:
    """Metrics of a component under other names. `limit` and `floor` are in `unit`."""

    words: str
    toward: Toward
    scale: Scale
    limit: float
    floor: float = 0.0
    shared: bool = True
    unit: str = ""
    reduce: Reduce = Reduce.MEDIAN


_UNITS: Final = {  # of one, as names tell it: the first that fits
    "share": ((r"percent|pct|prozent", 1e2), (r"promille", 1e3), (r"ppm|million|1e6", 1e6)),
    "seconds": ((r"(^|_)(us|usec|micros\w*)($|_)", 1e6), (r"(^|_)(ms|msec|millis\w*)($|_)|ms$", 1e3)),
}
_SHARE: Final = r".*(ratio|rate|share|percent|pct|ppm|million|1e6|promille)"


def _known(words: str, toward: Toward, scale: Scale, limit: float, **more: Any) -> _Known:
    """Return what is known of a metric that siblings' seasons say nothing about."""
    return _Known(words, toward, scale, limit, shared=False, **more)


_KNOWN: Final = {
    "ir_light": (
        _Known(r"blur|noise|gain|temp", _RISE, Scale.AUTO, 0.0),
        _Known(r"", _FALL, Scale.RATIO, 0.5),
    ),
    "lens": (
        _Known(r"blur|dirt|soil|haze|fog|cover|opacity|temp", _RISE, Scale.AUTO, 0.0),
        _Known(r"", _FALL, Scale.RATIO, 0.6),
    ),
    "sensor": (
        _Known(r"snr", _FALL, Scale.OFFSET, 6.0),  # decibels: noise doubled
        _Known(r"pixel|defect|temp|gain", _RISE, Scale.AUTO, 0.0),
        _Known(r"", _RISE, Scale.RATIO, 2.0),
    ),
    "link": (
        _Known(r"(loss|lost|error|drop|crc|retr|discard)" + _SHARE, _RISE, Scale.DECADES, 0.01, 1e-5,
               unit="share"),
        _Known(r"loss|lost", _RISE, Scale.DECADES, 0.01, 1e-5, unit="values"),
    ),
    "power": (
        _Known(r"volt", _FALL, Scale.RATIO, 0.9),
        _known(r"reboot|restart", _RISE, Scale.ABSOLUTE, 3 / 7, reduce=Reduce.GROWTH),  # a day
        _known(r"flap|brown", _RISE, Scale.AUTO, 0.0),
        _known(r"watt|power|current|_ma$|amp", _RISE, Scale.RATIO, 1.3),
    ),
    "ups_battery": (
        _Known(r"resist|impedance|ohm", _RISE, Scale.RATIO, 1.5),
        _Known(r"conductance|siemens", _FALL, Scale.RATIO, 0.7),
        _Known(r"", _FALL, Scale.RATIO, 0.8),
    ),
    "fan": (
        _Known(r"vibr|noise|pwm|duty|current", _RISE, Scale.AUTO, 0.0),
        _Known(r"temp|celsius|degc|kelvin|_c$", _RISE, Scale.OFFSET, 10.0),
        _known(r"rpm|speed|flow", _FALL, Scale.RATIO, 0.6),
    ),
    "memory": (
        _known(r"(us|util|mem|ram)" + _SHARE, _RISE, Scale.ABSOLUTE, 0.97, unit="share"),
        _known(r"used|usage", _RISE, Scale.ABSOLUTE, 0.97, unit="values"),
    ),
    "clock": (
        _Known(r"ppm", _RISE, Scale.AUTO, 0.0),
        _known(r"", _RISE, Scale.ABSOLUTE, 5.0, unit="seconds"),
    ),
    "disk": (
        _known(r"spare|life.?left|endurance|wear_?(out|level)", _FALL, Scale.ABSOLUTE, 0.1, unit="share"),
        _known(r"percentage_used|percent_used", _RISE, Scale.ABSOLUTE, 1.0, unit="share"),
        _known(r"pending|uncorrect|smart\D*(197|198|187)(?!\d)", _RISE, Scale.DECADES, 100.0, floor=1.0),
        _known(r"realloc|bad.?sector|grown|smart\D*0*5(?!\d)", _RISE, Scale.DECADES, 500.0, floor=1.0),
    ),
    "retention": (_known(r"day|hour|sec|retention|oldest", _FALL, Scale.RATIO, 0.7),),
    "ptz": (
        _known(r"(offset|error|devia)" + _SHARE, _RISE, Scale.ABSOLUTE, 0.02, unit="share"),
        _known(r"offset|error|devia", _RISE, Scale.ABSOLUTE, 0.02, unit="values"),
        _known(r"travel|time|sec|(^|_)ms($|_)", _RISE, Scale.RATIO, 1.5),
    ),
}  # fmt: skip


def measure_for(component: Component, metric: str, values: Floats | None = None) -> Measure:
    """Return how a metric of a component is read: as the table says, else by its name.

    Args:
        component: what wears.
        metric: its name.
        values: shape (series, days); where a name tells no unit they tell whether 1 or 100 is the whole.
    """
    for known in component.measures:
        if known.metric == metric:
            return known
    name = plain(metric)
    for one in _KNOWN.get(component.key, ()):
        if re.search(one.words, name) and _fits(one, name):
            unit = _unit(one, name, values)
            found = Measure(
                metric,
                one.toward,
                one.scale,
                one.limit * unit,
                floor=one.floor * unit,
                reduce=one.reduce,
                shared=one.shared,
            )
            return _standard(component.key, name, found, values)
    return Measure(metric, toward_of(metric), Scale.AUTO, 0.0)


def is_context(component: Component, metric: str) -> bool:
    """Whether a metric only helps to understand others: the weather, the load, the age."""
    return metric not in {one.metric for one in component.measures} and bool(_CONTEXT.search(plain(metric)))


def toward_of(metric: str) -> Toward:
    """Return which way is worse, as far as a metric's name tells."""
    name = plain(metric)
    for words, toward in ((_RISING, Toward.RISING), (_FALLING, Toward.FALLING)):
        if any(word in name for word in words):
            return toward
    return Toward.EITHER


def counts_on(metric: str, daily: Floats) -> bool:
    """Whether a metric only ever counts on, as `ifInErrors` does: its growth tells, not its value.

    Args:
        metric: its name.
        daily: values, shape (series, days).
    """
    if not _COUNTER.search(plain(metric)):
        return False
    grown = np.concatenate([np.diff(row[~np.isnan(row)]) for row in daily] or [np.zeros(0)])
    return bool(len(grown) > FEW_DIFFERENCES and np.mean(grown >= 0) >= NEVER_FALLS and np.any(grown > 0))


def plain(metric: str) -> str:
    """Return a name in small letters, its words apart by `_`: of `upsBatteryVoltage`, `SMART 197 raw`."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", metric)
    return re.sub(r"[^a-z0-9%]+", "_", apart.lower()).replace("%", "percent").strip("_")


def _fits(one: _Known, name: str) -> bool:
    """Whether a rule for all names of a component does not go against what this one says."""
    return bool(one.words) or toward_of(name) in (one.toward, Toward.EITHER)


def _unit(one: _Known, name: str, values: Floats | None) -> float:
    """Return how many of a metric's unit make one of the table's."""
    if one.unit != "values":
        return next((factor for words, factor in _UNITS.get(one.unit, ()) if re.search(words, name)), 1.0)
    usual = _usual(values)
    # Shares that would be past, or near, their end from the first day on are percent.
    too_much = 0.1 * one.limit if one.scale is Scale.DECADES else one.limit
    return 100.0 if usual > too_much else 1.0


def _standard(component: str, name: str, found: Measure, values: Floats | None) -> Measure:
    """Return a measure with the end that a standard names in the unit of its values, where one does."""
    usual = _usual(values)
    if component == "ups_battery" and re.search(r"capacity|soh|health", name) and 60 < usual < 110:
        return replace(found, scale=Scale.ABSOLUTE, limit=80.0, shared=False)
    if component == "retention" and "day" in name and 30 < usual < 90:
        return replace(found, scale=Scale.ABSOLUTE, limit=30.0)
    return found


def _usual(values: Floats | None) -> float:
    """Return the median over series of their first measured days; 0 where there are none."""
    if values is None or not np.isfinite(values).any():
        return 0.0
    return float(median(median(np.abs(values[:, :FIRST_DAYS]))[None])[0])
