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


def all_services(actor: Actor) -> QuerySet[Service]:
    """Every service, in use or not: for those who keep the catalogue."""
    return Service.objects.all() if actor.is_provider else visible(actor)


def all_categories(actor: Actor) -> QuerySet[Category]:
    """Every category, in use or not: for those who keep the catalogue."""
    return Category.objects.all() if actor.is_provider else visible_categories(actor)


def one_of_all(actor: Actor, service_id: int) -> Service:
    """The service with this id, in use or not, or :class:`NotFound`."""
    found = all_services(actor).filter(pk=service_id).first()
    if found is None:
        raise NotFound()
    return found


def one_category(actor: Actor, category_id: int) -> Category:
    """The category with this id, in use or not, or :class:`NotFound`."""
    found = all_categories(actor).filter(pk=category_id).first()
    if found is None:
        raise NotFound()
    return found


def one_subscription(actor: Actor, organisation_id: int, subscription_id: int) -> Subscription:
    """The subscription of this client with this id, or :class:`NotFound`."""
    found = visible_subscriptions(actor).filter(organisation_id=organisation_id, pk=subscription_id).first()
    if found is None:
        raise NotFound()
    return found


def one(actor: Actor, service_id: int) -> Service:
    found = visible(actor).filter(pk=service_id).first()
    if found is None:
        raise NotFound()
    return found
