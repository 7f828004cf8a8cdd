"""Spans of time as sorted, disjoint pairs (since, until): union, what is common, difference, length."""

from collections.abc import Iterable

Spans = tuple[tuple[float, float], ...]


def union(spans: Iterable[tuple[float, float]]) -> Spans:
    """Return spans in order, those that touch made one; empty ones are left out."""
    merged: list[tuple[float, float]] = []
    for since, until in sorted(spans):
        if until <= since:
            continue
        if merged and since <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], until))
        else:
            merged.append((since, until))
    return tuple(merged)


def common(one: Spans, other: Spans) -> Spans:
    """Return the time that is in both."""
    found: list[tuple[float, float]] = []
    here = there = 0
    while here < len(one) and there < len(other):
        since = max(one[here][0], other[there][0])
        until = min(one[here][1], other[there][1])
        if since < until:
            found.append((since, until))
        if one[here][1] < other[there][1]:
            here += 1
        else:
            there += 1
    return tuple(found)


def without(one: Spans, other: Spans) -> Spans:
    """Return the time of the first that is not in the second."""
    if not one:
        return ()
    edges = [one[0][0], *(edge for span in other for edge in span), one[-1][1]]
    gaps = tuple(
        (since, until) for since, until in zip(edges[::2], edges[1::2], strict=True) if since < until
    )
    return common(one, gaps)


def length(spans: Spans) -> float:
    """Return the seconds in all of them together."""
    return sum(until - since for since, until in spans)
