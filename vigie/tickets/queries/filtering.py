"""What the panel of filters proposes: only what the actor may see, each choice with its tickets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vigie.accounts.access import offered_agents, offered_teams, visible_teams
from vigie.accounts.access import visible as visible_people
from vigie.accounts.models import Agent
from vigie.kernel.actor import Actor
from vigie.tickets.queries.facets import Facet, facets
from vigie.tickets.queries.queue import Names, names_in_sight
from vigie.tickets.queries.screen import people_in_sight
from vigie.tickets.rules.filters import Filters
from vigie.toolkit.jinja import local_name
from vigie.toolkit.letters import holding
from vigie.toolkit.ordering import by_name, name_key

MOST_PEOPLE = 20


@dataclass(frozen=True, slots=True)
class Panel:
    """Names in sight, the ids of ``unoffered`` teams among them, active colleagues as ``(id, name)``, the people that
    the filters name, and the facets' counts."""

    names: Names
    unoffered: frozenset[int]
    agents: list[tuple[int, str]]
    people: Mapping[int, str]
    facets: Mapping[str, Facet]


def panel_of(actor: Actor, filters: Filters, *, now: dt.datetime) -> Panel:
    """Everything that the panel of ``filters`` shows."""
    names = names_in_sight(actor)
    counted = facets(actor, filters, names, now=now)
    people = people_in_sight(actor, filters.people)
    return Panel(names, _unoffered(actor), agents_in_sight(actor), people, counted)


def _unoffered(actor: Actor) -> frozenset[int]:
    """Teams in sight that are no choice: they are found by their name alone."""
    visible = visible_teams(actor)
    return frozenset(
        visible.exclude(pk__in=offered_teams(visible).values("pk")).order_by().values_list("pk", flat=True)
    )


def agents_in_sight(actor: Actor) -> list[tuple[int, str]]:
    """Colleagues who may be given a ticket, by name."""
    staff = visible_people(actor).filter(side="provider", agent__in=offered_agents(Agent.objects.all()))
    return list(staff.order_by(by_name("name"), "id").values_list("id", "name")[:500])


def teams_named(actor: Actor, words: str) -> list[dict[str, Any]]:
    """Teams in sight whose name holds every word, as ``{"value": code, "label": name}``; the imported ones, too."""
    found = visible_teams(actor)
    if wanted := holding(words, "name_fr", "name_en"):
        found = found.filter(wanted)
    rows = [
        {"value": row["code"], "label": local_name(row)} for row in found.values("code", "name_fr", "name_en")
    ]
    return sorted(rows, key=lambda row: name_key(row["label"]))[:MOST_PEOPLE]


def people_named(actor: Actor, words: str, side: str) -> list[dict[str, Any]]:
    """People in sight of ``side`` whose name or address holds every word, by name; those who left, too."""
    people = visible_people(actor).filter(side=side)
    if wanted := holding(words, "name", "email"):
        people = people.filter(wanted)
    return [
        dict(row)
        for row in people.order_by(by_name("name"), "id").values("id", "name", "email")[:MOST_PEOPLE]
    ]
