"""Reads of what was escalated: what waits for me, what happened lately, one ticket's."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from vigie.escalation import access
from vigie.escalation.models import Escalation, Recipient
from vigie.kernel.actor import Actor
from vigie.tickets.models import Clock, SupportClock
from vigie.toolkit.paging import Order, Page, page_of
from vigie.toolkit.written import Written, kept, rows_of, stand_in, written

FIELDS = (
    "id", "ticket_id", "reference", "title", "client", "priority", "kind", "position", "told_at", "at", "state", "acknowledge_by",
    "acknowledged_at", "answered_name", "by_climb",
)  # fmt: skip
CHOICES = ("mine", "waiting", "all")
MOST_OF_A_TICKET = 40


def escalations_page(actor: Actor, *, which: str = "mine", cursor: str | None = None, size: int = 50) -> Page:
    """``mine``: told to me, not answered yet; ``waiting``: to anybody; ``all``: every one that was told, latest first."""
    actor.demand("escalation:view")
    rows = access.visible_escalations(actor).exclude(state=Escalation.State.PASSED)
    if which == "mine":
        rows = waiting_for(actor, rows)
    elif which == "waiting":
        rows = rows.filter(state=Escalation.State.WAITING)
    return page_of(_named(rows), Order(("-told_at", "-id")), fields=FIELDS, size=size, cursor=cursor)


def waiting_for(actor: Actor, rows: QuerySet[Escalation]) -> QuerySet[Escalation]:
    """Those that wait for the actor's answer. One that climbed may still be answered."""
    told = Recipient.objects.filter(escalation_id=OuterRef("pk"), person_id=actor.me)
    live = Q(clock__state__in=LIVE) | Q(support_clock__state__in=LIVE)
    return rows.filter(live, Exists(told), state__in=[Escalation.State.WAITING, Escalation.State.CLIMBED])


LIVE = ("running", "paused")


def clock_of(row: Escalation) -> Clock | SupportClock:
    """The clock on which it fired."""
    found = row.clock or row.support_clock
    assert found is not None
    return found


def _named(rows: QuerySet[Escalation]) -> QuerySet[Escalation]:
    return rows.annotate(
        reference=F("ticket__reference"), title=F("ticket__title"), client=F("organisation__name"), priority=F("ticket__priority"),
        kind=Coalesce("clock__kind", "support_clock__kind"), answered_name=F("acknowledged_by__name"),
    )  # fmt: skip


TICKET = stand_in(1)


@kept
def _of_ticket(actor: Actor) -> Written | None:
    told = ~Q(state=Escalation.State.PASSED)
    rows = _named(access.visible_escalations(actor).filter(told, ticket_id=TICKET)).annotate(
        people=ArrayAgg("recipients__person__name", order_by="recipients__person__name", distinct=True),
        ids=ArrayAgg("recipients__person_id", distinct=True),
    )
    return written(rows.order_by("-told_at", "-id").values(*FIELDS, "people", "ids")[:MOST_OF_A_TICKET])


def of_ticket(actor: Actor, ticket_id: int) -> list[dict[str, Any]]:
    """A ticket's escalations that people were told of, latest first, with the names; one statement."""
    return rows_of(_of_ticket(actor), {TICKET: ticket_id})
