"""What is measured without being a ticket: outages, planned maintenance, deliveries, readings of a month."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.accounts.models import Person
from vigie.catalog.models import Service
from vigie.contracts.models import Contract
from vigie.tenancy.models import Organisation
from vigie.tickets.models import Ticket

NOT_NEGATIVE = (MinValueValidator(0),)
SHARE = (MinValueValidator(1), MaxValueValidator(100))


class Outage(models.Model):
    """A service was lost for a client, wholly or in part, from the first sign of it until it was restored.

    ``weight`` is the percent of the service that was lost; ``users`` how many were without it, where that is counted.
    ``ends_at`` empty: it still lasts.
    """

    class Source(models.TextChoices):
        MONITORING = "monitoring", _("Monitoring")
        TICKET = "ticket", _("First ticket")
        PERSON = "person", _("Noted by a person")

    organisation = models.ForeignKey(Organisation, models.PROTECT, verbose_name=_("Client"))
    service = models.ForeignKey(Service, models.PROTECT, related_name="+", verbose_name=_("Service"))
    title = models.CharField(_("What happened"), max_length=200)
    starts_at = models.DateTimeField(_("Start"))
    ends_at = models.DateTimeField(_("End"), null=True, blank=True)
    weight = models.PositiveSmallIntegerField(
        _("Share of the service lost (%)"), default=100, validators=SHARE
    )
    users = models.PositiveIntegerField(_("Users affected"), null=True, blank=True)
    source = models.CharField(_("Known by"), max_length=10, choices=Source, default=Source.MONITORING)
    ticket = models.ForeignKey(
        Ticket,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        verbose_name=_("Ticket"),
    )
    cancelled_for = models.CharField(_("Withdrawn because"), max_length=500, blank=True)
    recorded_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "id"], name="outage_held"),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="outage_ends_after_start",
                violation_error_message=_("It ends after its start."),
            ),
            models.CheckConstraint(condition=Q(weight__range=(1, 100)), name="outage_weight"),
        ]
        indexes = [models.Index(fields=["organisation", "starts_at", "id"], name="outage_by_start")]


class Maintenance(models.Model):
    """Work announced to a client on a service. ``finished_at`` is when it really ended: past ``ends_at`` it is downtime."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, verbose_name=_("Client"))
    service = models.ForeignKey(Service, models.PROTECT, related_name="+", verbose_name=_("Service"))
    title = models.CharField(_("What is done"), max_length=200)
    announced_at = models.DateTimeField(_("Announced on"))
    starts_at = models.DateTimeField(_("Start"))
    ends_at = models.DateTimeField(_("Announced end"))
    finished_at = models.DateTimeField(_("Real end"), null=True, blank=True)
    cancelled_for = models.CharField(_("Withdrawn because"), max_length=500, blank=True)
    recorded_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "id"], name="maintenance_held"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at"))
                & (Q(finished_at=None) | Q(finished_at__gt=F("starts_at"))),
                name="maintenance_ends_after_start",
                violation_error_message=_("It ends after its start."),
            ),
        ]
        indexes = [models.Index(fields=["organisation", "starts_at", "id"], name="maintenance_by_start")]


class Delivery(models.Model):
    """Something a contract promised for a day. ``value`` (before tax, base prices) is what lateness is counted on."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="+", db_constraint=False)
    title = models.CharField(_("What is delivered"), max_length=200)
    value = models.DecimalField(
        _("Value, before tax"), max_digits=12, decimal_places=2, default=0, validators=NOT_NEGATIVE
    )
    agreed_on = models.DateField(_("Agreed for"))
    delivered_on = models.DateField(_("Delivered on"), null=True, blank=True)
    cancelled_for = models.CharField(_("Withdrawn because"), max_length=500, blank=True)
    recorded_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "id"], name="delivery_held")]
        indexes = [models.Index(fields=["contract", "agreed_on", "id"], name="delivery_by_day")]


class Reading(models.Model):
    """What somebody read for a month: answers to a satisfaction survey, or the day on which the report was delivered.

    ``source`` says where it was read. Whole for a contract, or of one service.
    """

    class Kind(models.TextChoices):
        SATISFACTION = "satisfaction", p("reading", "Satisfaction")
        REPORT = "report", p("reading", "Report")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="+", db_constraint=False)
    kind = models.CharField(max_length=12, choices=Kind)
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Service")
    )
    month = models.DateField()
    answers = models.PositiveIntegerField(_("Answers"), null=True, blank=True)
    satisfied = models.PositiveIntegerField(_("Of which satisfied"), null=True, blank=True)
    delivered_on = models.DateField(_("Delivered on"), null=True, blank=True)
    source = models.CharField(_("Source"), max_length=200)
    recorded_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "kind", "service", "month"], name="reading_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(kind="report", delivered_on__isnull=False, answers=None, satisfied=None)
                | Q(kind="satisfaction", delivered_on=None, satisfied__lte=F("answers")),
                name="reading_of_its_kind",
                violation_error_message=_("No more satisfied than answers."),
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="reading_by_months"),
        ]
