"""Handling a ticket: who has it, how urgent it is, what it is about, what it is tied to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from vigie.accounts.models import Agent, AgentClient, Team
from vigie.catalog.models import Category, Subscription
from vigie.contracts.actions import stamp_many
from vigie.contracts.queries import promise_book
from vigie.contracts.rules.promise import ClockKind, Terms
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound, Refusal, Stale
from vigie.tenancy.models import Site
from vigie.tickets import access
from vigie.tickets.actions import telling
from vigie.tickets.actions.ledger import NewFact, change, journal
from vigie.tickets.actions.opening import clean_title, priority_for, promised, scope_of
from vigie.tickets.labels import TYPES
from vigie.tickets.models import Clock, Ticket, TicketLink
from vigie.tickets.rules import facts
from vigie.tickets.rules.life import assignment_changes
from vigie.tickets.rules.reference import PREFIXES
from vigie.workflow.queries import current_version, machine_of


@transaction.atomic
def assign(
    actor: Actor, ticket_id: int, *, team_id: int | None, assignee_id: int | None, now: dt.datetime
) -> Ticket:
    """Give the ticket to a team and perhaps a person. It never touches a client clock."""
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
    changes, new_facts = assigned(ticket, team, assignee_id)
    previous = ticket.assignee_id
    change(actor, ticket, changes, new_facts, now=now, is_public=False)
    if assignee_id != previous:
        telling.assigned(actor, ticket, now=now)
    return ticket


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
    now: dt.datetime,
) -> Ticket:
    """Set impact and urgency; ``priority`` overrides what they give, with a reason and the grant for it.

    An override in force is kept when impact or urgency change later, beside the new computed priority. Running
    clocks take the new target as their contract says; ``is_error`` measures as if it had always been right,
    which can undo a breach: it asks for ``tickets:correct`` and a reason.
    """
    ticket = access.one(actor, ticket_id, lock=True)
    if ticket.phase in ("done", "ended"):
        raise Refusal("tickets.closed")
    actor.demand("tickets:work")
    if is_error:
        actor.demand("tickets:correct")
        if not reason.strip():
            raise Refusal("tickets.override_needs_reason", field="reason")
    computed = priority_for(ticket.organisation_id, impact, urgency, ticket.is_vip)
    changes, before = priority_changes(ticket, impact, urgency, computed, priority)
    wanted = changes["priority"]
    if wanted != computed and wanted != ticket.priority:
        actor.demand("tickets:override_priority")
        if not reason.strip():
            raise Refusal("tickets.override_needs_reason", field="reason")
    fact = priority_fact(changes, before, reason)
    if fact is None:
        return ticket
    new_facts = [fact]
    if wanted != ticket.priority:
        new_facts += retargeted(ticket, "correction" if is_error else "priority", priority=wanted)
    return change(actor, ticket, changes, new_facts, now=now)


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


def retargeted(
    ticket: Ticket, cause: str, *, priority: int | None = None, by: str = "provider"
) -> list[NewFact]:
    """A ``promised`` fact for each live clock whose terms differ under the ticket's new scope."""
    live = list(Clock.objects.filter(ticket_id=ticket.pk).exclude(state=Clock.State.CANCELLED).order_by("pk"))
    if not live:
        return []
    book = promise_book(ticket.organisation_id)
    terms = promised(book, scope_of(ticket, priority=priority))
    ids = stamp_many(ticket.organisation_id, terms.values())
    return promises_changed(live, terms, ids, cause, by)


def promises_changed(
    clocks: Iterable[Clock], terms: Mapping[ClockKind, Terms], ids: Mapping[Terms, int], cause: str, by: str
) -> list[NewFact]:
    """A ``promised`` fact for each clock that still runs and has new terms. Pure."""
    found = []
    for clock in clocks:
        new = terms.get(ClockKind(clock.kind))
        if new is None or clock.stopped_at is not None:
            continue
        found.append(
            NewFact(
                facts.PROMISED,
                {"clock": clock.kind, "clock_id": clock.pk, "terms_id": ids[new], "cause": cause, "by": by},
            )
        )
    return found


