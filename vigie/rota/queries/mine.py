"""One person's own plan: shifts worked, on-call turns, absences, swaps that wait."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from vigie.accounts.models import Team
from vigie.contracts.rules.instants import moment
from vigie.kernel.actor import Actor
from vigie.kernel.spans import subtraction
from vigie.rota import access
from vigie.rota.models import CalendarAddress, Override, Rotation, ShiftChange, ShiftPlace, Swap
from vigie.rota.queries.plan import Plan, plans
from vigie.rota.rules.shifts import present


@dataclass(frozen=True, slots=True)
class Turn:
    """A span of shift (``rank`` 0) or of on-call of one person, in the team's zone. ``away``: it is left open."""

    team: Team
    rank: int
    start: dt.datetime
    end: dt.datetime
    pattern: Any = None
    away: bool = False
    source: str = ""


def turns_of(person_id: int, low: dt.datetime, high: dt.datetime) -> list[Turn]:
    """On-call of a person in ``[low, high)``, by start."""
    found = [turn for plan in _plans_of(person_id, low, high) for turn in _on_call(plan, person_id)]
    return sorted(found, key=lambda turn: turn.start)


def plan_of(person_id: int, low: dt.datetime, high: dt.datetime) -> list[Turn]:
    """Shifts and on-call of a person in ``[low, high)``, by start; a shift is without the hours of an absence."""
    found = []
    for plan in _plans_of(person_id, low, high):
        found += [*_on_call(plan, person_id), *_shifts(plan, person_id)]
    return sorted(found, key=lambda turn: (turn.start, turn.rank))


def _on_call(plan: Plan, person_id: int) -> Iterator[Turn]:
    zone = plan.team.timezone
    for rank, slots in plan.ranks.items():
        for slot in slots:
            if slot.person == person_id:
                yield Turn(
                    plan.team,
                    rank,
                    moment(slot.start, zone),
                    moment(slot.end, zone),
                    None,
                    slot.away,
                    slot.source,
                )


def _shifts(plan: Plan, person_id: int) -> Iterator[Turn]:
    zone = plan.team.timezone
    for shift in plan.shifts:
        if person_id not in shift.people:
            continue
        pattern = plan.patterns[shift.pattern]
        here = present(shift, person_id, plan.away)
        for start, end in here:
            yield Turn(plan.team, 0, moment(start, zone), moment(end, zone), pattern)
        for start, end in subtraction(((shift.start, shift.end),), here):
            yield Turn(plan.team, 0, moment(start, zone), moment(end, zone), pattern, away=True)


def _plans_of(person_id: int, low: dt.datetime, high: dt.datetime) -> list[Plan]:
    """Plans of the teams that mention the person anywhere."""
    mentions = (
        Q(patterns__in=ShiftPlace.objects.filter(person_id=person_id).values("pattern_id"))
        | Q(patterns__in=ShiftChange.objects.filter(person_id=person_id).values("pattern_id"))
        | Q(rotations__in=Rotation.objects.filter(members__person_id=person_id))
        | Q(pk__in=Override.objects.filter(person_id=person_id).values("team_id"))
        | Q(pk__in=Swap.objects.filter(Q(asker_id=person_id) | Q(other_id=person_id)).values("team_id"))
    )
    teams = Team.objects.filter(mentions, is_active=True).distinct().order_by("pk")
    return list(plans(teams, low, high).values())


def absences_of(actor: Actor, *, since: dt.datetime) -> list[dict[str, Any]]:
    """One's own absences that are not over at ``since``, by start."""
    rows = access.visible_absences(actor).filter(person_id=actor.me, ends_at__gt=since)
    return [
        dict(row)
        for row in rows.order_by("starts_at").values("id", "kind", "starts_at", "ends_at", "note")[:50]
    ]


def swaps_of(actor: Actor, *, now: dt.datetime) -> list[Swap]:
    """Swaps that concern the actor and are not over: those that wait first."""
    mine = Q(asker_id=actor.me) | Q(other_id=actor.me)
    rows = Swap.objects.filter(mine, team__in=access.visible(actor)).filter(
        Q(ends_at__gt=now) | Q(back_ends_at__gt=now)
    )
    return list(rows.select_related("team", "asker", "other").order_by("-state", "starts_at")[:20])


def address_of(actor: Actor) -> CalendarAddress | None:
    """The calendar address that the actor has given out, if any."""
    return CalendarAddress.objects.filter(person_id=actor.me, revoked_at=None).first()
