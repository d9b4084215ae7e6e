"""A team's shifts as they are set up: hours, places, days unlike the others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db.models import Prefetch, Q

from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.rota import access
from vigie.rota.models import Hub, ShiftChange, ShiftPattern, ShiftPlace
from vigie.toolkit.ordering import by_name


def hub_of(actor: Actor, team_id: int) -> Hub | None:
    return Hub.objects.filter(team=access.one(actor, team_id)).select_related("next_team").first()


def patterns_of(actor: Actor, team_id: int, *, today: dt.date) -> list[ShiftPattern]:
    """Shifts that take place today or will, each with its places (``places.all()``) that do too."""
    standing = Q(valid_until=None) | Q(valid_until__gt=today)
    places = (
        ShiftPlace.objects.filter(standing)
        .select_related("person")
        .order_by(by_name("person__name"), "valid_from")
    )
    rows = ShiftPattern.objects.filter(standing, team=access.one(actor, team_id))
    return list(rows.prefetch_related(Prefetch("places", places)).order_by("valid_from", "pk"))


def changes_of(actor: Actor, team_id: int, *, today: dt.date) -> list[ShiftChange]:
    """Days to come that are other than the week says."""
    rows = ShiftChange.objects.filter(pattern__team=access.one(actor, team_id), day__gte=today)
    return list(rows.select_related("person", "pattern").order_by("day", "pk")[:50])


def place_of(actor: Actor, place_id: int) -> ShiftPlace:
    """A place in a team in sight, or :class:`NotFound`."""
    rows = ShiftPlace.objects.filter(pattern__team__in=access.visible(actor)).select_related("pattern__team")
    found = rows.filter(pk=place_id).first()
    if found is None:
        raise NotFound()
    return found


def hours_words(pairs: Sequence[Sequence[str]]) -> str:
    """``07:00-12:00, 13:00-15:00``."""
    return ", ".join(f"{start}-{end}" for start, end in pairs)
