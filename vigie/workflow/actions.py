"""Publishing a workflow: a new version each time, older tickets keep theirs."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound, Refusal
from vigie.toolkit import journal
from vigie.workflow.models import WorkflowVersion
from vigie.workflow.rules.defaults import DEFAULTS
from vigie.workflow.rules.edits import Edit, edited
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


def publish_edit(actor: Actor, version_id: int, edit: Edit, *, now: dt.datetime) -> WorkflowVersion:
    """Publish a version in force with an edit. Raises ``workflow.newer_version`` when it is no longer the newest."""
    actor.demand("workflow:manage")
    based_on = WorkflowVersion.objects.filter(pk=version_id).first()
    if based_on is None:
        raise NotFound()
    if WorkflowVersion.objects.filter(
        ticket_type=based_on.ticket_type, version__gt=based_on.version
    ).exists():
        raise Refusal("workflow.newer_version")
    return publish_workflow(actor, to_definition(edited(machine_from(based_on.definition), edit)), now=now)


def publish_defaults(actor: Actor, *, now: dt.datetime) -> None:
    """Publish the ITIL defaults of each type that has no version yet."""
    for ticket_type, machine in DEFAULTS.items():
        if not WorkflowVersion.objects.filter(ticket_type=ticket_type).exists():
            publish_workflow(actor, to_definition(machine), now=now)
