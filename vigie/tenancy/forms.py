"""Shape of what is typed about clients."""

from __future__ import annotations

from typing import Any

from babel import Locale
from django import forms
from django.utils.translation import gettext_lazy as _

from vigie.tenancy.models import Entity, Organisation, Site
from vigie.toolkit.forms import RecordForm, choose_from, zone_field
from vigie.toolkit.jinja import locale
from vigie.toolkit.ordering import by_name

IDENTITY = ("name", "code", "legal_name", "nature", "status", "confidentiality")
NO_COUNTRY = frozenset({"EU", "EZ", "UN", "ZZ", "XA", "XB"})
HABITS = ("language", "timezone", "currency", "fiscal_year_start")


class ClientForm(RecordForm):
    """A client's identity, habits and colours."""

    timezone = zone_field(label=_("Reporting time zone"), initial="Europe/Paris")
    currency = forms.RegexField(r"^[A-Z]{3}$", label=_("Currency"), initial="EUR", max_length=3)
    accent = forms.CharField(
        label=_("Accent colour"), widget=forms.TextInput({"type": "color"}), initial="#2b5c8a"
    )
    logo = forms.FileField(
        label=_("Logo"), required=False, help_text=_("PNG or JPEG, at most 200 kB."),
        widget=forms.FileInput({"accept": "image/png,image/jpeg"}),
    )  # fmt: skip
    drop_logo = forms.BooleanField(label=_("Remove the present logo"), required=False)

    class Meta:
        model = Organisation
        fields = (*IDENTITY, *HABITS, "accent")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = _(
            "Two to eight capital letters or digits; it starts every ticket reference."
        )
        self.fields["fiscal_year_start"].widget = forms.NumberInput({"min": 1, "max": 12})


class SiteForm(RecordForm):
    """A place of a client."""

    timezone = zone_field(label=_("Time zone"), initial="Europe/Paris")
    country = forms.ChoiceField(label=_("Country"), initial="FR")

    class Meta:
        model = Site
        fields = (
            "name",
            "entity",
            "timezone",
            "country",
            "subdivision",
            "address",
            "access_notes",
            "is_active",
        )
        widgets = {"address": forms.Textarea({"rows": 3}), "access_notes": forms.Textarea({"rows": 3})}

    def __init__(self, *args: Any, organisation_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(
            self, "entity", Entity.objects.filter(organisation_id=organisation_id).order_by(by_name("name"))
        )
        self.fields["country"].choices = countries()  # type: ignore[attr-defined]


class EntityForm(RecordForm):
    """A node of a client's tree."""

    class Meta:
        model = Entity
        fields = ("name", "parent", "cost_centre")

    def __init__(self, *args: Any, organisation_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(
            self, "parent", Entity.objects.filter(organisation_id=organisation_id).order_by(by_name("name"))
        )


def countries() -> list[tuple[str, str]]:
    """Countries by name in the reader's language."""
    names = Locale.parse(locale()).territories
    listed = [(code, name) for code, name in names.items() if len(code) == 2 and code.isalpha()]
    listed = [pair for pair in listed if pair[0] not in NO_COUNTRY]
    return sorted(listed, key=lambda pair: pair[1])
