"""Twelve months of a contract, drawn: promises kept, and beside them the measures that are no tickets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from vigie.compliance import labels
from vigie.compliance.models import RateCommitment
from vigie.compliance.queries import figures
from vigie.compliance.queries.measured import is_measure
from vigie.compliance.rules import Judged
from vigie.contracts.rules.compliance import Verdict

WIDTH, HEIGHT, MARGIN = 720, 120, 12


@dataclass(frozen=True, slots=True)
class Dot:
    """A month of the curve: its place in the drawing (``y`` is ``None`` without a measure) and its words."""

    month: dt.date
    x: int
    y: int | None
    name: str
    words: str
    state: str
    total: str
    short: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A month of a measure: its words and whether it was missed; the commitment that says so (0: none then)."""

    month: dt.date
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
    """Months drawn from ``floor`` to 100 %; ``lines`` are the strokes, broken where a month has no measure."""

    dots: tuple[Dot, ...]
    lines: tuple[str, ...]
    floor: int
    measures: tuple[Strip, ...] = ()
    width: int = WIDTH
    height: int = HEIGHT


def drawn(year: figures.Year, currency: str) -> Curve:
    """Where each month goes. The floor is the multiple of ten under the lowest rate, at most 90."""
    points = year.points
    rates = [point.measure.adjusted.rate for point in points]
    floor = min([90, *(int(rate * 10) * 10 for rate in rates if rate is not None)])
    floor = 90 if floor == 100 else floor
    dots = tuple(
        Dot(
            point.month, _x(n, len(points)), None if rate is None else _y(rate, floor),
            labels.month_words(point.month), labels.rate_words(point.measure.adjusted), point.state,
            "" if point.total is None else labels.money(point.total, currency), labels.month_words(point.month, short=True),
        )
        for n, (point, rate) in enumerate(zip(points, rates, strict=True))
    )  # fmt: skip
    return Curve(dots, tuple(_strokes(dots)), floor, _strips(year, [point.month for point in points]))


def _strips(year: figures.Year, months: Sequence[dt.date]) -> tuple[Strip, ...]:
    """The measures, each over the months; terms that changed go on in the same strip."""
    rows = {row.pk: row for terms in year.terms.values() for row in terms.commitments}
    scopes = {pk: labels.scope_words(row) for pk, row in rows.items() if is_measure(row)}
    found: dict[str, dict[dt.date, Cell]] = {}
    for month, lines in year.measures.items():
        for line in lines:
            found.setdefault(scopes[line.key], {})[month] = _cell(month, rows[line.key], line)
    return tuple(
        Strip(scope, tuple(cells.get(month, Cell(month, 0, "", False)) for month in months))
        for scope, cells in sorted(found.items())
    )


def _cell(month: dt.date, row: RateCommitment, line: Judged) -> Cell:
    words = "–" if line.value is None else labels.share_words(line.value, row.kind, row.target)
    return Cell(month, row.pk, words, line.verdict == Verdict.NOT_CONFORMING)


def _x(place: int, count: int) -> int:
    return MARGIN + (WIDTH - 2 * MARGIN) * place // max(count - 1, 1)


def _y(rate: Fraction, floor: int) -> int:
    return MARGIN + int((1 - (rate * 100 - floor) / (100 - floor)) * (HEIGHT - 2 * MARGIN))


def _strokes(dots: Sequence[Dot]) -> list[str]:
    strokes: list[list[str]] = [[]]
    for dot in dots:
        if dot.y is None:
            strokes.append([])
        else:
            strokes[-1].append(f"{dot.x},{dot.y}")
    return [" ".join(stroke) for stroke in strokes if len(stroke) > 1]
