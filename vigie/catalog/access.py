"""The one door to services, categories and subscriptions."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from vigie.catalog.models import Category, Service, Subscription
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tenancy.access import in_sight
from vigie.tenancy.walls import Client, Shared, TableClass

GRANTS = ("catalog:view", "catalog:manage")

TABLES: dict[str, TableClass] = {
    "catalog_service": Shared("the catalogue is what is offered"),
    "catalog_category": Shared("users pick a category"),
    "catalog_subscription": Client(),
}


def visible(actor: Actor) -> QuerySet[Service]:
    """Services in sight: all for the provider, the subscribed ones for a client."""
    services = Service.objects.filter(is_active=True)
    if actor.is_provider:
        return services
    subscribed = visible_subscriptions(actor).filter(service_id=OuterRef("pk"), is_active=True)
    return services.filter(Exists(subscribed))


def visible_subscriptions(actor: Actor) -> QuerySet[Subscription]:
    return in_sight(actor, Subscription.objects.all())


def visible_categories(actor: Actor) -> QuerySet[Category]:
    categories = Category.objects.filter(is_active=True)
    return categories if actor.is_provider else categories.filter(is_public=True)


def one(actor: Actor, service_id: int) -> Service:
    found = visible(actor).filter(pk=service_id).first()
    if found is None:
        raise NotFound()
    return found
