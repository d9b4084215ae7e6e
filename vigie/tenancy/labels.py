"""Sentences and names of this area, in the reader's language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vigie.tenancy.models import Organisation
from vigie.toolkit import refusals

Label = str | Promise

STATUSES: dict[str, Label] = dict(Organisation.Status.choices)
NATURES: dict[str, Label] = dict(Organisation.Nature.choices)
CONFIDENTIALITIES: dict[str, Label] = dict(Organisation.Confidentiality.choices)

refusals.register(
    {
        "page.unknown_zone": _("“%(zone)s” is not a time zone. Write it as in Europe/Paris."),
        "tenancy.code_in_use": _("Tickets carry the code %(present)s: it can no longer change."),
        "tenancy.needs_full_sight": _("Only somebody who sees every client may open a new one."),
        "tenancy.logo_too_large": _("This picture is larger than %(limit)s kB."),
        "tenancy.logo_kind": _("A logo is a PNG or a JPEG picture."),
        "tenancy.entity_of_another": _("This entity belongs to another client."),
        "tenancy.entity_loop": _("An entity cannot be part of itself."),
        "tenancy.holidays_unknown": _(
            "The public holidays of %(place)s are not known: check the country and the subdivision."
        ),
    }
)
