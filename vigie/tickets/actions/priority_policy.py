"""A client's own impact × urgency matrix and VIP rule."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from vigie.kernel.actor import Actor
from vigie.kernel.refusal import Refusal
from vigie.tenancy import access as tenancy_access
from vigie.tickets.models import PriorityPolicy
from vigie.tickets.rules.priority import Matrix, check_matrix
from vigie.toolkit import journal

VIP_RULES = ("raise_urgency", "none")


@transaction.atomic
def save_priority_policy(
    actor: Actor, organisation_id: int, matrix: Matrix, vip_rule: str, *, now: dt.datetime
) -> PriorityPolicy:
    """Give a client its own matrix. Tickets already open keep their priority. Raises ``tickets.bad_matrix``."""
    actor.demand("clients:manage")
    client = tenancy_access.one(actor, organisation_id)
    check_matrix(matrix)
    if vip_rule not in VIP_RULES:
        raise Refusal("tickets.unknown_vip_rule", field="vip_rule")
    policy = PriorityPolicy.objects.filter(pk=client.pk).first() or PriorityPolicy(organisation=client)
    changes = {"matrix": [list(row) for row in matrix], "vip_rule": vip_rule}
    return journal.write(actor, policy, changes, now=now)


@transaction.atomic
def drop_priority_policy(actor: Actor, organisation_id: int, *, now: dt.datetime) -> None:
    """Give the client the usual matrix back."""
    actor.demand("clients:manage")
    client = tenancy_access.one(actor, organisation_id)
    policy = PriorityPolicy.objects.filter(pk=client.pk).first()
    if policy is None:
        return
    journal.record(actor, "deleted", policy, now=now, before=journal.snapshot(policy))
    policy.delete()
