"""Contracts and their commitments."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from vigie.catalog.models import Category, Service
from vigie.contracts.models.calendars import Calendar
from vigie.tenancy.models import Organisation, Site


class Contract(models.Model):
    """What a client was promised, from a date to a date."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("In force")
        ENDED = "ended", _("Ended")

    class Nature(models.TextChoices):
        EXTERNAL = "external", _("Service contract")
        INTERNAL = "internal", _("Service agreement")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    reference = models.CharField(_("Reference"), max_length=40)
    name_fr = models.CharField(_("Title (French)"), max_length=160)
    name_en = models.CharField(_("Title (English)"), max_length=160)
    nature = models.CharField(_("Nature"), max_length=10, choices=Nature, default=Nature.EXTERNAL)
    status = models.CharField(_("Status"), max_length=8, choices=Status, default=Status.DRAFT)
    starts_on = models.DateField(_("Starts on"))
    ends_on = models.DateField(_("Ends on"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "id"], name="contract_held"),
            models.UniqueConstraint(fields=["organisation", "reference"], name="contract_reference"),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gt=models.F("starts_on")),
                name="contract_ends_after_start",
                violation_error_message=_("A contract ends after its start."),
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class Commitment(models.Model):
    """One promise of a contract: a target for a kind of clock, within an optional scope.

    An empty scope column matches everything; the most specific row wins (``contracts.rules.targets``).
    ``pauses`` overrides the default pause matrix: ``{"supplier": true}``.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="commitments", db_constraint=False)
    kind = models.CharField(_("Clock"), max_length=12)
    ticket_type = models.CharField(_("Type"), max_length=20, blank=True)
    priority = models.PositiveSmallIntegerField(_("Priority"), null=True, blank=True)
    service = models.ForeignKey(Service, models.PROTECT, null=True, blank=True, verbose_name=_("Service"))
    category = models.ForeignKey(Category, models.PROTECT, null=True, blank=True, verbose_name=_("Category"))
    site = models.ForeignKey(
        Site, models.PROTECT, null=True, blank=True, db_constraint=False, verbose_name=_("Site")
    )
    vip_only = models.BooleanField(_("VIP only"), default=False)
    target_seconds = models.PositiveIntegerField(_("Target (s)"), null=True, blank=True)
    target_days = models.PositiveSmallIntegerField(_("Target (J+n)"), null=True, blank=True)
    calendar = models.ForeignKey(Calendar, models.PROTECT, verbose_name=_("Calendar"))
    follow_site = models.BooleanField(_("In the zone and holidays of the beneficiary's site"), default=True)
    pauses = models.JSONField(default=dict, blank=True)
    thresholds = ArrayField(
        models.PositiveSmallIntegerField(), default=list, blank=True, verbose_name=_("Warnings (%)")
    )
    on_priority_change = models.CharField(max_length=30, default="carry_over")
    on_reopen = models.CharField(max_length=12, default="resume")
    valid_from = models.DateField(_("From"))
    valid_until = models.DateField(_("Until"), null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(
                    models.Q(target_seconds__gt=0, target_days__isnull=True)
                    | models.Q(target_seconds__isnull=True, target_days__gt=0)
                ),
                name="commitment_one_target",
                violation_error_message=_("Give a target in hours or in business days, not both."),
            ),
        ]
        indexes = [models.Index(fields=["organisation", "contract"], name="commitment_contract")]
