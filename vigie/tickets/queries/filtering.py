"""What the form of filters proposes: only what the actor may see."""

from __future__ import annotations

from dataclasses import dataclass

from vigie.accounts.access import visible as visible_people
from vigie.kernel.actor import Actor
from vigie.tickets.queries.queue import names_in_sight


@dataclass(frozen=True, slots=True)
class Choices:
    """``(code, name)`` by name; agents as ``(id, name)``."""

    clients: list[tuple[str, str]]
    teams: list[tuple[str, str]]
    services: list[tuple[str, str]]
    agents: list[tuple[str, str]]


def agents_in_sight(actor: Actor) -> list[tuple[int, str]]:
    """Active colleagues, by name."""
    staff = visible_people(actor).filter(side="provider", is_active=True)
    return list(staff.order_by("name", "id").values_list("id", "name")[:500])


def filter_choices(actor: Actor) -> Choices:
    """Clients, teams, services and colleagues that a filter may name."""
    names = names_in_sight(actor)

    def by_name(table: object) -> list[tuple[str, str]]:
        return sorted(table.values(), key=lambda item: item[1].casefold())  # type: ignore[attr-defined]

    agents = [(str(pk), name) for pk, name in agents_in_sight(actor)]
    return Choices(by_name(names.clients), by_name(names.teams), by_name(names.services), agents)
