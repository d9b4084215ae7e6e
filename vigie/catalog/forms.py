"""Shape of what is typed about the catalogue."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vigie.accounts.access import offered_teams
from vigie.accounts.models import Team
from vigie.catalog.labels import CRITICALITIES, ICONS
from vigie.catalog.models import Category, Service, Subscription
from vigie.toolkit.forms import RecordForm, choose_from
from vigie.toolkit.jinja import local_name


class Placed(forms.ModelChoiceField):
    """A category, shown under what it is part of."""

    def label_from_instance(self, obj: Any) -> str:
        indent: str = "\u2003" * obj.path.count("/")
        return indent + local_name(obj)


def teams() -> Any:
    """Teams in use that may be chosen, by support level."""
    return offered_teams(Team.objects.filter(is_active=True)).order_by("level", "code")


class ServiceForm(RecordForm):
    """A service of the catalogue."""

    criticality = forms.TypedChoiceField(
        label=_("Criticality"), coerce=int, choices=[*CRITICALITIES.items()], initial=3
    )
    icon = forms.ChoiceField(label=_("Icon"), choices=[*ICONS.items()], initial="server")
    default_team = forms.ModelChoiceField(Team.objects.none(), label=_("Default team"), required=False)

    class Meta:
        model = Service
        fields = (
            "code", "name_fr", "name_en", "description_fr", "description_en",
            "criticality", "default_team", "icon", "is_active",
        )  # fmt: skip
        widgets = {
            "description_fr": forms.Textarea({"rows": 3}),
            "description_en": forms.Textarea({"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "default_team", teams())
        self.fields["is_active"].help_text = _("Out of use: no new ticket may name it; old ones keep it.")
        self.fields["criticality"].help_text = _("It proposes the impact of a new ticket.")


class CategoryForm(RecordForm):
    """A node of the category tree."""

    parent = Placed(Category.objects.none(), label=_("Part of"), required=False)

    class Meta:
        model = Category
        fields = ("code", "parent", "name_fr", "name_en", "is_public", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "parent", Category.objects.order_by("path"))


class SubscriptionForm(RecordForm):
    """What a client uses, and who handles it."""

    service = forms.ModelChoiceField(Service.objects.none(), label=_("Service"))
    team = forms.ModelChoiceField(Team.objects.none(), label=_("Team"), required=False)

    class Meta:
        model = Subscription
        fields = ("service", "team", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "service", Service.objects.filter(is_active=True).order_by("criticality", "code"))
        choose_from(self, "team", teams())
        self.fields["team"].help_text = _("Empty: the default team of the service.")
