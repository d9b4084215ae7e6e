"""What the next team has to know when a day ends: tickets of concern, a note drafted from facts, notes already sent."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import override as in_language

from vigie.accounts.models import Team
from vigie.contracts.rules.instants import epoch, moment
from vigie.kernel.actor import Actor
from vigie.rota import access, labels
from vigie.rota.models import Handover
from vigie.rota.queries.plan import plans
from vigie.rota.rules.shifts import present
from vigie.tickets import access as tickets_access
from vigie.tickets.models import Ticket
from vigie.toolkit.paging import Order, Page, page_of

FIRST_HOURS = dt.timedelta(hours=4)
AHEAD = dt.timedelta(hours=14)
MOST = 200
LIVE = ("active", "waiting")
NEWEST = Order(("-sent_at", "-id"))
LISTED = (
    "sent_at",
    "team__name_fr",
    "team__name_en",
    "to_team__name_fr",
    "to_team__name_en",
    "author__name",
    "acknowledged_at",
    "acknowledged_by__name",
)


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a team's day: when, who leaves, to whom it may hand over."""

    team: Team
    to_team: Team | None
    ends_at: dt.datetime
    leaving: frozenset[int]
    is_open: bool


@dataclass(frozen=True, slots=True)
class Concern:
    """A ticket that the next team should know of, and why."""

    ticket: Ticket
    reasons: tuple[str, ...]


def ending(actor: Actor, team_id: int, *, now: dt.datetime) -> Ending:
    """The end of the shifts that run now; where none runs, the present."""
    team = access.one(actor, team_id)
    plan = plans([team], now, now + AHEAD)[team.pk]
    at = epoch(now)
    end = next((stop for start, stop in plan.open if start <= at < stop), None)
    last = at if end is None else end
    leaving = {
        person
        for shift in plan.shifts
        if shift.start < last and shift.end > at
        for person in shift.people
        if present(shift, person, plan.away)
    }
    to_team = plan.hub.next_team if plan.hub else None
    return Ending(team, to_team, moment(end or at, team.timezone), frozenset(leaving), end is not None)


def concerns(actor: Actor, end: Ending, *, now: dt.datetime) -> list[Concern]:
    """The team's open tickets in sight that run out before ``end`` or in the first hours after it, are P1 or P2, hold an answer of the
    client, or are in hand of people who leave. What runs out first comes first."""
    soon = end.ends_at + FIRST_HOURS
    wanted = (
        Q(due_at__lt=soon)
        | Q(priority__lte=2)
        | Q(awaiting_reply_since__isnull=False)
        | Q(assignee_id__in=end.leaving)
    )
    rows = tickets_access.visible(actor).filter(wanted, team_id=end.team.pk, phase__in=LIVE)
    rows = rows.select_related("organisation", "assignee", "team").order_by("due_at", "priority", "pk")
    return [Concern(row, _reasons(row, end, now)) for row in rows[:MOST]]


def _reasons(row: Ticket, end: Ending, now: dt.datetime) -> tuple[str, ...]:
    """All that hold. Late already, running out before the end, and in the first hours after it are three things."""
    last = max(end.ends_at, now)
    said = (
        ("late", row.due_at < now),
        ("before", now <= row.due_at < last),
        ("due", last <= row.due_at < end.ends_at + FIRST_HOURS),
        ("urgent", row.priority <= 2),
        ("answer", row.awaiting_reply_since is not None),
        ("leaving", row.assignee_id in end.leaving),
    )
    return tuple(code for code, holds in said if holds)


def draft(end: Ending, found: Sequence[Concern]) -> dict[str, str]:
    """The note in both languages, from facts alone: how many tickets and why. It names no client and no ticket."""
    counts = Counter(reason for concern in found for reason in concern.reasons)
    words = {}
    for language in ("fr", "en"):
        with in_language(language):
            words[language] = labels.note_words(end.team, end.ends_at, len(found), counts, language)
    return words


def notes_page(
    actor: Actor, *, team_id: int | None = None, cursor: str | None = None, size: int = 30
) -> Page:
    """Notes between teams, newest first."""
    rows = access.visible_handovers(actor)
    if team_id is not None:
        rows = rows.filter(Q(team_id=team_id) | Q(to_team_id=team_id))
    return page_of(rows, NEWEST, fields=LISTED, size=size, cursor=cursor)


def lines_of(actor: Actor, note: Handover) -> list[dict[str, Any]]:
    """Lines of a note whose tickets are in sight, as they stood then, with where the ticket is now."""
    rows = access.visible_lines(actor, note.pk).order_by("due_at", "pk")
    names = (
        "reasons", "due_at", "holder", "comment", "moved", "refused", "ticket_id", "ticket__reference", "ticket__title",
        "ticket__priority", "ticket__phase", "ticket__organisation__name",
    )  # fmt: skip
    return [dict(row) for row in rows.values(*names)[:MOST]]


def waiting(actor: Actor) -> list[Handover]:
    """Notes to the actor's own teams that nobody has acknowledged, oldest first."""
    rows = access.visible_handovers(actor).filter(to_team_id__in=sorted(actor.team_ids), acknowledged_at=None)
    return list(rows.select_related("team", "to_team", "author").order_by("sent_at")[:5])
