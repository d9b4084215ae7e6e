"""Sentences of this area, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from vigie.toolkit import refusals

refusals.register(
    {
        "demo.not_empty": _(
            "This database already holds other data: the demonstration is loaded into an empty one only."
        ),
    }
)
