"""What if: a contract's variants typed side by side, the answer, and the tickets behind it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from vigie.contracts.actions.versions import today_of
from vigie.contracts.labels import KINDS
from vigie.contracts.models import Contract
from vigie.kernel.refusal import NotFound, Refusal
from vigie.replay import access, actions
from vigie.replay.forms import VariantsForm
from vigie.replay.labels import TURNED
from vigie.replay.models import Study
from vigie.replay.queries import told, variants
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import attempt
from vigie.toolkit.jinja import url
from vigie.toolkit.pages import render

LISTED_BEFORE = 2000
"""Changed clocks that an earlier release listed of each variant."""


@agents("compliance:propose")
@require_http_methods(["GET", "POST"])
def what_if(request: Request, contract_id: int) -> HttpResponse:
    """Type up to three variants of a contract; earlier studies beside."""
    actor = request.actor
    contract = access.contract(actor, contract_id)
    typed = request.POST if request.method == "POST" else None
    now = timezone.now()
    form = _form(typed, contract, today_of(contract, now), request.GET.get("version"))
    if request.method == "POST":

        def ask(_values: Any) -> Study:
            try:
                return actions.ask(actor, contract_id, form.variants(), now=now)
            except Refusal as refusal:
                raise form.placed(refusal) from None

        study = attempt(form, ask)
        if study is not None:
            return redirect("study", study.pk)
    context = {
        "contract": contract, "form": form, "studies": told.studies_of(actor, contract),
        "crumbs": [*_crumbs(contract), {"label": _("What if?")}],
    }  # fmt: skip
    return render(request, "replay/ask.html", context, status=422 if form.errors else 200)


def _form(typed: Any, contract: Contract, day: dt.date, version: str | None) -> VariantsForm:
    """The form; a version that one comes from is chosen in its first column."""
    return VariantsForm(
        typed, commitments=variants.commitments_in(contract, day), calendars=variants.choices(contract),
        versions=variants.versions_to_come(contract, day), initial={"a_version": version or ""},
    )  # fmt: skip


@agents("compliance:view")
@require_safe
def study(request: Request, study_id: int) -> HttpResponse:
    """The answer, or how far its replay is."""
    found = access.one(request.actor, study_id)
    rate = _number(request.GET.get("rate"))
    context: dict[str, Any] = {
        "study": found, "contract": found.contract, "rate": rate, "states": dict(Study.State.choices),
        "told": told.told(request.actor, found, rate) if found.state == Study.State.DONE else None,
        "crumbs": [*_crumbs(found.contract), _asked(found.contract), {"label": _("Answer")}],
    }  # fmt: skip
    return render(request, "replay/study.html", context)


@agents("compliance:view")
@require_safe
def study_tickets(request: Request, study_id: int) -> HttpResponse:
    """The tickets that a variant judges otherwise."""
    found = access.one(request.actor, study_id)
    variant, then = _number(request.GET.get("variant")) or 0, request.GET.get("then", "")
    if variant >= len(found.variants) or then not in TURNED or found.state != Study.State.DONE:
        raise NotFound()
    page = told.changed(
        request.actor, found, variant, then=then, month=_month(request.GET.get("month", "")),
        cursor=request.GET.get("page"),
    )  # fmt: skip
    result = found.result or {}
    sums = result["variants"][variant]
    changed = sums["to_met"] + sums["to_missed"] + sums["other"]
    context = {
        "study": found, "contract": found.contract, "found": page, "variant": variant, "then": then, "kinds": KINDS,
        "name": found.variants[variant]["name"], "turned": TURNED, "month": request.GET.get("month") or None,
        "all": changed, "most": changed if result.get("whole") else LISTED_BEFORE,
        "crumbs": [
            *_crumbs(found.contract), _asked(found.contract), {"label": _("Answer"), "href": url("study", study_id)},
            {"label": _("Tickets")},
        ],
    }  # fmt: skip
    return render(request, "replay/tickets.html", context)


def _number(text: str | None) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or len(text) > 15:
        raise NotFound()
    return int(text)


def _month(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(f"{text}-01") if text else None
    except ValueError:
        raise NotFound() from None


def _crumbs(contract: Contract) -> list[dict[str, Any]]:
    return [
        {"label": _("Contracts"), "href": url("contracts")},
        {"label": contract.reference, "href": url("contract", contract.pk)},
    ]


def _asked(contract: Contract) -> dict[str, Any]:
    return {"label": _("What if?"), "href": url("what_if", contract.pk)}
