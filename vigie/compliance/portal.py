"""Compliance for the client's manager: the same figures, the same tickets, in plain words, to answer where a credit is asked."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from vigie.compliance import access, labels
from vigie.compliance.actions import credits, exclusions
from vigie.compliance.forms.exclusions import AnswerForm, ExclusionAnswerForm
from vigie.compliance.queries import records as queries
from vigie.compliance.queries import sheet
from vigie.compliance.queries.credits import credit_of, standing_with_answer
from vigie.compliance.queries.detail import detail_of
from vigie.compliance.queries.exclusions import excluded_in, to_answer, waiting_for
from vigie.compliance.queries.names import people_of
from vigie.compliance.views.month import listed
from vigie.contracts.labels import KINDS
from vigie.contracts.models import Contract
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.toolkit.entry import Request, customers
from vigie.toolkit.forms import done
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
        "waiting": waiting_for(actor),
        "categories": labels.EXCLUSION_KINDS,
    }
    if contract is not None:
        told, curve = sheet.glance(actor, contract, now=now)
        month = sheet.month_asked(request.GET, contract, now)
        if month != told.month:
            told = sheet.sheet_of(actor, contract, month, now=now)
        context |= {
            "sheet": told, "curve": curve, "month": told.words, "credit": credit_of(actor, told.statement, now=now),
            "standings": labels.STANDINGS, "credit_tones": labels.STANDING_TONES,
        }  # fmt: skip
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


@require_GET
@customers()
def measure(request: Request, contract_id: int, rate_id: int) -> HttpResponse:
    """A month of one measure, with every record behind it."""
    actor, now = request.actor, timezone.now()
    contract = access.contract(actor, contract_id)
    month = sheet.month_asked(request.GET, contract, now)
    found = detail_of(
        actor, contract, month, rate_id, now=now, live=request.GET.get("live") == "1",
        cursor=request.GET.get("page"),
    )  # fmt: skip
    context = {
        "contract": contract, "detail": found, "states": labels.STATES, "exclusion_states": labels.EXCLUSION_STATES,
    }  # fmt: skip
    return render(request, "compliance/portal_measure.html", context)


@require_GET
@customers()
def records(request: Request) -> HttpResponse:
    """The client's outages and planned maintenance, what comes next first; each list has its own pages."""
    actor, now = request.actor, timezone.now()
    if actor.scope != "company" or actor.organisation_id is None:
        raise NotFound()
    found = queries.outages_page(actor, actor.organisation_id, cursor=request.GET.get("page"))
    context = {
        "ahead": queries.works_ahead(actor, actor.organisation_id, now=now), "found": found, "sources": labels.SOURCES,
        "works": queries.works_page(actor, actor.organisation_id, cursor=request.GET.get("works"), size=20),
    }  # fmt: skip
    return render(request, "compliance/portal_records.html", context)


@require_http_methods(["GET", "POST"])
@customers()
def credit(request: Request, credit_id: int) -> HttpResponse:
    """The credit of a month: agreed, or contested with a reason, within the days."""
    actor, now = request.actor, timezone.now()
    if actor.scope != "company":
        raise NotFound()
    rows = access.visible_credits(actor).defer("decided_by")
    row = access.one_of(rows.select_related("statement__organisation", "statement__contract"), credit_id)
    form = AnswerForm(request.POST or None)
    contested = request.POST.get("answer") == "contest"
    if request.method == "POST" and done(
        form,
        lambda values: credits.answer(actor, row.pk, contested=contested, reason=values["reason"], now=now),
    ):
        return redirect("portal_credit", row.pk)
    found = standing_with_answer(row, now)
    currency = row.statement.currency
    context = {
        "credit": found, "form": form, "standings": labels.STANDINGS, "credit_tones": labels.STANDING_TONES,
        "amount": labels.money(row.amount, currency), "month": labels.month_words(row.statement.month),
        "decided": "" if row.decided is None else labels.money(row.decided, currency),
    }  # fmt: skip
    return render(request, "compliance/portal_credit.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@customers()
def exclusion(request: Request, exclusion_id: int) -> HttpResponse:
    """What the provider asks to leave out: agreed or refused by the client's manager."""
    actor = request.actor
    found = to_answer(actor, exclusion_id)
    form = ExclusionAnswerForm(request.POST or None)
    agreed = request.POST.get("verdict") == "approve"
    if request.method == "POST" and done(
        form,
        lambda values: exclusions.answer(
            actor, exclusion_id, agreed=agreed, grounds=values["decision"], now=timezone.now()
        ),
    ):
        return redirect("portal_exclusion", exclusion_id)
    context = {
        "exclusion": found, "form": form, "states": labels.EXCLUSION_STATES, "categories": labels.EXCLUSION_KINDS, "kinds": KINDS,
        "who": people_of([found["asked_by_id"], found["decided_by_id"]]),
        "nature": labels.NATURES["ticket" if found["ticket_id"] else "outage" if found["outage_id"] else "delivery"],
    }  # fmt: skip
    return render(request, "compliance/portal_exclusion.html", context, status=422 if form.errors else 200)


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
