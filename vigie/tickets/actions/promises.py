"""What a change of a ticket does to its promises: taken over from now on, or measured again as if always so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from vigie.contracts.actions import stamp_many
from vigie.contracts.queries import promise_book, terms_of
from vigie.contracts.queries.book import Scope
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.promise import ClockKind, Terms
from vigie.contracts.rules.reading import Reading
from vigie.contracts.rules.sla_clock import read_clock
from vigie.tickets.actions.ledger import NewFact, load_rows, moment, reading_of
from vigie.tickets.actions.opening import promised, scope_of
from vigie.tickets.models import Clock, Ticket
from vigie.tickets.rules import facts
from vigie.tickets.rules.clock_facts import Row, clock_facts


def retargeted(ticket: Ticket, *, priority: int, by: str = "provider") -> list[NewFact]:
    """A ``promised`` fact for each running clock, with its terms under the new priority."""
    live = _live(ticket)
    if not live:
        return []
    terms = _terms(ticket, scope_of(ticket, priority=priority))
    ids = stamp_many(ticket.organisation_id, terms.values())
    return promises_changed(live, terms, ids, "priority", by)


def promises_changed(
    clocks: Iterable[Clock], terms: Mapping[ClockKind, Terms], ids: Mapping[Terms, int], cause: str, by: str
) -> list[NewFact]:
    """A ``promised`` fact for each clock that still runs and has new terms. Pure."""
    found = []
    for clock in clocks:
        new = terms.get(ClockKind(clock.kind))
        if new is not None and clock.stopped_at is None:
            found.append(NewFact(facts.PROMISED, _promise(clock, ids[new], cause, by)))
    return found


@dataclass(frozen=True, slots=True)
class Revision:
    """A live clock as it reads now, and the terms that another scope would give it."""

    clock: Clock
    before: Reading
    terms: Terms

    @property
    def alters(self) -> bool:
        """Would the client be promised something else: another target, other hours, other pauses?"""
        old, new = self.before.terms, self.terms
        return (old.target, old.calendar, old.pause_reasons) != (new.target, new.calendar, new.pause_reasons)


def revisions(ticket: Ticket, scope: Scope, now: dt.datetime) -> list[Revision]:
    """The live clocks of the ticket beside the terms of ``scope``."""
    rows = load_rows(ticket.pk)
    terms = _terms(ticket, scope)
    return [
        Revision(clock, reading_of(clock, rows, now), terms[ClockKind(clock.kind)])
        for clock in _live(ticket)
        if ClockKind(clock.kind) in terms
    ]


def carried_over(ticket: Ticket, *, site_id: int | None, now: dt.datetime) -> list[NewFact]:
    """The ticket's service or category really changed: the time used so far is kept under the new target.

    The response keeps its promise, and so does a ticket whose place alone moved (``site_id`` is the one before).
    """
    changed = [
        revision
        for revision in revisions(ticket, replace(scope_of(ticket), site_id=site_id), now)
        if revision.clock.kind != ClockKind.RESPONSE
        and revision.clock.stopped_at is None
        and _content(revision.terms) != _content(revision.before.terms)
    ]
    ids = stamp_many(ticket.organisation_id, [revision.terms for revision in changed])
    return [
        NewFact(facts.PROMISED, _promise(revision.clock, ids[revision.terms], "change", "provider"))
        for revision in changed
    ]


def corrected(ticket: Ticket, *, priority: int | None = None, now: dt.datetime) -> list[NewFact]:
    """An error is put right: its clocks are measured as if it had never been, each with what it said before.

    A clock already stopped is judged again too, except where the priority alone (``priority``) was the error.
    """
    clocks = [clock for clock in _live(ticket) if priority is None or clock.stopped_at is None]
    terms = _terms(ticket, scope_of(ticket, priority=priority))
    rows = load_rows(ticket.pk)

    def read(clock: Clock, promise: Mapping[str, Any] | None) -> Reading:
        more = [Row(rows[-1].id + 1, now, facts.PROMISED, promise, {})] if promise else []
        return reading_of(clock, [*rows, *more], now)

    return corrections(clocks, terms, stamp_many(ticket.organisation_id, terms.values()), read)


Supposing = Callable[[Clock, Mapping[str, Any] | None], Reading]
"""Reads a clock as if one more promise had just been journalled; as it is without one."""


def corrections(
    clocks: Iterable[Clock], terms: Mapping[ClockKind, Terms], ids: Mapping[Terms, int], read: Supposing
) -> list[NewFact]:
    """A ``promised`` fact for each clock put right, with its figures before and after. Pure."""
    new_facts = []
    for clock in clocks:
        new = terms.get(ClockKind(clock.kind))
        if new is not None:
            promise = _promise(clock, ids[new], "correction", "provider")
            was, then = _result(read(clock, None)), _result(read(clock, promise))
            new_facts.append(NewFact(facts.PROMISED, {**promise, **then}, was))
    return new_facts


def replaced(ticket: Ticket, ticket_type: str, now: dt.datetime) -> tuple[dict[ClockKind, Terms], list[str]]:
    """The clocks that another type starts, and the kinds whose missed promise would then be met or gone.

    A response already given keeps its clock.
    """
    live = _live(ticket)
    kept = {clock.kind for clock in live if clock.kind == "response" and clock.stopped_at is not None}
    terms = _terms(ticket, scope_of(ticket, ticket_type=ticket_type))
    fresh = {kind: terms[kind] for kind in terms if str(kind) not in kept}
    rows = load_rows(ticket.pk)
    missed = [
        clock.kind for clock in live if clock.kind not in kept and reading_of(clock, rows, now).breached
    ]
    return fresh, [kind for kind in missed if not _missed_anew(kind, fresh, rows, now)]


def _missed_anew(kind: str, fresh: Mapping[ClockKind, Terms], rows: list[Row], now: dt.datetime) -> bool:
    terms = fresh.get(ClockKind(kind))
    return (
        terms is not None and read_clock(terms, clock_facts(kind, None, rows, terms_of), epoch(now)).breached
    )


def replace_clocks(ticket: Ticket, fresh: Mapping[ClockKind, Terms], now: dt.datetime) -> None:
    """Cancel the live clocks of the old type, keep a response already given, start ``fresh`` from the opening."""
    kept = {"response"} - set(map(str, fresh))
    live = Clock.objects.filter(ticket_id=ticket.pk).exclude(state=Clock.State.CANCELLED)
    live.exclude(kind__in=kept, stopped_at__isnull=False).update(
        state=Clock.State.CANCELLED, stopped_at=now, due_at=None, next_announce_at=None
    )
    ids = stamp_many(ticket.organisation_id, fresh.values())
    Clock.objects.bulk_create(
        Clock(
            organisation_id=ticket.organisation_id,
            ticket_id=ticket.pk,
            kind=str(kind),
            terms_id=ids[terms],
            state=Clock.State.RUNNING,
            started_at=ticket.opened_at,
            target_seconds=0,
        )
        for kind, terms in fresh.items()
    )


def _live(ticket: Ticket) -> list[Clock]:
    live = Clock.objects.filter(ticket_id=ticket.pk).exclude(state=Clock.State.CANCELLED)
    return list(live.order_by("pk"))


def _terms(ticket: Ticket, scope: Scope) -> dict[ClockKind, Terms]:
    return promised(promise_book(ticket.organisation_id), scope)


def _content(terms: Terms) -> tuple[object, ...]:
    """What of the terms an adopting clock takes over; its policies stay those stamped first."""
    return (
        terms.target, terms.calendar, terms.pause_reasons, terms.thresholds, terms.calendar_version,
        terms.commitment_id, terms.contract_id,
    )  # fmt: skip


def _promise(clock: Clock, terms_id: int, cause: str, by: str) -> dict[str, Any]:
    return {"clock": clock.kind, "clock_id": clock.pk, "terms_id": terms_id, "cause": cause, "by": by}


def _result(reading: Reading) -> dict[str, Any]:
    """What a person compares of two readings: seconds promised and used, and since when it is missed."""
    return {
        "target": reading.target_seconds,
        "used": reading.used_seconds,
        "missed_at": moment(reading.breached_at),
    }
