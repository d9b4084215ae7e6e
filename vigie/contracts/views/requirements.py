"""Pages of requirements: the register of a contract, one requirement, and the coverage of a contract."""

from __future__ import annotations

from typing import Any

from django import forms as web
from django.forms.models import model_to_dict
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vigie.accounts.history import told_about
from vigie.catalog.models import Service
from vigie.contracts import access, labels
from vigie.contracts.actions import requirements as actions
from vigie.contracts.actions.versions import draft_of
from vigie.contracts.forms import support as forms
from vigie.contracts.models import Contract, Requirement
from vigie.contracts.queries import coverage as queries
from vigie.contracts.queries.versions import agreed_commitments
from vigie.contracts.rules.instants import zone_of
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import attempt, done, form_page
from vigie.toolkit.jinja import local_name, url
from vigie.toolkit.pages import render

TONES = {"asked": "warn", "negotiation": "accent", "agreed": "ok", "refused": "quiet", "withdrawn": "quiet"}


@agents("contracts:view")
@require_safe
def coverage(request: Request, contract_id: int) -> HttpResponse:
    """What was asked, promised, measured and held up, and what is missing where."""
    found = access.one(request.actor, contract_id)
    told = queries.coverage(request.actor, found, now=timezone.now())
    only = request.GET.get("only", "")
    context = {
        "contract": found, "coverage": told, "groups": queries.by_scope(told.with_gap(only)), "only": only, "gaps": labels.GAPS,
        "measures": labels.MEASURES, "kept_by": labels.KEPT_BY,
        "crumbs": _crumbs(found), "states": labels.REQUIREMENT_STATES, "may_manage": request.actor.can("contracts:manage"),
    }  # fmt: skip
    return render(request, "contracts/coverage.html", context)


@agents("contracts:view")
@require_safe
def chain(request: Request, contract_id: int, commitment_id: int) -> HttpResponse:
    """How a commitment is held up, path by path, with the opening that leaves the least room."""
    found = access.one(request.actor, contract_id)
    row = access.one_commitment(request.actor, contract_id, commitment_id)
    told = queries.coverage(request.actor, found, now=timezone.now())
    context = {
        "contract": found, "line": queries.one_line(told, row), "chains": queries.told(told, row),
        "crumbs": [*_crumbs(found), {"label": _("Coverage"), "href": url("coverage", found.pk)}],
    }  # fmt: skip
    return render(request, "contracts/chain.html", context)


@agents("contracts:view")
@require_safe
def requirements(request: Request, contract_id: int) -> HttpResponse:
    """All that the client asked of a contract, what became of it and why."""
    found = access.one(request.actor, contract_id)
    context = {
        "contract": found, "rows": queries.register(request.actor, found, now=timezone.now()), "crumbs": _crumbs(found),
        "state_tones": TONES,
        "states": labels.REQUIREMENT_STATES, "measures": labels.MEASURES, "may_manage": request.actor.can("contracts:manage"),
    }  # fmt: skip
    return render(request, "contracts/requirements.html", context)


@agents("contracts:manage")
@require_http_methods(["GET", "POST"])
def requirement_new(request: Request, contract_id: int) -> HttpResponse:
    """Write down what the client asks."""
    found = access.one(request.actor, contract_id)
    today = timezone.localdate(timezone=zone_of(found.organisation.timezone))
    form = forms.RequirementForm(request.POST or None, initial={"asked_on": today}, services=_services())
    if request.method == "POST":
        made = attempt(
            form, lambda values: actions.ask(request.actor, contract_id, values, now=timezone.now())
        )
        if made is not None:
            return redirect("requirement", made.pk)
    return _form(request, form, _("New requirement"), _crumbs(found, register=True))


@agents("contracts:manage")
@require_http_methods(["GET", "POST"])
def requirement_edit(request: Request, requirement_id: int) -> HttpResponse:
    """Say it better."""
    row = access.one_requirement(request.actor, requirement_id)
    form = forms.RequirementForm(request.POST or None, initial=model_to_dict(row), services=_services())
    if request.method == "POST" and done(
        form, lambda values: actions.reword(request.actor, row.pk, values, now=timezone.now())
    ):
        return redirect("requirement", row.pk)
    return _form(
        request, form, _("Edit the requirement"), [*_crumbs(row.contract, register=True), _crumb(row)]
    )


