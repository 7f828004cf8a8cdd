"""Writes `docs/metrics.md` and `docs/faults.md` from the catalogues: `python tools/catalogues.py`.

A test keeps the files equal to what this makes.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

TOP = Path(__file__).parents[1]
sys.path.insert(0, str(TOP))  # this checkout's catalogues, whichever Siteward is installed

from agent.units import show_duration  # noqa: E402
from models.faults import FAULTS  # noqa: E402
from models.metrics import AGENT_METRICS, METRICS, Metric, Type  # noqa: E402

DOCS = TOP / "docs"


def metrics_page() -> str:
    """Return the table of all metrics."""
    return "\n".join(_metric_lines()) + "\n"


def faults_page() -> str:
    """Return the table of all faults."""
    return "\n".join(_fault_lines()) + "\n"


def _metric_lines() -> Iterator[str]:
    yield "# Metrics"
    yield ""
    yield "Made from `models/metrics.py` by `python tools/catalogues.py`. Every series has the label `site`"
    yield "and, where it is about a device, `device`. A value that is not known has no series."
    yield ""
    yield "## Read from devices"
    yield ""
    yield "| metric | type | further labels | meaning |"
    yield "| --- | --- | --- | --- |"
    for metric in METRICS.values():
        yield f"| `{metric.name}` | {metric.type} | {_labels(metric)} | {metric.help} |"
    yield ""
    yield "## Said by the agent"
    yield ""
    yield "| metric | type | labels after `site` | meaning |"
    yield "| --- | --- | --- | --- |"
    for own in AGENT_METRICS.values():
        yield f"| `{own.name}` | {own.type} | {_code(own.labels)} | {own.help} |"


def _labels(metric: Metric) -> str:
    if metric.type is Type.INFO:
        return "what the device tells"
    if metric.part == "stream":
        return "`channel` (recorders), `part` (stream)"
    return f"`part` ({metric.part})" if metric.part else ""


def _code(labels: tuple[str, ...]) -> str:
    return " ".join(f"`{label}`" for label in labels)


def _fault_lines() -> Iterator[str]:
    yield "# Faults"
    yield ""
    yield "Made from `models/faults.py` by `python tools/catalogues.py`. The code is the same in metrics,"
    yield "messages and tickets. A fault opens when it was seen in as many looks *and* for as long as the"
    yield "table says, in a row where it does not say otherwise; it closes likewise."
    yield ""
    yield "| code | English | 中文 | severity | place | opens after | closes after |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for fault in FAULTS.values():
        hold = fault.hold
        opens = _hold(hold.open_count, hold.open_seconds, of=hold.open_of)
        closes = _hold(hold.close_count, hold.close_seconds)
        names = f"{fault.en} | {fault.zh}"
        yield f"| `{fault.code}` | {names} | {fault.severity} | {fault.place} | {opens} | {closes} |"


def _hold(looks: int, seconds: float, *, of: int = 0) -> str:
    return f"{looks}{f' of {of}' if of else ''} look{'s' * (max(looks, of) != 1)}, {show_duration(seconds)}"


if __name__ == "__main__":
    for name, page in (("metrics.md", metrics_page()), ("faults.md", faults_page())):
        (DOCS / name).write_text(page, encoding="utf-8")
        print(f"wrote docs/{name}")
