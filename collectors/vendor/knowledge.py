"""Makers as data: which pages a recorder has, and what their words mean."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from models.metrics import METRICS, Metric


@dataclass(frozen=True)
class Value:
    """One number out of a row.

    Attributes:
        field: where it stands; "" is the row itself.
        metric: what it is.
        words: lower-case text -> number; a word that is not there tells nothing, but for `otherwise`.
        otherwise: number for any other text that is not empty.
        scale: factor of a number.
        of: field of the whole, of which `field` is what is left; the number is the used share.
        share_of: field of the whole, of which `field` is the used part.
        low, high: what the number may be; beyond is unreadable.
    """

    field: str
    metric: Metric
    words: dict[str, float] | None = None
    otherwise: float | None = None
    scale: float = 1.0
    of: str = ""
    share_of: str = ""
    low: float = float("-inf")
    high: float = float("inf")


@dataclass(frozen=True)
class Question:
    """One page.

    Attributes:
        path: path and query.
        format: xml or pairs.
        rows: local name of a row's element, or a pattern of its keys.
        part: template of a row's part: `{id}`, or `{n+1}` for a number counted from 0.
        none: text with which a page says that there is no row.
        values: what is read out of each row.
    """

    path: str
    format: str
    rows: str
    part: str
    values: tuple[Value, ...]
    none: str = ""


@dataclass(frozen=True)
class Area:
    """Questions that tell something only together; a later one overrides an earlier one."""

    name: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Maker:
    """One maker: `pattern` is searched in the name by which a device calls itself."""

    pattern: re.Pattern[str]
    areas: tuple[Area, ...]


def areas_of(name: str) -> tuple[Area, ...]:
    """Return the areas for a maker's name; empty for a maker nobody wrote down."""
    return next((maker.areas for maker in makers() if maker.pattern.search(name)), ())


@cache
def makers() -> tuple[Maker, ...]:
    """Return what is shipped.

    Raises:
        KeyError, TypeError, ValueError: a file says something that cannot be (a bug of ours).
    """
    folder = files("collectors.vendor").joinpath("makers")
    return tuple(
        _maker(yaml.safe_load(one.read_text(encoding="utf-8")))
        for one in sorted(folder.iterdir(), key=lambda one: one.name)
        if one.name.endswith(".yaml")
    )


def _maker(told: dict[str, Any]) -> Maker:
    areas = tuple(Area(one["name"], tuple(map(_question, one["questions"]))) for one in told["areas"])
    return Maker(re.compile(told["maker"]), areas)


def _question(told: dict[str, Any]) -> Question:
    if told["format"] not in {"xml", "pairs"} or not told["path"].startswith("/"):
        raise ValueError(f"{told['path']}: no such format, or no path")
    return Question(**{**told, "values": tuple(map(_value, told["values"]))})


def _value(told: dict[str, Any]) -> Value:
    return Value(**{**told, "metric": METRICS[told["metric"]]})
