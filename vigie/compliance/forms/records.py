"""Shape of what is typed about outages, maintenance, deliveries and readings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vigie.catalog.models import Service
from vigie.compliance.models import Delivery, Maintenance, Outage, Reading
from vigie.contracts.forms import date_field
from vigie.toolkit.forms import RecordForm, choose_from


def instant_field(**more: Any) -> forms.DateTimeField:
    """An instant in the reader's zone, by the browser's own picker."""
    widget = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(widget=widget, **more)


class OnServiceForm(RecordForm):
    """About one service of the client."""

    service = forms.ModelChoiceField(Service.objects.none(), label=_("Service"))

    def __init__(self, *args: Any, services: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "service", services)


class OutageForm(OnServiceForm):
    """When a service was lost, and how much of it."""

    starts_at = instant_field(
        label=_("Start"),
        help_text=_("In your time zone: the first sign of it, by monitoring or the first ticket."),
    )
    ends_at = instant_field(
        label=_("End"), required=False, help_text=_("When the service was restored, not when a ticket was closed. Empty: it lasts.")
    )  # fmt: skip
    reference = forms.CharField(
        label=_("Ticket"), required=False, max_length=30, help_text=_("Its reference.")
    )

    class Meta:
        model = Outage
        fields = ("service", "title", "starts_at", "ends_at", "weight", "users", "source")


class MaintenanceForm(OnServiceForm):
    """Work announced on a service."""

    announced_at = instant_field(
        label=_("Announced on"), help_text=_("In your time zone: when the client was told.")
    )
    starts_at = instant_field(label=_("Start"))
    ends_at = instant_field(label=_("Announced end"))
    finished_at = instant_field(
        label=_("Real end"), required=False, help_text=_("Empty: as announced. What goes beyond the announced end is downtime.")
    )  # fmt: skip

    class Meta:
        model = Maintenance
        fields = ("service", "title", "announced_at", "starts_at", "ends_at", "finished_at")


class DeliveryForm(RecordForm):
    """Something due on a day."""

    agreed_on = date_field(label=_("Agreed for"))
    delivered_on = date_field(label=_("Delivered on"), required=False, help_text=_("Empty: not yet."))

    class Meta:
        model = Delivery
        fields = ("title", "value", "agreed_on", "delivered_on")
        help_texts = {"value": _("What lateness is counted on, in base prices.")}


class SatisfactionForm(RecordForm):
    """Answers of a month, and where they come from."""

    answers = forms.IntegerField(label=_("Answers"), min_value=0)
    satisfied = forms.IntegerField(label=_("Of which satisfied"), min_value=0)

    class Meta:
        model = Reading
        fields = ("answers", "satisfied", "source")
        help_texts = {"source": _("Which survey, who read it. The client reads it too.")}


class ReportForm(RecordForm):
    """The day on which the report of a month was delivered."""

    delivered_on = date_field(label=_("Delivered on"))

    class Meta:
        model = Reading
        fields = ("delivered_on", "source")
        help_texts = {"source": _("How it was delivered: mail, portal, meeting. The client reads it too.")}


class WithdrawForm(forms.Form):
    """Why a record counts no more."""

    reason = forms.CharField(label=_("Withdrawn because"), max_length=500)
