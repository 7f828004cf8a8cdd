"""Builds `dashboards/siteward.json` from the table in `panels.py`. Run: `python deploy/grafana/build.py`.

Every query is run in the tests against a real Prometheus that scrapes an agent, and must return data.
Grafana itself has not rendered the result in the tests.
"""

import string
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, Final

from grafana_foundation_sdk.builders import (
    common,
    dashboard,
    gauge,
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat
from panels import ROWS
from show import PAGE_OF, SEVERITIES, Limits, Query, Show, States

TARGET: Final = Path(__file__).parent / "dashboards" / "siteward.json"
SOURCE: Final = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
STANDS_FOR: Final = {"@site": 'site="$site"', "@chosen": 'site="$site", device=~"$device"'}
DEVICES_OF_SITE: Final = 'label_values(cctv_device_health{site="$site"}, device)'
PAGES_OF_SITE: Final = 'label_values(cctv_agent_info{site="$site"}, pages)'  # its web.base_url
HIDDEN: Final = model.VariableHide.HIDE_VARIABLE
NOW_ONLY: Final = {"stat", "gauge", "table"}  # asked for this moment, not for a range


def build() -> str:
    """Return the dashboard as JSON text."""
    board = (
        dashboard.Dashboard("Siteward")
        .description("All sites above, the chosen site below.")
        .tags(["siteward", "cctv"])
        .refresh("30s")
        .time("now-6h", "now")
        .timezone("browser")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .with_variable(dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus"))
        .with_variable(_variable("site", "Site", "label_values(cctv_agent_info, site)"))
        .with_variable(_all_of(_variable("device", "Device", DEVICES_OF_SITE)))
        .with_variable(_variable("pages", "Pages of the site", PAGES_OF_SITE).hide(HIDDEN))
    )
    for title, row in ROWS.items():
        board = board.with_row(dashboard.Row(title))
        for show in row:
            board = board.with_panel(_panel(show))
    made = board.build()
    for panel, number in zip(made.panels or [], count(1), strict=False):
        panel.id_val = number
    return JSONEncoder(sort_keys=True, indent=1).encode(made) + "\n"


def _variable(name: str, label: str, query: str) -> dashboard.QueryVariable:
    made = dashboard.QueryVariable(name).label(label).query(query).datasource(SOURCE)
    made = made.sort(model.VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)
    return made.refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)


def _all_of(variable: dashboard.QueryVariable) -> dashboard.QueryVariable:
    variable.current(model.VariableOption(text="All", value="$__all"))
    return variable.include_all(include_all=True).multi(multi=True)


# ---------------------------------------------------------------- panels


def _panel(show: Show) -> Any:
    kinds = {"stat": _stat, "gauge": _gauge, "table": _table, "lines": _lines, "states": _states}
    made = kinds[show.kind](show)
    made = made.title(show.title).description(show.about).unit(show.unit).datasource(SOURCE)
    made = made.span(show.span).height(show.height)
    for ref, query in zip(string.ascii_uppercase, show.queries, strict=False):
        made = made.with_target(_target(show, query, ref))
    if show.empty:
        made = made.no_value(show.empty)
    if show.decimals is not None:
        made = made.decimals(show.decimals)
    if show.low is not None:
        made = made.min(show.low)
    if show.high is not None:
        made = made.max(show.high)
    if show.link and show.kind != "table":
        links = [show.link, PAGE_OF["line"]] if "labels.device" in show.link[1] else [show.link]
        made = made.data_links([dashboard.DashboardLink(title).url(url) for title, url in links])
    return made


def _target(show: Show, query: Query, ref: str) -> prometheus.Dataquery:
    expr = query.expr
    for short, matchers in STANDS_FOR.items():
        expr = expr.replace(short, matchers)
    made = prometheus.Dataquery().expr(expr).legend_format(query.name).ref_id(ref).datasource(SOURCE)
    if show.kind == "table":
        made = made.format(PromQueryFormat.TABLE)
    return made.instant() if show.kind in NOW_ONLY else made.range()


def _stat(show: Show) -> Any:
    made = stat.Panel().color_mode(BigValueColorMode.BACKGROUND).graph_mode(BigValueGraphMode.NONE)
    made = made.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    made = made.color_scheme(_by_limits()).thresholds(_thresholds(show.limits))
    for ref, query in zip(string.ascii_uppercase, show.queries, strict=False):
        if query.limits:
            made = made.override_by_query(ref, list(_looks(query)))
    return made


def _gauge(show: Show) -> Any:
    made = gauge.Panel().reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    return made.color_scheme(_by_limits()).thresholds(_thresholds(show.limits))


def _lines(show: Show) -> Any:
    legend = common.VizLegendOptions().show_legend(show_legend=True).display_mode(LegendDisplayMode.TABLE)
    legend = legend.placement(LegendPlacement.RIGHT).calcs(["lastNotNull", "min", "max"])
    tooltip = common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING)
    made = timeseries.Panel().legend(legend).tooltip(tooltip).fill_opacity(0).line_width(1)
    if show.limits:
        dashed = common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED)
        made = made.thresholds(_thresholds(show.limits)).thresholds_style(dashed)
    return made


