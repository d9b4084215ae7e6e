"""The breach-risk queue: what will breach, when, for whom, and why it stands where it stands."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from vigie.escalation import labels
from vigie.escalation.queries import risk as queries
from vigie.kernel.actor import Actor
from vigie.tickets.labels import CLOCKS, PRIORITIES
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.pages import render


@agents("escalation:view")
@require_safe
def breach_risk(request: Request) -> HttpResponse:
    """The page."""
    return render(request, "escalation/risk.html", _context(request))


@agents("escalation:view", answers="fragment")
@require_safe
def breach_risk_rows(request: Request) -> HttpResponse:
    """The list again, for a page that is open."""
    return render(request, "escalation/_risk.html", _context(request))


def _context(request: Request) -> dict[str, Any]:
    actor, now = request.actor, timezone.now()
    within = request.GET.get("within", "1d")
    within = within if within in queries.HORIZONS else "1d"
    board = queries.board(actor, queries.HORIZONS[within], now=now)
    with_money = actor.can("compliance:view")
    rows = [
        {
            **row.ticket, "reason": labels.stake_words(row.stake, with_money=with_money), "stake": row.stake,
            "standing": labels.STANDINGS.get(row.risk.standing), "left": int((row.ticket["due_at"] - now).total_seconds()),
        }
        for row in board.rows
    ]  # fmt: skip
    return {
        "rows": rows, "board": board, "within": within, "horizons": labels.HORIZONS, "clocks": CLOCKS,
        "priorities": PRIORITIES, "with_money": with_money,
    }  # fmt: skip


def queue_part(request: HttpRequest) -> str:
    """The way from the queue's views to the risks and the escalations."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return render_to_string("escalation/_views.html", {}, request) if actor.can("escalation:view") else ""
