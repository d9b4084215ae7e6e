"""Forms of rate commitments and penalty terms."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.forms.models import model_to_dict
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from vigie.compliance import access, rules
from vigie.compliance.actions import terms as actions
from vigie.compliance.forms import rates as forms
from vigie.compliance.models import PenaltyTerms
from vigie.compliance.queries import behind
from vigie.compliance.queries.terms import terms_in
from vigie.contracts.models import Contract
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import done, form_page
from vigie.toolkit.jinja import url

SCOPE = ("kind", "ticket_type", "priority")
PROMISE = ("target", "n_min", "allowed_misses", "small_volume", "valid_from")
COST = ("formula", "bands", "percent", "started", "hourly", "cap", "base", "cause")
BONUS = ("bonus_from", "bonus_percent")


@agents("compliance:propose")
@require_http_methods(["GET", "POST"])
def penalty_terms(request: Request, contract_id: int) -> HttpResponse:
    """How months are measured and settled, from a month on."""
    actor, now = request.actor, timezone.now()
    contract = access.contract(actor, contract_id)
    month = _this_month(contract, now)
    current = terms_in(actor, contract, [month])[month].penalty
    initial = {
        **model_to_dict(current, fields=forms.TermsForm.Meta.fields), "valid_from": month,
        "weights": forms.weights_text(current.weights),
    }  # fmt: skip
    form = forms.TermsForm(request.POST or None, initial=initial)

    def save(values: dict[str, Any]) -> PenaltyTerms:
        return actions.set_penalty_terms(actor, contract_id, values, values.pop("valid_from"), now=now)

    if request.method == "POST" and done(form, save):
        return redirect("contract", contract_id)
    groups = [
        ("", ("kind", "weights", "valid_from")),
        (_("Amounts"), ("fee", "franchise", "month_cap", "year_cap", "earn_back_after", "answer_days")),
    ]
    return form_page(
        request, form, title=_("Penalty terms"), crumbs=_crumbs(contract), groups=groups, action=_("Save"),
        intro=_("Amounts are before tax. Months that have their statement keep the terms they were judged by."),
    )  # fmt: skip


@agents("compliance:propose")
@require_http_methods(["GET", "POST"])
def rate(request: Request, contract_id: int, rate_id: int | None = None) -> HttpResponse:
    """A rate more to reach, or another from a month on."""
    actor, now = request.actor, timezone.now()
    contract = access.contract(actor, contract_id)
    row = behind.commitment_of(actor, contract, rate_id) if rate_id else None
    initial = {**(forms.rate_initial(row) if row else {}), "valid_from": _this_month(contract, now)}
    form = forms.RateForm(request.POST or None, initial=initial)

    def save(values: dict[str, Any]) -> object:
        month = values["valid_from"]
        if row is None:
            return actions.add_rate(actor, contract_id, form.values(), month, now=now)
        return actions.change_rate(actor, contract_id, row.pk, form.values(), month, now=now)

    if request.method == "POST" and done(form, save):
        return redirect("contract", contract_id)
    groups = [
        (_("For which promises"), SCOPE),
        (_("The rate"), PROMISE),
        (_("What a miss costs"), COST),
        (_("Bonus"), BONUS),
    ]
    return form_page(
        request, form, title=_("Change the rate") if row else _("New rate"), crumbs=_crumbs(contract), groups=groups,
        action=_("Save"), template="compliance/rate.html", rate=row, contract=contract,
    )  # fmt: skip


@agents("compliance:propose")
@require_POST
def rate_end(request: Request, contract_id: int, rate_id: int) -> HttpResponse:
    """Promise it no more, from the coming month on."""
    contract, now = access.contract(request.actor, contract_id), timezone.now()
    month = rules.later(_this_month(contract, now))
    actions.end_rate(request.actor, contract_id, rate_id, month, now=now)
    return redirect("contract", contract_id)


def _this_month(contract: Contract, now: dt.datetime) -> dt.date:
    return rules.month_of(now, contract.organisation.timezone)


def _crumbs(contract: Contract) -> list[dict[str, Any]]:
    return [
        {"label": _("Contracts"), "href": url("contracts")},
        {"label": contract.reference, "href": url("contract", contract.pk)},
    ]
