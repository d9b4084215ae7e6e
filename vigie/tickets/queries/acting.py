"""What may be done now on a ticket, in one statement: what the palette needs."""

from __future__ import annotations

from dataclasses import dataclass

from vigie.kernel.actor import Actor
from vigie.tickets import access
from vigie.tickets.actions.approvals import VERDICTS
from vigie.workflow.queries import machine_of
from vigie.workflow.rules.machine import Machine, Step

# What a step asks of somebody; owning the ticket is filled by the one who starts it. Who answers in the client's
# place says how.
_ASKS = frozenset({"team", "pending_reason", "resolution", "reason", "public_text"})


@dataclass(frozen=True, slots=True)
class Act:
    """A step by its verb; ``is_plain`` when it needs nothing more to be said."""

    verb: str
    is_plain: bool


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """A ticket in sight, with the steps that an agent may take now."""

    id: int
    reference: str
    team_id: int | None
    assignee_id: int | None
    may_be_taken: bool
    steps: tuple[Act, ...]


def open_ticket_of(actor: Actor, ticket_id: int) -> OpenTicket | None:
    """The ticket and its steps, or ``None`` out of sight."""
    fields = ("reference", "team_id", "assignee_id", "phase", "state", "workflow_version_id")
    row = access.visible(actor).filter(pk=ticket_id).values(*fields).first()
    if row is None:
        return None
    machine = machine_of(row["workflow_version_id"])
    verbs = {step.verb: step for step in machine.steps_from(row["state"], "agent") if step.verb != "assign"}
    steps = tuple(Act(verb, is_plain(machine, step)) for verb, step in verbs.items())
    return OpenTicket(
        ticket_id, row["reference"], row["team_id"], row["assignee_id"], row["phase"] != "ended", steps
    )


def is_plain(machine: Machine, step: Step) -> bool:
    """A step that asks nothing of whoever takes it: one press does it."""
    return not step.needs & _ASKS and step.verb not in VERDICTS and machine.phase(step.target) != "waiting"
