"""The customer's home: one question first, then what is going on; and the client's colours and logo."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from vigie.compliance.queries.credits import waiting_credits
from vigie.compliance.queries.exclusions import waiting_for
from vigie.kernel.refusal import NotFound
from vigie.portal import queries, rules
from vigie.tickets.portal import words
from vigie.tickets.queries import customer
from vigie.tickets.queries.company import figures
from vigie.toolkit.entry import Request, customers
from vigie.toolkit.files import INLINE, sniff
from vigie.toolkit.pages import render

HOME_ROWS = 8
HOME_SERVICES = 12
SUGGESTIONS = 5
WORDS_LIMIT = 100
KEPT_BY_BROWSERS = "private, max-age=86400"


@require_GET
@customers()
def home(request: Request) -> HttpResponse:
    """The question, the doors, my requests and, for a client manager, the company."""
    actor, now = request.actor, timezone.localtime()
    values = {
        "page_of_mine": customer.listed(actor, customer.Wish(), None, size=HOME_ROWS),
        "to_approve": customer.to_approve(actor),
        "services": queries.services(actor)[:HOME_SERVICES],
        "figures": figures(actor, now) if actor.scope == "company" else None,
        "exclusions": waiting_for(actor) if actor.scope == "company" else [],
        "credits": waiting_credits(actor, now=now) if actor.scope == "company" else [],
        "standing": words.standing,
        "turns": words.TURNS,
        "asks": words.ASKS,
    }
    return render(request, "portal/home.html", values)


@require_GET
@customers(answers="fragment")
def suggestions(request: Request) -> HttpResponse:
    """What may answer the words being typed: services of the client, tickets in sight, and the way to ask."""
    typed = request.GET.get("q", "").replace("\x00", "").strip()[:WORDS_LIMIT]
    values = {
        "typed": typed,
        "services": _services(request, typed),
        "tickets": customer.found(request.actor, typed, limit=SUGGESTIONS) if len(typed) > 1 else [],
        "standing": words.standing,
        "turns": words.TURNS,
        "asks": words.ASKS,
    }
    return render(request, "portal/_suggestions.html", values)


def _services(request: Request, typed: str) -> list[Any]:
    """Subscribed services whose name holds one of the words."""
    wanted = [word for word in rules.folded(typed).split() if len(word) > 2]
    if not wanted:
        return []
    rows = queries.services(request.actor)
    return [r for r in rows if any(w in rules.folded(f"{r['name_fr']} {r['name_en']}") for w in wanted)][
        :SUGGESTIONS
    ]


@require_GET
@customers(answers="file")
def theme(request: Request) -> HttpResponse:
    """The client's colours, readable on every ground."""
    response = HttpResponse(
        rules.sheet(queries.brand(request.actor)["accent"]), content_type="text/css; charset=utf-8"
    )
    response["Cache-Control"] = KEPT_BY_BROWSERS
    return response


@require_GET
@customers(answers="file")
def logo(request: Request) -> HttpResponse:
    """The client's logo: a plain picture or nothing."""
    picture = queries.logo(request.actor)
    kind = sniff(picture[:8192], "logo")
    if kind not in INLINE:
        raise NotFound()
    response = HttpResponse(picture, content_type=kind)
    response["Cache-Control"] = KEPT_BY_BROWSERS
    response["X-Content-Type-Options"] = "nosniff"
    return response
