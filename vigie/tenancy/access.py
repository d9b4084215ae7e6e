"""The one door to organisations, entities and sites."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tenancy.models import Entity, Organisation, Site
from vigie.tenancy.walls import Client, Internal, TableClass

M = TypeVar("M", bound=Model)

TABLES: dict[str, TableClass] = {
    "tenancy_organisation": Client(owner="id = any (vigie_organisations()) or kind = 'provider'"),
    "tenancy_entity": Client(),
    "tenancy_site": Client(),
    # plumbing below this layer, and the framework's own tables
    "toolkit_journalentry": Internal(),
    "toolkit_jobfailure": Internal(),
    "toolkit_searchdoc": Client(write=("insert", "update", "delete"), where="audience = 'public'"),
    "toolkit_searchword": Internal(),
    "django_content_type": Internal(),
    "django_session": Internal(),
    "procrastinate_jobs": Internal(),
    "procrastinate_events": Internal(),
    "procrastinate_periodic_defers": Internal(),
    "procrastinate_workers": Internal(),
    "django_migrations": Internal(),
}

GRANTS = ("clients:view", "clients:manage")


def in_sight(actor: Actor, queryset: QuerySet[M], column: str = "organisation_id") -> QuerySet[M]:
    """Narrow any client-owned queryset to the organisations the actor may see."""
    if actor.organisations is None:
        return queryset
    return queryset.filter(Q(**{f"{column}__any_of": sorted(actor.organisations)}))


def visible(actor: Actor) -> QuerySet[Organisation]:
    """Clients in sight (the provider's own organisation is not a client)."""
    return in_sight(actor, Organisation.objects.filter(kind=Organisation.Kind.CLIENT), "id")


def one(actor: Actor, organisation_id: int) -> Organisation:
    """The client with this id, or :class:`NotFound`."""
    found = visible(actor).filter(id=organisation_id).first()
    if found is None:
        raise NotFound()
    return found


def visible_sites(actor: Actor) -> QuerySet[Site]:
    return in_sight(actor, Site.objects.all())


def visible_entities(actor: Actor) -> QuerySet[Entity]:
    return in_sight(actor, Entity.objects.all())
