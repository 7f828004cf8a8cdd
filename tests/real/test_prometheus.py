"""A real Prometheus scrapes a real agent: rules evaluate, every query of the dashboard has data, the page keeps its word.

One site for the whole module, with a few faults switched on.
"""

import math
import re
import urllib.request
from collections import Counter

import pytest
import pytest_asyncio
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from models.metrics import AGENT_METRICS, METRICS, Type
from tests.deploy import boards
from tests.deploy.live import CODES, FAULTS, LISTED, PAGES, SECRET, SILENT, missing, watched_site
from tests.deploy.test_rules import promtool

pytestmark = pytest.mark.real
RANGE = 60  # seconds that a dashboard would show

# What `promtool check metrics` says against a name that is kept.
KEPT_NAMES = {"cctv_picture_entropy_bits": "the entropy of a histogram is in bits; bytes would be nonsense"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def live(tmp_path_factory):
    async with watched_site(tmp_path_factory.mktemp("live")) as running:
        yield running


@pytest.fixture(scope="module")
def families(live):
    return list(read_text(live.page))


# ---------------------------------------------------------------- Prometheus


def test_the_agent_is_scraped(live):
    (up,) = live.prometheus.now('up{job="siteward"}')
    assert up["value"][1] == "1"
    (samples,) = live.prometheus.now("scrape_samples_scraped")
    assert float(samples["value"][1]) > 500


def test_all_rules_evaluate(live):
    found = [rule for group in live.prometheus.get("rules")["groups"] for rule in group["rules"]]
    assert len(found) == len(boards.rules())
    assert {(rule["name"], rule["health"], rule.get("lastError", "")) for rule in found} == {
        (rule["name"], "ok", "") for rule in found
    }
    for rule in boards.rules():
        if "record" in rule:
            assert live.prometheus.now(rule["record"])


def test_each_grave_incident_is_an_alert_and_the_agent_none(live):
    alerts = live.prometheus.get("alerts")["alerts"]
    grave = {a["labels"]["code"] for a in alerts if a["labels"]["alertname"] == "GraveIncidentOpen"}
    assert grave == {"DISK_FAILED", "POWER_BATTERY"}
    assert {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"} == {
        "GraveIncidentOpen"
    }


@pytest.mark.parametrize("target", boards.targets(), ids=str)
def test_a_query_of_the_dashboard_returns_data(live, target):
    expr = boards.filled(target.expr, live_site(live), seconds=RANGE)
    if target.instant:
        values = [series["value"][1] for series in live.prometheus.now(expr)]
    else:
        values = [value for series in live.prometheus.over(expr, RANGE) for _, value in series["values"]]
    assert any(math.isfinite(float(value)) for value in values), expr


@pytest.mark.parametrize("target", boards.targets(), ids=str)
def test_a_legend_fills_in_labels_that_the_series_have(live, target):
    panel = next(panel for panel in boards.panels() if panel["title"] == target.panel)
    wanted = set(
        re.findall(
            r"\{\{(\w+)\}\}", next(t for t in panel["targets"] if t["refId"] == target.ref)["legendFormat"]
        )
    )
    series = live.prometheus.over(boards.filled(target.expr, live_site(live), seconds=RANGE), RANGE)
    for one in series:  # a channel only recorders have; a part is "" for the whole device
        assert wanted - {"channel", "part"} <= one["metric"].keys()


@pytest.mark.parametrize(
    "panel", [p for p in boards.panels() if p["type"] == "table"], ids=lambda p: p["title"]
)
def test_a_tables_text_columns_are_labels_of_its_series(live, panel):
    kept = panel["transformations"][1]["options"]["include"]["names"]
    labels = {name for name in kept if not name.startswith("Value")}
    found = set()
    for target in panel["targets"]:
        for series in live.prometheus.now(boards.filled(target["expr"], live_site(live), seconds=RANGE)):
            found |= series["metric"].keys()
    assert labels <= found


@pytest.mark.parametrize(
    "panel",
    [p for p in boards.panels() if len(p["targets"]) > 1 and p["type"] == "table"],
    ids=lambda p: p["title"],
)
def test_the_queries_of_a_table_meet_in_the_same_rows(live, panel):
    rows = []
    for target in panel["targets"]:
        found = live.prometheus.now(boards.filled(target["expr"], live_site(live), seconds=RANGE))
        rows.append(
            [{k: v for k, v in series["metric"].items() if k not in {"name", "place"}} for series in found]
        )
    for more in rows[1:]:  # not all of them: a recorder tells the size of its volumes, but no state
        assert any(row in rows[0] for row in more)


@pytest.mark.parametrize("variable", boards.variables(), ids=lambda one: one["name"])
def test_a_variable_has_values(live, variable):
    query = boards.filled(variable["query"], live_site(live), seconds=RANGE)
    metric, label = re.fullmatch(r"label_values\((.+), (\w+)\)", query).groups()
    devices = {device.id for device in live.site.devices}
    expected = {"site": {live_site(live)}, "device": devices, "pages": {PAGES}}
    assert set(live.prometheus.label_values(metric, label)) == expected[variable["name"]]


# ---------------------------------------------------------------- the page


def test_promtool_finds_nothing_against_the_page(live):
    done = promtool("check", "metrics", stdin=live.page)
    said = {line.split()[0]: line for line in (done.stdout + done.stderr).splitlines()}
    assert {name: line for name, line in said.items() if name not in KEPT_NAMES} == {}


def test_the_page_has_the_listed_metrics_with_their_types_and_helps_and_no_other(families):
    listed = {**METRICS, **AGENT_METRICS}
    for family in families:
        name = family.name + "_total" if family.type == "counter" else family.name
        metric = listed[name]
        kind = "gauge" if metric.type is Type.INFO else metric.type.value  # Prometheus text knows no info
        assert (family.type, family.documentation) == (kind, metric.help)


def test_every_listed_metric_is_on_the_page_or_has_a_reason_not_to_be(families):
    found = {sample.name for family in families for sample in family.samples}
    assert found <= LISTED
    assert not missing(found)
    assert found.isdisjoint(SILENT.keys())


def test_series_have_the_labels_of_their_metric(families):
    for family in families:
        for sample in family.samples:
            labels, wanted = set(sample.labels), boards.labels_of(sample.name)
            if METRICS.get(sample.name) and METRICS[sample.name].type is Type.INFO:
                assert labels > wanted
            else:
                assert labels == wanted, sample
            assert sample.labels["site"] == "demo"


def test_no_series_is_there_twice(families):
    counted = Counter((s.name, *sorted(s.labels.items())) for family in families for s in family.samples)
    assert [key for key, times in counted.items() if times > 1] == []
    assert len({family.name for family in families}) == len(families)


def test_the_openmetrics_page_says_the_same(live, families):
    parsed = list(read_openmetrics(live.openmetrics))
    assert live.openmetrics.endswith("# EOF\n")
    assert {s.name for f in parsed for s in f.samples} == {s.name for f in families for s in f.samples}


def test_a_filtered_scrape_has_only_what_was_asked_for(live):
    with urllib.request.urlopen(live.url + "/metrics?name[]=cctv_agent_devices", timeout=10) as answer:
        lines = [line for line in answer.read().decode().splitlines() if not line.startswith("#")]
    assert lines == [f'cctv_agent_devices{{site="demo"}} {len(live.site.devices)}.0']


def test_a_device_that_is_off_has_no_readings_but_says_that_it_is_lost(families):
    off = next(device for device, fault in FAULTS.items() if fault == "off")
    found = {s.name: s.value for f in families for s in f.samples if s.labels.get("device") == off}
    assert found["cctv_device_up"] == 0
    assert found["cctv_fault_open"] == 1
    assert found.keys().isdisjoint(
        {"cctv_clock_offset_seconds", "cctv_stream_fps", "cctv_picture_luma_ratio"}
    )


def test_each_fault_is_one_incident_that_says_when_it_began(families):
    began = {f.name: f for f in families}["cctv_incident_opened_timestamp_seconds"].samples
    start = {f.name: f for f in families}["cctv_agent_start_timestamp_seconds"].samples[0].value
    assert {s.labels["code"] for s in began} == CODES
    assert len(began) == len(FAULTS)
    assert all(start < s.value < start + 300 for s in began)


def test_no_secret_of_the_site_is_on_the_page_in_the_log_or_in_prometheus(live):
    assert len(live.secrets()) >= 5
    assert all(secret.startswith(SECRET) for secret in live.secrets())
    labels = [
        value
        for name in live.prometheus.get("labels")
        for value in live.prometheus.get(f"label/{name}/values")
    ]
    for where in (live.page, live.openmetrics, live.log(), "\n".join(labels)):
        assert where
        assert SECRET not in where


def live_site(live):
    """Return the name that the agent's config gives the site."""
    (series,) = live.prometheus.now("cctv_agent_devices")
    return series["metric"]["site"]
