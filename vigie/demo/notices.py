"""Fresh notices for those whom a visitor may be: what really happened to their tickets in the last days."""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.db.models import Q

from vigie.accounts.models import Person
from vigie.demo.accounts import ACCOUNTS
from vigie.notifications.models import Notice
from vigie.tickets.models import Clock, Message, Ticket

MOST = 6

# Through negative numbers, so that no two notices ever bear the same one; the outbox follows.
_IN_ORDER = (
    """create temporary table notice_order on commit drop as
       select a.id as was, b.id as becomes
       from (select id, row_number() over (order by created_at, id) as place from notifications_notice) a
       join (select id, row_number() over (order by id) as place from notifications_notice) b using (place)""",
    "update notifications_delivery d set notice_id = o.becomes from notice_order o where d.notice_id = o.was",
    "update notifications_notice n set id = -o.becomes from notice_order o where n.id = o.was",
    "update notifications_notice set id = -id",
)


def tell_personas(anchor: dt.datetime) -> None:
    """No mail goes out of the demonstration: the notices stay in the application."""
    people = Person.objects.filter(email__in=[persona.email for persona in ACCOUNTS]).order_by("pk")
    Notice.objects.bulk_create(
        sorted((n for person in people for n in _for(person, anchor)), key=lambda n: n.created_at)
    )


def number_by_time() -> None:
    """A list of notices is read by number, the newest first: what was loaded part by part is numbered as it would have come."""
    with connection.cursor() as cursor:
        for statement in _IN_ORDER:
            cursor.execute(statement)


def _for(person: Person, anchor: dt.datetime) -> list[Notice]:
    recent = anchor - dt.timedelta(days=12)
    if person.side == "client":
        said = Message.objects.filter(
            ticket__requester=person, audience="public", side="provider", created_at__gte=recent
        ).select_related("ticket")
        return [
            _notice(person, "ticket_replied", m.ticket, m.created_at, anchor, by=m.author_name, message=m.pk)
            for m in said.order_by("-created_at")[:MOST]
        ]
    mine = Ticket.objects.filter(assignee=person, opened_at__gte=recent).order_by("-opened_at")[:MOST]
    notices = [_notice(person, "ticket_assigned", t, t.opened_at, anchor, by="Karim Benali") for t in mine]
    concerned = Q(ticket__assignee=person) | Q(ticket__watchers__person=person)
    concerned |= Q(ticket__team__members__agent_id=person.pk, ticket__team__members__is_lead=True)
    late = Clock.objects.filter(
        concerned, ticket__phase="active", kind="resolution", announced__gte=75
    ).distinct()
    notices += [
        _notice(
            person, "clock_breached" if clock.announced >= 100 else "clock_warned", clock.ticket, anchor, anchor,
            clock=clock.kind, percent=clock.announced, due_at=clock.due_at.isoformat() if clock.due_at else "",
        )
        for clock in late.select_related("ticket").order_by("pk")[:MOST]
    ]  # fmt: skip
    return notices


def _notice(
    person: Person, kind: str, ticket: Ticket, at: dt.datetime, anchor: dt.datetime, **params: object
) -> Notice:
    return Notice(
        recipient=person, organisation_id=ticket.organisation_id, kind=kind, subject="ticket", subject_id=ticket.pk,
        params={"reference": ticket.reference, "title": ticket.title, **params}, created_at=min(at, anchor),
        read_at=at + dt.timedelta(hours=3) if at < anchor - dt.timedelta(days=3) else None,
    )  # fmt: skip
