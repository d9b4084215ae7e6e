"""Who is told of exclusions, statements and credits: those who may decide about this client, whoever asked, the client."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db.models import Q

from vigie.accounts.models import Affiliation
from vigie.accounts.queries import holders
from vigie.compliance.labels import exclusion_subject
from vigie.compliance.models import CreditRequest, Exclusion, Statement
from vigie.kernel.actor import Actor
from vigie.notifications.actions import Message, notify


def who_decides(organisation_id: int) -> dict[int, str]:
    """Agents who may approve for this client: names by id."""
    return holders("compliance:approve", organisation_id)


def deciders(organisation_id: int) -> set[int]:
    """Agents who may approve for this client."""
    return set(who_decides(organisation_id))


def exclusion_told(
    actor: Actor, kind: str, row: Exclusion, recipients: set[int], *, now: dt.datetime
) -> None:
    reference, title = exclusion_subject(row)
    params = {"reference": reference, "title": title, "by": actor.name}
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


def client_managers(organisation_id: int, today: dt.date) -> set[int]:
    """Contacts who answer for the client's contract."""
    ended = Q(active_until=None) | Q(active_until__gt=today)
    found = Affiliation.objects.filter(
        ended, organisation_id=organisation_id, roles__contains=["client_manager"]
    )
    return set(found.values_list("person_id", flat=True))


def credit_told(
    actor: Actor,
    kind: str,
    row: CreditRequest,
    recipients: set[int],
    *,
    now: dt.datetime,
    names: Iterable[str] = (),
) -> None:
    """``names``: who may decide, where somebody has to."""
    statement = row.statement
    params = {
        "reference": statement.contract.reference, "title": statement.organisation.name, "by": actor.name,
        "month": statement.month.isoformat()[:7],
    }  # fmt: skip
    if names:
        params["names"] = ", ".join(names)
    notify(
        recipients,
        Message(kind, row.organisation_id, "credit", row.pk, params),
        now=now,
        by=actor.person_id,
    )
