"""Taking the steps of a ticket's workflow: start, hold, resume, resolve, reopen, close, cancel, approve."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext as _

from vigie.accounts.models import Person
from vigie.kernel.actor import SYSTEM, Actor
from vigie.kernel.events import Event
from vigie.kernel.refusal import Refusal
from vigie.tickets import access
from vigie.tickets.actions import approvals, telling
from vigie.tickets.actions.conversation import add_message, claim_uploads, discard_draft, step_place
from vigie.tickets.actions.course import closes_after, reopen_until
from vigie.tickets.actions.ledger import NewFact, change
from vigie.tickets.events import TicketResolved
from vigie.tickets.models import Fact, Message, Ticket, Watcher
from vigie.tickets.rules import facts
from vigie.tickets.rules.life import step_changes
from vigie.toolkit import richtext
from vigie.workflow.labels import STATES, STEPS, label
from vigie.workflow.queries import machine_of
from vigie.workflow.rules.machine import Machine, Step, Who, check_needs

DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Given:
    """What comes with a step: codes, people, dates, and the public text where the step needs one.

    ``master`` is the reference of the ticket that goes on, where this one ends as its duplicate.
    """

    pending_reason: str = ""
    window_agreed: bool = True
    follow_up_at: dt.datetime | None = None
    resolution_code: str = ""
    reason: str = ""
    master: str = ""
    text: str = ""
    is_html: bool = True
    assignee_id: int | None = None
    approvers: tuple[int, ...] = ()
    uploads: tuple[str, ...] = ()
    submission: str = ""


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


def take_system_step(
    ticket: Ticket, verb: str, given: Given, *, now: dt.datetime, at: dt.datetime | None = None
) -> bool:
    """Let the system take a step of a ticket it holds locked, as of ``at`` (``now`` unless given).

    False where the workflow has none for it.
    """
    machine = machine_of(ticket.workflow_version_id)
    step = machine.step_named(ticket.state, verb, "system")
    if step is None:
        return False
    _take(SYSTEM, ticket, machine, step, given, now, at)
    return True


def _already_taken(actor: Actor, ticket: Ticket, machine: Machine, verb: str, given: Given) -> bool:
    """A double submit: the very message of this step is already on the ticket."""
    if not given.submission:
        return False
    return ticket.messages.filter(author_id=actor.person_id, submission=given.submission).exists()


def _take(
    actor: Actor,
    ticket: Ticket,
    machine: Machine,
    step: Step,
    given: Given,
    now: dt.datetime,
    at: dt.datetime | None = None,
) -> Ticket:
    """Write the step as of ``at`` (``now`` unless given): what time brings happens then, not when it is noticed."""
    at = at or now
    given = completed(actor, ticket, step, given)
    window = reopen_until(ticket, machine) if "reopen_window" in step.needs else None
    check_step(ticket, machine, step, given, reopen_allowed=window is not None and at <= window)
    master = _master_of(actor, ticket, given.master) if ends_as_duplicate(step, given) else None
    in_place = approvals.answers_for_another(actor, step, given.reason)
    answers_for = approvals.asked_people(ticket) if in_place else None
    new_facts = approvals.follow_step(actor, ticket, step, given.approvers, given.reason, at)
    changes: dict[str, Any] = {}
    message = _say(actor, ticket, given, at) if says_something(given) else None
    if message is not None:
        new_facts += _said(actor, ticket, message, changes)
    moved, fact = step_taken(ticket, machine, step, given, at, master, answers_for)
    changes.update(moved)
    new_facts.append(fact)
    events: list[Event] = []
    if machine.phase(step.target) == "done":
        events.append(TicketResolved(ticket.pk, ticket.organisation_id))
    change(actor, ticket, changes, [replace(f, at=at) for f in new_facts], now=now, events=events)
    if master is not None:
        _follow_master(ticket, master, now)
    telling.stepped(actor, ticket, step.verb, now=now, message_id=message.pk if message else None)
    return ticket


def says_something(given: Given) -> bool:
    """Is there a public message to send with the step?"""
    return not (richtext.is_blank(given.text) if given.is_html else not given.text.strip())


def check_step(ticket: Ticket, machine: Machine, step: Step, given: Given, *, reopen_allowed: bool) -> None:
    """Refuse a step (``workflow.*``) whose demands are not met, or a duplicate of nothing. Pure."""
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
    if ends_as_duplicate(step, given) and not given.master.strip():
        raise Refusal("tickets.duplicate_needs_master", field="master")


def ends_as_duplicate(step: Step, given: Given) -> bool:
    return (given.reason if step.verb == "cancel" else given.resolution_code) == DUPLICATE


def step_taken(
    ticket: Ticket,
    machine: Machine,
    step: Step,
    given: Given,
    at: dt.datetime,
    master: Ticket | None = None,
    answers_for: list[str] | None = None,
) -> tuple[dict[str, Any], NewFact]:
    """The columns that ``step`` changes, and its fact. Pure.

    ``master`` where it ends as a duplicate; ``answers_for`` names the people in whose place it approves or refuses.
    """
    before: dict[str, Any] = {"state": ticket.state, "phase": ticket.phase, "reason": ticket.pending_reason}
    changes = step_changes(ticket, machine, step, _as_mapping(given), at)
    after = _after(step, changes, given)
    if master is not None:
        changes["duplicate_of_id"] = master.pk
        after["master"] = master.reference
    if answers_for is not None:
        after["for"] = answers_for
    if changes.get("assignee_id") not in (None, ticket.assignee_id):  # who takes it in hand with the step
        before["assignee"], after["assignee"] = ticket.assignee_id, changes["assignee_id"]
    return changes, NewFact(facts.STATE, after, before)


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


def _say(actor: Actor, ticket: Ticket, given: Given, at: dt.datetime) -> Message:
    """The public message that goes with a step."""
    message = add_message(
        actor,
        ticket,
        given.text,
        kind="reply",
        audience="public",
        at=at,
        is_html=given.is_html,
        submission=given.submission,
    )
    claim_uploads(actor, ticket, message, given.uploads)
    return message


def _said(actor: Actor, ticket: Ticket, message: Message, changes: dict[str, Any]) -> list[NewFact]:
    """The facts of a step's message; the provider's first one is the response."""
    said = [NewFact(facts.MESSAGE, {"message": message.pk}, audience="public")]
    if actor.side == "provider" and ticket.first_response_at is None:
        changes["first_response_at"] = message.created_at
        said.append(NewFact(facts.RESPONDED, {"message": message.pk}))
    return said


@transaction.atomic
def close_if_silent(actor: Actor, ticket_id: int, *, now: dt.datetime) -> bool:
    """Close a resolved ticket whose delays are over: never while it may be reopened, nor while the client's answer to the
    resolution awaits ours. True when it was closed."""
    ticket = access.one(actor, ticket_id, lock=True)
    machine = machine_of(ticket.workflow_version_id)
    if ticket.phase != "done" or ticket.awaiting_reply_since is not None:
        return False
    last = closes_after(ticket, machine)
    if last is None or now <= last:
        return False
    return take_system_step(ticket, "close", Given(), now=now)


@transaction.atomic
def resume_if_due(actor: Actor, ticket_id: int, *, now: dt.datetime) -> bool:
    """Resume a waiting ticket whose follow-up date is reached, as of that date. True when it was resumed."""
    ticket = access.one(actor, ticket_id, lock=True)
    if ticket.phase != "waiting" or ticket.follow_up_at is None or ticket.follow_up_at > now:
        return False
    steps = Fact.objects.filter(ticket_id=ticket.pk, kind=facts.STATE)
    began = (
        steps.aggregate(Max("at"))["at__max"] or ticket.opened_at
    )  # a date before the wait ends it at once
    return take_system_step(ticket, "resume", Given(), now=now, at=max(ticket.follow_up_at, began))


@transaction.atomic
def resolve_children(actor: Actor, ticket_id: int, *, now: dt.datetime) -> int:
    """Resolve the live incident children of a resolved parent, each with its own clocks; how many were.

    Safe to run twice: a child already resolved is left alone. A duplicate has solved nothing for its children.
    """
    parent = access.one(actor, ticket_id)
    if parent.ticket_type != "incident" or parent.resolved_at is None or parent.resolution_code == DUPLICATE:
        return 0
    children = Ticket.objects.filter(
        parent_id=parent.pk, ticket_type="incident", phase__in=["active", "waiting"]
    ).values_list("pk", flat=True)
    return sum(_resolve_child(actor, child_id, parent, parent.resolved_at, now) for child_id in children)


def _resolve_child(
    actor: Actor, child_id: int, parent: Ticket, resolved_at: dt.datetime, now: dt.datetime
) -> bool:
    """Its clocks stop with the parent's, whenever that is noticed. One reopened since is another matter."""
    child = access.one(actor, child_id, lock=True)
    machine = machine_of(child.workflow_version_id)
    step = machine.step_named(child.state, "resolve", "system")
    since = Fact.objects.filter(ticket_id=child.pk, kind=facts.STATE, at__gt=resolved_at)
    if step is None or since.filter(after__verb="reopen").exists():
        return False
    given = _resolution_of(parent, resolved_at, child)
    _take(actor, child, machine, step, given, now, max(resolved_at, child.opened_at))
    return True


