"""One search for everything an agent looks for."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from vigie.console.finding import find_clients, find_people
from vigie.tickets.queries.search import MOST_HITS, PAGE_SIZE, Found, by_reference, search_tickets
from vigie.tickets.queries.suggesting import did_you_mean
from vigie.tickets.rules.snippet import marked
from vigie.tickets.views.rows import described_rows
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.jinja import number
from vigie.toolkit.pages import render

ASIDE = 8


def _page_number(text: str) -> int:
    return min(int(text), MOST_HITS // PAGE_SIZE) if text.isdigit() and len(text) < 4 and int(text) else 1


@agents("tickets:view")
def search(request: Request) -> HttpResponse:
    """Results by rank; the exact reference of one ticket opens it at once."""
    words = " ".join(request.GET.get("q", "").replace("\x00", " ").split())[:200]
    page = _page_number(request.GET.get("page", ""))
    if words and page == 1:
        named = by_reference(request.actor, words)
        if len(named) == 1:
            return HttpResponseRedirect(reverse("ticket", args=named))
    values: dict[str, Any] = {"q": words, "found": None, "people": [], "clients": [], "rows": [], "meant": ""}
    if words:
        found = search_tickets(request.actor, words, number=page, now=timezone.now())
        values.update(_results(found, words))
        if page == 1:
            values["meant"] = "" if found.rows else did_you_mean(request.actor, words)
            values["people"] = find_people(request.actor, words, limit=ASIDE)
            values["clients"] = find_clients(request.actor, words, limit=ASIDE)
    return render(request, "console/search.html", values)


def _results(found: Found, words: str) -> dict[str, Any]:
    rows = described_rows(found.rows, found.clocks)
    for row in rows:
        row["title_marked"] = marked(row["title"], words)
        row["snippet"] = marked(found.snippets.get(row["id"], ""), words)
    shown = number(found.total) if found.total < MOST_HITS else f"{number(MOST_HITS)}+"
    return {
        "found": found,
        "rows": rows,
        "total": ngettext("%(number)s ticket", "%(number)s tickets", found.total) % {"number": shown},
    }
