"""Time left on each row of a list: the clock comes with the row, then the calendar's own arithmetic."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import JSONField
from django.db.models.expressions import RawSQL

from vigie.contracts.queries import terms_of_many
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.openings import openings

AT_RISK = 0.75
# Of several clocks of a ticket the one that matters now: what runs, then what waits, then the last verdict.
_CLOCK = """(select jsonb_build_array(c.kind, c.state, c.terms_id, c.target_seconds, c.used_seconds,
    floor(extract(epoch from c.due_at)))
  from tickets_clock c where c.ticket_id = tickets_ticket.id and c.state <> 'cancelled' and (c.cycle = 0 or c.stopped_at is null)
  order by case c.state when 'running' then 0 when 'paused' then 1 else 2 end,
    case c.state when 'running' then c.due_at end nulls last, c.kind <> 'resolution', c.id limit 1)"""


@dataclass(frozen=True, slots=True)
class Meter:
    """``left`` seconds of service time (negative when late), ``used`` share of the promise, as the kit draws it.

    ``state`` is ``closed`` outside service hours: nothing runs out before the calendar opens again.
    """

    kind: str
    left: int
    used: float
    state: str


def clock_that_matters() -> RawSQL:
    """A column for a queryset of tickets, that :func:`meters` reads; null without a promise."""
    return RawSQL(_CLOCK, [], output_field=JSONField())  # noqa: S611 (no parameter)


def meters(rows: Iterable[Mapping[str, Any]], *, now: dt.datetime) -> dict[int, Meter]:
    """The meter of each row that has a clock, by ``id``; ``clock`` is what :func:`clock_that_matters` gave."""
    clocks = {row["id"]: row["clock"] for row in rows if row["clock"]}
    running = {terms_id for _kind, state, terms_id, *_figures in clocks.values() if state == "running"}
    terms = terms_of_many(running) if running else {}
    at = epoch(now)
    return {pk: _meter(clock, terms, at) for pk, clock in clocks.items()}


def _meter(clock: list[Any], terms: Mapping[int, Any], at: int) -> Meter:
    kind, state, terms_id, target, spent, due = clock
    target = max(target, 1)
    left = target - spent
    if state == "running" and due:
        calendar = openings(terms[terms_id].calendar)
        left = calendar.elapsed(at, due) if due > at else -calendar.elapsed(due, at)
        late, closed = due <= at, not calendar.is_open(at)
    else:
        late, closed = left < 0, False
    used = 1 - left / target
    if state == "met":
        return Meter(kind, left, used, "met")
    if late or state == "missed":
        return Meter(kind, min(left, 0), max(used, 1.0), "late")
    if state == "paused":
        return Meter(kind, left, used, "paused")
    if closed:
        return Meter(kind, left, used, "closed")
    return Meter(kind, left, used, "warn" if used >= AT_RISK else "ok")
