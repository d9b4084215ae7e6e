"""The way every change of a ticket is written: columns, facts, clocks, wake-up, in the caller's transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, fields
from typing import Any

from vigie.contracts.queries import terms_of
from vigie.contracts.rules.clock_facts import ClockFact
from vigie.contracts.rules.cycles import Cycle
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.reading import ClockState, Reading
from vigie.contracts.rules.sla_clock import read_clock
from vigie.kernel.actor import Actor
from vigie.kernel.events import Event
from vigie.tenancy.walls import past_the_wall
from vigie.tickets.actions import support
from vigie.tickets.actions.turning import turned
from vigie.tickets.events import TicketChanged
from vigie.tickets.models import Clock, Fact, SupportClock, Ticket
from vigie.tickets.models.ticket import FAR_FUTURE
from vigie.tickets.rules import cycles, facts
from vigie.tickets.rules.clock_facts import CLOCK_KINDS, Row, TermsById, clock_facts, cycle_facts
from vigie.tickets.rules.facts import audience_of
from vigie.tickets.rules.support import KINDS as support_kinds
from vigie.toolkit.events import announce

# What a clock of a team or a supplier is moved by.
MOVES_SUPPORT = frozenset({*support_kinds, facts.PRIORITY, facts.EDITED}) - {facts.OPENED}
NEVER = dt.datetime.fromisoformat(FAR_FUTURE)


@dataclass(frozen=True, slots=True)
class NewFact:
    """A fact about to be journalled. ``at`` is when it happened, ``audience`` the kind's own unless given."""

    kind: str
    after: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, Any] | None = None
    at: dt.datetime | None = None
    audience: str | None = None


@dataclass(slots=True)
class FactRow:
    """The columns of a :class:`Fact` about to be written: an import makes hundreds of thousands of these."""

    organisation_id: int
    ticket_id: int
    at: dt.datetime
    recorded_at: dt.datetime
    kind: str
    actor_id: int | None
    actor_name: str
    side: str
    audience: str
    before: dict[str, Any] | None
    after: dict[str, Any]
    id: int | None = None


def plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime) else value


def fact_row(actor: Actor, ticket: Ticket, fact: NewFact, now: dt.datetime) -> FactRow:
    """The journal's row for ``fact`` (not saved). Pure."""
    return FactRow(
        ticket.organisation_id,
        ticket.pk,
        fact.at or now,
        now,
        fact.kind,
        actor.person_id,
        actor.name,
        str(actor.side),
        fact.audience or audience_of(fact.kind),
        None if fact.before is None else {k: plain(v) for k, v in fact.before.items()},
        {k: plain(v) for k, v in fact.after.items()},
    )


def journal(actor: Actor, ticket: Ticket, new_facts: Iterable[NewFact], *, now: dt.datetime) -> list[Fact]:
    """Append facts to the ticket's journal. Those a client may not read are written past its wall."""
    rows = (fact_row(actor, ticket, fact, now) for fact in new_facts)
    built = [Fact(**{column.name: getattr(row, column.name) for column in fields(row)}) for row in rows]
    with past_the_wall("journal") if any(f.audience == "internal" for f in built) else nullcontext():
        return Fact.objects.bulk_create(built)


def change(
    actor: Actor,
    ticket: Ticket,
    changes: Mapping[str, Any],
    new_facts: Iterable[NewFact],
    *,
    now: dt.datetime,
    events: Iterable[Event] = (),
    is_public: bool = True,
    moves_clock: bool = True,
) -> Ticket:
    """Write ``changes``, journal ``new_facts``, read the clocks again and announce, in the caller's transaction.

    The ticket must be locked.
    """
    for name, value in changes.items():
        setattr(ticket, name, value)
    ticket.updated_at = now
    ticket.version += 1
    found = list(new_facts)
    journal(actor, ticket, found, now=now)
    clock_columns = refresh_clocks(ticket, now) if moves_clock else []
    if any(fact.kind in MOVES_SUPPORT for fact in found):
        refresh_support(actor, ticket, now)
    ticket.save(update_fields=[*changes, "updated_at", "version", *clock_columns])
    for event in events:
        announce(event)
    announce(TicketChanged(ticket.pk, ticket.organisation_id, is_public))
    return ticket


def load_rows(ticket_id: int, kinds: Iterable[str] = CLOCK_KINDS) -> list[Row]:
    """The ticket's facts that a clock reads, oldest first; of messages the public ones."""
    found = Fact.objects.filter(ticket_id=ticket_id, kind__in=list(kinds)).order_by("at", "id")
    found = found.exclude(kind=facts.MESSAGE, audience="internal")
    return [
        Row(pk, at, kind, after or {}, before or {}, side)
        for pk, at, kind, after, before, side in found.values_list(
            "id", "at", "kind", "after", "before", "side"
        )
    ]


