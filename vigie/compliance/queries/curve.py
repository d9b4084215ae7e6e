"""Thirteen months of a contract: each rate drawn with its target, and beside them the measures that are no tickets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from vigie.compliance import labels
from vigie.compliance.models import RateCommitment
from vigie.compliance.queries import figures
from vigie.compliance.queries.measured import is_measure
from vigie.compliance.rules import Judged, as_share
from vigie.contracts.rules.compliance import Measure, Verdict

WIDTH, TOP, FOOT, LEFT, RIGHT = 360, 10, 104, 44, 340
"""A drawing is as wide as a telephone, so that its words are read there: the plot between these, words around it."""
HEIGHT = 124
LABELLED = 3
"""Every so many months is named under the drawing, from the last one back."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A month in words, for the list under the drawings."""

    month: dt.date
    name: str
    words: str
    short: str


class Mark(NamedTuple):
    """A month of a drawing: its place (``y`` is ``None`` without a measure), its rate in words, its name where it is written."""

    x: int
    y: int | None
    words: str
    under: str
    missed: bool


@dataclass(frozen=True, slots=True)
class Trend:
    """A rate over the months, drawn from a floor to 100 %. ``ticks``: values of the axis and their height; ``lines``: strokes,
    broken where a month has no measure; ``targets``: strokes of what was to be reached; ``goal``: that of the last month."""

    scope: str
    goal: str
    goal_y: int
    ticks: tuple[tuple[int, str], ...]
    marks: tuple[Mark, ...]
    lines: tuple[str, ...]
    targets: tuple[str, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    foot: int = FOOT


class Cell(NamedTuple):
    """A month of a measure, by its short name and as addresses say it: its words and whether it was missed; the commitment
    that says so (0: none then)."""

    name: str
    month: str
    id: int
    words: str
    missed: bool


@dataclass(frozen=True, slots=True)
class Strip:
    """A measure over the months of the curve."""

    scope: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """The months as a list, each rate over them drawn, and the measures beside."""

    dots: tuple[Dot, ...]
    trends: tuple[Trend, ...]
    measures: tuple[Strip, ...] = ()


def drawn(year: figures.Year) -> Curve:
    """The months with all promises together, and each commitment by itself: they have different targets."""
    points = year.points
    dots = tuple(
        Dot(
            point.month, labels.month_words(point.month), labels.rate_words(point.measure.adjusted),
            labels.month_words(point.month, short=True),
        )
        for point in points
    )  # fmt: skip
    return Curve(dots, tuple(_trends(year, dots)), _strips(year, dots))


def _trends(year: figures.Year, dots: Sequence[Dot]) -> Iterable[Trend]:
    """One drawing for each commitment that clocks are judged by; terms that changed go on in the same one."""
    rows = {row.id: row for terms in year.terms.values() for row in terms.commitments}
    scopes = {pk: labels.scope_words(row) for pk, row in rows.items() if not is_measure(row)}
    found: dict[str, dict[dt.date, tuple[RateCommitment, Measure]]] = {}
    for dot in dots:
        for key, measure in year.rates.get(dot.month, {}).items():
            found.setdefault(scopes[key], {})[dot.month] = rows[key], measure
    for scope, by_month in found.items():
        yield _trend(scope, dots, [by_month.get(dot.month) for dot in dots])


def _trend(scope: str, dots: Sequence[Dot], held: Sequence[tuple[RateCommitment, Measure] | None]) -> Trend:
    rates = [one and one[1].adjusted.rate for one in held]
    goals = [None if one is None else as_share(one[0].target) for one in held]
    floor = _floor([*rates, *goals])
    marks = tuple(
        Mark(
            _x(n, len(dots)), None if rate is None else _y(rate, floor),
            "" if one is None else f"{dot.name}, {labels.rate_words(one[1].adjusted, one[0].target)}",
            dot.short if (len(dots) - 1 - n) % LABELLED == 0 else "",
            rate is not None and goal is not None and rate < goal,
        )
        for n, (dot, one, rate, goal) in enumerate(zip(dots, held, rates, goals, strict=True))
    )  # fmt: skip
    last = next(one for one in reversed(held) if one is not None)
    values = sorted({floor, (floor + 100) // 2, 100})
    return Trend(
        scope, labels.target_words(last[0]), _y(as_share(last[0].target), floor),
        tuple((_y(Fraction(value, 100), floor), labels.percent_words(Decimal(value))) for value in values), marks,
        tuple(_strokes([(mark.x, mark.y) for mark in marks])),
        tuple(_strokes([(mark.x, None if goal is None else _y(goal, floor)) for mark, goal in zip(marks, goals, strict=True)])),
    )  # fmt: skip


def _floor(shares: Sequence[Fraction | None]) -> int:
    """The multiple of ten under the lowest share, at most 80: the axis says that it does not start at zero."""
    return min([80, *(one.numerator * 10 // one.denominator * 10 for one in shares if one is not None)])


def _strips(year: figures.Year, dots: Sequence[Dot]) -> tuple[Strip, ...]:
    """The measures, each over the months; terms that changed go on in the same strip."""
    rows = {row.id: row for terms in year.terms.values() for row in terms.commitments}
    scopes = {pk: labels.scope_words(row) for pk, row in rows.items() if is_measure(row)}
    found: dict[str, dict[dt.date, Judged]] = {}
    for month, lines in year.measures.items():
        for line in lines:
            found.setdefault(scopes[line.key], {})[month] = line
    return tuple(
        Strip(scope, tuple(_cell(dot, rows, lines.get(dot.month)) for dot in dots))
        for scope, lines in sorted(found.items())
    )


def _cell(dot: Dot, rows: Mapping[int, RateCommitment], line: Judged | None) -> Cell:
    month = dot.month.isoformat()[:7]
    if line is None:
        return Cell(dot.short, month, 0, "", False)
    row = rows[line.key]
    words = "–" if line.value is None else labels.share_words(line.value, row.kind, row.target)
    return Cell(dot.short, month, row.id, words, line.verdict == Verdict.NOT_CONFORMING)


def _x(place: int, count: int) -> int:
    return LEFT + (RIGHT - LEFT) * place // max(count - 1, 1)


def _y(rate: Fraction, floor: int) -> int:
    """In whole numbers, as the months of a page ask for a hundred of them: the part of the axis that ``rate`` leaves above it."""
    missing, whole = rate.denominator - rate.numerator, rate.denominator
    return TOP + 100 * missing * (FOOT - TOP) // ((100 - floor) * whole)


def _strokes(places: Sequence[tuple[int, int | None]]) -> list[str]:
    """Broken where there is no height."""
    strokes: list[list[str]] = [[]]
    for x, y in places:
        if y is None:
            strokes.append([])
        else:
            strokes[-1].append(f"{x},{y}")
    return [" ".join(stroke) for stroke in strokes if len(stroke) > 1]
