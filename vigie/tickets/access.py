"""The one door to tickets and what hangs on them."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tenancy.access import in_sight
from vigie.tenancy.walls import Client, Internal, TableClass
from vigie.tickets.models import (
    Approval,
    AskedCorrection,
    Attachment,
    CannedReply,
    Fact,
    Message,
    SavedView,
    Ticket,
    Watcher,
)

GRANTS = (
    "tickets:view",
    "tickets:open",
    "tickets:reply",
    "tickets:note",
    "tickets:work",
    "tickets:assign",
    "tickets:confirm",
    "tickets:override_priority",
    "tickets:correct",
    "tickets:correct_late",
    "views:share",
    "replies:share",
)

TABLES: dict[str, TableClass] = {
    "tickets_ticket": Client(write=("insert", "update")),
    "tickets_counter": Client(write=("insert", "update")),
    "tickets_prioritypolicy": Client(),
    "tickets_approval": Client(write=("update",)),
    "tickets_watcher": Client(write=("insert",)),
    "tickets_proposedwatcher": Internal(),
    "tickets_ticketlink": Client(write=("insert",)),
    "tickets_message": Client(write=("insert",), where="audience = 'public'"),
    "tickets_attachment": Client(write=("insert", "update", "delete"), where="audience = 'public'"),
    "tickets_draft": Client(write=("insert", "update", "delete")),
    "tickets_fact": Client(write=("insert",), where="audience = 'public'"),
    "tickets_clock": Client(write=("insert", "update")),
    "tickets_savedview": Internal(),
    "tickets_cannedreply": Internal(),
    "tickets_presence": Internal(),
    "tickets_supportterms": Internal(),
    "tickets_referral": Internal(),
    "tickets_supportclock": Internal(),
    "tickets_breachcause": Internal(),
    "tickets_askedcorrection": Internal(),
}


def visible(actor: Actor) -> QuerySet[Ticket]:
    """Tickets in sight. Agents: authorised clients. Contacts: own and those to approve, their sites, or the
    company, by role."""
    tickets = in_sight(actor, Ticket.objects.all())
    if actor.side == "system":
        return tickets
    me = actor.me
    if actor.is_provider:
        named = Q(assignee_id=me) | Q(team_id__any_of=sorted(actor.team_ids)) | Q(requester_id=me)
        return tickets.filter(Q(is_confidential=False) | named)
    mine = Q(pk__in=concerning(me, approvals=True))
    if actor.scope == "company":
        return tickets.filter(Q(is_confidential=False) | mine)
    if actor.scope == "sites":
        return tickets.filter(Q(is_confidential=False, site_id__in=sorted(actor.site_ids)) | mine)
    return tickets.filter(mine)


def own(actor: Actor) -> QuerySet[Ticket]:
    """Tickets that the actor asked for, receives or follows: in sight whatever its scope."""
    return in_sight(actor, Ticket.objects.filter(pk__in=concerning(actor.me)))


def put_to(actor: Actor) -> QuerySet[Ticket]:
    """Tickets that the actor is asked to approve: in sight whatever its scope."""
    asked = Approval.objects.filter(approver_id=actor.me, verdict="").values("ticket_id")
    return in_sight(actor, Ticket.objects.filter(pk__in=asked))


def concerning(person_id: int, *, approvals: bool = False) -> QuerySet[Any]:
    """Ids of the tickets that a person asked for, receives or follows (or was asked to approve): short reads of an index.

    As one condition with OR, it made the database walk all tickets in the order of the page until enough were theirs.
    """
    asked = Ticket.objects.filter(requester_id=person_id).values("pk")
    received = Ticket.objects.filter(beneficiary_id=person_id).values("pk")
    followed = Watcher.objects.filter(person_id=person_id).values("ticket_id")
    if not approvals:
        return asked.union(received, followed, all=True)
    to_approve = Approval.objects.filter(approver_id=person_id).values("ticket_id")
    return asked.union(received, followed, to_approve, all=True)


def one(actor: Actor, ticket_id: int, *, lock: bool = False) -> Ticket:
    """The ticket with this id, locked for a change if asked, or :class:`NotFound`."""
    tickets = visible(actor)
    if lock:
        tickets = tickets.select_for_update(of=("self",))
    found = tickets.filter(pk=ticket_id).first()
    if found is None:
        raise NotFound()
    return found


def one_by_reference(actor: Actor, reference: str) -> Ticket:
    wanted = reference.strip().upper()
    found = visible(actor).filter(Q(reference=wanted) | Q(former_references__contains=[wanted])).first()
    if found is None:
        raise NotFound("tickets.bad_reference", reference=wanted)
    return found


def visible_messages(actor: Actor, ticket: Ticket) -> QuerySet[Message]:
    """Messages of a ticket already in sight; a client reads the public ones alone."""
    messages = Message.objects.filter(ticket_id=ticket.pk)
    return messages if actor.is_provider else messages.filter(audience="public")


def visible_facts(actor: Actor, ticket: Ticket) -> QuerySet[Fact]:
    facts = Fact.objects.filter(ticket_id=ticket.pk)
    return facts if actor.is_provider else facts.filter(audience="public")


def visible_asked_corrections(actor: Actor) -> QuerySet[AskedCorrection]:
    """Corrections asked on tickets in sight."""
    return in_sight(actor, AskedCorrection.objects.filter(ticket__in=visible(actor).values("pk")))


def one_asked_correction(actor: Actor, asked_id: int) -> AskedCorrection:
    """The asked correction with this id, or :class:`NotFound`."""
    rows = visible_asked_corrections(actor).select_related("ticket", "asked_by", "decided_by")
    found = rows.filter(pk=asked_id).first()
    if found is None:
        raise NotFound()
    return found


def attachment_by_token(actor: Actor, token: str) -> Attachment:
    """A file whose ticket (or, before it is sent, whose uploader) the actor is allowed to see."""
    found = in_sight(actor, Attachment.objects.filter(token=token)).first()
    if found is None or (actor.is_client and found.audience != "public"):
        raise NotFound()
    if found.ticket_id is None:
        if found.uploaded_by_id != actor.person_id:
            raise NotFound()
    elif not visible(actor).filter(pk=found.ticket_id).exists():
        raise NotFound()
    return found


def visible_views(actor: Actor) -> QuerySet[SavedView]:
    """Saved views: one's own, one's teams', everybody's."""
    return SavedView.objects.filter(
        Q(owner_id=actor.person_id) | Q(team_id__any_of=sorted(actor.team_ids)) | Q(is_shared=True)
    )


def visible_canned(actor: Actor) -> QuerySet[CannedReply]:
    """Canned replies one may use: one's own, those shared with everybody or with one's teams."""
    shared = Q(is_shared=True) & (Q(team=None) | Q(team_id__any_of=sorted(actor.team_ids)))
    if actor.can("replies:share"):
        shared = Q(is_shared=True)
    return CannedReply.objects.filter(Q(owner_id=actor.person_id, is_shared=False) | shared)


def code_is_used(organisation_id: int) -> bool:
    """Do ticket references carry this client's code? Every ticket counts, in sight or not."""
    return Ticket.objects.filter(organisation_id=organisation_id).exists()
