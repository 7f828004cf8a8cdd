"""Prometheus: a custom Collector over the snapshot, so that removed devices vanish and absent is never 0.

cctv_<metric>{site, device[, channel][, part]}      readings, from the newest successful report
cctv_device_…, cctv_fault_open, cctv_agent_…        judgement and self, from the sources handed in
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from agent.snapshot import Snapshot
from models.facts import Reading, Report
from models.metrics import AGENT_METRICS, METRICS, AgentMetric, Type
from models.metrics import Metric as ReadingMetric

Family = CounterMetricFamily | GaugeMetricFamily


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of an agent metric; `labels` in the order the metric lists them."""

    metric: AgentMetric
    value: float
    labels: tuple[str, ...] = field(default=())


class SnapshotCollector(Collector):
    """Exports the snapshot, and what `sources` say at the time of the scrape.

    Args:
        site: value of the label `site`.
        snapshot: the newest reports.
        sources: functions that yield samples of agent metrics; each must be quick and thread-safe.
    """

    def __init__(
        self, site: str, snapshot: Snapshot, sources: Sequence[Callable[[], Iterable[Sample]]] = ()
    ) -> None:
        self._site = site
        self._snapshot = snapshot
        self._sources = tuple(sources)

    def describe(self) -> Iterator[Metric]:
        """Name every family: without it a filtered scrape (`name[]=`) is empty."""
        for reading in METRICS.values():
            yield _info(reading) if reading.type is Type.INFO else self._reading_family(reading)
        for own in AGENT_METRICS.values():
            yield self._agent_family(own)

    def collect(self) -> Iterator[Metric]:
        """Yield the families that have at least one value."""
        yield from self._readings(self._snapshot.reports())
        families: dict[str, Family] = {}
        for sample in (sample for source in self._sources for sample in source()):
            family = families.setdefault(sample.metric.name, self._agent_family(sample.metric))
            family.add_metric([self._site, *sample.labels], sample.value)
        yield from families.values()

    def _readings(self, reports: Iterable[Report]) -> Iterator[Metric]:
        families: dict[str, Family] = {}
        infos: dict[tuple[str, str, str], dict[str, str]] = {}
        for device, reading in _newest(reports):
            if isinstance(reading.value, str):
                key, labels = _info_labels(reading, reading.value)
                infos.setdefault((reading.metric.name, device, key), {}).update(labels)
            else:
                self._add(families, device, reading, reading.value)
        yield from families.values()
        yield from self._info_families(infos)

    def _add(self, families: dict[str, Family], device: str, reading: Reading, value: float) -> None:
        metric = reading.metric
        family = families.get(metric.name)
        if family is None:
            family = families[metric.name] = self._reading_family(metric)
        labels = [self._site, device]
        if metric.part == "stream":
            labels += _channel_and_part(reading.part)
        elif metric.part:
            labels.append(reading.part)
        family.add_metric(labels, value)

    def _info_families(self, infos: dict[tuple[str, str, str], dict[str, str]]) -> Iterator[Metric]:
        families: dict[str, InfoMetricFamily] = {}
        for (name, device, _), labels in infos.items():
            family = families.get(name)
            if family is None:
                family = families[name] = _info(METRICS[name])
            family.add_metric((), {"site": self._site, "device": device, **labels})
        yield from families.values()

    def _reading_family(self, metric: ReadingMetric) -> Family:
        parts = {"": (), "stream": ("channel", "part")}.get(metric.part, ("part",))
        return _family(metric.name, metric.help, metric.type, ("site", "device", *parts))

    def _agent_family(self, metric: AgentMetric) -> Family:
        return _family(metric.name, metric.help, metric.type, ("site", *metric.labels))


def _newest(reports: Iterable[Report]) -> Iterator[tuple[str, Reading]]:
    """Yield each series once: two collectors may read the same one, and the newer reading counts.

    Device by device: one table of all series of a site costs the garbage collector 0.2 s at 47,000.
    """
    for device, own in groupby(reports, key=lambda report: report.device):
        newest: dict[tuple[str, str], Reading] = {}
        for report in sorted(own, key=lambda report: report.at):
            for reading in report.readings:
                newest[reading.metric.name, reading.part] = reading
        for reading in newest.values():
            yield device, reading


def _channel_and_part(stream: str) -> tuple[str, str]:
    channel, _, part = stream.rpartition("/")
    return channel, part


def _info_labels(reading: Reading, text: str) -> tuple[str, dict[str, str]]:
    """Return which series a text goes to, and its labels: a series for each stream, one for all of the rest.

    A recorder of 64 channels would else have one series with 128 labels, more than central stores take.
    """
    if reading.metric.part != "stream":
        return "", {reading.part: text}
    channel, part = _channel_and_part(reading.part)
    return reading.part, {"channel": channel, "part": part, "profile": text}


def _info(metric: ReadingMetric) -> InfoMetricFamily:
    return InfoMetricFamily(metric.name.removesuffix("_info"), metric.help)


def _family(name: str, help_: str, type_: Type, labels: Sequence[str]) -> Family:
    if type_ is Type.COUNTER:
        return CounterMetricFamily(name.removesuffix("_total"), help_, labels=labels)
    return GaugeMetricFamily(name, help_, labels=labels)
