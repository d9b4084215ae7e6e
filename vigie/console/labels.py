"""Sentences of this area, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from vigie.toolkit import refusals

refusals.register(
    {
        "console.no_access": _(
            "Your account has no access any more: no client or no role is tied to it. Ask the service desk."
        ),
        "console.unknown_act": _("This action does not exist."),
    }
)
