"""How to read a metric that the table of components does not know: by its name, and by its values.

Names are those of the field: IF-MIB and UPS-MIB objects, SMART attributes by number or words, and what people
call things. Ends are the component's own, in the unit that a name tells, or of a public standard: IEEE 1188
(a lead-acid battery's capacity below 80 %, its internal resistance half as high again), SMART and NVMe (a
tenth of the spare left).
"""

import re
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.learning.measures import Component, Measure, Scale, Toward
from models.learning.robust import Floats

_FALL, _RISE = Toward.FALLING, Toward.RISING

_COUNTER: Final = re.compile(
    r"total|count|error|packet|octet|discard|hours|cycles|event|retr|restart|reboot|flap"
)
NEVER_FALLS: Final = 0.98  # share of the differences from day to day of a counter that is seldom set back
FEW_DIFFERENCES: Final = 50

# Words in names of metrics, by which way is worse. The first that is found decides.
_RISING: Final = (
    "error", "loss", "lost", "drop", "noise", "temp", "offset", "drift", "pending", "realloc", "bad_sector",
    "latency", "delay", "retr", "flap", "reboot", "resistance", "impedance", "watts", "power", "used",
    "jitter", "backlash", "vibration", "corrupt", "gap", "skew", "hot_pixel", "crc", "leak", "blur",
    "discard", "wear", "gain", "restart", "ripple", "deviation", "uncorrect", "fail", "timeout", "usage",
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


_UNITS: Final = {  # of one, as names tell it: the first that fits
    "share": ((r"percent|pct|prozent", 1e2), (r"promille", 1e3), (r"ppm|million|1e6", 1e6)),
    "seconds": ((r"(^|_)(us|usec|micros\w*)($|_)", 1e6), (r"(^|_)(ms|msec|millis\w*)($|_)|ms$", 1e3)),
}
_LOSS: Final = (
    r"(loss|lost|error|drop|crc|retr|discard).*(ratio|rate|share|percent|pct|ppm|million|1e6|promille)"
)
_KNOWN: Final = {
    "ir_light": (
        _Known(r"blur|noise|gain|temp", _RISE, Scale.AUTO, 0.0),
        _Known(r"", _FALL, Scale.RATIO, 0.5),
    ),
    "lens": (
        _Known(r"blur|dirt|soil|haze|fog|cover|opacity", _RISE, Scale.AUTO, 0.0),
        _Known(r"temp", _RISE, Scale.AUTO, 0.0),
        _Known(r"", _FALL, Scale.RATIO, 0.6),
    ),
    "sensor": (
        _Known(r"snr|psnr", _FALL, Scale.OFFSET, 6.0),  # decibels: noise doubled
        _Known(r"pixel|defect|temp|gain", _RISE, Scale.AUTO, 0.0),
        _Known(r"", _RISE, Scale.RATIO, 2.0),
    ),
    "power": (
        _Known(r"volt", _FALL, Scale.RATIO, 0.9),
        _Known(r"reboot|restart|flap|brown", _RISE, Scale.AUTO, 0.0, shared=False),
        _Known(r"watt|power|current|_ma$|amp", _RISE, Scale.RATIO, 1.3, shared=False),
    ),
    "ups_battery": (
        _Known(r"resist|impedance|ohm", _RISE, Scale.RATIO, 1.5),
        _Known(r"conductance|siemens", _FALL, Scale.RATIO, 0.7),
        _Known(r"temp", _RISE, Scale.OFFSET, 10.0),
        _Known(r"volt", _FALL, Scale.RATIO, 0.9),
        _Known(r"", _FALL, Scale.RATIO, 0.8),
    ),
    "fan": (
        _Known(r"vibr|noise|pwm|duty|current", _RISE, Scale.AUTO, 0.0),
        _Known(r"temp|celsius|degc|kelvin|_c$", _RISE, Scale.OFFSET, 10.0),
        _Known(r"rpm|speed|flow", _FALL, Scale.RATIO, 0.6, shared=False),
    ),
    "memory": (
        _Known(
            r"(us|util|mem|ram).*(ratio|percent|pct|share)",
            _RISE,
            Scale.ABSOLUTE,
            0.97,
            shared=False,
            unit="share",
        ),
    ),
    "clock": (
        _Known(r"ppm", _RISE, Scale.AUTO, 0.0),
        _Known(r"", _RISE, Scale.ABSOLUTE, 5.0, shared=False, unit="seconds"),
    ),
    "disk": (
        _Known(
            r"spare|life.?left|endurance|wear_?(out|level)",
            _FALL,
            Scale.ABSOLUTE,
            0.1,
            shared=False,
            unit="share",
        ),
        _Known(r"percentage_used|percent_used", _RISE, Scale.ABSOLUTE, 1.0, shared=False, unit="share"),
        _Known(
            r"pending|uncorrect|smart\D*(197|198|187)(?!\d)", _RISE, Scale.DECADES, 100.0, 1.0, shared=False
        ),
        _Known(
            r"realloc|bad.?sector|grown|smart\D*0*5(?!\d)", _RISE, Scale.DECADES, 500.0, 1.0, shared=False
        ),
    ),
    "link": (_Known(_LOSS, _RISE, Scale.DECADES, 0.01, 1e-5, unit="share"),),
    "retention": (_Known(r"day|hour|sec|retention|oldest", _FALL, Scale.RATIO, 0.7, shared=False),),
    "ptz": (
        _Known(r"travel|time|sec|(^|_)ms($|_)", _RISE, Scale.RATIO, 1.5, shared=False),
        _Known(
            r"(offset|error|devia).*(ratio|percent|pct|share)",
            _RISE,
            Scale.ABSOLUTE,
            0.02,
            shared=False,
            unit="share",
        ),
    ),
}


def measure_for(component: Component, metric: str) -> Measure:
    """Return how a metric of a component is read: as the table says, else by its name."""
    for known in component.measures:
        if known.metric == metric:
            return known
    name = plain(metric)
    for one in _KNOWN.get(component.key, ()):
        if re.search(one.words, name) and _fits(one, name):
            unit = _unit(one.unit, name)
            return Measure(
                metric, one.toward, one.scale, one.limit * unit, floor=one.floor * unit, shared=one.shared
            )
    return Measure(metric, toward_of(metric), Scale.AUTO, 0.0)


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


def _unit(kind: str, name: str) -> float:
    return next((factor for words, factor in _UNITS.get(kind, ()) if re.search(words, name)), 1.0)
