"""Teams, their members and leads, and the list of skills."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from vigie.accounts import access
from vigie.accounts.models import Agent, Skill, Team, TeamMember
from vigie.accounts.rules import TEAM_FIELDS
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.toolkit import journal


@transaction.atomic
def create_team(
    actor: Actor, values: Mapping[str, Any], *, leads: Mapping[int, bool] | None = None, now: dt.datetime
) -> Team:
    """A new team and its members ``{person: is a lead}``."""
    actor.demand("people:manage")
    team = journal.write(actor, Team(), _known(values), now=now)
    return set_members(actor, team.pk, leads or {}, now=now)


@transaction.atomic
def change_team(
    actor: Actor,
    team_id: int,
    values: Mapping[str, Any],
    *,
    leads: Mapping[int, bool] | None = None,
    now: dt.datetime,
) -> Team:
    """Change name, level, zone and members, or put it out of use: it keeps its tickets and is offered no more."""
    actor.demand("people:manage")
    team = journal.write(actor, access.one_team(actor, team_id), _known(values), now=now)
    return team if leads is None else set_members(actor, team_id, leads, now=now)


@transaction.atomic
def set_members(actor: Actor, team_id: int, leads: Mapping[int, bool], *, now: dt.datetime) -> Team:
    """Exactly these agents are the members: ``{person: is a lead}``."""
    actor.demand("people:manage")
    team = access.one_team(actor, team_id)
    names = dict(Agent.objects.filter(pk__in=leads).values_list("pk", "person__name"))
    if names.keys() != leads.keys():
        raise NotFound()
    members = TeamMember.objects.filter(team=team)
    had = dict(members.values_list("agent_id", "is_lead"))
    if had == dict(leads):
        return team
    names |= dict(members.values_list("agent_id", "agent__person__name"))
    members.exclude(agent_id__in=leads).delete()
    for agent_id, is_lead in leads.items():
        TeamMember.objects.update_or_create(team=team, agent_id=agent_id, defaults={"is_lead": is_lead})
    journal.record(actor, "members", team, now=now, before=_lists(had, names), after=_lists(leads, names))
    return team


@transaction.atomic
def create_skill(actor: Actor, *, name_fr: str, name_en: str, now: dt.datetime) -> Skill:
    """One more thing that agents may know."""
    actor.demand("people:manage")
    return journal.write(actor, Skill(), {"name_fr": name_fr, "name_en": name_en}, now=now)


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in TEAM_FIELDS}


def _lists(leads: Mapping[int, bool], names: Mapping[int, str]) -> dict[str, list[str]]:
    return {
        "members": sorted(names[i] for i in leads),
        "leads": sorted(names[i] for i, is_lead in leads.items() if is_lead),
    }
