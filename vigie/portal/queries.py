"""What the customer shell needs of the client: its name, its colour, whether it has a logo."""

from __future__ import annotations

from typing import Any

from django.db.models.functions import Length

from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tenancy import access


def brand(actor: Actor) -> dict[str, Any]:
    """``name``, ``accent`` and ``logo_size`` (``None`` without a logo) of the actor's client."""
    found = (
        access.visible(actor)
        .filter(pk=actor.organisation_id or 0)
        .annotate(logo_size=Length("logo"))
        .values("name", "accent", "logo_size")
        .first()
    )
    if found is None:
        raise NotFound()
    return dict(found)


def logo(actor: Actor) -> bytes:
    """The client's logo, or :class:`NotFound`."""
    found = access.visible(actor).filter(pk=actor.organisation_id or 0).values_list("logo", flat=True).first()
    if not found:
        raise NotFound()
    return bytes(found)
