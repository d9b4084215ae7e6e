"""Taking the steps of a ticket's workflow: start, hold, resume, resolve, reopen, close, cancel, approve."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from vigie.contracts.queries import terms_of
from vigie.contracts.rules.calendar import WEEKDAYS, Calendar
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.openings import Openings, openings
from vigie.kernel.actor import SYSTEM, Actor
from vigie.kernel.events import Event
from vigie.kernel.refusal import Refusal
from vigie.tickets import access
from vigie.tickets.actions import approvals, telling
from vigie.tickets.actions.conversation import add_message, claim_uploads, discard_draft, step_place
from vigie.tickets.actions.ledger import NewFact, change
from vigie.tickets.events import TicketResolved
from vigie.tickets.models import Clock, Ticket, Watcher
from vigie.tickets.rules import facts
from vigie.tickets.rules.life import step_changes
from vigie.toolkit import richtext
from vigie.workflow.labels import STATES, STEPS, label
from vigie.workflow.queries import machine_of
from vigie.workflow.rules.machine import Machine, Step, Who, check_needs

# Business days of a ticket without a clock (no contract in force) are counted on this one.
FALLBACK = Calendar.weekly(
    "Europe/Paris", WEEKDAYS[:5], ("08:00", "18:00"), code="fallback", holiday_sets=["FR"]
)


@dataclass(frozen=True, slots=True)
class Given:
    """What comes with a step: codes, people, dates, and the public text where the step needs one."""

    pending_reason: str = ""
    window_agreed: bool = True
    follow_up_at: dt.datetime | None = None
    resolution_code: str = ""
    reason: str = ""
    text: str = ""
    is_html: bool = True
    assignee_id: int | None = None
    approvers: tuple[int, ...] = ()
    uploads: tuple[str, ...] = ()
    submission: str = ""


def business_hours(ticket: Ticket) -> Openings:
    """The calendar that counts this ticket's business days: its resolution clock's, else Monday to Friday."""
    terms_id = (
        Clock.objects.filter(ticket_id=ticket.pk, kind="resolution")
        .order_by("-id")
        .values_list("terms_id", flat=True)
        .first()
    )
    return openings(terms_of(terms_id).calendar if terms_id else FALLBACK)


def reopen_until(ticket: Ticket, machine: Machine) -> dt.datetime | None:
    """Last instant at which the ticket may be reopened: last closing of the n-th business day after resolution."""
    if ticket.resolved_at is None:
        return None
    end = business_hours(ticket).business_days_eod(epoch(ticket.resolved_at), machine.reopen_days)
    return dt.datetime.fromtimestamp(end, dt.UTC)


def who(actor: Actor) -> Who:
    return "client" if actor.is_client else ("system" if actor.side == "system" else "agent")


def _demand(actor: Actor, step: Step) -> None:
    if actor.is_client:
        actor.demand("tickets:confirm")
    else:
        actor.demand("tickets:assign" if step.verb == "assign" else "tickets:work")


@transaction.atomic
def take_step(actor: Actor, ticket_id: int, verb: str, given: Given, *, now: dt.datetime) -> Ticket:
    """Take the step called ``verb`` from the ticket's present state, with its message where one is given.

    Raises ``workflow.*`` refusals naming the missing input; nothing is changed then.
    """
    ticket = access.one(actor, ticket_id, lock=True)
    machine = machine_of(ticket.workflow_version_id)
    step = machine.step_named(ticket.state, verb, who(actor))
    if step is None:
        if _already_taken(actor, ticket, machine, verb, given):
            return ticket
        raise _no_such_step(ticket, verb)
    _demand(actor, step)
    discard_draft(actor, step_place(ticket.pk))
    return _take(actor, ticket, machine, step, given, now)


def _no_such_step(ticket: Ticket, verb: str) -> Refusal:
    return Refusal(
        "workflow.no_such_step", source=label(STATES, ticket.state), target=label(STEPS, verb), verb=verb
    )


def take_system_step(ticket: Ticket, verb: str, given: Given, *, now: dt.datetime) -> bool:
    """Let the system take a step of a ticket it holds locked. False where the workflow has none for it."""
    machine = machine_of(ticket.workflow_version_id)
    step = machine.step_named(ticket.state, verb, "system")
    if step is None:
        return False
    _take(SYSTEM, ticket, machine, step, given, now)
    return True


def _already_taken(actor: Actor, ticket: Ticket, machine: Machine, verb: str, given: Given) -> bool:
    """A double submit: the very message of this step is already on the ticket."""
    if not given.submission:
        return False
    return ticket.messages.filter(author_id=actor.person_id, submission=given.submission).exists()


def _take(
    actor: Actor, ticket: Ticket, machine: Machine, step: Step, given: Given, now: dt.datetime
) -> Ticket:
    given = completed(actor, ticket, step, given)
    has_text = says_something(given)
    window = reopen_until(ticket, machine) if "reopen_window" in step.needs else None
    check_step(ticket, machine, step, given, reopen_allowed=window is not None and now <= window)
    new_facts = approvals.follow_step(actor, ticket, step, given.approvers, given.reason, now)
    changes: dict[str, Any] = {}
    if has_text:
        new_facts += _say(actor, ticket, given, now, changes)
    moved, fact = step_taken(ticket, machine, step, given, now)
    changes.update(moved)
    new_facts.append(fact)
    events: list[Event] = []
    if machine.phase(step.target) == "done":
        events.append(TicketResolved(ticket.pk, ticket.organisation_id))
    change(actor, ticket, changes, new_facts, now=now, events=events)
    said = new_facts[0].after["message"] if has_text else None
    telling.stepped(actor, ticket, step.verb, now=now, message_id=said)
    return ticket


def says_something(given: Given) -> bool:
    """Is there a public message to send with the step?"""
    return not (richtext.is_blank(given.text) if given.is_html else not given.text.strip())


def check_step(ticket: Ticket, machine: Machine, step: Step, given: Given, *, reopen_allowed: bool) -> None:
    """Refuse a step (``workflow.*``) whose demands are not met. Pure."""
    check_needs(
        machine,
        step,
        {
            "team_id": ticket.team_id,
            "assignee_id": given.assignee_id or ticket.assignee_id,
            "pending_reason": given.pending_reason,
            "resolution_code": given.resolution_code,
            "reason": given.reason,
            "public_text": says_something(given),
            "reopen_allowed": reopen_allowed,
        },
    )


def step_taken(
    ticket: Ticket, machine: Machine, step: Step, given: Given, now: dt.datetime
) -> tuple[dict[str, Any], NewFact]:
    """The columns that ``step`` changes, and its fact. Pure."""
    before = {"state": ticket.state, "phase": ticket.phase, "reason": ticket.pending_reason}
    changes = step_changes(ticket, machine, step, _as_mapping(given), now)
    return changes, NewFact(facts.STATE, _after(step, changes, given), before)


def completed(actor: Actor, ticket: Ticket, step: Step, given: Given) -> Given:
    """Fill what goes without saying: who takes ownership, and the word of a customer who solved it alone."""
    if step.verb == "start" and given.assignee_id is None and actor.side == "provider":
        given = replace(given, assignee_id=ticket.assignee_id or actor.person_id)
    if step.verb == "resolve" and actor.is_client:
        given = replace(given, resolution_code="solved_by_user")
    if step.verb == "cancel" and actor.is_client:
        given = replace(given, reason="withdrawn")
    return given


def _as_mapping(given: Given) -> dict[str, Any]:
    return {
        "pending_reason": given.pending_reason,
        "follow_up_at": given.follow_up_at,
        "resolution_code": given.resolution_code,
        "reason": given.reason,
        "assignee_id": given.assignee_id,
    }


def _after(step: Step, changes: Mapping[str, Any], given: Given) -> dict[str, Any]:
    after: dict[str, Any] = {"state": changes["state"], "phase": changes["phase"], "verb": step.verb}
    if changes["pending_reason"]:
        after["reason"] = changes["pending_reason"]
        after["agreed"] = given.window_agreed
    if given.resolution_code:
        after["resolution"] = given.resolution_code
    if given.reason:
        after["why"] = given.reason
    return after


def _say(
    actor: Actor, ticket: Ticket, given: Given, now: dt.datetime, changes: dict[str, Any]
) -> list[NewFact]:
    """The public message that goes with a step; the provider's first one is the response."""
    message = add_message(
        actor,
        ticket,
        given.text,
        kind="reply",
        audience="public",
        at=now,
        is_html=given.is_html,
        submission=given.submission,
    )
    claim_uploads(actor, ticket, message, given.uploads)
    said = [NewFact(facts.MESSAGE, {"message": message.pk}, audience="public")]
    if actor.side == "provider" and ticket.first_response_at is None:
        changes["first_response_at"] = now
        said.append(NewFact(facts.RESPONDED, {"message": message.pk}))
    return said


