"""Compliance for the client's manager: the same figures, the same tickets, in plain words, to read only."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from vigie.compliance import access, labels
from vigie.compliance.queries import sheet
from vigie.compliance.queries.exclusions import excluded_in
from vigie.compliance.views.month import listed
from vigie.contracts.models import Contract
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.toolkit.entry import Request, customers
from vigie.toolkit.pages import render


@require_GET
@customers()
def compliance(request: Request) -> HttpResponse:
    """A month of a contract: the one asked for, or the month in progress of the contract in force."""
    actor, now = request.actor, timezone.now()
    contracts = _contracts(actor)
    contract = _chosen(contracts, request.GET.get("contract", ""))
    context: dict[str, Any] = {
        "contracts": contracts,
        "contract": contract,
        "sheet": None,
        "states": labels.STATES,
    }
    if contract is not None:
        told, curve = sheet.glance(actor, contract, now=now)
        month = sheet.month_asked(request.GET, contract, now)
        if month != told.month:
            told = sheet.sheet_of(actor, contract, month, now=now)
        context |= {"sheet": told, "curve": curve, "month": told.words}
    return render(request, "compliance/portal.html", context)


@require_GET
@customers()
def tickets(request: Request, contract_id: int) -> HttpResponse:
    """The tickets behind a figure."""
    actor, now = request.actor, timezone.now()
    contract = access.contract(actor, contract_id)
    wanted = sheet.wanted_of(actor, contract, request.GET, now=now)
    values = listed(request, wanted, now)
    values["reasons"] = excluded_in(actor, [row["of_clock"] for row in values["found"].rows])
    return render(request, "compliance/portal_tickets.html", {"contract": contract, **values})


def _contracts(actor: Actor) -> list[Contract]:
    """The client's contracts that promise a rate, the latest first."""
    if actor.scope != "company":
        raise NotFound()
    rated = access.visible_commitments(actor).values("contract_id")
    found = access.contracts(actor).filter(pk__in=rated).exclude(status__in=Contract.UNPROMISED)
    return list(found.order_by("-starts_on", "-pk"))


def _chosen(contracts: list[Contract], asked: str) -> Contract | None:
    if not asked:
        return contracts[0] if contracts else None
    found = next((contract for contract in contracts if str(contract.pk) == asked), None)
    if found is None:
        raise NotFound()
    return found