@transaction.atomic
def change_type(actor: Actor, ticket_id: int, ticket_type: str, *, now: dt.datetime) -> Ticket:
    """Turn an incident into a request (or any other way) before its resolution.

    The number of origin stays an alias. A response clock already stopped is kept; the others are cancelled and new
    ones start from the original opening.
    """
    actor.demand("tickets:work")
    ticket = access.one(actor, ticket_id, lock=True)
    if ticket_type not in TYPES:
        raise Refusal("tickets.unknown_type", ticket_type=ticket_type)
    if ticket.phase in ("done", "ended"):
        raise Refusal("tickets.type_after_resolution")
    if ticket.ticket_type == ticket_type:
        return ticket
    version_id = current_version(ticket_type)
    machine = machine_of(version_id)
    before = {
        "type": ticket.ticket_type,
        "state": ticket.state,
        "phase": ticket.phase,
        "reference": ticket.reference,
    }
    was_working = ticket.assignee_id is not None and ticket.state not in ("new", "submitted", "assigned")
    state = machine.initial
    if was_working and (start := machine.step_named(machine.initial, "start", "agent")):
        state = start.target
    tail = ticket.reference.partition("-")[2]
    reference = f"{PREFIXES[ticket_type]}-{tail}"
    changes = {
        "ticket_type": ticket_type,
        "workflow_version_id": version_id,
        "state": state,
        "phase": machine.phase(state),
        "pending_reason": "",
        "follow_up_at": None,
        "reference": reference,
        "former_references": [*ticket.former_references, ticket.reference],
    }
    after = {"type": ticket_type, "state": state, "phase": changes["phase"], "reference": reference}
    new_facts = [NewFact(facts.TYPE, after, before)]
    if ticket.phase == "waiting":
        new_facts.append(
            NewFact(facts.STATE, {"state": state, "phase": changes["phase"], "verb": "resume"}, before)
        )
    _replace_clocks(ticket, ticket_type, now)
    return change(actor, ticket, changes, new_facts, now=now)


def _replace_clocks(ticket: Ticket, ticket_type: str, now: dt.datetime) -> None:
    """Cancel the clocks of the old type (but a response already given) and start those of the new one."""
    live = Clock.objects.filter(ticket_id=ticket.pk).exclude(state=Clock.State.CANCELLED)
    kept = set(live.filter(kind="response", stopped_at__isnull=False).values_list("kind", flat=True))
    live.exclude(kind__in=kept).update(
        state=Clock.State.CANCELLED, stopped_at=now, due_at=None, next_announce_at=None
    )
    terms = promised(promise_book(ticket.organisation_id), scope_of(ticket, ticket_type=ticket_type))
    fresh: dict[ClockKind, Terms] = {kind: t for kind, t in terms.items() if str(kind) not in kept}
    ids = stamp_many(ticket.organisation_id, fresh.values())
    Clock.objects.bulk_create(
        Clock(
            organisation_id=ticket.organisation_id,
            ticket_id=ticket.pk,
            kind=str(kind),
            terms_id=ids[t],
            state=Clock.State.RUNNING,
            started_at=ticket.opened_at,
            target_seconds=0,
        )
        for kind, t in fresh.items()
    )


EDITABLE = ("title", "service_id", "category_id", "site_id", "tags", "is_confidential")


@transaction.atomic
def edit_ticket(
    actor: Actor, ticket_id: int, wanted: Mapping[str, Any], seen: Mapping[str, Any], *, now: dt.datetime
) -> Ticket:
    """Change fields of :data:`EDITABLE`. ``seen`` holds the values the person was looking at.

    A field that somebody else changed meanwhile raises :class:`Stale` with both versions; nothing is lost.
    """
    actor.demand("tickets:work")
    ticket = access.one(actor, ticket_id, lock=True)
    if ticket.phase == "ended":
        raise Refusal("tickets.closed")
    changes: dict[str, Any] = {}
    for name, value in wanted.items():
        if name not in EDITABLE:
            raise Refusal("tickets.unknown_field", name=name)
        current = getattr(ticket, name)
        if value == current:
            continue
        if name in seen and seen[name] != current:
            raise Stale("tickets.stale", field=name, yours=value, theirs=current)
        changes[name] = value
    if not changes:
        return ticket
    _check_edit(actor, ticket, changes)
    before = {name: getattr(ticket, name) for name in changes}
    new_facts = [NewFact(facts.EDITED, dict(changes), before)]
    if {"service_id", "site_id", "category_id"} & changes.keys():
        for name, value in changes.items():
            setattr(ticket, name, value)
        new_facts += retargeted(ticket, "correction")
    return change(actor, ticket, changes, new_facts, now=now)


def _check_edit(actor: Actor, ticket: Ticket, changes: dict[str, Any]) -> None:
    if "title" in changes:
        changes["title"] = clean_title(str(changes["title"]))
    if (
        changes.get("service_id")
        and not Subscription.objects.filter(
            organisation_id=ticket.organisation_id, service_id=changes["service_id"], is_active=True
        ).exists()
    ):
        raise Refusal("tickets.service_not_subscribed", field="service")
    if (
        changes.get("site_id")
        and not Site.objects.filter(pk=changes["site_id"], organisation_id=ticket.organisation_id).exists()
    ):
        raise Refusal("tickets.site_of_another", field="site")
    if changes.get("category_id") and not Category.objects.filter(pk=changes["category_id"]).exists():
        raise NotFound()
    if "tags" in changes:
        changes["tags"] = sorted({str(t).strip().lower()[:40] for t in changes["tags"] if str(t).strip()})


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
