"""The contract as its client reads it: what is promised, what suspends a clock, what happens in the course of a ticket."""

from __future__ import annotations

import datetime as dt

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from vigie.contracts import access, labels
from vigie.contracts.models import Contract
from vigie.contracts.queries import versions
from vigie.contracts.queries.comparison import policies_of
from vigie.contracts.queries.parties import agreed_dates, cover_of, suspensions_of
from vigie.contracts.queries.past import as_told_on
from vigie.contracts.views.parts import parse_day, reasons_of, today_at
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.toolkit.entry import Request, customers
from vigie.toolkit.pages import render


@require_GET
@customers()
def contract(request: Request) -> HttpResponse:
    """The contract asked for, or the one that started last; as it is today, or as it was on a day (``?on=``)."""
    actor = request.actor
    known = _contracts(actor)
    found = _chosen(known, request.GET.get("contract", ""))
    on = parse_day(request.GET.get("on", ""))
    context: dict[str, object] = {"contracts": known, "contract": found, "on": on, "shown": None}
    if found is not None:
        context |= _told(actor, found, on)
    return render(request, "contracts/portal.html", context)


def _told(actor: Actor, found: Contract, on: dt.date | None) -> dict[str, object]:
    today = today_at(found)
    dated = as_told_on(found, on, today)
    editions = versions.editions(actor, found, today=today)
    shown = versions.edition_on(editions, on or today)
    rows = versions.commitments_of(actor, shown.version) if shown else []
    suspensions = suspensions_of(actor, found)
    return {
        "suspensions": suspensions,
        "suspended": next((one for one in suspensions if one.holds(on or today)), None),
        "editions": editions,
        "today": today,
        "shown": shown,
        "groups": versions.grouped(rows),
        "pauses": reasons_of(rows),
        "policies": policies_of(shown.version, for_client=True) if shown else [],
        "suppliers_pause": any(row["pauses"].for_suppliers for row in rows),
        "cover": cover_of(shown.version) if shown else {},
        "dated": dated,
        "dates": agreed_dates(dated, min(on or today, today)),
        "states": labels.VERSION_STATES,
        "natures": labels.NATURES,
    }


def _contracts(actor: Actor) -> list[Contract]:
    """The client's contracts, for those of its people who see the whole company."""
    if actor.scope != "company":
        raise NotFound()
    found = access.visible(actor).exclude(status__in=Contract.UNPROMISED).select_related("organisation")
    return list(found.order_by("-starts_on", "-pk"))


def _chosen(known: list[Contract], asked: str) -> Contract | None:
    if not asked:
        return known[0] if known else None
    found = next((one for one in known if str(one.pk) == asked), None)
    if found is None:
        raise NotFound()
    return found
