"""The clocks of a ticket, to print and to sign; for agents and for whoever asked."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone, translation
from django.views.decorators.http import require_GET

from vigie.tickets.queries.paper import TEMPLATE, ticket_paper
from vigie.toolkit.entry import Request, agents, customers
from vigie.toolkit.papers import answer, language_asked


@require_GET
@agents("tickets:view")
def ticket_clocks_paper(request: Request, ticket_id: int) -> HttpResponse:
    """For agents."""
    return _paper(request, ticket_id)


@require_GET
@customers()
def portal_promise_paper(request: Request, ticket_id: int) -> HttpResponse:
    """For the client's people."""
    return _paper(request, ticket_id)


def _paper(request: Request, ticket_id: int) -> HttpResponse:
    now = timezone.now()
    with translation.override(language_asked(request)):
        name, values = ticket_paper(request.actor, ticket_id, now=now)
        return answer(TEMPLATE, name, values, made_at=now)
