"""Approvals by the client: who is asked, who may answer, what a step of the ticket does to them.

The first answer decides. Silence never does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q, QuerySet

from vigie.accounts.models import Affiliation, Person
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotAllowed, Refusal
from vigie.tickets import access
from vigie.tickets.actions import telling
from vigie.tickets.actions.ledger import NewFact, change
from vigie.tickets.models import Approval, Ticket
from vigie.tickets.rules import facts
from vigie.toolkit.ordering import by_name
from vigie.workflow.rules.machine import Step

VERDICTS = {"approve": "approved", "reject": "refused"}


def follow_step(
    actor: Actor, ticket: Ticket, step: Step, wanted: Sequence[int], reason: str, now: dt.datetime
) -> list[NewFact]:
    """Ask for the approval, or record its answer, or drop it: what ``step`` means for it, before it is taken."""
    if step.verb == "ask_approval":
        return _asked(ticket, wanted, now)
    awaited = Approval.objects.filter(ticket_id=ticket.pk, verdict="")
    if step.verb not in VERDICTS:
        if ticket.phase == "waiting":
            awaited.update(verdict="void", answered_at=now)
        return []
    mine = awaited.filter(approver_id=actor.me)
    if actor.is_client and (ticket.requester_id == actor.me or not mine.exists()):
        raise NotAllowed("tickets.not_your_approval")
    mine.update(verdict=VERDICTS[step.verb], answered_at=now, reason=reason.strip()[:200])
    awaited.update(verdict="void", answered_at=now)
    return []


def answers_for_another(actor: Actor, step: Step, reason: str) -> bool:
    """Does somebody of the provider approve or refuse in the client's place? Refused without saying how. Pure."""
    if actor.is_client or step.verb not in VERDICTS:
        return False
    if not reason.strip():
        raise Refusal("tickets.approval_for_another", field="reason")
    return True


def asked_people(ticket: Ticket) -> list[str]:
    """Names of those whose answer is awaited."""
    asked = Approval.objects.filter(ticket_id=ticket.pk, verdict="").order_by(by_name("approver__name"))
    return list(asked.values_list("approver__name", flat=True))


@transaction.atomic
def ask_others(actor: Actor, ticket_id: int, person_ids: Sequence[int], *, now: dt.datetime) -> None:
    """Ask more people to approve a ticket that already waits for it; without ids, the client's approvers."""
    actor.demand("tickets:work")
    ticket = access.one(actor, ticket_id, lock=True)
    if ticket.state != "pending_approval":
        raise Refusal("tickets.no_approval_awaited")
    before = telling.approvers(ticket)
    new_facts = _asked(ticket, person_ids, now)
    if new_facts:
        change(actor, ticket, {}, new_facts, now=now, moves_clock=False)
        telling.approval_asked(actor, ticket, telling.approvers(ticket) - before, now=now)


def _asked(ticket: Ticket, wanted: Sequence[int], now: dt.datetime) -> list[NewFact]:
    """A row for each person newly asked, and the fact that names them."""
    already = telling.approvers(ticket)
    chosen = set(wanted) if wanted else set(usual_approvers(ticket.organisation_id, ticket.requester_id, now))
    if ticket.requester_id in chosen:
        raise Refusal("tickets.own_approval", field="approvers")
    contacts = set(
        _contacts(ticket.organisation_id, now)
        .filter(person_id__in=chosen)
        .values_list("person_id", flat=True)
    )
    if chosen - contacts:
        raise Refusal("tickets.approver_of_another", field="approvers")
    fresh = sorted(chosen - already)
    Approval.objects.bulk_create(
        Approval(
            organisation_id=ticket.organisation_id, ticket_id=ticket.pk, approver_id=person, asked_at=now
        )
        for person in fresh
    )
    names = list(Person.objects.filter(pk__in=fresh).order_by(by_name("name")).values_list("name", flat=True))
    return [NewFact(facts.ASKED, {"approvers": names})] if names else []


def usual_approvers(organisation_id: int, requester_id: int, now: dt.datetime) -> list[int]:
    """The client's contacts with the role of approver; its managers where it has none. Never the requester."""
    others = _contacts(organisation_id, now).exclude(person_id=requester_id)
    for role in ("approver", "client_manager"):
        found = others.filter(roles__contains=[role]).order_by(by_name("person__name"))
        if ids := list(found.values_list("person_id", flat=True)):
            return ids
    return []


def _contacts(organisation_id: int, now: dt.datetime) -> QuerySet[Affiliation]:
    """Affiliations of the client in force today, of people who can sign in."""
    today = now.date()
    return Affiliation.objects.filter(
        Q(active_from__isnull=True) | Q(active_from__lte=today),
        Q(active_until__isnull=True) | Q(active_until__gt=today),
        organisation_id=organisation_id,
        person__is_active=True,
    )
