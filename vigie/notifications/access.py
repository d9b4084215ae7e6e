"""A notice is seen by its recipient alone."""

from __future__ import annotations

from django.db.models import QuerySet

from vigie.kernel.actor import Actor
from vigie.notifications.models import Notice
from vigie.tenancy.walls import Client, Internal, TableClass

TABLES: dict[str, TableClass] = {
    "notifications_notice": Client(write=("update",)),
    "notifications_delivery": Internal(),
}


def visible(actor: Actor) -> QuerySet[Notice]:
    notices = Notice.objects.filter(recipient_id=actor.person_id)
    if actor.is_client:
        return notices.filter(organisation_id=actor.organisation_id)
    return notices
