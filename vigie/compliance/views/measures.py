"""Commitments that are no tickets: their terms, a month of one in full, what was read for a month."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from vigie.compliance import access, labels, rules
from vigie.compliance.actions import records
from vigie.compliance.actions import terms as actions
from vigie.compliance.forms import rates as forms
from vigie.compliance.forms.records import ReportForm, SatisfactionForm
from vigie.compliance.models import RateCommitment, Reading
from vigie.compliance.queries import behind, sheet
from vigie.compliance.queries.detail import detail_of
from vigie.compliance.queries.records import services_of
from vigie.contracts import access as contracts_access
from vigie.contracts.models import Contract
from vigie.kernel.refusal import NotFound
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import done, form_page
from vigie.toolkit.jinja import url
from vigie.toolkit.pages import render


@agents("compliance:propose")
@require_http_methods(["GET", "POST"])
def measure_new(request: Request, contract_id: int, kind: str) -> HttpResponse:
    """A commitment more that is no ticket."""
    if kind not in labels.MEASURES:
        raise NotFound()
    return _measure(request, access.contract(request.actor, contract_id), kind, None)


@agents("compliance:propose")
@require_http_methods(["GET", "POST"])
def measure(request: Request, contract_id: int, rate_id: int) -> HttpResponse:
    """Another from a month on."""
    contract = access.contract(request.actor, contract_id)
    row = behind.commitment_of(request.actor, contract, rate_id)
    if row.kind not in labels.MEASURES:
        raise NotFound()
    return _measure(request, contract, row.kind, row)


def _measure(request: Request, contract: Contract, kind: str, row: RateCommitment | None) -> HttpResponse:
    actor, now = request.actor, timezone.now()
    month = rules.month_of(now, contract.organisation.timezone)
    form = forms.MeasureForm(
        request.POST or None, kind=kind, services=services_of(contract.organisation_id),
        calendars=contracts_access.visible_calendars(actor).order_by("code"),
        initial={**(forms.rate_initial(row) if row else {}), "valid_from": month},
    )  # fmt: skip

    def save(values: dict[str, Any]) -> object:
        if row is None:
            return actions.add_rate(actor, contract.pk, form.values(), values["valid_from"], now=now)
        return actions.change_rate(actor, contract.pk, row.pk, form.values(), values["valid_from"], now=now)

    if request.method == "POST" and done(form, save):
        return redirect("contract", contract.pk)
    cost = [name for name in (*forms.FILLING, "formula", "base", "cause") if name in form.fields]
    what = [name for name in form.fields if name not in cost]
    groups = [("", what), (_("What a miss costs"), [name for name in form.fields if name in cost])]
    return form_page(
        request, form, title=str(labels.MEASURES[kind]), crumbs=_crumbs(contract), groups=groups, action=_("Save"),
        template="compliance/rate.html", rate=row, contract=contract,
    )  # fmt: skip


@agents("compliance:view")
@require_safe
def measure_month(request: Request, contract_id: int, rate_id: int) -> HttpResponse:
    """A month of one measure, with every record behind it."""
    actor, now = request.actor, timezone.now()
    contract = access.contract(actor, contract_id)
    month = sheet.month_asked(request.GET, contract, now)
    live = request.GET.get("live") == "1"
    found = detail_of(actor, contract, month, rate_id, now=now, live=live, cursor=request.GET.get("page"))
    crumbs = [
        *_crumbs(contract),
        {"label": found.words, "href": _month_url(contract, found.month.isoformat()[:7])},
    ]
    context = {
        "contract": contract, "detail": found, "states": labels.STATES, "exclusion_states": labels.EXCLUSION_STATES,
        "may_ask": actor.can("compliance:propose"), "crumbs": [*crumbs, {"label": found.row.scope}],
    }  # fmt: skip
    return render(request, "compliance/measure.html", context)


@agents("compliance:propose")
@require_http_methods(["GET", "POST"])
def reading(request: Request, contract_id: int, rate_id: int) -> HttpResponse:
    """What was read for a month: answers of a survey, or the day the report was delivered."""
    actor, now = request.actor, timezone.now()
    contract = access.contract(actor, contract_id)
    row = behind.commitment_of(actor, contract, rate_id)
    if row.kind not in Reading.Kind.values:
        raise NotFound()
    month = sheet.month_asked(request.GET, contract, now)
    known = access.visible_readings(actor).filter(contract=contract, kind=row.kind, month=month)
    known = known.filter(Q(service=None) if row.service_id is None else Q(service=row.service_id))
    shape = SatisfactionForm if row.kind == Reading.Kind.SATISFACTION else ReportForm
    form = shape(request.POST or None, initial=known.values(*shape.Meta.fields).first() or {})

    def save(values: dict[str, Any]) -> object:
        scope = (row.kind, row.service_id, month)
        return records.save_reading(actor, contract_id, scope, values, now=now)

    if request.method == "POST" and done(form, save):
        return redirect(_month_url(contract, month.isoformat()[:7]))
    title = _("%(what)s, %(month)s") % {"what": labels.scope_words(row), "month": labels.month_words(month)}
    return form_page(
        request, form, title=title, crumbs=_crumbs(contract), groups=[("", shape.Meta.fields)], action=_("Save"),
        intro=_("A correction keeps what was there before in the journal."),
    )  # fmt: skip


def _month_url(contract: Contract, month: str) -> str:
    return url("contract_month", contract.pk, month=month)


def _crumbs(contract: Contract) -> list[dict[str, Any]]:
    return [
        {"label": _("Contracts"), "href": url("contracts")},
        {"label": contract.reference, "href": url("contract", contract.pk)},
    ]
