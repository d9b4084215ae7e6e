"""Handling a ticket: who has it, how urgent it is, who follows it, what it is tied to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from vigie.accounts.models import Agent, AgentClient, Team
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound, Refusal, Stale
from vigie.tickets import access
from vigie.tickets.actions import promises, telling
from vigie.tickets.actions.ledger import NewFact, change, journal
from vigie.tickets.actions.opening import priority_for
from vigie.tickets.models import Ticket, TicketLink
from vigie.tickets.rules import facts
from vigie.tickets.rules.life import assignment_changes
from vigie.workflow.queries import machine_of


@transaction.atomic
def assign(
    actor: Actor,
    ticket_id: int,
    *,
    team_id: int | None,
    assignee_id: int | None,
    seen: Mapping[str, int | None] | None = None,
    now: dt.datetime,
) -> Ticket:
    """Give the ticket to a team and perhaps a person. It never touches a client clock.

    ``seen`` holds the ``team_id`` and ``assignee_id`` that the person was looking at: where somebody else changed
    them meanwhile, :class:`Stale` with both versions.
    """
    actor.demand("tickets:assign")
    ticket = access.one(actor, ticket_id, lock=True)
    if ticket.phase == "ended":
        raise Refusal("tickets.closed")
    team = Team.objects.filter(pk=team_id).first() if team_id else None
    if team_id and team is None:
        raise NotFound()
    if assignee_id is not None and not may_work_on(assignee_id, ticket.organisation_id):
        raise Refusal("tickets.not_an_agent", field="assignee")
    if (ticket.team_id, ticket.assignee_id) == (team_id, assignee_id):
        return ticket
    _check_seen(ticket, seen, {"team_id": team_id, "assignee_id": assignee_id})
    changes, new_facts = assigned(ticket, team, assignee_id)
    previous = ticket.assignee_id
    change(actor, ticket, changes, new_facts, now=now, is_public=False)
    if assignee_id != previous:
        telling.assigned(actor, ticket, now=now)
    return ticket


def _check_seen(ticket: Ticket, seen: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> None:
    """Refuse to overwrite unseen what somebody else set (:class:`Stale`, with both versions by column)."""
    present = {name: getattr(ticket, name) for name in seen or {}}
    if seen and present != seen:
        raise Stale("tickets.stale", yours={name: wanted[name] for name in present}, theirs=present)


def assigned(
    ticket: Ticket, team: Team | None, assignee_id: int | None
) -> tuple[dict[str, Any], list[NewFact]]:
    """The columns that an assignment changes, and its facts. Pure."""
    team_id = team.pk if team else None
    before = {"team": ticket.team_id, "assignee": ticket.assignee_id}
    after = {"team": team_id, "team_name": team.name_fr if team else "", "assignee": assignee_id}
    new_facts = [NewFact(facts.ASSIGNED, after, before)]
    changes: dict[str, Any] = assignment_changes(ticket, team_id, assignee_id)
    changes.update(_first_assignment(ticket, team_id, new_facts))
    return changes, new_facts


def _first_assignment(ticket: Ticket, team_id: int | None, new_facts: list[NewFact]) -> dict[str, Any]:
    """The step new → assigned goes with the first assignment to a team."""
    machine = machine_of(ticket.workflow_version_id)
    step = machine.step_named(ticket.state, "assign", "agent")
    if step is None or not team_id:
        return {}
    before = {"state": ticket.state, "phase": ticket.phase}
    after = {"state": step.target, "phase": machine.phase(step.target), "verb": "assign"}
    new_facts.append(NewFact(facts.STATE, after, before))
    return {"state": step.target, "phase": machine.phase(step.target)}


def may_work_on(person_id: int, organisation_id: int) -> bool:
    """Is this person an active agent authorised for the client?"""
    agent = Agent.objects.filter(pk=person_id, person__is_active=True).first()
    if agent is None:
        return False
    return (
        agent.all_clients
        or AgentClient.objects.filter(agent_id=agent.pk, organisation_id=organisation_id).exists()
    )


@transaction.atomic
def set_priority(
    actor: Actor,
    ticket_id: int,
    *,
    impact: int,
    urgency: int,
    priority: int | None = None,
    reason: str = "",
    is_error: bool = False,
    seen: Mapping[str, int | None] | None = None,
    now: dt.datetime,
) -> Ticket:
    """Set impact and urgency; ``priority`` overrides what they give, with a reason and the grant for it.

    An override in force is kept when impact or urgency change later, beside the new computed priority. Running
    clocks take the new target as their contract says; ``is_error`` measures as if it had always been right,
    which can undo a breach: it asks for ``tickets:correct`` and a reason. ``seen`` as for :func:`assign`, with
    ``impact``, ``urgency`` and ``priority``.
    """
    ticket = access.one(actor, ticket_id, lock=True)
    check_priority_moves(ticket)
    actor.demand("tickets:work")
    if is_error:
        _demand_with_reason(actor, "tickets:correct", reason)
    computed = priority_for(ticket.organisation_id, impact, urgency, ticket.is_vip)
    changes, before = priority_changes(ticket, impact, urgency, computed, priority)
    wanted = changes["priority"]
    if wanted != computed and wanted != ticket.priority:
        _demand_with_reason(actor, "tickets:override_priority", reason)
    fact = priority_fact(changes, before, reason)
    if fact is None:
        return ticket
    _check_seen(ticket, seen, changes)
    new_facts = [fact]
    if wanted != ticket.priority:
        if is_error:
            new_facts += promises.corrected(ticket, priority=wanted, now=now)
        else:
            new_facts += promises.retargeted(ticket, priority=wanted)
    return change(actor, ticket, changes, new_facts, now=now)


def _demand_with_reason(actor: Actor, grant: str, reason: str) -> None:
    actor.demand(grant)
    if not reason.strip():
        raise Refusal("tickets.override_needs_reason", field="reason")


def check_priority_moves(ticket: Ticket) -> None:
    """Refuse another priority once the ticket is resolved: its promises are judged. Pure."""
    if ticket.phase == "ended":
        raise Refusal("tickets.closed")
    if ticket.phase == "done":
        raise Refusal("tickets.priority_after_resolution")


def priority_changes(
    ticket: Ticket, impact: int, urgency: int, computed: int, priority: int | None
) -> tuple[dict[str, int], dict[str, int]]:
    """The new priority columns and the old ones; an override in force stays unless ``priority`` says more. Pure."""
    overridden = ticket.priority != ticket.computed_priority
    wanted = priority if priority is not None else (ticket.priority if overridden else computed)
    after = {"priority": wanted, "computed_priority": computed, "impact": impact, "urgency": urgency}
    return after, {name: getattr(ticket, name) for name in after}


def priority_fact(after: Mapping[str, int], before: Mapping[str, int], reason: str) -> NewFact | None:
    """The fact of a priority change; ``None`` when nothing differs. Pure."""
    if after == before:
        return None

    def named(row: Mapping[str, int]) -> dict[str, int]:
        return {"computed" if name == "computed_priority" else name: value for name, value in row.items()}

    return NewFact(facts.PRIORITY, {**named(after), "why": reason.strip()}, named(before))


@transaction.atomic
def set_parent(actor: Actor, ticket_id: int, parent_reference: str, *, now: dt.datetime) -> Ticket:
    """Put the ticket under a parent of the same client (empty: take it out). Two levels, no loop."""
    actor.demand("tickets:work")
    ticket = access.one(actor, ticket_id, lock=True)
    parent = access.one_by_reference(actor, parent_reference) if parent_reference.strip() else None
    if parent is not None:
        if parent.organisation_id != ticket.organisation_id:
            raise Refusal("tickets.other_client", field="parent")
        if parent.pk == ticket.pk or parent.parent_id == ticket.pk:
            raise Refusal("tickets.loop", field="parent")
        if parent.parent_id is not None or Ticket.objects.filter(parent_id=ticket.pk).exists():
            raise Refusal("tickets.parent_too_deep", field="parent")
    before = {"parent": ticket.parent_id}
    after = {"parent": parent.pk if parent else None, "reference": parent.reference if parent else ""}
    return change(
        actor,
        ticket,
        {"parent_id": after["parent"]},
        [NewFact(facts.LINKED, after, before)],
        now=now,
        moves_clock=False,
    )


@transaction.atomic
def link_tickets(actor: Actor, ticket_id: int, other_reference: str, kind: str, *, now: dt.datetime) -> None:
    """Link two tickets of one client: ``related`` or ``follow_up``."""
    actor.demand("tickets:work")
    ticket = access.one(actor, ticket_id, lock=True)
    other = access.one_by_reference(actor, other_reference)
    if other.organisation_id != ticket.organisation_id:
        raise Refusal("tickets.other_client", field="other")
    if other.pk == ticket.pk:
        raise Refusal("tickets.loop", field="other")
    _, created = TicketLink.objects.get_or_create(
        source_id=ticket.pk, target_id=other.pk, kind="follow_up" if kind == "follow_up" else "related",
        defaults={"organisation_id": ticket.organisation_id},
    )  # fmt: skip
    if created:
        fact = NewFact(facts.LINKED, {"other": other.reference, "kind": kind})
        journal(actor, other, [NewFact(facts.LINKED, {"other": ticket.reference, "kind": kind})], now=now)
        change(actor, ticket, {}, [fact], now=now, moves_clock=False)
