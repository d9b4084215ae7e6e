"""A contract's month to print and to sign, for agents and for the client's manager."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone, translation
from django.views.decorators.http import require_GET

from vigie.compliance import access
from vigie.compliance.queries.paper import month_paper
from vigie.compliance.queries.sheet import month_asked
from vigie.tickets.queries.paper import TEMPLATE
from vigie.toolkit.entry import Request, agents, customers
from vigie.toolkit.papers import answer, language_asked


@require_GET
@agents("compliance:view")
def contract_month_paper(request: Request, contract_id: int) -> HttpResponse:
    """For agents."""
    return _paper(request, contract_id)


@require_GET
@customers()
def portal_compliance_paper(request: Request, contract_id: int) -> HttpResponse:
    """For the client's manager."""
    return _paper(request, contract_id)


def _paper(request: Request, contract_id: int) -> HttpResponse:
    now = timezone.now()
    contract = access.contract(request.actor, contract_id)
    month = month_asked(request.GET, contract, now)
    with translation.override(language_asked(request)):
        name, values = month_paper(request.actor, contract, month, now=now)
        return answer(TEMPLATE, name, values, made_at=now)
