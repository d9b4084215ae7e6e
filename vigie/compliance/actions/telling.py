"""Who is told of exclusions and statements: those who may decide about this client, and whoever asked."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q

from vigie.accounts.models import Agent
from vigie.compliance.models import Exclusion, Statement
from vigie.kernel.actor import Actor
from vigie.notifications.actions import Message, notify


def deciders(organisation_id: int) -> set[int]:
    """Agents who may approve for this client."""
    sees = Q(all_clients=True) | Q(clients__organisation_id=organisation_id)
    found = Agent.objects.filter(sees, roles__role__grants__contains=["compliance:approve"])
    return set(found.values_list("pk", flat=True))


def exclusion_told(
    actor: Actor, kind: str, row: Exclusion, recipients: set[int], *, now: dt.datetime
) -> None:
    params = {"reference": row.ticket.reference, "title": row.ticket.title, "by": actor.name}
    message = Message(kind, row.organisation_id, "exclusion", row.pk, params)
    notify(recipients, message, now=now, by=actor.person_id)


def statement_told(
    actor: Actor, kind: str, row: Statement, recipients: set[int], *, now: dt.datetime
) -> None:
    params = {
        "reference": row.contract.reference, "title": row.organisation.name, "by": actor.name,
        "month": row.month.isoformat()[:7],
    }  # fmt: skip
    notify(
        recipients,
        Message(kind, row.organisation_id, "statement", row.pk, params),
        now=now,
        by=actor.person_id,
    )
