"""What an ended contract left over: where it is read, and noted as settled."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from vigie.accounts.queries import holders
from vigie.compliance.actions import balances as actions
from vigie.compliance.forms.exclusions import BalanceForm
from vigie.compliance.models import FinalBalance
from vigie.compliance.queries.left_over import one_left_over
from vigie.compliance.queries.names import names_of
from vigie.kernel.refusal import NotAllowed
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import done
from vigie.toolkit.jinja import url
from vigie.toolkit.pages import render


@agents("compliance:view")
@require_http_methods(["GET", "POST"])
def balance(request: Request, statement_id: int) -> HttpResponse:
    """What the last statement left over; who may approve notes here what was agreed."""
    actor, now = request.actor, timezone.now()
    found = one_left_over(actor, statement_id, now=now)
    form = BalanceForm(request.POST or None)
    if request.method == "POST":
        if not actor.can("compliance:approve"):
            raise NotAllowed("access.not_granted", grant="compliance:approve")

        def save(values: dict[str, Any]) -> FinalBalance:
            return actions.settle(actor, statement_id, values["agreed"], now=now)

        if done(form, save):
            return redirect("balance", statement_id)
    settled = found.settled
    context = {
        "left": found, "form": form, "may_settle": settled is None and actor.can("compliance:approve"),
        "by": "" if settled is None else names_of([settled.settled_by_id]).get(settled.settled_by_id, ""),
        "deciders": list(holders("compliance:approve", found.statement.organisation_id).values()),
        "crumbs": [{"label": _("Credits"), "href": url("credits")}],
    }  # fmt: skip
    return render(request, "compliance/balance.html", context, status=422 if form.errors else 200)
