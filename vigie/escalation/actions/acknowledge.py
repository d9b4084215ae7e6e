"""Answering an escalation: whoever was told says that it is in hand, and the ladder waits for its time."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from vigie.escalation import access
from vigie.escalation.models import Escalation, SupportWatch, Watch
from vigie.escalation.queries.escalations import clock_of
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotAllowed, Refusal
from vigie.tickets import access as tickets_access
from vigie.tickets.actions.ledger import NewFact, change
from vigie.tickets.rules import facts


@transaction.atomic
def acknowledge(actor: Actor, escalation_id: int, *, now: dt.datetime) -> Escalation:
    """Acknowledge for all who were told. Somebody else of the ticket's team, or who may assign, may do so too.

    Asked twice by one person, it stays as it was.
    """
    actor.demand("escalation:view")
    found = access.one_escalation(actor, escalation_id)
    ticket = tickets_access.one(actor, found.ticket_id, lock=True)
    row = access.one_escalation(actor, escalation_id, lock=True)
    if row.state == Escalation.State.ACKNOWLEDGED:
        if row.acknowledged_by_id == actor.person_id:
            return row
        name = row.acknowledged_by.name if row.acknowledged_by else ""
        raise Refusal("escalation.already_answered", name=name)
    if row.state not in (Escalation.State.WAITING, Escalation.State.CLIMBED):
        raise Refusal("escalation.over")
    if not may_acknowledge(actor, row):
        raise NotAllowed("escalation.not_yours")
    row.state, row.acknowledged_at, row.acknowledged_by_id = (
        Escalation.State.ACKNOWLEDGED,
        now,
        actor.person_id,
    )
    row.save(update_fields=["state", "acknowledged_at", "acknowledged_by"])
    fact = NewFact(facts.ACKNOWLEDGED, {"clock": clock_of(row).kind, "step": row.position})
    change(actor, ticket, {}, [fact], now=now, is_public=False, moves_clock=False)
    # the sweep looks again: nothing is awaited
    Watch.objects.filter(clock_id=row.clock_id or 0).update(version=0)
    SupportWatch.objects.filter(clock_id=row.support_clock_id or 0).update(version=0)
    return row


def may_acknowledge(actor: Actor, row: Escalation) -> bool:
    """Those who were told, the assignee, and whoever distributes tickets."""
    if actor.can("escalation:manage") or actor.can("tickets:override_priority"):
        return True
    return row.ticket.assignee_id == actor.person_id or row.recipients.filter(person_id=actor.me).exists()
