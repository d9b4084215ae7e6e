"""Fields that several forms share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

ANY = [("", _("Any"))]
PRIORITIES = [(n, f"P{n}") for n in range(1, 6)]


def date_field(**more: Any) -> forms.DateField:
    """A day, by the browser's own picker."""
    return forms.DateField(widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"), **more)
