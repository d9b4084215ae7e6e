"""Shape of what is typed about contracts and their commitments."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.forms.models import model_to_dict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.catalog.forms import Placed
from vigie.catalog.models import Category, Service
from vigie.contracts import labels
from vigie.contracts.forms.fields import ANY, PRIORITIES, PromiseForm, date_field
from vigie.contracts.models import Calendar, Commitment, Contract, ContractVersion
from vigie.contracts.rules.policies import pause_reasons
from vigie.contracts.rules.promise import ClockKind
from vigie.tenancy.models import Organisation, Site
from vigie.toolkit.forms import RecordForm, choose_from
from vigie.toolkit.ordering import by_name
from vigie.workflow.labels import TYPES

AS_THE_CONTRACT = [("", _("As the contract says"))]


class ContractForm(RecordForm):
    """A contract's titles and period."""

    organisation = forms.ModelChoiceField(Organisation.objects.none(), label=_("Client"))
    starts_on = date_field(label=_("Starts on"))
    ends_on = date_field(
        label=_("Last day"), required=False, help_text=_("The last day on which it runs. Empty: no end.")
    )

    class Meta:
        model = Contract
        fields = (
            "organisation",
            "reference",
            "name_fr",
            "name_en",
            "nature",
            "starts_on",
            "ends_on",
            "notice_months",
            "renewal",
            "renewal_months",
        )

    def __init__(self, *args: Any, clients: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "organisation", clients)

    def clean_ends_on(self) -> dt.date | None:
        """The first day without it, from the last day that people read and type."""
        day: dt.date | None = self.cleaned_data["ends_on"]
        if day == dt.date.max:
            raise forms.ValidationError(_("This date is too far away."))
        return day + dt.timedelta(days=1) if day else None


def contract_initial(contract: Contract) -> dict[str, Any]:
    """A contract as its form shows it."""
    return {**model_to_dict(contract), "ends_on": contract.last_day}


class CommitmentForm(PromiseForm):
    """One promise: for which tickets, what, measured how."""

    kind = forms.ChoiceField(
        label=_("Clock"),
        choices=[(k, labels.KINDS[k]) for k in ("response", "resolution", "update", "reply")],
    )
    ticket_type = forms.ChoiceField(label=_("Type"), choices=[*ANY, *TYPES.items()], required=False)
    priority = forms.TypedChoiceField(
        label=_("Priority"), choices=[*ANY, *PRIORITIES], coerce=int, empty_value=None, required=False
    )
    service = forms.ModelChoiceField(
        Service.objects.none(), label=_("Service"), required=False, empty_label=_("Any")
    )
    category = Placed(Category.objects.none(), label=_("Category"), required=False, empty_label=_("Any"))
    site = forms.ModelChoiceField(Site.objects.none(), label=_("Site"), required=False, empty_label=_("Any"))
    target = forms.CharField(
        label=_("Target"),
        max_length=30,
        help_text=_("8h, 1h30, 30 min of service time, or D+2: the end of the second business day."),
    )
    calendar = forms.ModelChoiceField(Calendar.objects.none(), label=_("Calendar"))
    own_pauses = forms.TypedChoiceField(
        label=_("What suspends this clock"), coerce=lambda value: value == "own", widget=forms.RadioSelect, initial="standard",
        choices=[("standard", _("The reasons of the contract")),
                 ("own", _("Exactly the reasons ticked"))],
        help_text=_("The response clock is never suspended."),
    )  # fmt: skip
    paused_by = forms.MultipleChoiceField(
        label=_("Suspended by"),
        choices=[*labels.PAUSES.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    thresholds = forms.CharField(
        label=_("Warnings (%)"),
        max_length=60,
        required=False,
        help_text=_(
            "Shares of the target at which people are warned: 50, 75, 90, 100. Empty: the usual ones."
        ),
    )
    on_priority_change = forms.ChoiceField(
        label=_("When the priority changes"),
        choices=[*AS_THE_CONTRACT, *labels.PRIORITY_CHANGES.items()],
        required=False,
    )
    on_reopen = forms.ChoiceField(
        label=_("When the ticket is reopened"),
        choices=[*AS_THE_CONTRACT, *labels.REOPENINGS.items()],
        required=False,
    )

    class Meta:
        model = Commitment
        fields = (
            "kind",
            "ticket_type",
            "priority",
            "service",
            "category",
            "site",
            "vip_only",
            "calendar",
            "follow_site",
            "on_priority_change",
            "on_reopen",
        )

    def __init__(self, *args: Any, draft: ContractVersion, calendars: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._draft, organisation_id = draft, draft.organisation_id
        choices: dict[str, Any] = {
            "service": Service.objects.filter(is_active=True).order_by("criticality", "code"),
            "category": Category.objects.filter(is_active=True).order_by("path"),
            "site": Site.objects.filter(organisation_id=organisation_id).order_by(by_name("name")),
            "calendar": calendars,
        }
        for name, rows in choices.items():
            choose_from(self, name, rows)

    def values(self) -> dict[str, Any]:
        """The columns of the commitment; of the pauses, only what differs from the contract's."""
        data = dict(self.cleaned_data)
        kind, own, ticked = data["kind"], data.pop("own_pauses"), set(data.pop("paused_by"))
        usual = pause_reasons(ClockKind(kind), self._draft.pauses, {})
        changed = (
            {code: code in ticked for code in labels.PAUSES if (code in ticked) != (code in usual)}
            if own
            else {}
        )
        target = data.pop("target")
        return {**data, **target, "pauses": changed}


def commitment_initial(row: Commitment) -> dict[str, Any]:
    """A commitment as its form shows it."""
    names = (
        "kind",
        "ticket_type",
        "priority",
        "service",
        "category",
        "site",
        "vip_only",
        "calendar",
        "follow_site",
        "on_priority_change",
        "on_reopen",
    )
    return {
        **{name: getattr(row, f"{name}_id", None) or getattr(row, name) for name in names},
        "target": labels.target_input(row.target_seconds, row.target_days),
        "own_pauses": "own" if row.pauses else "standard",
        "paused_by": sorted(pause_reasons(ClockKind(row.kind), row.version.pauses, row.pauses)),
        "thresholds": ", ".join(map(str, row.thresholds)),
    }


class PreviewForm(forms.Form):
    """A ticket that might come."""

    type = forms.ChoiceField(label=_("Type"), choices=[*TYPES.items()], initial="incident")
    priority = forms.TypedChoiceField(label=_("Priority"), choices=PRIORITIES, coerce=int, initial=3)
    service = forms.ModelChoiceField(
        Service.objects.none(), label=_("Service"), required=False, empty_label=p("choice", "None")
    )
    category = Placed(
        Category.objects.none(), label=_("Category"), required=False, empty_label=p("choice", "None")
    )
    site = forms.ModelChoiceField(
        Site.objects.none(), label=_("Site"), required=False, empty_label=p("choice", "None")
    )
    vip = forms.BooleanField(label=_("VIP"), required=False)
    at = forms.DateTimeField(
        label=_("Opened on"), input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip

    def __init__(self, *args: Any, organisation_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "service", Service.objects.filter(is_active=True).order_by("criticality", "code"))
        choose_from(self, "category", Category.objects.filter(is_active=True).order_by("path"))
        choose_from(
            self, "site", Site.objects.filter(organisation_id=organisation_id).order_by(by_name("name"))
        )
