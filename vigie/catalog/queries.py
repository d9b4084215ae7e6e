"""Reads of the catalogue."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce

from vigie.catalog import access
from vigie.kernel.actor import Actor
from vigie.toolkit.letters import holding
from vigie.toolkit.ordering import by_name
from vigie.toolkit.paging import Order, Page, page_of

BY_CODE = Order(("criticality", "code"))
SERVICE_FIELDS = (
    "id", "code", "name_fr", "name_en", "criticality", "icon", "is_active", "clients",
    "default_team__name_fr", "default_team__name_en",
)  # fmt: skip


def services_page(
    actor: Actor, *, search: str = "", unused: bool = False, cursor: str | None = None, size: int = 50
) -> Page:
    """Services, the critical ones first, each with the number of clients in sight that use it."""
    services = access.all_services(actor).filter(is_active=not unused)
    if wanted := holding(search, "name_fr", "name_en", "code"):
        services = services.filter(wanted)
    used = access.visible_subscriptions(actor).filter(service_id=OuterRef("pk"), is_active=True).order_by()
    counted = used.values("service_id").annotate(n=Count("pk")).values("n")
    services = services.annotate(clients=Coalesce(Subquery(counted, output_field=IntegerField()), 0))
    return page_of(services, BY_CODE, fields=SERVICE_FIELDS, size=size, cursor=cursor)


def clients_of(actor: Actor, service_id: int) -> list[dict[str, Any]]:
    """Clients in sight that use a service, by name."""
    rows = access.visible_subscriptions(actor).filter(service_id=service_id, is_active=True)
    rows = rows.order_by(by_name("organisation__name"))
    names = (
        "id",
        "organisation_id",
        "organisation__name",
        "organisation__code",
        "team__name_fr",
        "team__name_en",
    )
    return list(rows.values(*names)[:200])


def services_of(actor: Actor, organisation_id: int) -> list[dict[str, Any]]:
    """What a client subscribes to, those in use first, with the team that handles each."""
    rows = access.visible_subscriptions(actor).filter(organisation_id=organisation_id)
    found = (
        rows.order_by("-is_active", "service__criticality", "service__code").values(
            "id", "is_active", "service_id", "service__name_fr", "service__name_en", "service__criticality",
            "service__icon", "team__name_fr", "team__name_en",
            "service__default_team__name_fr", "service__default_team__name_en",
        )
    )  # fmt: skip
    return [{**row} for row in found]


def category_tree(actor: Actor) -> list[dict[str, Any]]:
    """Every category in tree order, each with its ``depth``."""
    rows = access.all_categories(actor).values(
        "id", "code", "name_fr", "name_en", "path", "is_public", "is_active", "parent_id"
    )
    ordered = sorted(rows, key=lambda row: row["path"].split("/"))
    return [{**row, "depth": row["path"].count("/")} for row in ordered]
