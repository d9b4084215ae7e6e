"""What time alone brings: warnings, breaches, closings, follow-ups. Level-triggered: it looks at state, never at a
tick, so hours of absence are made up for, each announcement once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

from django.db import transaction
from django.db.models import F, QuerySet

from vigie.kernel.actor import SYSTEM
from vigie.tickets.actions import lifecycle, support, telling
from vigie.tickets.actions.ledger import CLOCK_COLUMNS, NewFact, cache_reading, change, load_rows, reading_of
from vigie.tickets.models import Clock, SupportClock, Ticket
from vigie.tickets.rules import facts
from vigie.tickets.rules.support import KINDS

BATCH = 200


def announce_due_clocks(now: dt.datetime, *, batch: int = BATCH) -> int:
    """Announce every threshold that is behind ``now`` and was not told; the number of clocks looked at."""
    return _visit(Clock, _announce_one, now, batch) + _visit(SupportClock, _announce_behind, now, batch)


def _visit(
    model: type[Clock] | type[SupportClock],
    announce_one: Callable[[int, int, dt.datetime], None],
    now: dt.datetime,
    batch: int,
) -> int:
    total = 0
    last = 0
    while True:
        due = list(
            model.objects.filter(next_announce_at__lte=now, pk__gt=last)
            .order_by("pk")
            .values_list("pk", "ticket_id")[:batch]
        )
        for clock_id, ticket_id in due:
            announce_one(clock_id, ticket_id, now)
            last = clock_id
        total += len(due)
        if len(due) < batch:
            return total


@transaction.atomic
def _announce_one(clock_id: int, ticket_id: int, now: dt.datetime) -> None:
    """The ticket's lock comes first, as in every action; the claim is checked again under it. Each threshold is
    journalled; after an absence people are told of the highest alone."""
    ticket = Ticket.objects.select_for_update().get(pk=ticket_id)
    clock = Clock.objects.filter(pk=clock_id, next_announce_at__lte=now).first()
    if clock is None:
        return
    reading = reading_of(clock, load_rows(ticket_id), now)
    passed = [t for t in reading.thresholds if t.announced and t.percent > clock.announced]
    if passed:
        told = [
            NewFact(
                facts.BREACHED if threshold.percent >= 100 else facts.WARNED,
                {"clock": clock.kind, "percent": threshold.percent, "due_at": clock.due_at},
                at=dt.datetime.fromtimestamp(threshold.at, dt.UTC),
            )
            for threshold in passed
        ]
        clock.announced = passed[-1].percent
        change(SYSTEM, ticket, {}, told, now=now, is_public=clock.announced >= 100, moves_clock=False)
        telling.clock_warned(ticket, clock, clock.announced, now=now)
    cache_reading(clock, reading)
    if clock.state not in (Clock.State.RUNNING, Clock.State.PAUSED):
        clock.next_announce_at = None
    clock.save(update_fields=[*CLOCK_COLUMNS, "announced"])
    if clock.breached_at and not ticket.has_breach:
        Ticket.objects.filter(pk=ticket_id).update(has_breach=True, version=F("version") + 1)


@transaction.atomic
def _announce_behind(clock_id: int, ticket_id: int, now: dt.datetime) -> None:
    """The same for a promise of a team or a supplier: those in charge alone ever hear of it."""
    ticket = Ticket.objects.select_for_update().get(pk=ticket_id)
    found = SupportClock.objects.select_related("team", "supplier_contract__supplier")
    clock = found.filter(pk=clock_id, next_announce_at__lte=now).first()
    if clock is None:
        return
    reading = support.support_reading(clock, load_rows(ticket_id, KINDS), now)
    passed = [t for t in reading.thresholds if t.announced and t.percent > clock.announced]
    if passed:
        told = [
            NewFact(
                facts.SUPPORT_WARNED,
                {"clock": clock.kind, "percent": threshold.percent, **support.holder_values(clock)},
                at=dt.datetime.fromtimestamp(threshold.at, dt.UTC),
            )
            for threshold in passed
        ]
        clock.announced = passed[-1].percent
        change(SYSTEM, ticket, {}, told, now=now, is_public=False, moves_clock=False)
        telling.support_warned(ticket, clock, now=now)
    cache_reading(clock, reading)
    if clock.state not in (Clock.State.RUNNING, Clock.State.PAUSED):
        clock.next_announce_at = None
    clock.save(update_fields=[*CLOCK_COLUMNS, "announced"])


def close_silent_tickets(now: dt.datetime, *, batch: int = BATCH) -> int:
    """Close resolved tickets whose window is over. A window is never shorter than its days on the wall."""
    before = now - dt.timedelta(days=1)
    over = Ticket.objects.filter(phase="done", resolved_at__lt=before, awaiting_reply_since=None)
    return sum(lifecycle.close_if_silent(SYSTEM, pk, now=now) for pk in _by_date(over, "resolved_at", batch))


def resume_followed_up(now: dt.datetime, *, batch: int = BATCH) -> int:
    """Resume waiting tickets whose follow-up date is reached."""
    due = Ticket.objects.filter(phase="waiting", follow_up_at__lte=now)
    return sum(lifecycle.resume_if_due(SYSTEM, pk, now=now) for pk in _by_date(due, "follow_up_at", batch))


def _by_date(tickets: QuerySet[Ticket], column: str, batch: int) -> Iterator[int]:
    """Ids in the order of a date, ``batch`` at a time past those already given: one that stays where it is keeps
    nobody behind it waiting."""
    last = (dt.datetime.min.replace(tzinfo=dt.UTC), 0)
    while True:
        after = tickets.filter(**{f"{column}__gte": last[0]}).exclude(**{column: last[0], "pk__lte": last[1]})
        rows = list(after.order_by(column, "pk").values_list(column, "pk")[:batch])
        for last in rows:
            yield last[1]
        if len(rows) < batch:
            return
