"""Reads what is delivered: the dashboard's panels and queries, the rules' expressions, the metrics they name."""

import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from models.metrics import AGENT_METRICS, METRICS, Type

DEPLOY = Path(__file__).parents[2] / "deploy"
BOARD = DEPLOY / "grafana" / "dashboards" / "siteward.json"
RULES = DEPLOY / "prometheus" / "rules" / "siteward.yml"
PROMETHEUS = DEPLOY / "prometheus" / "prometheus.yml"


@dataclass(frozen=True)
class Target:
    """One query of one panel."""

    panel: str
    ref: str
    expr: str
    instant: bool

    def __str__(self) -> str:
        return f"{self.panel}-{self.ref}"


def board() -> dict[str, Any]:
    return json.loads(BOARD.read_text(encoding="utf-8"))


def panels() -> list[dict[str, Any]]:
    """Return the panels that show something: all but the rows."""
    return [panel for panel in board()["panels"] if panel["type"] != "row"]


def targets() -> list[Target]:
    return [
        Target(panel["title"], target["refId"], target["expr"], bool(target["instant"]))
        for panel in panels()
        for target in panel["targets"]
    ]


def variables() -> list[dict[str, Any]]:
    """Return the variables whose values Prometheus knows."""
    return [one for one in board()["templating"]["list"] if one["type"] == "query"]


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def filled(expr: str, site: str, *, seconds: int) -> str:
    """Put in what Grafana would; `seconds`: the chosen time range."""
    values = {
        "site": site,
        "device": ".+",
        "__range": f"{seconds}s",
        "__interval": "1s",
        "__rate_interval": "10s",
    }
    found = re.sub(r"\$\{?(\w+)\}?", lambda match: values[match[1]], expr)
    assert "$" not in found
    return found


def names(expr: str) -> set[str]:
    """Return the metrics that an expression names; recording rules have a colon and are none of ours to list."""
    return {name for name in re.findall(r"(?<![\w:])[a-z_]\w*(?::[\w:]+)?", expr) if name.startswith("cctv_")}


def matchers(expr: str) -> Iterator[tuple[str, str]]:
    """Yield (metric, label) for each label that an expression selects by."""
    for metric, inside in re.findall(r"(cctv_\w+)\{([^}]*)\}", expr):
        for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", inside):
            yield metric, label


def labels_of(name: str) -> set[str]:
    """Return the labels that a metric's series have, by the list of metrics."""
    own = AGENT_METRICS.get(name)
    if own is not None:
        return {"site", *own.labels}
    metric = METRICS[name]
    if metric.type is Type.INFO:
        return {"site", "device"}  # and what the device tells
    more = {"": set(), "stream": {"channel", "part"}}.get(metric.part, {"part"})
    return {"site", "device", *more}


def build_module() -> Any:
    """Load deploy/grafana/build.py as its command line does: with its own folder on the path."""
    folder = DEPLOY / "grafana"
    spec = importlib.util.spec_from_file_location("siteward_board_build", folder / "build.py")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(folder))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(folder))
    return module
