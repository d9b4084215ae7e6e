"""The delays of a ticket's course: how its business days are counted, and until when it may be reopened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from vigie.contracts.queries import terms_of_many
from vigie.contracts.rules.calendar import WEEKDAYS, Calendar
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.openings import Openings, openings
from vigie.contracts.rules.promise import Delays, Terms
from vigie.tickets.models import Clock, Ticket
from vigie.workflow.rules.machine import Machine

# Business days of a ticket without a clock (no contract in force) are counted on this one.
FALLBACK = Calendar.weekly(
    "Europe/Paris", WEEKDAYS[:5], ("08:00", "18:00"), code="fallback", holiday_sets=["FR"]
)


@dataclass(frozen=True, slots=True)
class Course:
    """How a ticket's business days are counted, and which delays its contract set: as stamped on its resolution."""

    hours: Openings
    delays: Delays


def course_of(terms: Terms | None) -> Course:
    """Without a promise of resolution: Monday to Friday, and the delays of the workflow."""
    return Course(openings(terms.calendar), terms.delays) if terms else Course(openings(FALLBACK), Delays())


def courses(ticket_ids: Iterable[int]) -> dict[int, Course]:
    """The course of each of these tickets, in two statements at most."""
    ids = list(ticket_ids)
    rows = Clock.objects.filter(ticket_id__in=ids, kind="resolution").order_by("pk")
    stamped: dict[int, int] = dict(rows.values_list("ticket_id", "terms_id"))
    terms = terms_of_many(stamped.values())
    return {pk: course_of(terms[stamped[pk]] if pk in stamped else None) for pk in ids}


def reopen_until(ticket: Ticket, machine: Machine) -> dt.datetime | None:
    """Last instant at which the ticket may be reopened: last closing of the n-th business day after resolution."""
    if ticket.resolved_at is None:
        return None
    course = courses([ticket.pk])[ticket.pk]
    return _end_of(course, ticket.resolved_at, course.delays.reopen_days or machine.reopen_days)


def closes_after(ticket: Ticket, machine: Machine) -> dt.datetime | None:
    """Instant past which silence closes the ticket: its own delay, and never before the one of reopening is over."""
    if ticket.resolved_at is None:
        return None
    course = courses([ticket.pk])[ticket.pk]
    delays = course.delays
    days = max(delays.close_days or machine.close_days, delays.reopen_days or machine.reopen_days)
    return _end_of(course, ticket.resolved_at, days)


def _end_of(course: Course, resolved_at: dt.datetime, days: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(course.hours.business_days_eod(epoch(resolved_at), days), dt.UTC)
