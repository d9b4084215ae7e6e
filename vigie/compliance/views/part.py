"""The part of a contract's page that tells how its rates stand: this month simulated, and the year behind it."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from vigie.compliance.queries import sheet
from vigie.contracts.models import Contract
from vigie.kernel.actor import Actor


def contract_part(request: HttpRequest, *, contract: Contract) -> str:
    """Markup for the contract's page; '' for somebody who may not see rates and penalties."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.can("compliance:view"):
        return ""
    told, curve = sheet.glance(actor, contract, now=timezone.now())
    context = {
        "contract": contract, "sheet": told, "curve": curve, "may_propose": actor.can("compliance:propose"),
    }  # fmt: skip
    return render_to_string("compliance/_part.html", context, request)
