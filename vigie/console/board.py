"""The clients board: how each client stands, one line a client, every figure leading to its list."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count, Min, Q
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from vigie.console.shell import BOARD
from vigie.contracts.queries.contracts import first_to_end
from vigie.kernel.actor import Actor
from vigie.tenancy import access
from vigie.tenancy.models import Organisation
from vigie.tickets.queries.queue import SOON, Names, filtered
from vigie.tickets.rules.filters import Filters
from vigie.tickets.views.queue import address
from vigie.tickets.views.words import month_name
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.ordering import by_name, name_key
from vigie.toolkit.pages import render

SERVED = (Organisation.Status.ACTIVE, Organisation.Status.ONBOARDING, Organisation.Status.OFFBOARDING)
NOTHING = {"open": 0, "risk": 0, "oldest": None, "next": None}


@agents(BOARD[0])
@require_safe
def board(request: Request) -> HttpResponse:
    """The clients in sight, those most at risk first."""
    for grant in BOARD:
        request.actor.demand(grant)
    now = timezone.now()
    month = f"{timezone.localdate(now):%Y-%m}"
    rows = [{**row, **_lists(row["code"], month)} for row in standings(request.actor, month=month, now=now)]
    return render(request, "console/board.html", {"rows": rows, "month": month_name(month), "at": now})


def standings(actor: Actor, *, month: str, now: dt.datetime) -> list[dict[str, Any]]:
    """Each served client: ``open``, ``risk`` (due within four hours or late), ``breached`` in ``month``, ``oldest``
    opening, ``next`` due instant to come, ``contract`` in force that ends first. Four statements, whatever the clients."""
    live = _by_client(filtered(actor, Filters(), Names(), now=now), now)
    missed = filtered(actor, Filters(status="all", breached=month), Names(), now=now)
    breached = dict(missed.order_by().values_list("organisation_id").annotate(n=Count("pk")))
    contracts = first_to_end(actor, today=timezone.localdate(now))
    clients = (
        access.visible(actor).filter(status__in=SERVED).order_by(by_name("name")).values("id", "code", "name")
    )
    rows = [
        {
            **client,
            **live.get(client["id"], NOTHING),
            "breached": breached.get(client["id"], 0),
            "contract": contracts.get(client["id"]),
        }
        for client in clients
    ]
    return sorted(rows, key=lambda row: (-row["risk"], -row["breached"], name_key(row["name"])))


def _by_client(tickets: Any, now: dt.datetime) -> dict[int, dict[str, Any]]:
    rows = tickets.order_by().values("organisation_id").annotate(
        open=Count("pk"), risk=Count("pk", filter=Q(due_at__lt=now + SOON)),
        oldest=Min("opened_at"), next=Min("due_at", filter=Q(due_at__gte=now) & ~Q(due_kind="")),
    )  # fmt: skip
    return {row.pop("organisation_id"): row for row in map(dict, rows)}


def _lists(code: str, month: str) -> dict[str, str]:
    """Where each figure leads."""
    return {
        "open_href": address(Filters(clients=(code,))),
        "risk_href": address(Filters(clients=(code,), due="4h")),
        "breached_href": address(Filters(status="all", clients=(code,), breached=month)),
        "oldest_href": address(Filters(clients=(code,), sort="oldest")),
        "next_href": address(Filters(clients=(code,), sort="left")),
    }
