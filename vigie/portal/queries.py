"""What the customer shell needs of the client: its name, its colour, whether it has a logo."""

from __future__ import annotations

from typing import Any

from django.db.models.functions import Length

from vigie.catalog import access as catalog_access
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tenancy import access
from vigie.toolkit.written import CUSTOMER, Written, kept, of, rows_of, written


def brand(actor: Actor) -> dict[str, Any]:
    """``name``, ``accent`` and ``logo_size`` (``None`` without a logo) of the actor's client."""
    found = rows_of(_brand_statement(), of(actor))
    if not found:
        raise NotFound()
    return found[0]


@kept
def _brand_statement() -> Written | None:
    client = access.visible(CUSTOMER).filter(pk=CUSTOMER.organisation_id or 0)
    return written(client.annotate(logo_size=Length("logo")).values("name", "accent", "logo_size"))


def services(actor: Actor) -> list[dict[str, Any]]:
    """What the actor's client is subscribed to, the most critical first."""
    return rows_of(_services_statement(), of(actor))


@kept
def _services_statement() -> Written | None:
    subscribed = catalog_access.visible(CUSTOMER).order_by("criticality", "id")
    return written(subscribed.values("id", "name_fr", "name_en", "icon"))


def logo(actor: Actor) -> bytes:
    """The client's logo, or :class:`NotFound`."""
    found = access.visible(actor).filter(pk=actor.organisation_id or 0).values_list("logo", flat=True).first()
    if not found:
        raise NotFound()
    return bytes(found)
