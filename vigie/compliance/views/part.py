"""What compliance adds to other pages: how a contract's months stand, and exclusions beside a ticket's missed clocks."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from vigie.compliance import labels
from vigie.compliance.queries import sheet
from vigie.compliance.queries.exclusions import asked_about
from vigie.contracts.models import Contract
from vigie.kernel.actor import Actor
from vigie.tickets.queries.clock_view import ClockView


def contract_part(request: HttpRequest, *, contract: Contract) -> str:
    """Markup for the contract's page; '' for somebody who may not see rates and penalties."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.can("compliance:view"):
        return ""
    told, curve = sheet.glance(actor, contract, now=timezone.now())
    context = {
        "contract": contract, "sheet": told, "curve": curve, "may_propose": actor.can("compliance:propose"), "kinds": labels.MEASURES,
    }  # fmt: skip
    return render_to_string("compliance/_part.html", context, request)


def clocks_part(request: HttpRequest, *, clocks: Sequence[ClockView]) -> str:
    """For the clock card of a ticket: what was asked about each missed clock, or the way to ask. '' where none is missed."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    missed = [clock for clock in clocks if clock.state == "missed" or clock.breached_at is not None]
    if not missed or not actor.can("compliance:view"):
        return ""
    asked = asked_about(actor, [clock.id for clock in missed])
    rows = [(clock.id, clock.name, asked.get(clock.id)) for clock in missed]
    context = {"rows": rows, "may_ask": actor.can("compliance:propose"), "states": labels.EXCLUSION_STATES}
    return render_to_string("compliance/_clocks.html", context, request)