@transaction.atomic
def close_if_silent(actor: Actor, ticket_id: int, *, now: dt.datetime) -> bool:
    """Close a resolved ticket whose reopening window is over. True when it was closed."""
    ticket = access.one(actor, ticket_id, lock=True)
    machine = machine_of(ticket.workflow_version_id)
    if ticket.phase != "done" or ticket.resolved_at is None:
        return False
    end = business_hours(ticket).business_days_eod(epoch(ticket.resolved_at), machine.close_days)
    if epoch(now) <= end:
        return False
    return take_system_step(ticket, "close", Given(), now=now)


@transaction.atomic
def resume_if_due(actor: Actor, ticket_id: int, *, now: dt.datetime) -> bool:
    """Resume a waiting ticket whose follow-up date is reached. True when it was resumed."""
    ticket = access.one(actor, ticket_id, lock=True)
    if ticket.phase != "waiting" or ticket.follow_up_at is None or ticket.follow_up_at > now:
        return False
    return take_system_step(ticket, "resume", Given(), now=now)


@transaction.atomic
def resolve_children(actor: Actor, ticket_id: int, *, now: dt.datetime) -> int:
    """Resolve the live incident children of a resolved parent, each with its own clocks; how many were.

    Safe to run twice: a child already resolved is left alone.
    """
    parent = access.one(actor, ticket_id)
    if parent.phase not in ("done", "ended") or parent.ticket_type != "incident":
        return 0
    children = Ticket.objects.filter(parent_id=parent.pk, phase__in=["active", "waiting"]).values_list(
        "pk", flat=True
    )
    text = (
        parent.messages.filter(audience="public", kind="reply")
        .order_by("-created_at", "-id")
        .values_list("body", flat=True)
        .first()
    )
    done = 0
    for child_id in children:
        child = access.one(actor, child_id, lock=True)
        machine = machine_of(child.workflow_version_id)
        step = machine.step_named(child.state, "resolve", "system")
        if step is None or child.phase not in ("active", "waiting"):
            continue
        code = parent.resolution_code or "solved_permanently"
        _take(actor, child, machine, step, Given(resolution_code=code, text=text or parent.title), now)
        done += 1
    return done


