"""Publishing a workflow: a new version each time, older tickets keep theirs."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from vigie.kernel.actor import Actor
from vigie.toolkit import journal
from vigie.workflow.models import WorkflowVersion
from vigie.workflow.rules.defaults import DEFAULTS
from vigie.workflow.rules.machine import machine_from, to_definition


@transaction.atomic
def publish_workflow(actor: Actor, definition: dict[str, Any], *, now: dt.datetime) -> WorkflowVersion:
    """Check and publish ``definition`` as the next version of its ticket type.

    Raises ``workflow.bad_definition`` and changes nothing when it cannot work.
    """
    actor.demand("workflow:manage")
    machine = machine_from(definition)
    versions = WorkflowVersion.objects.select_for_update().filter(ticket_type=machine.ticket_type)
    last = max((v.version for v in versions), default=0)
    version = WorkflowVersion.objects.create(
        ticket_type=machine.ticket_type,
        version=last + 1,
        definition=to_definition(machine),
        published_at=now,
        published_by=actor.name,
    )
    journal.record(actor, "published", version, now=now, after={"version": version.version})
    return version


def publish_defaults(actor: Actor, *, now: dt.datetime) -> None:
    """Publish the ITIL defaults of each type that has no version yet."""
    for ticket_type, machine in DEFAULTS.items():
        if not WorkflowVersion.objects.filter(ticket_type=ticket_type).exists():
            publish_workflow(actor, to_definition(machine), now=now)
