"""Who follows a ticket without having asked for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import transaction

from vigie.accounts.models import Affiliation
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import Refusal
from vigie.tickets import access
from vigie.tickets.actions.handling import may_work_on
from vigie.tickets.actions.ledger import NewFact, change
from vigie.tickets.models import ProposedWatcher, Ticket, Watcher
from vigie.tickets.rules import facts


@transaction.atomic
def add_watcher(actor: Actor, ticket_id: int, person_id: int, *, now: dt.datetime) -> None:
    """Let a contact of the client, or an agent authorised for it, follow the ticket."""
    actor.demand("tickets:work")
    ticket = access.one(actor, ticket_id, lock=True)
    is_contact = Affiliation.objects.filter(
        person_id=person_id, organisation_id=ticket.organisation_id
    ).exists()
    if not is_contact and not may_work_on(person_id, ticket.organisation_id):
        raise Refusal("tickets.not_a_contact", field="watcher", name=str(person_id))
    ProposedWatcher.objects.filter(ticket_id=ticket.pk, person_id=person_id).delete()
    _, created = Watcher.objects.get_or_create(
        ticket_id=ticket.pk,
        person_id=person_id,
        defaults={"organisation_id": ticket.organisation_id, "added_at": now},
    )
    if created:
        _journal(actor, ticket, NewFact(facts.WATCHED, {"person": person_id}), now)


@transaction.atomic
def remove_watcher(actor: Actor, ticket_id: int, person_id: int, *, now: dt.datetime) -> None:
    """Stop following; also the answer to a proposal that is not wanted."""
    actor.demand("tickets:work")
    ticket = access.one(actor, ticket_id, lock=True)
    proposed, _ = ProposedWatcher.objects.filter(ticket_id=ticket.pk, person_id=person_id).delete()
    followed, _ = Watcher.objects.filter(ticket_id=ticket.pk, person_id=person_id).delete()
    if followed or proposed:
        _journal(actor, ticket, NewFact(facts.WATCHED, {}, {"person": person_id}), now)


def propose_watchers(ticket: Ticket, person_ids: Iterable[int], *, now: dt.datetime) -> None:
    """Remember whom a mail put in copy. A copy alone gives no sight of the ticket: an agent decides.

    Only people who are contacts of the ticket's client are remembered; the caller's transaction holds.
    """
    contacts = Affiliation.objects.filter(
        organisation_id=ticket.organisation_id, person_id__in=list(person_ids)
    ).values_list("person_id", flat=True)
    following = set(Watcher.objects.filter(ticket_id=ticket.pk).values_list("person_id", flat=True))
    ProposedWatcher.objects.bulk_create(
        [
            ProposedWatcher(
                organisation_id=ticket.organisation_id, ticket_id=ticket.pk, person_id=person, proposed_at=now
            )
            for person in set(contacts) - following - {ticket.requester_id, ticket.beneficiary_id}
        ],
        ignore_conflicts=True,
    )


def _journal(actor: Actor, ticket: Ticket, fact: NewFact, now: dt.datetime) -> None:
    change(actor, ticket, {}, [fact], now=now, is_public=False, moves_clock=False)
