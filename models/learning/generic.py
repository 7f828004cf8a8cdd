"""How to read a metric that the table of components does not know: by its name and by its values."""

import re
from typing import Final

from models.learning.measures import Component, Measure, Scale, Toward

# Words in names of metrics, by which way is worse. The first that is found decides.
_RISING: Final = (
    "error", "loss", "lost", "drop", "noise", "temp", "offset", "drift", "pending", "realloc", "bad_sector",
    "latency", "delay", "retr", "flap", "reboot", "resistance", "watts", "power", "used", "jitter",
    "backlash", "vibration", "corrupt", "gap", "skew", "hot_pixel", "crc", "leak",
)  # fmt: skip
_FALLING: Final = (
    "luma", "bright", "light", "illum", "sharp", "contrast", "texture", "detail", "focus", "runtime",
    "minutes", "capacity", "charge", "soh", "health", "rpm", "fan_speed", "fps", "retention", "recorded",
    "life", "snr", "signal", "rssi", "remaining", "free", "days", "volt",
)  # fmt: skip
# A component's own end of life, for a metric of it under another name: a multiple of hand-over.
_ENDS: Final = {"ir_light": 0.5, "lens": 0.6, "sensor": 2.0, "ups_battery": 0.8, "power": 1.3}
# Shares of packets that are lost or damaged end at 1 % of them, in whatever unit a name says.
_LOSSES: Final = ("loss", "lost", "error", "drop", "crc", "retr")
# Sectors that were given up, or wait for it, by the names of SMART attributes or by their numbers.
_SECTORS: Final = (
    (re.compile(r"pending|uncorrect|smart\D*(197|198|187)(?!\d)"), 100.0),
    (re.compile(r"realloc|bad.?sector|smart\D*5(?!\d)"), 500.0),
)
_UNITS: Final = {"percent": 1e2, "pct": 1e2, "ppm": 1e6, "million": 1e6, "1e6": 1e6, "promille": 1e3}


def measure_for(component: Component, metric: str) -> Measure:
    """Return how a metric of a component is read: as the table says, else by its name."""
    for known in component.measures:
        if known.metric == metric:
            return known
    toward = toward_of(metric)
    end = _ENDS.get(component.key, 0.0)
    if end and toward is Toward.EITHER:
        toward = component.measures[0].toward
    if end and (end < 1) == (toward is Toward.FALLING):
        return Measure(metric, toward, Scale.RATIO, end)
    return _by_component(component.key, metric, toward) or Measure(metric, toward, Scale.AUTO, 0.0)


def _by_component(key: str, metric: str, toward: Toward) -> Measure | None:
    """Return how a metric is read whose end is the component's, whatever its name."""
    name = metric.lower()
    match key:
        case "fan" if toward is Toward.RISING and "temp" in name:
            return Measure(metric, toward, Scale.OFFSET, 10.0)
        case "fan" if toward is Toward.FALLING:
            return Measure(metric, toward, Scale.RATIO, 0.6)
        case "clock" if not name.endswith(("ms", "ppm")):
            return Measure(metric, Toward.RISING, Scale.ABSOLUTE, 5.0, shared=False)
        case "disk" if end := next((end for words, end in _SECTORS if words.search(name)), 0.0):
            return Measure(metric, Toward.RISING, Scale.DECADES, end, floor=1.0, shared=False)
        case "link" if _is_share_lost(name):
            unit = next((factor for word, factor in _UNITS.items() if word in name), 1.0)
            return Measure(metric, Toward.RISING, Scale.DECADES, 0.01 * unit, floor=1e-5 * unit)
    return None


def _is_share_lost(name: str) -> bool:
    return any(word in name for word in _LOSSES) and any(
        word in name for word in ("ratio", "rate", "share", *_UNITS)
    )


def toward_of(metric: str) -> Toward:
    """Return which way is worse, as far as a metric's name tells."""
    name = metric.lower()
    for words, toward in ((_RISING, Toward.RISING), (_FALLING, Toward.FALLING)):
        if any(word in name for word in words):
            return toward
    return Toward.EITHER