@agents("contracts:view")
@require_safe
def requirement(request: Request, requirement_id: int) -> HttpResponse:
    """One requirement: what is asked, where it stands, which commitments it became."""
    return _page(request, access.one_requirement(request.actor, requirement_id))


@agents("contracts:manage")
@require_POST
def requirement_decide(request: Request, requirement_id: int) -> HttpResponse:
    """Take it to its next state, with its reason."""
    row = access.one_requirement(request.actor, requirement_id)
    form = forms.DecisionForm(request.POST, current=row.state)
    if done(
        form,
        lambda values: actions.decide(
            request.actor, row.pk, values["state"], values["reason"], now=timezone.now()
        ),
    ):
        return redirect("requirement", row.pk)
    return _page(request, row, decision=form)


@agents("contracts:manage")
@require_POST
def requirement_trace(request: Request, requirement_id: int) -> HttpResponse:
    """Say which commitments it became."""
    row = access.one_requirement(request.actor, requirement_id)
    form = forms.TraceForm(request.POST, rows=agreed_commitments(request.actor, row.contract))
    if done(
        form,
        lambda values: actions.trace(
            request.actor, row.pk, [one.pk for one in values["commitments"]], now=timezone.now()
        ),
    ):
        return redirect("requirement", row.pk)
    return _page(request, row, tracing=form)


def _page(
    request: Request, row: Requirement, *, decision: web.Form | None = None, tracing: web.Form | None = None
) -> HttpResponse:
    actor = request.actor
    offered, traced = queries.traces_of(actor, row, now=timezone.now())
    rows = agreed_commitments(actor, row.contract).filter(pk__in=offered)
    rows = rows.select_related("service", "category", "site").order_by("kind", "priority", "pk")
    context: dict[str, Any] = {
        "requirement": row, "state_tones": TONES, "states": labels.REQUIREMENT_STATES, "measures": labels.MEASURES,
        "kept_by": labels.KEPT_BY, "drafted": draft_of(row.contract) is not None,
        "decision": decision or forms.DecisionForm(current=row.state),
        "tracing": tracing or forms.TraceForm(initial={"commitments": traced}, rows=rows),
        "promised": [forms.Promised(rows).label_from_instance(one) for one in rows if one.pk in traced],
        "crumbs": [*_crumbs(row.contract, register=True), {"label": f"SLR {row.number}"}],
        "may_manage": actor.can("contracts:manage"), "history": told_about({"contracts.requirement": [row.pk]}, {}),
    }  # fmt: skip
    refused = (decision is not None and decision.errors) or (tracing is not None and tracing.errors)
    return render(request, "contracts/requirement.html", context, status=422 if refused else 200)


def _form(request: Request, form: web.BaseForm, title: str, crumbs: list[dict[str, str]]) -> HttpResponse:
    groups = [("", ("title_fr", "title_en")), (_("What is wished"), ("service", "measure", "wished")),
              (_("Who asked"), ("asked_by", "asked_on"))]  # fmt: skip
    return form_page(request, form, title=title, crumbs=crumbs, groups=groups, action=_("Save"))


def _services() -> Any:
    return Service.objects.filter(is_active=True).order_by("criticality", "code")


def _crumbs(found: Contract, *, register: bool = False) -> list[dict[str, str]]:
    crumbs = [
        {"label": _("Contracts"), "href": url("contracts")},
        {"label": f"{found.reference} · {local_name(found)}", "href": url("contract", found.pk)},
    ]
    return (
        [*crumbs, {"label": _("Requirements"), "href": url("requirements", found.pk)}] if register else crumbs
    )


def _crumb(row: Requirement) -> dict[str, str]:
    return {"label": f"SLR {row.number}", "href": url("requirement", row.pk)}
