"""The panel of filters: every choice with the number of tickets it would show, and the people who may be named."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import ngettext

from vigie.tickets.labels import PRIORITIES, TYPES
from vigie.tickets.queries.facets import Facet
from vigie.tickets.queries.filtering import Panel, panel_of, people_named, teams_named
from vigie.tickets.rules.filters import Filters
from vigie.tickets.views import words
from vigie.tickets.views.queue import filters_from
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.jinja import capped, number
from vigie.toolkit.ordering import name_key
from vigie.toolkit.pages import render

Named = Mapping[int, tuple[str, str]]
Choice = dict[str, Any]


@agents("tickets:view", answers="fragment")
def filter_form(request: Request) -> HttpResponse:
    """The form of all filters, filled with those in force; fetched when it is opened, and again at each change."""
    filters, _unknown_names = filters_from(request)
    panel = panel_of(request.actor, filters, now=timezone.now())
    values = {
        "filters": filters,
        "agents": _agents(filters, panel),
        "has_others": bool(panel.unoffered),
        "requester": panel.people.get(int(filters.requester or 0), ""),
        "due": list(words.DUE.items()),
        "total": _tickets(panel.facets["status"].tickets.get(filters.status, 0)),
        **_facets(filters, panel),
    }
    return render(request, "tickets/_queue_filters.html", values)


def _agents(filters: Filters, panel: Panel) -> list[tuple[str, str]]:
    """Who may be chosen, and whoever is."""
    named = {str(pk): name for pk, name in panel.agents}
    if filters.assignee.isdigit():
        named.setdefault(filters.assignee, panel.people.get(int(filters.assignee), f"#{filters.assignee}"))
    return list(named.items())


def _teams(filters: Filters, panel: Panel) -> Named:
    chosen = {code.lower() for code in filters.teams}
    return {
        pk: named
        for pk, named in panel.names.teams.items()
        if pk not in panel.unoffered or named[0].lower() in chosen
    }


def _facets(filters: Filters, panel: Panel) -> dict[str, list[Choice]]:
    facets, names = panel.facets, panel.names
    levels = {str(level): word for level, word in PRIORITIES.items()}
    return {
        "statuses": _fixed(facets["status"], words.STATUSES, [filters.status]),
        "types": _fixed(facets["type"], TYPES, filters.types),
        "priorities": _fixed(facets["priority"], levels, [str(level) for level in filters.priorities]),
        "clients": _named(facets["client"], names.clients, filters.clients),
        "teams": _named(facets["team"], _teams(filters, panel), filters.teams),
        "services": _named(facets["service"], names.services, filters.services),
    }


def _fixed(facet: Facet, options: Mapping[str, Any], chosen: Collection[str]) -> list[Choice]:
    """Every value of a short list, in its own order."""
    return [_choice(facet, value, value, str(word), value in chosen) for value, word in options.items()]


def _named(facet: Facet, table: Named, chosen: Iterable[str]) -> list[Choice]:
    """The values that hold tickets or are chosen, those that hold most first."""
    wanted = {code.lower() for code in chosen}
    choices = [
        (facet.tickets.get(str(pk), 0), _choice(facet, str(pk), code, name, code.lower() in wanted))
        for pk, (code, name) in table.items()
    ]
    kept = [(tickets, choice) for tickets, choice in choices if tickets or choice["on"]]
    return [choice for _, choice in sorted(kept, key=lambda one: (-one[0], name_key(one[1]["word"])))]


def _choice(facet: Facet, key: str, value: str, word: str, on: bool) -> Choice:
    tickets = facet.tickets.get(key, 0)
    count = capped(tickets) if facet.is_whole else f"{number(tickets)}+"
    return {"value": value, "word": word, "on": on, "count": count, "said": _tickets(tickets, count)}


def _tickets(tickets: int, shown: str = "") -> str:
    return ngettext("%(number)s ticket", "%(number)s tickets", tickets) % {"number": shown or capped(tickets)}


@agents("tickets:view", answers="fragment")
def filter_people(request: Request) -> HttpResponse:
    """Who is found by name for a filter: requesters; ``of=agent``, colleagues; ``of=team``, teams."""
    words, wanted = request.GET.get("q", ""), request.GET.get("of", "")
    if wanted == "team":
        return render(request, "tickets/_options.html", {"items": teams_named(request.actor, words)})
    found = people_named(request.actor, words, "provider" if wanted == "agent" else "client")
    items = [{"value": row["id"], "label": row["name"], "more": row["email"] or ""} for row in found]
    return render(request, "tickets/_options.html", {"items": items})
