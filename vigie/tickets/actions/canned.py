"""Canned replies: kept for oneself by whoever replies, shared by whoever holds the grant. Journalled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from vigie.accounts.models import Team
from vigie.catalog.models import Service
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotAllowed, NotFound, Refusal
from vigie.tickets import access
from vigie.tickets.models import CannedReply
from vigie.tickets.rules.canned import unknown_places
from vigie.toolkit import journal

WORDS = ("title_fr", "title_en", "body_fr", "body_en")
FIELDS = (*WORDS, "is_shared", "team_id", "service_id")
BODY_LIMIT = 20_000


@transaction.atomic
def save_canned(
    actor: Actor, canned_id: int | None, values: Mapping[str, Any], *, now: dt.datetime
) -> CannedReply:
    """Keep a new reply (``canned_id`` empty) or change one; ``values`` holds every one of :data:`FIELDS`."""
    actor.demand("tickets:reply")
    canned = _changeable(actor, canned_id) if canned_id else CannedReply(owner_id=actor.person_id)
    if values["is_shared"] or canned.is_shared:
        actor.demand("replies:share")
    _check(values)
    return journal.write(actor, canned, {name: values[name] for name in FIELDS}, now=now)


def _check(values: Mapping[str, Any]) -> None:
    for name in WORDS:
        text = str(values[name])
        if not text.strip():
            raise Refusal("tickets.canned_needs_both", field=name)
        if len(text) > BODY_LIMIT:
            raise Refusal("tickets.body_too_long", field=name, limit=BODY_LIMIT)
        if unknown := unknown_places(text):
            raise Refusal("tickets.unknown_place", field=name, name=unknown[0])
    if values["team_id"] and not Team.objects.filter(pk=values["team_id"]).exists():
        raise NotFound()
    if values["service_id"] and not Service.objects.filter(pk=values["service_id"]).exists():
        raise NotFound()


@transaction.atomic
def delete_canned(actor: Actor, canned_id: int, *, now: dt.datetime) -> None:
    actor.demand("tickets:reply")
    canned = _changeable(actor, canned_id)
    if canned.is_shared:
        actor.demand("replies:share")
    journal.record(actor, "deleted", canned, now=now, before=journal.snapshot(canned))
    canned.delete()


def _changeable(actor: Actor, canned_id: int) -> CannedReply:
    """One's own reply, or a shared one in sight (whoever shares may change what is shared)."""
    canned = access.visible_canned(actor).select_for_update(of=("self",)).filter(pk=canned_id).first()
    if canned is None:
        raise NotFound()
    if not canned.is_shared and canned.owner_id != actor.person_id:
        raise NotAllowed("access.not_granted", grant="replies:share")
    return canned
