"""Reads of rotas. ``on_call`` is what other areas ask."""

from __future__ import annotations

import datetime as dt

from vigie.accounts.models import Person, Team
from vigie.rota.queries.plan import plans

SECOND = dt.timedelta(seconds=1)


def on_call(team_id: int, at: dt.datetime) -> tuple[Person, ...]:
    """Whom to call for a team at that instant, first to be called first; empty where nobody can be.

    Whoever is away or may no longer sign in is left out.
    """
    team = Team.objects.filter(pk=team_id).first()
    if team is None:
        return ()
    found = plans([team], at, at + SECOND)[team_id].on_call(at)
    return tuple(person for person in found if person.is_active)
