"""Shape of what is typed about the parties of a contract, its prices, its cover and its files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Q
from django.forms.models import model_to_dict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.accounts.access import offered_agents
from vigie.accounts.models import Agent
from vigie.catalog.models import Service
from vigie.contracts.forms.fields import date_field
from vigie.contracts.models import Contract, ContractVersion, Lot, PriceLine, Signatory
from vigie.tenancy.models import Entity, Site
from vigie.toolkit.forms import RecordForm, choose_from
from vigie.toolkit.jinja import local_name
from vigie.toolkit.ordering import by_name


class _Managed(forms.ModelChoiceField):
    """Agents by name."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.person.name)


class _Named(forms.ModelMultipleChoiceField):
    """Rows with a bilingual name, or a plain one, as boxes to tick."""

    def label_from_instance(self, obj: Any) -> str:
        return local_name(obj) or str(obj.name)


class LotForm(RecordForm):
    """A part of the scope and who answers for it."""

    manager = _Managed(Agent.objects.none(), label=_("Accountable manager"))

    class Meta:
        model = Lot
        fields = ("kind", "name_fr", "name_en", "manager")

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sees = Q(all_clients=True) | Q(clients__organisation_id=contract.organisation_id)
        agents = offered_agents(Agent.objects.filter(sees)).select_related("person").distinct()
        choose_from(self, "manager", agents.order_by(by_name("person__name")))


class SignatoryForm(RecordForm):
    """Who signs for a side, up to which amount."""

    class Meta:
        model = Signatory
        fields = ("side", "name", "title", "ceiling")

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ceiling"].help_text = _("In %(currency)s. Empty: any amount.") % {
            "currency": contract.organisation.currency
        }


class PriceForm(RecordForm):
    """A price line of the draft."""

    class Meta:
        model = PriceLine
        fields = ("label_fr", "label_en", "nature", "amount", "unit", "period")

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].help_text = _("In %(currency)s.") % {"currency": contract.organisation.currency}
        self.fields["unit"].help_text = _("Per what: user, site, hour… Empty for a fixed fee.")


class CoverForm(forms.Form):
    """Whom and what the draft covers."""

    services = _Named(
        Service.objects.none(), label=_("Services covered"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: every service."),
    )  # fmt: skip
    sites = _Named(
        Site.objects.none(), label=_("Sites covered"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: every site."),
    )  # fmt: skip
    entities = _Named(
        Entity.objects.none(), label=_("People covered"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: everybody of the client. An entity comes with what is under it."),
    )  # fmt: skip

    def __init__(self, *args: Any, organisation_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = {
            "services": Service.objects.filter(is_active=True).order_by("criticality", "code"),
            "sites": Site.objects.filter(organisation_id=organisation_id).order_by(by_name("name")),
            "entities": Entity.objects.filter(organisation_id=organisation_id).order_by(by_name("name")),
        }
        for name, found in rows.items():
            field = self.fields[name]
            assert isinstance(field, forms.ModelMultipleChoiceField)
            field.queryset = found


class FileForm(forms.Form):
    """A document to attach."""

    file = forms.FileField(label=_("Document"))


class NoticeForm(forms.Form):
    """The day of a notice, and what proves it."""

    moving = ("notice_on",)  # proposed as today, whatever the day

    notice_on = date_field(
        label=_("Date of the notice"), help_text=_("The day of the letter: the notice is counted from it.")
    )
    notice_reference = forms.CharField(
        label=_("Reference of the letter"), required=False, max_length=120,
        help_text=_("Number of the registered letter, subject of the e-mail…"),
    )  # fmt: skip
    file = forms.FileField(
        label=_("Letter"), required=False, help_text=_("Kept among the documents of the contract.")
    )


class SuspensionForm(forms.Form):
    """Why a contract is suspended."""

    reason = forms.CharField(label=_("Reason"), max_length=300)


PART_FORMS: Mapping[str, Any] = {"lots": LotForm, "signatories": SignatoryForm, "prices": PriceForm}
PART_TITLES = {
    "lots": (p("part", "New lot"), p("part", "Edit the lot")),
    "signatories": (p("part", "New signatory"), p("part", "Edit the signatory")),
    "prices": (p("part", "New price line"), p("part", "Edit the price line")),
}


def part_initial(row: Lot | Signatory | PriceLine) -> dict[str, Any]:
    """A part as its form shows it."""
    return model_to_dict(row)


def cover_initial(version: ContractVersion) -> dict[str, Any]:
    """The cover of a version as its form shows it."""
    rows = list(version.cover.values_list("service_id", "site_id", "entity_id"))
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    names = ("services", "sites", "entities")
    return {name: [pk for pk in ids if pk is not None] for name, ids in zip(names, columns, strict=True)}
