"""Credits of frozen months: where each stands, the decision on a contested one, the credit note."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vigie.accounts.queries import holders
from vigie.compliance import access, labels
from vigie.compliance.actions import credits as actions
from vigie.compliance.forms import exclusions as forms
from vigie.compliance.models import CreditRequest
from vigie.compliance.queries import credits as queries
from vigie.compliance.queries.left_over import left_overs
from vigie.compliance.queries.names import names_of
from vigie.compliance.rules.credits import Standing, may_be_noted
from vigie.kernel.refusal import NotAllowed
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import done
from vigie.toolkit.jinja import url
from vigie.toolkit.pages import render


@agents("compliance:view")
@require_safe
def credit_list(request: Request) -> HttpResponse:
    """Credits in sight, the latest first."""
    found = queries.credits_page(request.actor, now=timezone.now(), cursor=request.GET.get("page"))
    for row in found.rows:
        kept = row["amount"] if row["decided"] is None else row["decided"]
        row["amount"] = labels.money(kept, row["currency"])
        row["month"] = labels.month_words(row["month"])
    context = {
        "found": found, "standings": labels.STANDINGS, "credit_tones": labels.STANDING_TONES,
        "left_over": left_overs(request.actor, now=timezone.now()),
    }  # fmt: skip
    return render(request, "compliance/credits.html", context)


@agents("compliance:view")
@require_http_methods(["GET", "POST"])
def credit(request: Request, credit_id: int) -> HttpResponse:
    """One credit; who may approve decides a contested one here."""
    actor, now = request.actor, timezone.now()
    row = access.one_of(
        access.visible_credits(actor).select_related("statement__organisation", "statement__contract"),
        credit_id,
    )
    form = forms.CreditDecisionForm(request.POST or None, initial={"decided": row.amount})
    if request.method == "POST":
        if not actor.can("compliance:approve"):
            raise NotAllowed("access.not_granted", grant="compliance:approve")

        def save(values: dict[str, Any]) -> CreditRequest:
            return actions.decide(actor, row.pk, amount=values["decided"], grounds=values["grounds"], now=now)

        if done(form, save):
            return redirect("credit", row.pk)
    found = queries.standing_with_answer(row, now)
    may = actor.can("compliance:approve")
    contested = found.standing == Standing.CONTESTED
    context = {
        "credit": found, "form": form,
        "deciders": holders("compliance:approve", row.organisation_id).values() if contested else None,
        "standings": labels.STANDINGS, "credit_tones": labels.STANDING_TONES,
        "may_decide": may and contested, "may_note": may and may_be_noted(found.standing),
        "amount": labels.money(row.amount, row.statement.currency), "month": labels.month_words(row.statement.month),
        "decided": "" if row.decided is None else labels.money(row.decided, row.statement.currency),
        "decider": names_of([row.decided_by_id]).get(row.decided_by_id, "") if row.decided_by_id else "",
        "crumbs": [{"label": _("Credits"), "href": url("credits")}],
    }  # fmt: skip
    return render(request, "compliance/credit.html", context, status=422 if form.errors else 200)


@agents("compliance:approve")
@require_POST
def credit_note(request: Request, credit_id: int) -> HttpResponse:
    """The credit note that was made of it."""
    actions.note(request.actor, credit_id, request.POST.get("note", "")[:60], now=timezone.now())
    return redirect("credit", credit_id)
