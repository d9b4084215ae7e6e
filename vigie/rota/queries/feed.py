"""The plan of a person as a calendar program reads it."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext, pgettext
from django.utils.translation import override as in_language

from vigie.accounts.actors import actor_of
from vigie.contracts.rules.instants import epoch
from vigie.rota import labels
from vigie.rota.models import CalendarAddress
from vigie.rota.queries.mine import Turn, plan_of
from vigie.rota.rules.feed import Event, calendar, digest_of
from vigie.toolkit.jinja import local_name

BEHIND, AHEAD = dt.timedelta(days=28), dt.timedelta(days=92)


def feed_of(token: str, *, now: dt.datetime) -> str | None:
    """iCalendar text for a secret address; ``None`` where it was revoked, or its person may no longer read rotas."""
    row = (
        CalendarAddress.objects.filter(digest=digest_of(token), revoked_at=None)
        .select_related("person")
        .first()
    )
    actor = actor_of(row.person, today=now.date()) if row else None
    if row is None or actor is None or not actor.can("rota:view"):
        return None
    with in_language(row.person.language):
        events = [_event(turn) for turn in plan_of(actor.me, now - BEHIND, now + AHEAD) if not turn.away]
        return calendar(gettext("Shifts and on-call of %(name)s") % {"name": row.person.name}, events, now)


def _event(turn: Turn) -> Event:
    """A shift keeps its key while its start stays."""
    start = epoch(turn.start)
    if turn.rank:
        words = pgettext("calendar", "On call: %(team)s (%(rank)s)")
        summary = words % {"team": local_name(turn.team), "rank": labels.RANK_NAMES[turn.rank]}
    else:
        summary = f"{local_name(turn.pattern)} · {local_name(turn.team)}"
    return Event(f"{turn.team.pk}-{turn.rank}-{start}", start, epoch(turn.end), summary)
