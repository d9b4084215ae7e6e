"""What a client asks for, before and after it was negotiated. Never measured as if it were agreed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.catalog.models import Service
from vigie.contracts.models.contract import Commitment, Contract
from vigie.tenancy.models import Organisation


class Requirement(models.Model):
    """One service level requirement: who asked what, when, and what came of it.

    ``wished`` is the value in the client's own words: it is discussed, never measured.
    """

    class State(models.TextChoices):
        ASKED = "asked", p("requirement", "Asked")
        NEGOTIATION = "negotiation", p("requirement", "In negotiation")
        AGREED = "agreed", p("requirement", "Agreed")
        REFUSED = "refused", p("requirement", "Refused")
        WITHDRAWN = "withdrawn", p("requirement", "Withdrawn")

    class Measure(models.TextChoices):
        RESPONSE = "response", p("clock", "Response")
        RESOLUTION = "resolution", p("clock", "Resolution")
        UPDATE = "update", p("clock", "Update")
        REPLY = "reply", p("clock", "Reply")
        RESTORE = "restore", p("clock", "Service restored")
        FULFILMENT = "fulfilment", p("clock", "Fulfilment")
        AVAILABILITY = "availability", p("measure", "Availability")
        DELIVERY = "delivery", p("measure", "Delivery on the agreed date")
        BACKLOG = "backlog", p("measure", "Age of the backlog")
        VOLUME = "volume", p("measure", "Volume")
        SATISFACTION = "satisfaction", p("measure", "Satisfaction")
        REPORT = "report", p("measure", "Report on time")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="+", db_constraint=False)
    number = models.PositiveIntegerField()
    title_fr = models.CharField(_("What is asked (French)"), max_length=200)
    title_en = models.CharField(_("What is asked (English)"), max_length=200)
    service = models.ForeignKey(Service, models.PROTECT, null=True, blank=True, verbose_name=_("Service"))
    measure = models.CharField(_("Measured by"), max_length=12, choices=Measure)
    wished = models.CharField(_("Value wished"), max_length=80)
    asked_by = models.CharField(_("Asked by"), max_length=120)
    asked_on = models.DateField(_("Asked on"))
    state = models.CharField(_("State"), max_length=12, choices=State, default=State.ASKED)
    reason = models.TextField(_("Reason"), max_length=2000, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "id"], name="requirement_held"),
            models.UniqueConstraint(fields=["contract", "number"], name="requirement_number"),
            models.CheckConstraint(
                condition=~Q(state__in=("refused", "withdrawn")) | ~Q(reason=""),
                name="requirement_reason",
                violation_error_message=_("Say why it is refused or withdrawn."),
            ),
        ]


class RequirementTrace(models.Model):
    """The commitment that an agreed requirement became."""

    requirement = models.ForeignKey(Requirement, models.CASCADE, related_name="traces")
    commitment = models.ForeignKey(Commitment, models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["requirement", "commitment"], name="requirement_trace_once")
        ]
