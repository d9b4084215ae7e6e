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
from vigie.tickets.actions.opening import at_once, promised
from vigie.tickets.actions.scope import scope_of
from vigie.tickets.models import Clock, Ticket
from vigie.tickets.rules import cycles, facts
from vigie.tickets.rules.clock_facts import Row, clock_facts


def retargeted(ticket: Ticket, *, priority: int, by: str = "provider") -> list[NewFact]:
    """A ``promised`` fact for each running clock, with its terms under the new priority."""
    live = _live(ticket)
    if not live:
        return []
    terms = _terms(ticket, scope_of(ticket, priority=priority))
    ids = stamp_many(ticket.organisation_id, terms.values())
    changed = promises_changed(live, terms, ids, "priority", by)
    return changed + cycles_changed(_repeated(ticket), terms, ids, "priority", by)


def promises_changed(
    clocks: Iterable[Clock], terms: Mapping[ClockKind, Terms], ids: Mapping[Terms, int], cause: str, by: str
) -> list[NewFact]:
    """A ``promised`` fact for each clock that still runs and has new terms. Pure."""
    found = []
    for clock in clocks:
        new = terms.get(ClockKind(clock.kind)) if clock.kind not in cycles.KINDS else None
        if new is not None and clock.stopped_at is None:
            found.append(NewFact(facts.PROMISED, _promise(clock, ids[new], cause, by)))
    return found


def cycles_changed(
    repeated: Mapping[str, int],
    terms: Mapping[ClockKind, Terms],
    ids: Mapping[Terms, int],
    cause: str,
    by: str = "provider",
) -> list[NewFact]:
    """A ``promised`` fact for each kind of cycle that has other terms now: it is one for all its cycles.

    ``repeated`` holds the terms in force of each kind promised on the ticket. Pure.
    """
    return [
        NewFact(
            facts.PROMISED, {"cycles": kind, "clock": kind, "terms_id": ids[new], "cause": cause, "by": by}
        )
        for kind, terms_id in repeated.items()
        if (new := terms.get(ClockKind(kind))) is not None and ids[new] != terms_id
    ]


def _repeated(ticket: Ticket) -> dict[str, int]:
    """The terms in force of what the ticket was promised again and again."""
    return repeated(load_rows(ticket.pk, [facts.PROMISED]))


def repeated(rows: Iterable[Row]) -> dict[str, int]:
    """The terms in force of each kind of cycle. Pure."""
    last = {kind: stamped[-1] for kind, stamped in cycles.promises(rows).items()}
    return {kind: terms_id for kind, terms_id in last.items() if terms_id is not None}


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
        if ClockKind(clock.kind) in terms and clock.kind not in cycles.KINDS
    ]


def carried_over(ticket: Ticket, *, site_id: int | None, now: dt.datetime) -> list[NewFact]:
    """The ticket's service or category really changed: the time used so far is kept under the new target.

    The response keeps its promise, and so does a ticket whose place alone moved (``site_id`` is the one before).
    """
    scope = replace(scope_of(ticket), site_id=site_id)
    changed = [
        revision
        for revision in revisions(ticket, scope, now)
        if revision.clock.kind != ClockKind.RESPONSE
        and revision.clock.stopped_at is None
        and _content(revision.terms) != _content(revision.before.terms)
    ]
    terms = _cycles_alone(_terms(ticket, scope))
    ids = stamp_many(ticket.organisation_id, [*(revision.terms for revision in changed), *terms.values()])
    return [
        NewFact(facts.PROMISED, _promise(revision.clock, ids[revision.terms], "change", "provider"))
        for revision in changed
    ] + (cycles_changed(_repeated(ticket), terms, ids, "change") if terms else [])


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

    ids = stamp_many(ticket.organisation_id, terms.values())
    found = corrections(clocks, terms, ids, read)
    return found + cycles_changed(_repeated(ticket), terms, ids, "correction")


Supposing = Callable[[Clock, Mapping[str, Any] | None], Reading]
"""Reads a clock as if one more promise had just been journalled; as it is without one."""


def corrections(
    clocks: Iterable[Clock], terms: Mapping[ClockKind, Terms], ids: Mapping[Terms, int], read: Supposing
) -> list[NewFact]:
    """A ``promised`` fact for each clock put right, with its figures before and after. Pure."""
    new_facts = []
    for clock in clocks:
        new = terms.get(ClockKind(clock.kind)) if clock.kind not in cycles.KINDS else None
        if new is not None:
            promise = _promise(clock, ids[new], "correction", "provider")
            was, then = _result(read(clock, None)), _result(read(clock, promise))
            new_facts.append(NewFact(facts.PROMISED, {**promise, **then}, was))
    return new_facts


def replaced(ticket: Ticket, ticket_type: str, now: dt.datetime) -> tuple[dict[ClockKind, Terms], list[str]]:
    """The promises of another type, and the kinds whose missed promise would then be met or gone.

    A response already given keeps its clock, and so does a cycle, under the new terms where it still runs.
    """
    live = _live(ticket)
    kept = {clock.kind for clock in live if clock.kind == "response" and clock.stopped_at is not None}
    terms = _terms(ticket, scope_of(ticket, ticket_type=ticket_type))
    fresh = {kind: terms[kind] for kind in terms if str(kind) not in kept}
    rows = load_rows(ticket.pk)
    missed = [
        clock.kind
        for clock in live
        if clock.kind not in kept and not _is_over(clock) and reading_of(clock, rows, now).breached
    ]
    return fresh, [kind for kind in missed if not _missed_anew(kind, fresh, rows, now)]


def _is_over(clock: Clock) -> bool:
    return clock.kind in cycles.KINDS and clock.stopped_at is not None


def _missed_anew(kind: str, fresh: Mapping[ClockKind, Terms], rows: list[Row], now: dt.datetime) -> bool:
    terms = fresh.get(ClockKind(kind))
    if kind in cycles.KINDS:
        return terms is not None
    return (
        terms is not None and read_clock(terms, clock_facts(kind, None, rows, terms_of), epoch(now)).breached
    )


def replace_clocks(ticket: Ticket, fresh: Mapping[ClockKind, Terms], now: dt.datetime) -> list[NewFact]:
    """Cancel the live clocks of the old type, keep a response already given, start ``fresh`` from the opening.

    Gives the facts of the promises kept again and again: those of the new type from now on, or none any more.
    """
    kept = {"response"} - set(map(str, fresh))
    live = Clock.objects.filter(ticket_id=ticket.pk).exclude(state=Clock.State.CANCELLED)
    live.exclude(kind__in=kept, stopped_at__isnull=False).exclude(kind__in=cycles.KINDS).update(
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
        for kind, terms in at_once(fresh).items()
    )
    old, new = _repeated(ticket), {str(kind): ids[terms] for kind, terms in _cycles_alone(fresh).items()}
    return [
        NewFact(facts.PROMISED, {"cycles": kind, "clock": kind, "terms_id": new.get(kind), "cause": "change"})
        for kind in sorted({*old, *new})
        if old.get(kind) != new.get(kind)
    ]


def _cycles_alone(terms: Mapping[ClockKind, Terms]) -> dict[ClockKind, Terms]:
    return {kind: promise for kind, promise in terms.items() if str(kind) in cycles.KINDS}


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
