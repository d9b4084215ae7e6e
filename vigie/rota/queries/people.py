"""Who may be named in a team's plan."""

from __future__ import annotations

from django.db.models import Q

from vigie.accounts.models import Person, TeamMember
from vigie.kernel.actor import Actor
from vigie.rota import access
from vigie.toolkit.jinja import local_name
from vigie.toolkit.ordering import by_name

MOST = 300


def members(actor: Actor, team_id: int) -> list[tuple[int, str]]:
    """``(id, name)`` of the team's active members, by name."""
    team = access.one(actor, team_id)
    rows = Person.objects.filter(agent__teams__team=team, is_active=True).order_by(by_name("name"))
    return list(rows.values_list("pk", "name")[:MOST])


def led_people(actor: Actor) -> list[tuple[int, str]]:
    """People whose absences the actor may record: oneself, those of the teams it leads, or everybody by grant."""
    people = Person.objects.filter(agent__isnull=False, is_active=True)
    if not actor.can("rota:manage"):
        mine = TeamMember.objects.filter(agent_id=actor.me, is_lead=True).values("team_id")
        people = people.filter(Q(pk=actor.me) | Q(agent__teams__team__in=mine)).distinct()
    return list(people.order_by(by_name("name")).values_list("pk", "name")[:MOST])


def other_teams(actor: Actor, team_id: int = 0) -> list[tuple[int, str]]:
    """``(id, name)`` of the teams in use, this one apart, in the reader's language."""
    rows = access.visible(actor).exclude(pk=team_id).order_by("level", by_name("name_fr"))
    return [(row.pk, local_name(row)) for row in rows]
