"""Sentences and names of this area, in the reader's language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.toolkit import refusals

Label = str | Promise

CRITICALITIES: dict[int, Label] = {
    1: p("criticality", "Critical"),
    2: p("criticality", "Important"),
    3: p("criticality", "Minor"),
}
ICONS: dict[str, Label] = {
    "server": _("Server"),
    "mail": _("Mail"),
    "device-laptop": _("Workstation"),
    "phone": _("Telephone"),
    "world": _("Network"),
    "shield": _("Security"),
    "printer": _("Printer"),
    "file-text": _("Documents"),
    "database-import": _("Data"),
    "apps": _("Applications"),
    "key": _("Access"),
    "users": _("People"),
    "headset": _("Support"),
    "tool": _("Works"),
}

refusals.register(
    {
        "catalog.too_deep": _("The tree has at most %(levels)s levels: this place is too deep."),
        "catalog.category_loop": _("A category cannot be part of itself."),
        "catalog.already_subscribed": _("This client already has this service: change its line instead."),
    }
)
