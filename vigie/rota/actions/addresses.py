"""The secret address where a person's plan is read by a calendar program."""

from __future__ import annotations

import datetime as dt
import secrets

from django.db import transaction

from vigie.kernel.actor import Actor
from vigie.rota.models import CalendarAddress
from vigie.rota.rules.feed import digest_of
from vigie.toolkit import journal


@transaction.atomic
def give_address(actor: Actor, *, now: dt.datetime) -> str:
    """A new address for oneself; the one before answers no more. The token is returned once and is kept nowhere."""
    actor.demand("rota:view")
    revoke_address(actor, now=now)
    token = secrets.token_urlsafe(32)
    row = CalendarAddress.objects.create(person_id=actor.me, digest=digest_of(token), created_at=now)
    journal.record(actor, "created", row, now=now)
    return token


@transaction.atomic
def revoke_address(actor: Actor, *, now: dt.datetime) -> bool:
    """The address answers no more. False where there was none."""
    row = CalendarAddress.objects.select_for_update().filter(person_id=actor.me, revoked_at=None).first()
    if row is None:
        return False
    row.revoked_at = now
    row.save(update_fields=["revoked_at"])
    journal.record(actor, "revoked", row, now=now)
    return True
