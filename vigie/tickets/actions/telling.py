"""Who is told of what happens to a ticket. Notices go to the outbox in the same transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from vigie.accounts.models import TeamMember
from vigie.kernel.actor import Actor
from vigie.notifications.actions import Message as Told
from vigie.notifications.actions import notify
from vigie.tickets.models import Approval, Clock, Message, SupportClock, Ticket, Watcher


def _told(kind: str, ticket: Ticket, **params: object) -> Told:
    return Told(
        kind=kind,
        organisation_id=ticket.organisation_id,
        subject="ticket",
        subject_id=ticket.pk,
        params={"reference": ticket.reference, "title": ticket.title, **params},
    )


def _client_side(ticket: Ticket) -> set[int]:
    """The client's people who follow this ticket."""
    watchers = Watcher.objects.filter(ticket_id=ticket.pk, person__side="client").values_list(
        "person_id", flat=True
    )
    return {ticket.requester_id, ticket.beneficiary_id, *watchers}


def _handlers(ticket: Ticket) -> set[int]:
    """The agents in charge: the assignee and the agents who watch it."""
    watchers = Watcher.objects.filter(ticket_id=ticket.pk, person__side="provider").values_list(
        "person_id", flat=True
    )
    return {*watchers, *([ticket.assignee_id] if ticket.assignee_id else [])}


def opened(actor: Actor, ticket: Ticket, *, acknowledge: bool = True, now: dt.datetime) -> None:
    """Acknowledge to the client's people; tell a person whom the ticket was assigned to at once.

    Who opened it by its own hand sees it open, and has the acknowledgement by mail; who wrote a mail has seen nothing yet.
    """
    told = _told("ticket_opened", ticket)
    people = {ticket.requester_id, ticket.beneficiary_id}  # nobody follows it yet
    if acknowledge and actor.is_provider:
        notify(people, told, now=now, by=actor.person_id)
    elif acknowledge:
        notify(people, told, now=now, knows=None if ticket.channel == "email" else actor.person_id)
    if ticket.assignee_id:
        notify(
            [ticket.assignee_id], _told("ticket_assigned", ticket, by=actor.name), now=now, by=actor.person_id
        )


def replied(actor: Actor, ticket: Ticket, message: Message, *, now: dt.datetime) -> None:
    """Those on the other side and whoever follows it. A client's word on what is solved reaches the team where nobody is in
    charge: no list of open tickets shows it."""
    told = _told("ticket_replied", ticket, by=actor.name, message=message.pk)
    if actor.is_provider:
        notify(_client_side(ticket), told, now=now, by=actor.person_id)
        return
    if ticket.phase != "done":
        notify(_client_side(ticket) | _handlers(ticket), told, now=now, by=actor.person_id)
        return
    since = _told("replied_since_solved", ticket, by=actor.name, message=message.pk)
    notify(_client_side(ticket), told, now=now, by=actor.person_id)
    notify(_handlers(ticket) or _team(ticket), since, now=now)


def asked_if_settled(actor: Actor, ticket: Ticket, *, now: dt.datetime) -> None:
    """Ask whoever answered a resolution what it meant: is it settled, or to be opened again? Asked once."""
    notify([actor.me], _told("settled_asked", ticket), now=now)


def noted(actor: Actor, ticket: Ticket, message: Message, *, now: dt.datetime) -> None:
    notify(
        _handlers(ticket),
        _told("ticket_noted", ticket, by=actor.name, message=message.pk),
        now=now,
        by=actor.person_id,
    )


def assigned(actor: Actor, ticket: Ticket, *, now: dt.datetime) -> None:
    if ticket.assignee_id:
        notify(
            [ticket.assignee_id], _told("ticket_assigned", ticket, by=actor.name), now=now, by=actor.person_id
        )


def approvers(ticket: Ticket) -> set[int]:
    """Whose approval the ticket awaits."""
    awaited = Approval.objects.filter(ticket_id=ticket.pk, verdict="")
    return set(awaited.values_list("approver_id", flat=True))


