"""The figures of a contract's month: simulated from its clocks and records, settled by its terms, or read from its statement."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from vigie.compliance import rules
from vigie.compliance.models import Statement, StatementCorrection, StatementLine
from vigie.compliance.queries import clocks
from vigie.compliance.queries.corrections import corrections, judged_of, months_looked_at
from vigie.compliance.queries.measured import is_measure
from vigie.compliance.queries.reading import Correction, Figures, Past, Read, figured, read_months
from vigie.compliance.queries.terms import Stated, Terms, statements_before, terms_in
from vigie.contracts.models import Contract
from vigie.contracts.rules import penalties
from vigie.contracts.rules.compliance import Measure
from vigie.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Ground:
    """What a month is figured on: its terms, what was read of it, the statements before it and what became of them."""

    terms: Terms
    read: Read
    past: Past


def ground_of(actor: Actor, contract: Contract, month: dt.date, *, now: dt.datetime) -> Ground:
    """Read from the clocks and records as they are now, the frozen months before it too."""
    earlier = statements_before(actor, contract, month)
    months = [*months_looked_at(earlier, month), month]
    terms = terms_in(actor, contract, months)
    return ground_in(contract, month, earlier, terms, read_months(actor, contract, terms, now))


def ground_in(
    contract: Contract,
    month: dt.date,
    earlier: Sequence[Stated],
    terms: dict[dt.date, Terms],
    reads: dict[dt.date, Read],
) -> Ground:
    """From months that are read already."""
    return Ground(
        terms[month], reads[month], Past(earlier, corrections(contract, month, earlier, terms, reads))
    )


def simulated(
    actor: Actor, contract: Contract, month: dt.date, *, now: dt.datetime, ground: Ground | None = None
) -> Figures:
    """What the month comes to now."""
    ground = ground or ground_of(actor, contract, month, now=now)
    late_now = clocks.open_and_late(contract, clocks.period_of(contract, month, now).end)
    return figured(contract, month, ground.terms, ground.read, ground.past, late_now)


def with_a_miss(
    actor: Actor, contract: Contract, month: dt.date, ground: Ground, miss: rules.Count, *, now: dt.datetime
) -> Figures:
    """What the month would come to with one miss more, late by less than an hour."""
    read = replace(
        ground.read,
        counts=[*ground.read.counts, miss],
        late=[*ground.read.late, (miss.kind, miss.ticket_type, miss.priority, 1)],
    )
    return simulated(actor, contract, month, now=now, ground=replace(ground, read=read))


# -- a year at a glance ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Point:
    """A month of the curve: all clocks together. ``state``: ``simulated``, or the state of its statement."""

    month: dt.date
    measure: Measure
    state: str
    total: Decimal | None


@dataclass(frozen=True, slots=True)
class Year:
    """The months up to one, that one simulated on its ground. By month: ``measures``, the lines that are no rate of clocks, and
    ``rates``, what each of the others measured."""

    points: tuple[Point, ...]
    ground: Ground
    figures: Figures
    measures: dict[dt.date, tuple[rules.Judged, ...]]
    rates: dict[dt.date, dict[int, Measure]]
    terms: dict[dt.date, Terms]


def year(actor: Actor, contract: Contract, last: dt.date, *, now: dt.datetime, length: int = 13) -> Year:
    """The months up to ``last`` in which something was promised; statements as they stand, the others from their clocks."""
    months = [rules.later(last, n - length + 1) for n in range(length)]
    earlier = statements_before(actor, contract, last)
    frozen = months_looked_at(earlier, last)
    terms = terms_in(actor, contract, sorted({*months, *frozen}))
    stated = {row.month: row for row in earlier}
    live = [month for month in months if month not in stated and terms[month].commitments]
    wanted = {month: terms[month] for month in {*live, *frozen, last}}
    reads = read_months(actor, contract, wanted, now, listed=False)
    ground = ground_in(contract, last, earlier, terms, reads)
    found = {month: _stated(row) for month, row in stated.items()}
    for month in live:
        together = rules.together(terms[month].promises(), reads[month].counts)
        found[month] = Point(month, together, "simulated", None)
    points = tuple(found[month] for month in months if month in found)
    shown = simulated(actor, contract, last, now=now, ground=ground)
    lived = {month: reads[month] for month in live}
    return Year(
        points, ground, shown, _measures_of(terms, stated, lived), _rates_of(terms, stated, lived), terms
    )


def _rates_of(
    terms: dict[dt.date, Terms], stated: dict[dt.date, Stated], live: dict[dt.date, Read]
) -> dict[dt.date, dict[int, Measure]]:
    """What each rate of clocks measured in each month: as its statement holds it, else as it reads."""
    found = {}
    for month, row in stated.items():
        if month in terms:
            keys = {one.key for one in terms[month].rates()}
            found[month] = {line.key: line.measure for line in row.lines if line.key in keys}
    for month, read in live.items():
        found[month] = {one.key: rules.covered(one, read.counts) for one in terms[month].rates()}
    return found


def _measures_of(
    terms: dict[dt.date, Terms], stated: dict[dt.date, Stated], live: dict[dt.date, Read]
) -> dict[dt.date, tuple[rules.Judged, ...]]:
    """The measures of each month: as its statement holds them, else as they read."""
    keys = {row.id for one in terms.values() for row in one.commitments if is_measure(row)}
    if not keys:
        return {}
    found = {
        month: tuple(line for line in row.lines if line.key in keys)
        for month, row in stated.items()
        if month in terms
    }
    return found | {month: tuple(read.measures) for month, read in live.items()}


def _stated(row: Stated) -> Point:
    # the statement keeps how many were excluded; what became of them is in its lines
    return Point(row.month, Measure(row.met, row.missed, 0, row.excluded), row.state, row.total)


def statement_figures(statement: Statement) -> Figures:
    """The figures that a statement holds, whatever became of its clocks since."""
    lines = tuple(judged_of(line) for line in StatementLine.objects.filter(statement=statement))
    steps = tuple(
        penalties.Step(penalties.StepKind(kind), Decimal(amount)) for kind, amount in statement.steps
    )
    settlement = penalties.Settlement(statement.gross, steps, statement.charged, statement.due)
    together = Measure(statement.met, statement.missed, 0, statement.excluded)
    weighted = Fraction(statement.weighted) if statement.weighted else None
    told = StatementCorrection.objects.filter(statement=statement).select_related("corrected")
    corrected = tuple(
        Correction(one.corrected_id, one.corrected.month, one.was, one.now, one.amount)
        for one in told.order_by("corrected__month")
    )
    return Figures(
        lines, together, statement.open_late, statement.oldest_late, settlement, weighted, corrected
    )


def moved(actor: Actor, contract: Contract, statement: Statement, *, now: dt.datetime) -> bool:
    """Do the clocks and records say something else today than the statement of their month?"""
    return not same(statement_figures(statement), simulated(actor, contract, statement.month, now=now))


def same(one: Figures, other: Figures) -> bool:
    """Do two readings of a month agree on its lines and its settlement?"""
    return _told(one) == _told(other)


def _told(figures: Figures) -> object:
    return sorted(figures.lines, key=lambda line: line.key), figures.settlement


def values_of(figures: Figures) -> dict[str, Any]:
    """The figures as the columns of a statement."""
    settlement, measure = figures.settlement, figures.together
    return {
        "met": measure.met, "missed": measure.missed, "excluded": measure.excluded,
        "open_late": figures.open_late, "oldest_late": figures.oldest_late,
        "gross": settlement.gross, "charged": settlement.charged, "due": settlement.due, "total": settlement.total,
        "steps": [[str(step.kind), str(step.amount)] for step in settlement.steps],
        "weighted": "" if figures.weighted is None else str(figures.weighted),
    }  # fmt: skip
