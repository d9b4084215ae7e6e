"""The part of a contract's page that leads to "what if"."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string

from vigie.contracts.models import Contract, ContractVersion
from vigie.kernel.actor import Actor
from vigie.replay.queries.told import studies_of


def contract_part(request: HttpRequest, *, contract: Contract) -> str:
    """Markup for the contract's page; '' for somebody who may not see rates and penalties."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.can("compliance:view"):
        return ""
    context = {
        "contract": contract,
        "studies": studies_of(actor, contract, most=3),
        "may_ask": actor.can("compliance:propose"),
    }
    return render_to_string("replay/_part.html", context, request)


def draft_part(request: HttpRequest, *, contract: Contract, version: ContractVersion) -> str:
    """The way from a draft to what it would have changed; '' where nothing was promised before it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if version.number == 1 or not actor.can("compliance:propose"):
        return ""
    return render_to_string("replay/_draft.html", {"contract": contract, "version": version}, request)
