"""Putting recorded instants and waits right: who, why, before and after; the verdict that was is kept beside the new one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from vigie.contracts.queries import terms_of
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.openings import openings
from vigie.contracts.rules.reading import Reading
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotAllowed, Refusal
from vigie.tickets import access
from vigie.tickets.actions.ledger import NewFact, change, load_rows, moment, reading_of
from vigie.tickets.models import Clock, Ticket
from vigie.tickets.rules import corrections, facts
from vigie.tickets.rules.corrections import Correction, Point, Row
from vigie.workflow.labels import PENDING_REASONS

LATE_GRANT = "tickets:correct_late"
DAYS = 1
"""Business days within which a correction is in time (R: at most one business day later)."""


@transaction.atomic
def correct(actor: Actor, ticket_id: int, asked: Correction, why: str, *, now: dt.datetime) -> Ticket:
    """Journal the correction and read the clocks again. Later than one business day after what it corrects, it asks for
    ``tickets:correct_late``; a wait may only have a reason that the machine knows.
    """
    actor.demand("tickets:correct")
    ticket = access.one(actor, ticket_id, lock=True)
    if not why.strip():
        raise Refusal("tickets.correction_needs_why", field="why")
    if asked.reason and asked.reason not in PENDING_REASONS:
        raise Refusal("tickets.correction_needs_cause", field="reason")
    rows = load_rows(ticket.pk)
    corrections.check(rows, asked, now)
    point = corrections.point_of(rows, asked)
    live = list(Clock.objects.filter(ticket_id=ticket.pk).exclude(state=Clock.State.CANCELLED).order_by("pk"))
    if not in_time(live, _done_at(asked, point), now):
        _demand_late(actor)
    said = said_of(asked)
    then = [*rows, Row(max(row.id for row in rows) + 1, now, facts.CORRECTED, said, {})]
    fact = NewFact(
        facts.CORRECTED,
        {**said, "why": why.strip(), "clocks": _verdicts(live, then, now)},
        {**_before(point), "clocks": _verdicts(live, rows, now)},
    )
    return change(actor, ticket, _columns(ticket, asked, point), [fact], now=now)


def _demand_late(actor: Actor) -> None:
    if not actor.can(LATE_GRANT):
        raise NotAllowed("tickets.correction_too_late", grant=LATE_GRANT)


def _done_at(asked: Correction, point: Point | None) -> dt.datetime:
    """When what is corrected was over."""
    found = [at for at in (asked.until or asked.at, point.at if point else None) if at is not None]
    return max(found)


def in_time(live: Sequence[Clock], at: dt.datetime, now: dt.datetime) -> bool:
    """Up to the end of the next business day, in the hours of the ticket's promises; without any, always."""
    if not live:
        return True
    hours = openings(terms_of(live[-1].terms_id).calendar)
    return epoch(now) <= hours.business_days_eod(epoch(at), DAYS)


def said_of(asked: Correction) -> dict[str, Any]:
    """The correction as it is journalled."""
    values = {
        "of": asked.of or None,
        "part": asked.part or None,
        "at": asked.at,
        "until": asked.until,
        "reason": asked.reason or None,
    }
    told = {
        name: v.isoformat() if isinstance(v, dt.datetime) else v
        for name, v in values.items()
        if v is not None
    }
    return {"what": asked.what, **told}


def _before(point: Point | None) -> dict[str, Any]:
    if point is None:
        return {}
    reason = {"reason": point.reason} if point.reason else {}
    return {"role": point.role, "at": point.at.isoformat(), **reason}


def _verdicts(live: Iterable[Clock], rows: Sequence[Row], now: dt.datetime) -> dict[str, Any]:
    """What a person compares: the state of each clock, seconds promised and used, since when it is missed."""
    return {clock.kind: _figures(reading_of(clock, rows, now)) for clock in live}


def _figures(reading: Reading) -> dict[str, Any]:
    missed_at = moment(reading.breached_at)
    return {
        "state": str(reading.state),
        "target": reading.target_seconds,
        "used": reading.used_seconds,
        "missed_at": missed_at.isoformat() if missed_at else None,
    }


def _columns(ticket: Ticket, asked: Correction, point: Point | None) -> dict[str, Any]:
    """The ticket's own copies of what was corrected."""
    if asked.what == corrections.ANSWERED:
        return {"first_response_at": asked.at}
    if asked.what != corrections.MOVED or point is None:
        return {}
    if point.role == "answer":
        return {"first_response_at": asked.at}
    if point.role != "solved":
        return {}
    columns = ("resolved_at", "first_resolved_at", "restored_at")
    return {name: asked.at for name in columns if getattr(ticket, name) == point.at}
