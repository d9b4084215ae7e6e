"""Why a promise to the client was missed: a person confirms whom it stayed with, and the reason."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from vigie.contracts.queries import terms_of
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.sla_clock import read_clock
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound, Refusal
from vigie.tickets import access
from vigie.tickets.actions.ledger import NewFact, change, facts_of, load_rows
from vigie.tickets.labels import BREACH_REASONS
from vigie.tickets.models import BreachCause, Clock
from vigie.tickets.rules import facts
from vigie.tickets.rules.clock_facts import CLOCK_KINDS
from vigie.tickets.rules.holders import shares, with_holders
from vigie.tickets.rules.support import KINDS


@transaction.atomic
def confirm_cause(
    actor: Actor, ticket_id: int, clock_id: int, *, reason: str, holder: str, note: str = "", now: dt.datetime
) -> BreachCause:
    """Confirm why this clock of the ticket is missed; said again, the last word stands and both are journalled."""
    actor.demand("tickets:work")
    ticket = access.one(actor, ticket_id, lock=True)
    clock = Clock.objects.filter(ticket_id=ticket.pk, pk=clock_id).exclude(state="cancelled").first()
    if clock is None:
        raise NotFound()
    rows = load_rows(ticket.pk, {*CLOCK_KINDS, *KINDS})
    terms = terms_of(clock.terms_id)
    reading = read_clock(terms, with_holders(facts_of(clock, rows), rows, terms), epoch(now))
    if not reading.breached:
        raise Refusal("tickets.clock_not_missed")
    if reason not in BREACH_REASONS:
        raise Refusal("tickets.unknown_breach_reason", field="reason")
    found = shares(reading)
    if holder not in found:
        raise Refusal("tickets.unknown_holder", field="holder")
    cause, _created = BreachCause.objects.update_or_create(
        clock_id=clock.pk,
        defaults={
            "organisation_id": ticket.organisation_id,
            "reason": reason,
            "holder": holder,
            "shares": found,
            "note": note.strip()[:500],
            "confirmed_by_id": actor.person_id,
            "confirmed_at": now,
        },
    )
    told = {
        "clock": clock.kind, "clock_id": clock.pk, "cycle": clock.cycle, "reason": reason, "holder": holder,
        "note": cause.note,
    }  # fmt: skip
    change(actor, ticket, {}, [NewFact(facts.CAUSED, told)], now=now, is_public=False, moves_clock=False)
    return cause
