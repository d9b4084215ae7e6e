"""What a ticket is about: its fields and its type, and what changing them does to its promise."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from vigie.catalog.models import Category, Subscription
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound, Refusal, Stale
from vigie.tenancy.models import Site
from vigie.tickets import access
from vigie.tickets.actions import promises
from vigie.tickets.actions.ledger import NewFact, change
from vigie.tickets.actions.opening import clean_title
from vigie.tickets.actions.scope import scope_of
from vigie.tickets.labels import TYPES
from vigie.tickets.models import Ticket
from vigie.tickets.rules import facts
from vigie.tickets.rules.reference import PREFIXES
from vigie.workflow.queries import current_version, machine_of

EDITABLE = ("title", "service_id", "category_id", "site_id", "tags", "is_confidential")
SCOPE = frozenset({"service_id", "category_id", "site_id"})


@transaction.atomic
def edit_ticket(
    actor: Actor,
    ticket_id: int,
    wanted: Mapping[str, Any],
    seen: Mapping[str, Any],
    *,
    is_error: bool = False,
    reason: str = "",
    now: dt.datetime,
) -> Ticket:
    """Change fields of :data:`EDITABLE`. ``seen`` holds the values the person was looking at.

    A field that somebody else changed meanwhile raises :class:`Stale` with both versions; nothing is lost. Another
    service or category keeps the time already used; ``is_error`` measures as if it had always been right, which can
    undo a breach: it asks for ``tickets:correct`` and a reason.
    """
    actor.demand("tickets:work")
    ticket = access.one(actor, ticket_id, lock=True)
    if ticket.phase == "ended":
        raise Refusal("tickets.closed")
    changes = _changed(ticket, wanted, seen)
    if not changes:
        return ticket
    _check_edit(ticket, changes)
    moves_scope = bool(SCOPE & changes.keys())
    why = correction_reason(actor, reason) if moves_scope and is_error else ""
    before = {name: getattr(ticket, name) for name in changes}
    former_site = ticket.site_id
    for name, value in changes.items():
        setattr(ticket, name, value)
    new_facts = [NewFact(facts.EDITED, {**changes, "why": why} if why else changes, before)]
    if why:
        new_facts += promises.corrected(ticket, now=now)
    elif moves_scope:
        new_facts += promises.carried_over(ticket, site_id=former_site, now=now)
    return change(actor, ticket, changes, new_facts, now=now)


def correction_reason(actor: Actor, reason: str) -> str:
    """The trimmed reason of somebody who may put an error right, refused to anybody else."""
    actor.demand("tickets:correct")
    if not reason.strip():
        raise Refusal("tickets.correction_needs_reason", field="reason")
    return reason.strip()


def alters_promise(ticket: Ticket, wanted: Mapping[str, Any], *, now: dt.datetime) -> bool:
    """Would these fields, had they always been right, promise something else? The ticket is left as it is."""
    scope = scope_of(Ticket(**{**_scope_columns(ticket), **{k: v for k, v in wanted.items() if k in SCOPE}}))
    return any(revision.alters for revision in promises.revisions(ticket, scope, now))


def _scope_columns(ticket: Ticket) -> dict[str, Any]:
    names = ("ticket_type", "priority", "service_id", "category_id", "site_id", "is_vip", "opened_at")
    return {name: getattr(ticket, name) for name in names}


def _changed(ticket: Ticket, wanted: Mapping[str, Any], seen: Mapping[str, Any]) -> dict[str, Any]:
    """The wanted values that differ from the ticket's own."""
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
    return changes


def _check_edit(ticket: Ticket, changes: dict[str, Any]) -> None:
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
def change_type(
    actor: Actor, ticket_id: int, ticket_type: str, *, reason: str = "", now: dt.datetime
) -> Ticket:
    """Turn an incident into a request (or any other way) before its resolution.

    The number of origin stays an alias. A response clock already stopped is kept; the others are cancelled and new
    ones start from the original opening. Where a missed promise would go with them, this asks for
    ``tickets:correct`` and a reason.
    """
    actor.demand("tickets:work")
    ticket = access.one(actor, ticket_id, lock=True)
    if ticket_type not in TYPES:
        raise Refusal("tickets.unknown_type", ticket_type=ticket_type)
    if ticket.phase in ("done", "ended"):
        raise Refusal("tickets.type_after_resolution")
    if ticket.ticket_type == ticket_type:
        return ticket
    fresh, undone = promises.replaced(ticket, ticket_type, now)
    why = {"missed": undone, "why": correction_reason(actor, reason)} if undone else {}
    changes = _retyped(ticket, ticket_type)
    before = {
        "type": ticket.ticket_type,
        "state": ticket.state,
        "phase": ticket.phase,
        "reference": ticket.reference,
    }
    after = {
        "type": ticket_type,
        "state": changes["state"],
        "phase": changes["phase"],
        "reference": changes["reference"],
    }
    new_facts = [NewFact(facts.TYPE, {**after, **why}, before)]
    if ticket.phase == "waiting":
        resumed = {"state": changes["state"], "phase": changes["phase"], "verb": "resume"}
        new_facts.append(NewFact(facts.STATE, resumed, before))
    new_facts += promises.replace_clocks(ticket, fresh, now)
    return change(actor, ticket, changes, new_facts, now=now)


def _retyped(ticket: Ticket, ticket_type: str) -> dict[str, Any]:
    """The columns of the ticket at the start of another type's life; work under way goes on."""
    version_id = current_version(ticket_type)
    machine = machine_of(version_id)
    was_working = ticket.assignee_id is not None and ticket.state not in ("new", "submitted", "assigned")
    state = machine.initial
    if was_working and (start := machine.step_named(machine.initial, "start", "agent")):
        state = start.target
    tail = ticket.reference.partition("-")[2]
    return {
        "ticket_type": ticket_type,
        "workflow_version_id": version_id,
        "state": state,
        "phase": machine.phase(state),
        "pending_reason": "",
        "follow_up_at": None,
        "reference": f"{PREFIXES[ticket_type]}-{tail}",
        "former_references": [*ticket.former_references, ticket.reference],
    }
