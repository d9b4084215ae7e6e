"""Reads of outages, maintenance and deliveries: the lists, and what a form needs."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import F, Q, QuerySet

from vigie.catalog.models import Service
from vigie.compliance import access
from vigie.contracts.models import Contract
from vigie.kernel.actor import Actor
from vigie.toolkit.jinja import local_name
from vigie.toolkit.paging import Order, Page, page_of

LATEST = Order(("-starts_at", "-id"))
OF_SERVICE = ("service_id", "title", "starts_at", "ends_at", "cancelled_for")
SHOWN_AHEAD = 20


def services_of(organisation_id: int) -> QuerySet[Service]:
    """Services that the client uses."""
    return Service.objects.filter(subscription__organisation_id=organisation_id).order_by("code")


def outages_page(actor: Actor, organisation_id: int, *, cursor: str | None = None, size: int = 50) -> Page:
    """A client's outages, latest first, with ``service`` in words and ``reference`` of their ticket."""
    rows = access.visible_outages(actor).filter(organisation_id=organisation_id)
    fields = (*OF_SERVICE, "weight", "users", "source", "ticket_id", "reference")
    page = page_of(
        rows.annotate(reference=F("ticket__reference")), LATEST, fields=fields, size=size, cursor=cursor
    )
    return _named(page)


def works_page(actor: Actor, organisation_id: int, *, cursor: str | None = None, size: int = 50) -> Page:
    """A client's planned maintenance, latest first."""
    rows = access.visible_maintenance(actor).filter(organisation_id=organisation_id)
    fields = (*OF_SERVICE, "announced_at", "finished_at")
    return _named(page_of(rows, LATEST, fields=fields, size=size, cursor=cursor))


def works_ahead(actor: Actor, organisation_id: int, *, now: dt.datetime) -> list[dict[str, Any]]:
    """Maintenance announced and not over, the next first."""
    rows = access.visible_maintenance(actor).filter(
        Q(finished_at=None) | Q(finished_at__gt=now),
        organisation_id=organisation_id,
        cancelled_for="",
        ends_at__gt=now,
    )
    found: list[dict[str, Any]] = [
        {**row} for row in rows.order_by("starts_at", "pk").values(*OF_SERVICE)[:SHOWN_AHEAD]
    ]
    return _with_service(found)


def deliveries_page(actor: Actor, contract: Contract, *, cursor: str | None = None, size: int = 50) -> Page:
    """What a contract promised for a day, the latest day first."""
    rows = access.visible_deliveries(actor).filter(contract=contract)
    fields = ("title", "value", "agreed_on", "delivered_on", "cancelled_for")
    return page_of(rows, Order(("-agreed_on", "-id")), fields=fields, size=size, cursor=cursor)


def _named(page: Page) -> Page:
    _with_service(page.rows)
    return page


def _with_service(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    services = Service.objects.in_bulk({row["service_id"] for row in rows}) if rows else {}
    for row in rows:
        row["service"] = local_name(services[row["service_id"]])
    return rows
