"""Everything that a month's sum of penalties is made of: its lines, and of those that are no tickets the records behind them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import ngettext

from vigie.compliance.queries.behind import Wanted
from vigie.compliance.queries.detail import Behind, costing
from vigie.compliance.queries.sheet import MeasureRow, Row, sheet_of
from vigie.kernel.actor import Actor

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Cost:
    """A line that costs: in words, what it came to, and the records behind it (none: its tickets are), the first of them
    where there are ``more``."""

    words: str
    told: str
    amount: str
    rate: int
    of_records: bool
    records: tuple[Behind, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class Costs:
    """The lines add up to ``gross``. ``month``: as an address says it."""

    month: str
    gross: str
    lines: tuple[Cost, ...]


def costs_of(actor: Actor, wanted: Wanted, *, now: dt.datetime) -> Costs | None:
    """For the list of all that was missed in a month; ``None`` for another list, or where nothing costs."""
    if wanted.commitment is not None or wanted.only != "missed":
        return None
    sheet = sheet_of(actor, wanted.contract, wanted.month, now=now)
    if wanted.live and sheet.today is not None:
        sheet = sheet.today
    lines = [_of_tickets(row) for row in sheet.rows if row.due]
    for row in sheet.measures:
        if row.due:
            lines.append(_of_records(actor, wanted, row, now))
    month = wanted.month.isoformat()[:7]
    return Costs(month, sheet.gross, tuple(lines)) if lines else None


def _of_tickets(row: Row) -> Cost:
    missed = row.measure.missed
    told = ngettext("%(num)s promise missed", "%(num)s promises missed", missed) % {"num": missed}
    return Cost(row.scope, told, row.penalty, row.id, of_records=False)


def _of_records(actor: Actor, wanted: Wanted, row: MeasureRow, now: dt.datetime) -> Cost:
    records, more = costing(
        actor, wanted.contract, wanted.month, row.id, now=now, live=wanted.live, most=SHOWN
    )
    return Cost(row.scope, row.told, row.penalty, row.id, of_records=True, records=records, more=more)
