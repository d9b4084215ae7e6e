"""Who is on a ticket's page now, so that two agents do not answer the same thing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from vigie.kernel.actor import Actor
from vigie.tickets import access
from vigie.tickets.models import Presence
from vigie.toolkit.events import wake

FRESH = dt.timedelta(seconds=30)
TYPING_LASTS = dt.timedelta(seconds=12)


@dataclass(frozen=True, slots=True)
class Seen:
    """Another agent on the ticket."""

    name: str
    is_typing: bool


@transaction.atomic
def present(actor: Actor, ticket_id: int, *, is_typing: bool, now: dt.datetime) -> list[Seen]:
    """Tell that the actor reads the ticket (or types on it), and learn who else is there."""
    actor.demand("tickets:view")
    ticket = access.one(actor, ticket_id)
    mine = Presence.objects.filter(ticket_id=ticket_id, person_id=actor.person_id or 0).first()
    was_typing = mine is not None and mine.is_typing and now - mine.seen_at < TYPING_LASTS
    if is_typing or not was_typing:
        Presence.objects.update_or_create(
            ticket_id=ticket_id,
            person_id=actor.person_id or 0,
            defaults={"is_typing": is_typing, "seen_at": now},
        )
    newly = mine is None or now - mine.seen_at > FRESH
    stopped = mine is not None and mine.is_typing and not was_typing
    if newly or stopped or (is_typing and not was_typing):
        wake([f"org:{ticket.organisation_id}", f"presence:{ticket_id}"])
    return others(actor, ticket_id, now=now)


def gone(actor: Actor, ticket_id: int) -> None:
    """The actor sent what it was typing: its own mark goes, and those who look are told if there was one."""
    typing = Presence.objects.filter(
        ticket_id=ticket_id, person_id=actor.person_id or 0, is_typing=True
    ).update(is_typing=False)
    if typing:
        wake([f"org:{access.one(actor, ticket_id).organisation_id}", f"presence:{ticket_id}"])


def others(actor: Actor, ticket_id: int, *, now: dt.datetime) -> list[Seen]:
    """The other agents seen on the ticket in the last half minute, those who type first."""
    rows = Presence.objects.filter(ticket_id=ticket_id, seen_at__gt=now - FRESH).exclude(
        person_id=actor.person_id or 0
    )
    found = [
        Seen(name, typing and now - seen_at < FRESH)
        for name, typing, seen_at in rows.values_list("person__name", "is_typing", "seen_at")
    ]
    return sorted(found, key=lambda seen: (not seen.is_typing, seen.name))
