"""What is said of an escalation: the fact in the ticket's journal, the notice and its mail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.urls import reverse

from vigie.accounts.models import Person
from vigie.escalation.models import Escalation
from vigie.notifications.actions import Message, notify
from vigie.tickets.actions.ledger import NewFact
from vigie.tickets.models import Clock, SupportClock, Ticket
from vigie.tickets.rules import facts
from vigie.toolkit.ordering import by_name

MOST_NAMES = 6


def fact_of(row: Escalation, clock: Clock | SupportClock, people: Sequence[int]) -> NewFact:
    """For the provider's eyes: which step, why, who was told."""
    names = list(
        Person.objects.filter(pk__in=people).order_by(by_name("name")).values_list("name", flat=True)
    )
    after = {
        "clock": clock.kind, "step": row.position, "names": names[:MOST_NAMES], "others": len(names[MOST_NAMES:]),
        "state": row.state, "climbed": row.by_climb,
    }  # fmt: skip
    return NewFact(facts.ESCALATED, after, at=min(row.at, row.told_at))


def tell(
    ticket: Ticket, clock: Clock | SupportClock, row: Escalation, steps: int, *, now: dt.datetime
) -> None:
    """The people of the row, in the application and by mail; the link leads to where it is acknowledged."""
    asked = row.acknowledge_by is not None
    params = {
        "reference": ticket.reference, "title": ticket.title, "clock": clock.kind, "step": row.position, "of": steps,
        "link": reverse("escalation", args=[row.pk]), "acknowledge_by": row.acknowledge_by.isoformat() if row.acknowledge_by else "",
    }  # fmt: skip
    kind = "escalation_asks" if asked else "escalation_told"
    message = Message(kind, ticket.organisation_id, "ticket", ticket.pk, params)
    notify(row.recipients.values_list("person_id", flat=True), message, now=now)
