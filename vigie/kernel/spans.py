"""Algebra of half-open spans ``[start, end)`` of whole seconds (UTC epoch seconds).

A *set of spans* is a tuple of spans sorted, disjoint, none empty and none touching the next: two equal sets
of instants are equal tuples. Every function answers in that form. ``tidy`` puts any list into it.
"""

from __future__ import annotations

from collections.abc import Iterable

Span = tuple[int, int]
Spans = tuple[Span, ...]


def tidy(spans: Iterable[Span]) -> Spans:
    """Sort, drop the empty ones, merge those that overlap or touch."""
    merged: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def union(*sets: Iterable[Span]) -> Spans:
    """Instants that are in at least one of the sets; what overlaps counts once."""
    return tidy(span for spans in sets for span in spans)


def intersection(left: Spans, right: Spans) -> Spans:
    """Instants that are in both sets."""
    common: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            common.append((start, end))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return tuple(common)


def subtraction(left: Spans, right: Spans) -> Spans:
    """Instants of ``left`` that are not in ``right``."""
    if not left or not right:
        return left
    low, high = left[0][0], left[-1][1]
    edges = [low, *(edge for span in right for edge in span), high]
    gaps = ((edges[i], edges[i + 1]) for i in range(0, len(edges), 2))
    return intersection(left, tuple(gap for gap in gaps if gap[0] < gap[1]))


def total(spans: Spans) -> int:
    """Length in seconds."""
    return sum(end - start for start, end in spans)
