"""The figures of a contract's month: simulated from its clocks, settled by its terms, or read from its statement."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import F

from vigie.compliance import access, rules
from vigie.compliance.models import PenaltyTerms, RateCommitment, Statement, StatementLine
from vigie.compliance.queries import clocks
from vigie.contracts.models import Contract
from vigie.contracts.rules import penalties
from vigie.contracts.rules.compliance import Measure, Method, Verdict
from vigie.contracts.rules.penalties import NOTHING
from vigie.kernel.actor import Actor
from vigie.toolkit.written import Written, columns_of, kept, models_of, stand_in, written


@dataclass(frozen=True, slots=True)
class Terms:
    """What a month of a contract is judged by. Without penalty terms there is no fee, no cap and no franchise."""

    commitments: tuple[RateCommitment, ...]
    penalty: PenaltyTerms

    @property
    def method(self) -> Method:
        return Method(self.penalty.kind)

    def promises(self) -> list[rules.Promise]:
        """The commitments as the rules read them."""
        return [
            rules.Promise(
                row.pk, row.kind, row.ticket_type, row.priority, row.target, row.n_min, row.allowed_misses,
                rules.formula_of(row.formula, row.terms), row.base if row.base is not None else self.penalty.fee, row.cause,
                row.bonus_from, row.bonus_percent,
            )
            for row in self.commitments
        ]  # fmt: skip

    def limits(self) -> penalties.Limits:
        """The caps as amounts."""
        fee, month, year = self.penalty.fee, self.penalty.month_cap, self.penalty.year_cap
        return penalties.Limits(
            None if month is None else penalties.share_of(fee, month),
            None if year is None else penalties.share_of(fee * 12, year),
            self.penalty.franchise,
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """A month: line by line, all clocks together, what was still open and late at its end, and what it costs."""

    lines: tuple[rules.Judged, ...]
    together: Measure
    open_late: int
    oldest_late: dt.datetime | None
    settlement: penalties.Settlement


CONTRACT = stand_in(1)


@kept
def _rates(actor: Actor) -> Written | None:
    rows = access.visible_commitments(actor).filter(contract_id=CONTRACT)
    # response before resolution
    rows = rows.order_by("-kind", "ticket_type", F("priority").asc(nulls_first=True), "pk")
    return written(rows.values(*columns_of(RateCommitment)))


@kept
def _penalties(actor: Actor) -> Written | None:
    rows = access.visible_terms(actor).filter(contract_id=CONTRACT).order_by("valid_from")
    return written(rows.values(*columns_of(PenaltyTerms)))


@kept
def _statements(actor: Actor) -> Written | None:
    rows = access.visible_statements(actor).filter(contract_id=CONTRACT).order_by("month")
    return written(rows.values(*columns_of(Statement)))


def terms_in(actor: Actor, contract: Contract, months: Sequence[dt.date]) -> dict[dt.date, Terms]:
    """The terms in force in each month. Two statements, whatever the number of months."""
    given = {CONTRACT: contract.pk}
    rates = models_of(RateCommitment, _rates(actor), given)
    penalty = models_of(PenaltyTerms, _penalties(actor), given)
    bare = PenaltyTerms(
        organisation_id=contract.organisation_id, contract=contract, fee=NOTHING, valid_from=months[0]
    )
    return {
        month: Terms(
            tuple(row for row in rates if _holds(row, month)),
            next((row for row in penalty if _holds(row, month)), bare),
        )
        for month in months
    }


def statements_before(actor: Actor, contract: Contract, month: dt.date) -> list[Statement]:
    """The contract's statements of earlier months, oldest first."""
    found = models_of(Statement, _statements(actor), {CONTRACT: contract.pk})
    return [row for row in found if row.month < month]


