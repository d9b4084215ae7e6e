"""Sentences and names of this area, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from vigie.toolkit import refusals

refusals.register(
    {
        "rota.rotation_of_nobody": _("Name at least one person: a rotation of nobody calls nobody."),
    }
)
