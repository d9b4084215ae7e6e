"""Frozen months that say something else today: told as a dated line in the next statement, never written over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from vigie.compliance import rules
from vigie.compliance.models import Statement, StatementCorrection, StatementLine
from vigie.compliance.queries.reading import Correction, Past, Read, charged, judged_lines, net_of, settled
from vigie.compliance.queries.terms import JUDGED, Stated, Terms, judged_from
from vigie.contracts.models import Contract
from vigie.contracts.rules.penalties import NOTHING, StepKind
from vigie.toolkit.written import Written, columns_of, instant, kept, models_of, stand_in, written

LOOKED_BACK = 12  # months
Lines = dict[str, dict[str, Any]]


def months_looked_at(earlier: Sequence[Stated], month: dt.date) -> list[dt.date]:
    """The frozen months that a statement of ``month`` looks at again."""
    first = rules.later(month, -LOOKED_BACK)
    return [
        row.month for row in earlier if row.state == Statement.State.FROZEN and first <= row.month < month
    ]


@dataclass(frozen=True, slots=True)
class _Told:
    """What was last told of a month: its lines, and its money (whether its credit held it or it was carried over) with every
    correction so far."""

    lines: Lines
    total: Decimal


def corrections(
    contract: Contract,
    month: dt.date,
    earlier: Sequence[Stated],
    terms: Mapping[dt.date, Terms],
    reads: Mapping[dt.date, Read],
) -> tuple[Correction, ...]:
    """What the frozen months looked at come to now, beside what was last told of them, oldest first."""
    months = set(months_looked_at(earlier, month))
    rows = [row for row in earlier if row.month in months]
    told, own = _last_told(rows, month), _own_corrections(rows)
    found: list[Correction] = []
    for row in rows:
        before = [one for one in earlier if one.month < row.month]
        past = Past(before, own.get(row.id, ()))
        judged = judged_lines(terms[row.month], reads[row.month])
        lines = {str(line.key): line_values(line) for line in judged}
        now = settled(contract, row.month, terms[row.month], past, judged)
        difference = now.net - told[row.id].total
        if lines != told[row.id].lines or difference:
            amount = _capped(contract, row.month, earlier, terms[row.month], difference, found)
            found.append(Correction(row.id, row.month, told[row.id].lines, lines, amount))
    return tuple(found)


def _capped(
    contract: Contract,
    month: dt.date,
    rows: Sequence[Stated],
    terms: Terms,
    difference: Decimal,
    found: Sequence[Correction],
) -> Decimal:
    """A correction never takes its contract year beyond the cap."""
    cap = terms.limits().year_cap
    if cap is None or difference <= 0:
        return difference
    year = rules.contract_year(contract.starts_on, month)
    taken = [charged(row) for row in rows if rules.contract_year(contract.starts_on, row.month) == year]
    taken += [one.amount for one in found if rules.contract_year(contract.starts_on, one.month) == year]
    return min(difference, max(cap - sum(taken, NOTHING), NOTHING))


def _last_told(rows: Sequence[Stated], month: dt.date) -> dict[int, _Told]:
    if not rows:
        return {}
    told = {
        row.id: _Told({str(line.key): line_values(line) for line in row.lines}, net_of(row)) for row in rows
    }
    for one in models_of(StatementCorrection, _later(), {TOLD: list(told), BEFORE: month}):
        told[one.corrected_id] = _Told(one.now, told[one.corrected_id].total + one.amount)
    return told


TOLD, BEFORE = stand_in(1), instant(1).date()


@kept
def _later() -> Written | None:
    rows = StatementCorrection.objects.filter(corrected_id__any_of=[TOLD], statement__month__lt=BEFORE)
    return written(rows.order_by("statement__month").values(*columns_of(StatementCorrection)))


def _own_corrections(rows: Sequence[Stated]) -> dict[int, tuple[Correction, ...]]:
    """What each of these statements told itself of months before it: it stays in its total."""
    with_some = [row for row in rows if any(kind == StepKind.CORRECTION for kind, _ in row.steps)]
    return {
        row.id: (Correction(row.id, row.month, {}, {}, amount),)
        for row in with_some
        for amount in [sum((Decimal(a) for kind, a in row.steps if kind == StepKind.CORRECTION), NOTHING)]
    }


def line_values(line: rules.Judged) -> dict[str, Any]:
    """A line as plain values, equal where the line is."""
    measure = line.measure
    return {
        "met": measure.met, "missed": measure.missed, "excluded_met": measure.excluded_met,
        "excluded_missed": measure.excluded_missed, "verdict": str(line.verdict), "penalty": str(line.penalty),
        "bonus": str(line.bonus), **found_values(line),
    }  # fmt: skip


def found_values(line: rules.Judged) -> dict[str, Any]:
    """What no count tells, as the column ``found`` keeps it; empty for a rate of clocks."""
    if line.value is None and not line.numbers:
        return {}
    raw = None if line.raw is None else str(line.raw)
    value = None if line.value is None else str(line.value)
    return {"value": value, "raw": raw, "numbers": dict(line.numbers)}


def judged_of(line: StatementLine) -> rules.Judged:
    """The line as it was judged."""
    return judged_from({name: getattr(line, name) for name in JUDGED})
