"""Sending what an agent typed: a note, a reply, a reply with the step that goes with it, a new ticket."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from vigie.kernel.actor import Actor
from vigie.kernel.refusal import Refusal
from vigie.tickets import access
from vigie.tickets.actions import presence
from vigie.tickets.actions.conversation import Said, add_note, check_body, discard_draft, discard_sent, reply
from vigie.tickets.actions.handling import assign, link_tickets
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.actions.opening import NewTicket, open_ticket
from vigie.tickets.models import Message, Ticket


@dataclass(frozen=True, slots=True)
class Answer:
    """What was sent. ``then`` is ``wait:<reason>``, ``resolve:<code>``, ``start`` or ``resume``; ``seen`` the last message
    on the page."""

    kind: str
    said: Said
    then: str = ""
    seen: int | None = None
    despite: bool = False


class Crossing(Refusal):
    """Somebody else answers, or has answered, the same ticket: nothing was sent yet."""

    status = 409


@transaction.atomic
def answer(actor: Actor, ticket_id: int, given: Answer, *, now: dt.datetime) -> None:
    """Send it. A public reply is held back once (:class:`Crossing`) when another one crosses it."""
    if given.kind == "note":
        add_note(actor, ticket_id, given.said, now=now)
    else:
        if not given.despite and not _sent_before(actor, ticket_id, given.said.submission):
            _check_crossing(actor, ticket_id, given.seen, now)
        _reply(actor, ticket_id, given, now)
    presence.gone(actor, ticket_id)


def _reply(actor: Actor, ticket_id: int, given: Answer, now: dt.datetime) -> None:
    verb, _, code = given.then.partition(":")
    if not verb:
        reply(actor, ticket_id, given.said, now=now)
        return
    said = given.said
    check_body(said.body, said.is_html, may_be_empty=bool(said.uploads))
    step = Given(
        pending_reason=code if verb == "wait" else "",
        resolution_code=code if verb == "resolve" else "",
        text=said.body,
        is_html=said.is_html,
        uploads=tuple(said.uploads),
        submission=said.submission,
    )
    actor.demand("tickets:reply")
    take_step(actor, ticket_id, verb, step, now=now)
    discard_sent(actor, f"reply:{ticket_id}", now=now)


def _sent_before(actor: Actor, ticket_id: int, submission: str) -> bool:
    mine = Message.objects.filter(ticket_id=ticket_id, author_id=actor.person_id, submission=submission)
    return bool(submission) and mine.exists()


def _check_crossing(actor: Actor, ticket_id: int, seen: int | None, now: dt.datetime) -> None:
    access.one(actor, ticket_id)
    if seen is not None:
        newer = Message.objects.filter(ticket_id=ticket_id, pk__gt=seen).exclude(author_id=actor.person_id)
        names = list(dict.fromkeys(newer.order_by("pk").values_list("author_name", flat=True)[:20]))
        if names:
            raise Crossing("tickets.crossed_message", who=", ".join(names))
    typing = [other.name for other in presence.others(actor, ticket_id, now=now) if other.is_typing]
    if typing:
        raise Crossing("tickets.crossed_typing", who=", ".join(typing))


@dataclass(frozen=True, slots=True)
class Holder:
    """Who gets a new ticket. ``team_otherwise``: the team where none is chosen and the service has none."""

    team_id: int | None
    assignee_id: int | None
    team_otherwise: int | None = None


@transaction.atomic
def open_typed(
    actor: Actor, new: NewTicket, *, follows: str = "", holder: Holder | None = None, now: dt.datetime
) -> Ticket:
    """Open the ticket typed at the desk, as the follow-up of the one with the reference ``follows`` where it is one,
    give it to ``holder`` if one was chosen, and forget its draft."""
    ticket = open_ticket(actor, new, now=now)
    if holder and (holder.team_id or holder.assignee_id) and ticket.created_at == now:  # not sent before
        team_id = holder.team_id or ticket.team_id or holder.team_otherwise
        assign(actor, ticket.pk, team_id=team_id, assignee_id=holder.assignee_id, now=now)
    if follows.strip():
        link_tickets(actor, ticket.pk, follows, "follow_up", now=now)
    discard_draft(actor, "new")
    return ticket
