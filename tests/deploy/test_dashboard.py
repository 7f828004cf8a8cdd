"""The dashboard is what the code builds, names only metrics that exist, and is fit to be looked at all day."""

import re
from itertools import combinations

import pytest
import yaml

from models.metrics import AGENT_METRICS, METRICS
from tests.deploy import boards

KNOWN = set(METRICS) | set(AGENT_METRICS)
PANELS = boards.panels()
TARGETS = boards.targets()


def titled(panels):
    return {"argvalues": panels, "ids": [panel["title"] for panel in panels]}


def test_the_delivered_dashboard_is_the_one_the_code_builds():
    made = boards.build_module().build()
    assert boards.BOARD.read_text(encoding="utf-8") == made, "run: python deploy/grafana/build.py"


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_a_query_names_metrics_that_exist_by_labels_they_have(target):
    found = boards.names(target.expr)
    assert found
    assert found <= KNOWN
    assert {
        (m, label) for m, label in boards.matchers(target.expr) if label not in boards.labels_of(m)
    } == set()


@pytest.mark.parametrize("variable", boards.variables(), ids=lambda one: one["name"])
def test_a_variable_asks_for_a_label_of_a_metric_that_exists(variable):
    metric, label = re.fullmatch(r"label_values\((\w+)(?:\{.*\})?, (\w+)\)", variable["query"]).groups()
    assert label in boards.labels_of(metric)
    assert variable["refresh"] == 2, "new sites and devices must appear without an edit"


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_a_rate_is_taken_over_the_interval_that_fits_the_scrape(target):
    windows = re.findall(r"\b(?:rate|increase|irate)\([^[\]]*\[([^\]]+)\]", target.expr)
    assert set(windows) <= {"$__rate_interval"}
    counters = {name for name in boards.names(target.expr) if name.endswith("_total")}
    assert bool(counters) == bool(windows), "a counter is looked at by its rate only"


@pytest.mark.parametrize("panel", **titled(PANELS))
def test_a_panel_says_what_it_shows(panel):
    assert panel["title"]
    assert len(panel["description"]) > 10
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["datasource"]["uid"] == "${datasource}"
    assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])


def test_ids_and_titles_are_unique():
    every = boards.board()["panels"]
    assert len({panel["id"] for panel in every}) == len(every)
    assert len({panel["title"] for panel in every}) == len(every)


def test_panels_do_not_overlap_and_fit_the_grid():
    places = [(p["title"], *(p["gridPos"][k] for k in "xywh")) for p in boards.board()["panels"]]
    assert all(x >= 0 and x + w <= 24 and w > 0 and h > 0 for _, x, _, w, h in places)
    for (a, ax, ay, aw, ah), (b, bx, by, bw, bh) in combinations(places, 2):
        apart = ax + aw <= bx or bx + bw <= ax or ay + ah <= by or by + bh <= ay
        assert apart, f"{a} and {b} overlap"


def test_nothing_ties_the_dashboard_to_one_grafana():
    text = boards.BOARD.read_text(encoding="utf-8")
    assert "uid" not in boards.board()
    assert set(re.findall(r'"uid": "([^"]*)"', text)) == {"${datasource}"}
    assert not re.search(r"https?://", text)


@pytest.mark.parametrize("panel", **titled([p for p in PANELS if p["type"] == "state-timeline"]))
def test_a_state_has_a_word_and_a_colour_for_each_value(panel):
    options = panel["fieldConfig"]["defaults"]["mappings"][0]["options"]
    assert len(options) >= 2
    assert len({(one["text"], one["color"]) for one in options.values()}) == len(options)


def test_unknown_looks_neither_well_nor_faulty():
    devices = next(panel for panel in PANELS if panel["title"] == "Devices")
    options = devices["fieldConfig"]["defaults"]["mappings"][0]["options"]
    colours = {one["text"]: one["color"] for one in options.values()}
    assert set(colours) == {"ok", "fault", "unknown"}
    assert colours["unknown"] not in {colours["ok"], colours["fault"]}


@pytest.mark.parametrize("panel", **titled([p for p in PANELS if p["type"] == "timeseries"]))
def test_lines_have_a_legend_with_numbers(panel):
    legend = panel["options"]["legend"]
    assert (legend["displayMode"], legend["showLegend"]) == ("table", True)
    assert "lastNotNull" in legend["calcs"]
    assert all(target["legendFormat"] for target in panel["targets"])


@pytest.mark.parametrize("panel", **titled([p for p in PANELS if p["type"] == "table"]))
def test_a_table_is_one_table_of_named_columns(panel):
    assert all(target["format"] == "table" for target in panel["targets"])
    steps = {step["id"]: step["options"] for step in panel["transformations"]}
    assert list(steps) == ["merge", "filterFieldsByName", "organize"]
    kept = steps["filterFieldsByName"]["include"]["names"]
    assert set(steps["organize"]["indexByName"]) == set(kept)
    columns = [steps["organize"]["renameByName"].get(name, name) for name in kept]
    assert {one["matcher"]["options"] for one in panel["fieldConfig"]["overrides"]} <= set(columns)
    assert {one["displayName"] for one in panel["options"]["sortBy"]} <= set(columns)


def test_a_site_in_the_fleet_opens_that_site_below():
    sites = next(panel for panel in PANELS if panel["title"] == "Sites")
    links = [
        link["url"]
        for override in sites["fieldConfig"]["overrides"]
        for way in override["properties"]
        if way["id"] == "links"
        for link in way["value"]
    ]
    assert any("var-site=${__data.fields.site}" in url and "${__url_time_range}" in url for url in links)


@pytest.mark.parametrize("panel", **titled([p for p in PANELS if "var-device" in str(p["fieldConfig"])]))
def test_a_link_to_a_device_finds_the_label_it_fills_in(panel):
    if panel["type"] == "table":
        assert "device" in str(panel["transformations"])
    else:
        assert all("{{device}}" in target["legendFormat"] for target in panel["targets"])


def test_a_row_of_a_device_leads_to_its_page_and_its_ticket_on_the_site():
    urls = set(re.findall(r'"url": "(\$\{pages\}[^"]*)"', boards.BOARD.read_text(encoding="utf-8")))
    ticket = "${__data.fields.device}/${__data.fields.part}/${__data.fields.code}"
    assert f"${{pages}}/incidents/${{site}}/{ticket}" in urls
    assert {"${pages}/devices/${__data.fields.device}", "${pages}/devices/${__field.labels.device}"} <= urls


def test_grafana_is_told_how_often_prometheus_scrapes():
    sources = boards.DEPLOY / "grafana" / "provisioning" / "datasources" / "prometheus.yaml"
    told = yaml.safe_load(sources.read_text())["datasources"][0]["jsonData"]["timeInterval"]
    assert told == yaml.safe_load(boards.PROMETHEUS.read_text())["global"]["scrape_interval"]
