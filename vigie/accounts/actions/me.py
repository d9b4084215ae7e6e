"""What anybody may change about oneself: preferences, language, theme, active client.

A customer is behind the client wall, whose role may write nothing here: these acts pass its ``own_account`` gate
and touch the actor's own row alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from vigie.accounts.actors import active_affiliations
from vigie.accounts.events import PersonRenamed
from vigie.accounts.models import Person
from vigie.accounts.rules import PREFERENCE_FIELDS
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tenancy.walls import past_the_wall
from vigie.toolkit import journal
from vigie.toolkit.events import announce


def _change(actor: Actor, changes: Mapping[str, Any], now: dt.datetime) -> Person:
    with transaction.atomic(), past_the_wall("own_account"):
        me = Person.objects.select_for_update().filter(pk=actor.person_id or 0).first()
        if me is None:
            raise NotFound()
        name = me.name
        journal.write(actor, me, changes, now=now)
        if me.name != name:
            announce(PersonRenamed(me.pk))
        return me


def change_preferences(actor: Actor, changes: Mapping[str, Any], *, now: dt.datetime) -> Person:
    """One's own name, phone, language, theme and time zone; never the e-mail address, which is the way in."""
    return _change(actor, {name: value for name, value in changes.items() if name in PREFERENCE_FIELDS}, now)


def choose_language(actor: Actor, language: str, *, now: dt.datetime) -> Person:
    return _change(actor, {"language": language}, now)


def choose_theme(actor: Actor, theme: str, *, now: dt.datetime) -> Person:
    return _change(actor, {"theme": theme}, now)


def switch_client(actor: Actor, organisation_id: int, *, now: dt.datetime) -> int:
    """The client that becomes the active one: only one's own, in force today. Rights never add up."""
    with transaction.atomic(), past_the_wall("own_account"):
        own = {
            a.organisation_id
            for a in active_affiliations(actor.person_id or 0, timezone.localtime(now).date())
        }
    if organisation_id not in own:
        raise NotFound()
    return organisation_id
