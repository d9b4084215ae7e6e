"""The hand-over: one act that tells the next team, gives it the tickets, and is acknowledged."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import transaction

from vigie.accounts.models import TeamMember
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotAllowed, Refusal
from vigie.notifications.actions import Message, notify
from vigie.rota import access
from vigie.rota.models import Handover, HandoverLine
from vigie.rota.queries.handover import Concern, concerns, ending
from vigie.rota.queries.plan import plans
from vigie.tickets.actions.bulk import assign_many
from vigie.tickets.models.ticket import FAR_FUTURE
from vigie.toolkit import journal

NEVER = dt.datetime.fromisoformat(FAR_FUTURE)


@dataclass(frozen=True, slots=True)
class Note:
    """What is told: words in both languages, a comment per ticket told of, and which of these the next team takes."""

    body_fr: str
    body_en: str
    told: Mapping[int, str]
    moved: frozenset[int] = field(default_factory=frozenset)


@transaction.atomic
def hand_over(actor: Actor, team_id: int, to_team_id: int, note: Note, *, now: dt.datetime) -> Handover:
    """Send the note and give the tickets, in one transaction; a ticket that may not move says why in its line."""
    team, to_team = access.one(actor, team_id), access.one(actor, to_team_id)
    if team.pk not in actor.team_ids and not access.leads(actor, team_id):
        raise NotAllowed("rota.not_your_team")
    if team.pk == to_team.pk:
        raise Refusal("rota.to_itself", field="to_team")
    for name in ("body_fr", "body_en"):
        if not getattr(note, name).strip():
            raise Refusal("rota.note_empty", field=name)
    end = ending(actor, team_id, now=now)
    told = [concern for concern in concerns(actor, end, now=now) if concern.ticket.pk in note.told]
    values = {
        "to_team_id": to_team.pk, "ends_at": end.ends_at, "body_fr": note.body_fr.strip(), "body_en": note.body_en.strip(),
        "author_id": actor.person_id, "sent_at": now,
    }  # fmt: skip
    row = journal.write(actor, Handover(team=team), values, now=now)
    refused = _give(actor, [c.ticket.pk for c in told if c.ticket.pk in note.moved], to_team.pk, now)
    HandoverLine.objects.bulk_create(_line(row, concern, note, refused) for concern in told)
    _tell(actor, row, now)
    return row


def _give(actor: Actor, ticket_ids: list[int], to_team_id: int, now: dt.datetime) -> dict[str, str]:
    """Bulk assignment by the rules of tickets; why not, by reference."""
    if not ticket_ids:
        return {}
    return dict(assign_many(actor, ticket_ids, team_id=to_team_id, assignee_id=None, now=now).refused)


def _line(row: Handover, concern: Concern, note: Note, refused: Mapping[str, str]) -> HandoverLine:
    ticket = concern.ticket
    wanted = ticket.pk in note.moved
    return HandoverLine(
        handover=row,
        ticket=ticket,
        reasons=list(concern.reasons),
        due_at=ticket.due_at if ticket.due_at < NEVER else None,
        holder=ticket.assignee.name if ticket.assignee else "",
        comment=note.told[ticket.pk].strip()[:500],
        moved=wanted and ticket.reference not in refused,
        refused=refused.get(ticket.reference, "")[:300] if wanted else "",
    )


def _tell(actor: Actor, row: Handover, now: dt.datetime) -> None:
    """Those of the next team who are on now, and its leads."""
    plan = plans([row.to_team], now, now + dt.timedelta(seconds=1))[row.to_team_id]
    leads = TeamMember.objects.filter(team_id=row.to_team_id, is_lead=True).values_list("agent_id", flat=True)
    recipients = {person.pk for person in plan.on_shift(now)} | set(leads)
    params = {"by": actor.name, "title": ""}
    notify(
        recipients, Message("handover_sent", None, "rota_note", row.pk, params), now=now, by=actor.person_id
    )


@transaction.atomic
def acknowledge(actor: Actor, handover_id: int, *, now: dt.datetime) -> Handover:
    """Somebody of the next team has read it; never its author."""
    row = access.handover(actor, handover_id, lock=True)
    if row.author_id == actor.person_id:
        raise Refusal("rota.own_note")
    if not receives(actor, row):
        raise NotAllowed("rota.not_your_team")
    if row.acknowledged_at is not None:
        raise Refusal("rota.already_acknowledged")
    values = {"acknowledged_by_id": actor.person_id, "acknowledged_at": now}
    return journal.write(actor, row, values, now=now)


def receives(actor: Actor, row: Handover) -> bool:
    """Is the actor of the team that the note is for, or in charge of its plan?"""
    return row.to_team_id in actor.team_ids or access.leads(actor, row.to_team_id)