def approval_asked(actor: Actor, ticket: Ticket, asked: set[int], *, now: dt.datetime) -> None:
    notify(asked, _told("approval_asked", ticket, by=actor.name), now=now, by=actor.person_id)


def _everybody(ticket: Ticket) -> set[int]:
    return _handlers(ticket) | _client_side(ticket)


def stepped(
    actor: Actor, ticket: Ticket, verb: str, *, now: dt.datetime, message_id: int | None = None
) -> None:
    """Resolution, reopening, cancelling and approvals are told to those they concern, with the step's message."""
    told = {
        "resolve": ("ticket_resolved", _client_side),
        "reopen": ("ticket_reopened", _everybody),
        "cancel": ("ticket_cancelled", _client_side),
        "ask_approval": ("approval_asked", approvers),
        "approve": ("approval_given", _everybody),
        "reject": ("approval_refused", _everybody),
    }
    if verb not in told:
        return
    kind, recipients = told[verb]
    said = {} if message_id is None else {"message": message_id}
    notify(recipients(ticket), _told(kind, ticket, by=actor.name, **said), now=now, by=actor.person_id)


def client_reminded(ticket: Ticket, *, now: dt.datetime) -> None:
    """Those whose answer is awaited are asked again: who is to approve, else the client's people."""
    notify(approvers(ticket) or _client_side(ticket), _told("client_reminded", ticket), now=now)


def client_silent(ticket: Ticket, *, now: dt.datetime) -> None:
    """The last reminder was of no use: those in charge, or their team leads where nobody is."""
    notify(_handlers(ticket) or _leads(ticket), _told("client_silent", ticket), now=now)


def _team(ticket: Ticket) -> set[int]:
    return set(TeamMember.objects.filter(team_id=ticket.team_id or 0).values_list("agent_id", flat=True))


def _leads(ticket: Ticket) -> set[int]:
    leads = TeamMember.objects.filter(team_id=ticket.team_id or 0, is_lead=True)
    return set(leads.values_list("agent_id", flat=True))


Covers = Callable[[Ticket, Clock | SupportClock, dt.datetime], bool]
_covers: list[Covers] = []


def leave_warnings_to(covers: Covers) -> None:
    """Have the clocks for which ``covers(ticket, clock, now)`` holds told of by a higher area. Called once, when it is ready."""
    if covers not in _covers:
        _covers.append(covers)


def clock_warned(ticket: Ticket, clock: Clock, percent: int, *, now: dt.datetime) -> None:
    """Below 75 % the assignee; from there the team leads too; at the breach everybody in charge. A clock that a ladder of
    escalation tells of is left to it: nobody is told twice."""
    if any(covers(ticket, clock, now) for covers in _covers):
        return
    recipients = _handlers(ticket)
    if percent >= 75:
        recipients |= _leads(ticket)
    kind = "clock_breached" if percent >= 100 else "clock_warned"
    due = clock.due_at.isoformat() if clock.due_at else ""
    notify(recipients, _told(kind, ticket, clock=clock.kind, percent=percent, due_at=due), now=now)


def support_warned(ticket: Ticket, clock: SupportClock, *, now: dt.datetime) -> None:
    """A promise of a team or a supplier: the assignee; from 75 % the leads of the team it binds too; a ladder that tells of
    such promises alone, where there is one."""
    if any(covers(ticket, clock, now) for covers in _covers):
        return
    recipients = _handlers(ticket)
    if clock.announced >= 75:
        leads = TeamMember.objects.filter(team_id=clock.team_id or ticket.team_id or 0, is_lead=True)
        recipients |= set(leads.values_list("agent_id", flat=True))
    kind = "clock_breached" if clock.announced >= 100 else "clock_warned"
    due = clock.due_at.isoformat() if clock.due_at else ""
    notify(recipients, _told(kind, ticket, clock=clock.kind, percent=clock.announced, due_at=due), now=now)