def _holds(row: PenaltyTerms | RateCommitment, month: dt.date) -> bool:
    return row.valid_from <= month and (row.valid_until is None or month < row.valid_until)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a month is figured on: its terms, its clocks counted, the statements before it."""

    terms: Terms
    counts: Sequence[rules.Count]
    earlier: Sequence[Statement]


def ground_of(actor: Actor, contract: Contract, month: dt.date, *, now: dt.datetime) -> Ground:
    """Read from the clocks as they are now."""
    terms = terms_in(actor, contract, [month])[month]
    counts = clocks.counts(contract, [clocks.period_of(contract, month, now)], terms.method)[0]
    return Ground(terms, counts, statements_before(actor, contract, month))


def with_a_miss(
    actor: Actor, contract: Contract, month: dt.date, ground: Ground, miss: rules.Count, *, now: dt.datetime
) -> Figures:
    """What the month would come to with one miss more, late by less than an hour."""
    more = replace(ground, counts=[*ground.counts, miss])
    return simulated(actor, contract, month, now=now, ground=more, further=(miss,))


def simulated(
    actor: Actor, contract: Contract, month: dt.date, *, now: dt.datetime, ground: Ground | None = None,
    further: Sequence[rules.Count] = (),
) -> Figures:  # fmt: skip
    """What the month comes to now. ``further``: misses that the ground counts and no clock holds."""
    ground = ground or ground_of(actor, contract, month, now=now)
    period, promises = clocks.period_of(contract, month, now), ground.terms.promises()
    late = _late(contract, period, ground.terms, promises, further)
    lines = tuple(rules.judged(promise, ground.counts, late.get(promise.key, ())) for promise in promises)
    open_late, oldest = clocks.open_and_late(contract, period.end)
    settlement = _settled(contract, month, ground, lines)
    return Figures(lines, rules.together(promises, ground.counts), open_late, oldest, settlement)


def _late(
    contract: Contract, period: clocks.Period, terms: Terms, promises: Sequence[rules.Promise],
    further: Sequence[rules.Count],
) -> dict[int, list[int]]:  # fmt: skip
    """Seconds late of each missed ticket, for the commitments that cost by the ticket."""
    wanted = [promise for promise in promises if isinstance(promise.formula, penalties.PerTicket)]
    rows = clocks.late_seconds(contract, period, terms.method) if wanted else []
    rows += [(one.kind, one.ticket_type, one.priority, 1) for one in further]
    return {
        one.key: [late for kind, of_type, priority, late in rows if one.covers(kind, of_type, priority)]
        for one in wanted
    }


def _settled(
    contract: Contract, month: dt.date, ground: Ground, lines: Sequence[rules.Judged]
) -> penalties.Settlement:
    terms = ground.terms
    groups = {row.pk: row.cause for row in terms.commitments}
    conforming = frozenset(line.key for line in lines if line.verdict == Verdict.CONFORMING)
    return penalties.settle(
        [penalties.Line(line.key, line.penalty, groups[line.key]) for line in lines],
        terms.limits(),
        _before(contract, month, ground.earlier),
        bonus=sum((line.bonus for line in lines), NOTHING),
        earned_back=_earned_back(month, ground.earlier, conforming, terms.penalty.earn_back_after),
    )


def _before(contract: Contract, month: dt.date, rows: Sequence[Statement]) -> penalties.Before:
    year = rules.contract_year(contract.starts_on, month)
    return penalties.Before(
        charged_in_year=sum((row.charged for row in rows if row.month >= year), NOTHING),
        charged=sum((row.charged for row in rows), NOTHING),
        due=sum((row.due for row in rows), NOTHING),
    )


def _earned_back(
    month: dt.date, earlier: Sequence[Statement], conforming: frozenset[int], after: int
) -> Decimal:
    """Only where each of the ``after`` months before this one has its statement."""
    wanted = [rules.later(month, -n) for n in range(after, 0, -1)]
    rows = [row for row in earlier if row.month in wanted]
    if not after or len(rows) < after:
        return NOTHING
    lines = StatementLine.objects.filter(statement__in=rows).values_list(
        "statement_id", "commitment_id", "penalty", "verdict"
    )
    past = [
        penalties.Past(
            cost_of(row),
            tuple((key, amount, Verdict(verdict)) for pk, key, amount, verdict in lines if pk == row.pk),
        )
        for row in rows
    ]
    return penalties.earned_back(past, conforming, after)


def cost_of(row: Statement) -> Decimal:
    """What a statement's month cost: due, less its bonus."""
    bonus = sum((Decimal(amount) for kind, amount in row.steps if kind == penalties.StepKind.BONUS), NOTHING)
    return row.due + bonus


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
    """The months up to one, that one simulated on its ground."""

    points: tuple[Point, ...]
    ground: Ground
    figures: Figures


def year(actor: Actor, contract: Contract, last: dt.date, *, now: dt.datetime, length: int = 12) -> Year:
    """The months up to ``last`` in which something was promised; statements as they stand, the others from their clocks."""
    months = [rules.later(last, n - length + 1) for n in range(length)]
    terms = terms_in(actor, contract, months)
    earlier = statements_before(actor, contract, last)
    found = {row.month: _stated(row) for row in earlier}
    live = [month for month in months if month not in found and terms[month].commitments]
    counted: dict[dt.date, list[rules.Count]] = {}
    for method in {terms[month].method for month in live}:
        for run in _runs([month for month in live if terms[month].method == method]):
            periods = [clocks.period_of(contract, month, now) for month in run]
            counted |= zip(run, clocks.counts(contract, periods, method), strict=True)
    for month, counts in counted.items():
        found[month] = Point(month, rules.together(terms[month].promises(), counts), "simulated", None)
    ground = Ground(terms[last], counted.get(last, []), earlier)
    points = tuple(found[month] for month in months if month in found)
    return Year(points, ground, simulated(actor, contract, last, now=now, ground=ground))


def _runs(months: Sequence[dt.date]) -> list[list[dt.date]]:
    """Months that follow each other, together."""
    runs: list[list[dt.date]] = []
    for month in months:
        if runs and rules.later(runs[-1][-1]) == month:
            runs[-1].append(month)
        else:
            runs.append([month])
    return runs


def _stated(row: Statement) -> Point:
    # the statement keeps how many were excluded; what became of them is in its lines
    return Point(row.month, Measure(row.met, row.missed, 0, row.excluded), row.state, row.total)


def statement_figures(statement: Statement) -> Figures:
    """The figures that a statement holds, whatever became of its clocks since."""
    lines = tuple(
        rules.Judged(
            line.commitment_id, Measure(line.met, line.missed, line.excluded_met, line.excluded_missed),
            Verdict(line.verdict), line.penalty, line.bonus,
        )
        for line in StatementLine.objects.filter(statement=statement)
    )  # fmt: skip
    steps = tuple(
        penalties.Step(penalties.StepKind(kind), Decimal(amount)) for kind, amount in statement.steps
    )
    settlement = penalties.Settlement(statement.gross, steps, statement.charged, statement.due)
    together = Measure(statement.met, statement.missed, 0, statement.excluded)
    return Figures(lines, together, statement.open_late, statement.oldest_late, settlement)


def moved(actor: Actor, contract: Contract, statement: Statement, *, now: dt.datetime) -> bool:
    """Do the clocks say something else today than the statement of their month?"""
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
    }  # fmt: skip
