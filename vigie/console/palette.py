"""The command palette: go somewhere, find something, act on the ticket that is open."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext as p

from vigie.console.finding import find_clients, find_people
from vigie.console.shell import administration, creations, places
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tickets.actions.handling import assign
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.queries.acting import OpenTicket, open_ticket_of
from vigie.tickets.queries.screen import BUILT_IN, rows_by_id
from vigie.tickets.queries.search import by_reference, hits_while_typing
from vigie.tickets.rules.snippet import folded
from vigie.tickets.views.queue import address
from vigie.tickets.views.words import VIEWS
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.pages import render
from vigie.workflow.labels import STEPS, label

MOST_TICKETS, MOST_PEOPLE, MOST_CLIENTS = 6, 5, 4
LOOKED_AT = 40  # the best hits, of which the open ones are shown first
_TICKET_PATH = re.compile(r"^/tickets/([0-9]{1,15})/")

Item = dict[str, Any]


@agents(answers="fragment")
def palette(request: Request) -> HttpResponse:
    """The list for what was typed; ``ticket`` (or the page one comes from) gives its actions."""
    actor = request.actor
    words = " ".join(request.GET.get("q", "").replace("\x00", " ").split())[:100]
    clients = _clients(actor, words)
    named = [
        item for item in clients if words.casefold() in (item["label"].casefold(), item["more"].casefold())
    ]
    items = [*named, *_ticket_items(actor, request, words), *_tickets(actor, words), *_people(actor, words)]
    items += [*(item for item in clients if item not in named), *_pages(actor, words)]
    if words and actor.can("tickets:view"):
        more = {
            "href": f"{reverse('search')}?{urlencode({'q': words})}",
            "icon": "search",
            "group": _("Search"),
        }
        items.append({**more, "label": _("Search for “%(words)s” everywhere") % {"words": words}})
    return render(request, "console/_palette.html", {"items": items})


def _holds(text: str, words: str) -> bool:
    flat = folded(text)
    return all(word in flat for word in folded(words).split())


def _ticket_id(request: Request) -> int | None:
    asked = request.GET.get("ticket", "")
    if asked.isdigit() and len(asked) < 16:
        return int(asked)
    found = _TICKET_PATH.match(request.GET.get("from", ""))
    return int(found.group(1)) if found else None


def _ticket_items(actor: Actor, request: Request, words: str) -> list[Item]:
    """What may be done now on the ticket that is open."""
    ticket_id = _ticket_id(request)
    if ticket_id is None or not actor.can("tickets:work"):
        return []
    ticket = open_ticket_of(actor, ticket_id)
    if ticket is None:
        return []
    return [
        {**item, "group": ticket.reference} for item in _acts(actor, ticket) if _holds(item["label"], words)
    ]


def _acts(actor: Actor, ticket: OpenTicket) -> list[Item]:
    items: list[Item] = []
    if actor.can("tickets:assign") and ticket.may_be_taken and ticket.assignee_id != actor.person_id:
        act = reverse("palette_act", args=(ticket.id, "take"))
        items.append(
            {"href": act, "method": "post", "label": _("Assign to me"), "icon": "user-check", "more": "a"}
        )
    for step in ticket.steps:
        word = label(STEPS, step.verb)
        if step.is_plain:
            act = reverse("palette_act", args=(ticket.id, step.verb))
            items.append({"href": act, "method": "post", "label": word, "icon": "progress"})
        else:
            items.append(
                {
                    "href": reverse("ticket_step", args=(ticket.id, step.verb)),
                    "label": f"{word}…",
                    "icon": "progress",
                }
            )
    return items


def _tickets(actor: Actor, words: str) -> list[Item]:
    if (len(words) < 2 and not words.isdigit()) or not actor.can("tickets:view"):
        return []
    found = hits_while_typing(actor, words, limit=LOOKED_AT, enough=MOST_TICKETS)
    ids = list(dict.fromkeys([*by_reference(actor, words), *found]))[:MOST_TICKETS]
    rows = rows_by_id(actor, ids, "reference", "title", "organisation__name") if ids else []
    return [
        {
            "href": reverse("ticket", args=(row["id"],)),
            "label": f"{row['reference']} {row['title']}",
            "more": row["organisation__name"],
            "icon": "ticket",
            "group": p("palette", "Tickets"),
        }
        for row in rows
    ]


def _people(actor: Actor, words: str) -> list[Item]:
    if len(words) < 2:
        return []
    return [
        {
            "href": reverse("person", args=(row["id"],)),
            "label": row["name"],
            "more": row["email"] or "",
            "icon": "user",
            "group": p("palette", "People"),
        }
        for row in find_people(actor, words, limit=MOST_PEOPLE)
    ]


def _clients(actor: Actor, words: str) -> list[Item]:
    if len(words) < 2:
        return []
    return [
        {
            "href": reverse("client", args=(row["id"],)),
            "label": row["name"],
            "more": row["code"],
            "icon": "building",
            "group": p("palette", "Clients"),
        }
        for row in find_clients(actor, words, limit=MOST_CLIENTS)
    ]


def _pages(actor: Actor, words: str) -> list[Item]:
    """Pages, views of the queue and creations whose name holds the words."""
    group, new = _("Go to"), _("Create")
    pages: list[Item] = [
        {
            "href": place["href"],
            "label": str(place["label"]),
            "icon": place["icon"],
            "group": group,
            "more": f"g {place['key']}",
        }
        for place in [*places(actor), *administration(actor)]
    ]
    if actor.can("tickets:view"):
        pages += [
            {"href": address(filters), "label": str(VIEWS[code][0]), "icon": VIEWS[code][1], "group": group}
            for code, filters in BUILT_IN.items()
        ]
    pages.append({"href": reverse("notices"), "label": _("Notices"), "icon": "bell", "group": group})
    pages.append({"href": reverse("me"), "label": _("My preferences"), "icon": "user-circle", "group": group})
    pages += [
        {
            "href": item["href"],
            "label": str(item["label"]),
            "icon": item["icon"],
            "group": new,
            "more": item["key"] or "",
        }
        for item in creations(actor)
    ]
    # A creation is found by its group too: "create", "new".
    return [
        item
        for item in pages
        if _holds(
            f"{new} {_('New ticket')} {item['label']}" if item["group"] == new else item["label"], words
        )
    ]


@agents("tickets:work", answers="redirect")
def palette_act(request: Request, ticket_id: int, verb: str) -> HttpResponse:
    """A step that needs nothing else, or taking the ticket; then the ticket."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    actor, now = request.actor, timezone.now()
    ticket = open_ticket_of(actor, ticket_id)
    if ticket is None:
        raise NotFound()
    if verb == "take":
        assign(actor, ticket_id, team_id=ticket.team_id, assignee_id=actor.person_id, now=now)
    else:
        take_step(actor, ticket_id, verb, Given(), now=now)
    return HttpResponseRedirect(reverse("ticket", args=(ticket_id,)))
