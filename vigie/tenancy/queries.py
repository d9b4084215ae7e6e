"""Reads of clients."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce

from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tenancy import access
from vigie.tenancy.models import Organisation, Site
from vigie.toolkit.files import SNIFFED_BYTES, sniff
from vigie.toolkit.letters import holding
from vigie.toolkit.ordering import by_name
from vigie.toolkit.paging import Order, Page, page_of

BY_NAME = Order(("name_key", "id"))
LISTED = (
    "id",
    "code",
    "name",
    "legal_name",
    "status",
    "nature",
    "confidentiality",
    "language",
    "timezone",
    "accent",
    "sites",
)


def clients_page(
    actor: Actor, *, search: str = "", status: str = "", cursor: str | None = None, size: int = 50
) -> Page:
    """Clients in sight by name, narrowed by words and by status."""
    clients = access.visible(actor)
    if wanted := holding(search, "name", "code", "legal_name"):
        clients = clients.filter(wanted)
    if status in Organisation.Status.values:
        clients = clients.filter(status=status)
    per_client = Site.objects.filter(organisation_id=OuterRef("pk"), is_active=True).order_by()
    counted = per_client.values("organisation_id").annotate(n=Count("pk")).values("n")
    clients = clients.annotate(
        name_key=by_name("name"), sites=Coalesce(Subquery(counted, output_field=IntegerField()), 0)
    )
    return page_of(clients, BY_NAME, fields=LISTED, size=size, cursor=cursor)


def counts_by_status(actor: Actor) -> dict[str, int]:
    """How many clients in sight are in each status."""
    rows = access.visible(actor).order_by().values_list("status").annotate(n=Count("pk"))
    return dict(rows)


def logo_of(actor: Actor, organisation_id: int) -> tuple[bytes, str]:
    """The client's logo and its media type, or :class:`NotFound`."""
    row = access.visible(actor).filter(pk=organisation_id).values_list("logo", flat=True).first()
    if not row:
        raise NotFound()
    data = bytes(row)
    return data, sniff(data[:SNIFFED_BYTES], "logo")


def entity_tree(actor: Actor, organisation_id: int) -> list[dict[str, Any]]:
    """The client's entities in tree order, each with its ``depth``."""
    rows = list(
        access.visible_entities(actor)
        .filter(organisation_id=organisation_id)
        .order_by(by_name("name"), "pk")
        .values("id", "parent_id", "name", "cost_centre")
    )
    below: dict[int | None, list[dict[str, Any]]] = {}
    for row in rows:
        below.setdefault(row["parent_id"], []).append({**row})
    ordered: list[dict[str, Any]] = []
    waiting = [(0, row) for row in reversed(below.get(None, []))]
    while waiting:
        depth, row = waiting.pop()
        ordered.append({**row, "depth": depth})
        waiting.extend((depth + 1, child) for child in reversed(below.get(row["id"], [])))
    return ordered


def sites_of(actor: Actor, organisation_id: int, *, now: dt.datetime) -> list[dict[str, Any]]:
    """The client's sites, those in use first, each with its ``local`` time."""
    rows = (
        access.visible_sites(actor)
        .filter(organisation_id=organisation_id)
        .order_by("-is_active", by_name("name"))
        .values(
            "id",
            "name",
            "timezone",
            "country",
            "subdivision",
            "address",
            "access_notes",
            "is_active",
            "entity_id",
        )
    )
    return [
        {**row, "local": now.astimezone(zoneinfo.ZoneInfo(row["timezone"])).strftime("%H:%M")} for row in rows
    ]