def facts_of(clock: Clock, rows: Iterable[Row], terms: TermsById = terms_of) -> list[ClockFact]:
    """The clock's facts of the journal; those of a cycle lie within the bounds that stand on its row."""
    if clock.kind not in cycles.KINDS:
        return clock_facts(clock.kind, clock.pk, rows, terms)
    stop = None if clock.stopped_at is None else epoch(clock.stopped_at)
    cycle = Cycle(clock.cycle, epoch(clock.started_at), stop, clock.state == Clock.State.CANCELLED)
    return cycle_facts(clock.kind, cycle, rows, terms)


def reading_of(clock: Clock, rows: Iterable[Row], now: dt.datetime) -> Reading:
    """The clock read from the journal at ``now``."""
    return read_clock(terms_of(clock.terms_id), facts_of(clock, rows), epoch(now))


def moment(instant: int | None) -> dt.datetime | None:
    return None if instant is None else dt.datetime.fromtimestamp(instant, dt.UTC)


def cache_reading(clock: Clock | SupportClock, reading: Reading) -> None:
    """Copy what lists need from a reading onto the clock's row (not saved)."""
    pending = [t.at for t in reading.thresholds if t.announced and t.percent > clock.announced]
    upcoming = reading.next_threshold
    clock.state = str(reading.state)
    clock.started_at = moment(reading.started_at) or clock.started_at
    if clock.kind not in cycles.KINDS or reading.state != ClockState.CANCELLED:  # a cycle keeps its end
        clock.stopped_at = moment(reading.stopped_at)
    clock.target_seconds = max(reading.target_seconds, 0)
    clock.used_seconds = max(reading.used_seconds, 0)
    clock.due_at = moment(reading.due_at)
    clock.breached_at = moment(reading.breached_at)
    clock.next_announce_at = moment(min(pending)) if pending else moment(upcoming.at if upcoming else None)


CLOCK_COLUMNS = [
    "state", "started_at", "stopped_at", "target_seconds", "used_seconds", "due_at", "breached_at", "next_announce_at",
]  # fmt: skip


def due_columns(ticket: Ticket, clocks: Iterable[Clock]) -> list[str]:
    """Set on the ticket what lists sort by: the earliest due instant of its running clocks."""
    running = [(c.due_at, c.kind) for c in clocks if c.state == Clock.State.RUNNING and c.due_at]
    first = min(running, default=(NEVER, ""))
    ticket.due_at, ticket.due_kind = first
    ticket.has_breach = any(c.breached_at for c in clocks)
    return ["due_at", "due_kind", "has_breach"]


def refresh_clocks(ticket: Ticket, now: dt.datetime) -> list[str]:
    """Read the ticket's live clocks again from its journal; the ticket columns that changed with them."""
    clocks = list(Clock.objects.filter(ticket_id=ticket.pk).exclude(state=Clock.State.CANCELLED))
    if not clocks and ticket.contract_id is None:
        return due_columns(ticket, [])
    was = {clock.pk: _figures(clock) for clock in clocks}
    rows = load_rows(ticket.pk)
    if cycles.promises(rows):
        rows = load_rows(ticket.pk, (*CLOCK_KINDS, facts.MESSAGE))
        gone = Clock.objects.filter(ticket_id=ticket.pk, kind__in=cycles.KINDS, state=Clock.State.CANCELLED)
        clocks = turned(ticket, clocks, rows, cancelled=set(gone.values_list("kind", "cycle")))
    for clock in clocks:
        cache_reading(clock, reading_of(clock, rows, now))
    if moved := [clock for clock in clocks if clock.pk and was[clock.pk] != _figures(clock)]:
        Clock.objects.bulk_update(moved, CLOCK_COLUMNS)
    if new := [clock for clock in clocks if not clock.pk]:
        Clock.objects.bulk_create(new)
    return due_columns(ticket, clocks)


def refresh_support(actor: Actor, ticket: Ticket, now: dt.datetime, rows: list[Row] | None = None) -> None:
    """Begin and read again the clocks of teams and suppliers; ``rows`` are the whole journal of a ticket just opened.

    A client's act may move them, and never shows them: it is done past its wall.
    """
    with past_the_wall("support"):
        is_new = rows is not None
        rows = load_rows(ticket.pk, support_kinds) if rows is None else rows
        clocks = [] if is_new else list(SupportClock.objects.filter(ticket_id=ticket.pk))
        if anew := support.committed_anew(ticket, clocks, rows):
            journal(actor, ticket, [NewFact(facts.COMMITTED, values) for values in anew], now=now)
            rows = load_rows(ticket.pk, support_kinds)
        new = support.new_clocks(ticket, rows, clocks)
        was = {clock.pk: _figures(clock) for clock in clocks}
        for clock in [*clocks, *new]:
            cache_reading(clock, support.support_reading(clock, rows, now))
        SupportClock.objects.bulk_create(new)
        if moved := [clock for clock in clocks if was[clock.pk] != _figures(clock)]:
            SupportClock.objects.bulk_update(moved, CLOCK_COLUMNS)
        if ticket.phase in ("done", "ended") and any(row.kind == facts.REFERRED for row in rows):
            support.end_referrals(ticket)


def _figures(clock: Clock | SupportClock) -> list[Any]:
    return [getattr(clock, name) for name in CLOCK_COLUMNS]