@transaction.atomic
def mark_duplicate(actor: Actor, ticket_id: int, master_reference: str, *, now: dt.datetime) -> Ticket:
    """Cancel a ticket as the duplicate of another of the same client; its requester then follows the master."""
    actor.demand("tickets:work")
    ticket = access.one(actor, ticket_id, lock=True)
    if not master_reference.strip():
        raise Refusal("tickets.duplicate_needs_master", field="master")
    master = access.one_by_reference(actor, master_reference)
    if master.organisation_id != ticket.organisation_id:
        raise Refusal("tickets.other_client", field="master")
    if master.pk == ticket.pk or _leads_to(master, ticket.pk):
        raise Refusal("tickets.loop", field="master")
    machine = machine_of(ticket.workflow_version_id)
    step = machine.step_named(ticket.state, "cancel", "agent")
    if step is None:
        raise _no_such_step(ticket, "cancel")
    discard_draft(actor, step_place(ticket.pk))
    changes, fact = duplicate_taken(ticket, machine, step, master, now)
    change(actor, ticket, changes, [fact], now=now)
    for person_id in {ticket.requester_id, ticket.beneficiary_id} - {
        master.requester_id,
        master.beneficiary_id,
    }:
        Watcher.objects.get_or_create(
            ticket_id=master.pk,
            person_id=person_id,
            defaults={"organisation_id": master.organisation_id, "added_at": now},
        )
    telling.stepped(actor, ticket, "cancel", now=now)
    return ticket


def duplicate_taken(
    ticket: Ticket, machine: Machine, step: Step, master: Ticket, now: dt.datetime
) -> tuple[dict[str, Any], NewFact]:
    """What cancelling a ticket as the duplicate of ``master`` changes, and its fact. Pure."""
    changes, fact = step_taken(ticket, machine, step, Given(reason="duplicate"), now)
    changes["duplicate_of_id"] = master.pk
    return changes, replace(fact, after={**fact.after, "master": master.reference})


def _leads_to(ticket: Ticket, wanted: int) -> bool:
    """Does the chain of masters of ``ticket`` reach ``wanted``?"""
    seen: set[int] = set()
    current: int | None = ticket.duplicate_of_id
    while current is not None and current not in seen:
        if current == wanted:
            return True
        seen.add(current)
        current = Ticket.objects.filter(pk=current).values_list("duplicate_of_id", flat=True).first()
    return False