def _states(show: Show) -> Any:
    made = statetimeline.Panel().merge_values(merge_values=True).show_value(VisibilityMode.NEVER)
    made = made.row_height(0.8)
    return made.color_scheme(_by_limits()).mappings([_mapping(show.states or {})])


# ---------------------------------------------------------------- tables


def _table(show: Show) -> Any:
    """Make one table of all queries: a row per set of labels, a column per query."""
    raw = ["Value"] if len(show.queries) == 1 else [f"Value #{ref}" for ref in string.ascii_uppercase]
    titles = dict(zip(raw, (query.name for query in show.queries), strict=False))
    columns = [*show.labels, *titles]
    order = {name: number for number, name in enumerate(columns)}
    steps: tuple[tuple[str, dict[str, object]], ...] = (
        ("merge", {}),
        ("filterFieldsByName", {"include": {"names": columns}}),
        ("organize", {"indexByName": order, "renameByName": titles}),
    )
    made = table.Panel()
    for id_, options in steps:
        made = made.with_transformation(model.DataTransformerConfig(id_val=id_, options=options))
    for name, looks in _columns(show):
        made = made.override_by_name(name, looks)
    by = common.TableSortByFieldState().display_name(show.sort).desc(desc=False)
    return made.sort_by([by]) if show.sort else made


def _columns(show: Show) -> Iterator[tuple[str, list[model.DynamicConfigValue]]]:
    if "severity" in show.labels:
        yield "severity", list(_looks(Query("", states=SEVERITIES)))
    if show.link:
        links = [{"title": title, "url": url} for title, url in (show.link, *_pages_of(show))]
        yield "device" if "device" in show.labels else "site", [model.DynamicConfigValue("links", links)]
    for query in show.queries:
        looks = list(_looks(query))
        if looks:
            yield query.name, looks


def _pages_of(show: Show) -> Iterator[tuple[str, str]]:
    """Yield where on the site's own pages a row of a table leads to."""
    if "device" in show.labels and "site" not in show.labels:  # of all sites we know one site's address only
        if "code" in show.labels:
            yield PAGE_OF["incident"]
        yield PAGE_OF["device"]


def _looks(query: Query) -> Iterator[model.DynamicConfigValue]:
    """Yield how a column, or a number of a stat, differs from its panel."""
    if query.unit:
        yield model.DynamicConfigValue("unit", query.unit)
    if query.states:
        yield model.DynamicConfigValue("mappings", [_mapping(query.states)])
        yield model.DynamicConfigValue("custom.cellOptions", {"type": "color-background", "mode": "basic"})
    if query.limits:
        yield model.DynamicConfigValue("color", {"mode": "thresholds"})
        yield model.DynamicConfigValue("thresholds", _thresholds(query.limits).build())
        yield model.DynamicConfigValue("custom.cellOptions", {"type": "color-text"})


# ---------------------------------------------------------------- colours


def _by_limits() -> dashboard.FieldColor:
    return dashboard.FieldColor().mode(model.FieldColorModeId.THRESHOLDS)


def _thresholds(limits: Limits) -> dashboard.ThresholdsConfig:
    steps = [model.Threshold(value, colour) for value, colour in limits or ((None, "text"),)]
    return dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(steps)


def _mapping(states: States) -> model.ValueMap:
    results = enumerate(states.items())
    return model.ValueMap(
        options={
            value: model.ValueMappingResult(text=text, color=colour, index=index)
            for index, (value, (text, colour)) in results
        }
    )


if __name__ == "__main__":
    TARGET.write_text(build(), encoding="utf-8")
    print(f"wrote {TARGET.name}")