def _resolution_of(parent: Ticket, resolved_at: dt.datetime, child: Ticket) -> Given:
    """How the parent was resolved: the provider's words of that very step, else ours in the requester's language."""
    said = parent.messages.filter(audience="public", side="provider", created_at=resolved_at)
    message = said.order_by("-id").first()
    if message is not None:
        return Given(resolution_code=parent.resolution_code, text=message.body, is_html=message.is_html)
    language = Person.objects.values_list("language", flat=True).get(pk=child.requester_id)
    with translation.override(language):
        text = _(
            "The incident that yours came from is resolved, and yours with it."
            " If you still need us, answer here: it can be opened again for a few days."
        )
    return Given(resolution_code=parent.resolution_code, text=text, is_html=False)


def mark_duplicate(actor: Actor, ticket_id: int, master_reference: str, *, now: dt.datetime) -> Ticket:
    """Cancel a ticket as the duplicate of another of the same client; its requester then follows the master."""
    actor.demand("tickets:work")
    return take_step(actor, ticket_id, "cancel", Given(reason=DUPLICATE, master=master_reference), now=now)


def _master_of(actor: Actor, ticket: Ticket, reference: str) -> Ticket:
    """The ticket that goes on in place of ``ticket``: another one of the same client."""
    master = access.one_by_reference(actor, reference)
    if master.organisation_id != ticket.organisation_id:
        raise Refusal("tickets.other_client", field="master")
    if master.pk == ticket.pk or _leads_to(master, ticket.pk):
        raise Refusal("tickets.loop", field="master")
    return master


def _follow_master(ticket: Ticket, master: Ticket, now: dt.datetime) -> None:
    """The people of a duplicate follow the ticket that goes on."""
    for person_id in {ticket.requester_id, ticket.beneficiary_id} - {
        master.requester_id,
        master.beneficiary_id,
    }:
        Watcher.objects.get_or_create(
            ticket_id=master.pk,
            person_id=person_id,
            defaults={"organisation_id": master.organisation_id, "added_at": now},
        )


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
