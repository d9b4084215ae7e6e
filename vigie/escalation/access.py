"""The one door to ladders, escalations and stakes."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from vigie.escalation.models import Escalation, Ladder, Stake
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotAllowed, NotFound
from vigie.tenancy.access import in_sight
from vigie.tenancy.walls import Internal, TableClass
from vigie.tickets import access as tickets_access

GRANTS = ("escalation:view", "escalation:manage")

# Whom a provider calls, and what a miss would cost it, is never a client's.
TABLES: dict[str, TableClass] = {
    "escalation_ladder": Internal(),
    "escalation_step": Internal(),
    "escalation_escalation": Internal(),
    "escalation_recipient": Internal(),
    "escalation_watch": Internal(),
    "escalation_supportwatch": Internal(),
    "escalation_stake": Internal(),
}


def visible(actor: Actor) -> QuerySet[Ladder]:
    """Ladders of clients in sight, and the common ones."""
    if actor.is_client:
        return Ladder.objects.none()
    own = in_sight(actor, Ladder.objects.exclude(organisation=None))
    return Ladder.objects.filter(Q(organisation=None) | Q(pk__in=own.values("pk")))


def one(actor: Actor, ladder_id: int, *, lock: bool = False) -> Ladder:
    """The ladder with this id, locked for a change if asked, or :class:`NotFound`."""
    rows = visible(actor).select_for_update(of=("self",)) if lock else visible(actor)
    found = rows.filter(pk=ladder_id).first()
    if found is None:
        raise NotFound()
    return found


def demand_owner(actor: Actor, organisation_id: int | None) -> None:
    """A common ladder concerns every client: who sees some of them alone does not change it."""
    actor.demand("escalation:manage")
    if organisation_id is None:
        if actor.organisations is not None:
            raise NotAllowed("escalation.common_needs_all")
    elif not actor.sees(organisation_id):
        raise NotFound()


def visible_escalations(actor: Actor) -> QuerySet[Escalation]:
    """Escalations of tickets in sight; an administrator of ladders reads no ticket by that."""
    if actor.is_client or not actor.can("tickets:view"):
        return Escalation.objects.none()
    return in_sight(actor, Escalation.objects.filter(ticket__in=tickets_access.visible(actor).values("pk")))


def one_escalation(actor: Actor, escalation_id: int, *, lock: bool = False) -> Escalation:
    """The escalation with this id, locked if asked, or :class:`NotFound`."""
    rows = visible_escalations(actor)
    if lock:
        rows = rows.select_for_update(of=("self",))
    found = rows.select_related("ticket", "clock", "support_clock", "step").filter(pk=escalation_id).first()
    if found is None:
        raise NotFound()
    return found


def visible_stakes(actor: Actor) -> QuerySet[Stake]:
    return Stake.objects.none() if actor.is_client else in_sight(actor, Stake.objects.all())
