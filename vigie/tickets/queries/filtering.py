"""What the panel of filters proposes: only what the actor may see, each choice with its tickets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from vigie.accounts.access import visible as visible_people
from vigie.kernel.actor import Actor
from vigie.tickets.queries.facets import Facet, facets
from vigie.tickets.queries.queue import Names, names_in_sight
from vigie.tickets.queries.screen import people_in_sight
from vigie.tickets.rules.filters import Filters
from vigie.toolkit.ordering import by_name

MOST_PEOPLE = 20


@dataclass(frozen=True, slots=True)
class Panel:
    """Names in sight, active colleagues as ``(id, name)``, the people that the filters name, and the facets' counts."""

    names: Names
    agents: list[tuple[int, str]]
    people: Mapping[int, str]
    facets: Mapping[str, Facet]


def panel_of(actor: Actor, filters: Filters, *, now: dt.datetime) -> Panel:
    """Everything that the panel of ``filters`` shows."""
    names = names_in_sight(actor)
    counted = facets(actor, filters, names, now=now)
    return Panel(names, agents_in_sight(actor), people_in_sight(actor, filters.people), counted)


def agents_in_sight(actor: Actor) -> list[tuple[int, str]]:
    """Active colleagues, by name."""
    staff = visible_people(actor).filter(side="provider", is_active=True)
    return list(staff.order_by(by_name("name"), "id").values_list("id", "name")[:500])


def requesters(actor: Actor, words: str) -> list[dict[str, Any]]:
    """People of the clients in sight whose name or address holds every word, by name; those who left, too."""
    people = visible_people(actor).filter(side="client")
    for word in words.replace("\x00", "").split()[:5]:
        people = people.filter(Q(name__icontains=word) | Q(email__icontains=word))
    return [
        dict(row)
        for row in people.order_by(by_name("name"), "id").values("id", "name", "email")[:MOST_PEOPLE]
    ]
