"""Ladders and tickets for the tests of escalation: clocks opened on Monday at 09:00 in Paris."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.world import START, World
from vigie.accounts.models import Person, Role, RoleGiven, TeamMember
from vigie.escalation.actions import ladders
from vigie.escalation.models import Escalation, Ladder, Step
from vigie.kernel.actor import SYSTEM
from vigie.tickets.models import Clock, Ticket

BEFORE = START - dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)


def ladder_values(**more: Any) -> dict[str, Any]:
    return {
        "organisation": None, "contract": None, "name_fr": "Échelle", "name_en": "Ladder", "kind": "resolution", "priorities": [],
        "vip_only": False, "continues_with": None, "is_active": True, **more,
    }  # fmt: skip


def step_values(**more: Any) -> dict[str, Any]:
    return {
        "position": None, "unit": "percent", "value": 50, "calendar": None, "mode": "hierarchical", "audience": "person",
        "team": None, "person": None, "role": None, "acknowledge_within": None, **more,
    }  # fmt: skip


def make_ladder(*steps: dict[str, Any], now: dt.datetime = BEFORE, **more: Any) -> Ladder:
    ladder = ladders.save_ladder(SYSTEM, None, ladder_values(**more), now=now)
    for step in steps:
        ladders.save_step(SYSTEM, ladder.pk, None, step_values(**step), now=now)
    return ladder


def usual(world: World, **more: Any) -> Ladder:
    """At half the time the dispatcher, to acknowledge within 30 minutes; at 75 % the lead of N2 takes it; at 100 % the manager."""
    lead(world)
    return make_ladder(
        {"value": 50, "person": world.dispatcher, "acknowledge_within": 30},
        {"value": 75, "audience": "leads", "team": world.team2, "acknowledge_within": 60},
        {"value": 100, "audience": "role", "role": world.roles["delivery_manager"]},
        **more,
    )


def lead(world: World) -> Person:
    """The desk's ``agent_all`` leads N2 too."""
    TeamMember.objects.get_or_create(
        team=world.team2, agent_id=world.agent_all.pk, defaults={"is_lead": True}
    )
    return world.agent_all


def fired(ticket: Ticket) -> list[tuple[int, str]]:
    return [
        (row.position, row.state) for row in Escalation.objects.filter(ticket=ticket).order_by("position")
    ]


def clock(ticket: Ticket) -> Clock:
    return Clock.objects.get(ticket=ticket, kind="resolution")


def steps(ladder: Ladder) -> list[Step]:
    return list(ladder.steps.filter(is_removed=False).order_by("position"))


def give(person: Person, role: Role) -> None:
    RoleGiven.objects.create(agent_id=person.pk, role=role)
