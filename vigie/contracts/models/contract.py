"""Contracts, their versions, what each version promises and whom it covers."""

from __future__ import annotations

import datetime as dt

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.catalog.models import Category, Service
from vigie.contracts.models.calendars import Calendar
from vigie.contracts.rules.renewal import last_day, runs_until
from vigie.tenancy.models import Entity, Organisation, Site


class Contract(models.Model):
    """An agreement with a client, from a date to a date. What it promises is in its versions."""

    class Status(models.TextChoices):
        """``draft``, ``negotiation``: promises nothing. ``signed``: its first version stands, its start is to come.
        ``suspended``: promises nothing to new tickets. ``notice_given``: ends on its end, whatever its renewal.
        ``given_up``: never was in force, and is kept for whoever asks.
        """

        DRAFT = "draft", _("Draft")
        NEGOTIATION = "negotiation", _("In negotiation")
        SIGNED = "signed", _("Signed")
        ACTIVE = "active", _("In force")
        SUSPENDED = "suspended", _("Suspended")
        NOTICE_GIVEN = "notice_given", _("Notice given")
        ENDED = "ended", _("Ended")
        GIVEN_UP = "given_up", _("Given up")

    class Renewal(models.TextChoices):
        TACIT = "tacit", p("renewal", "Tacit")
        EXPRESS = "express", p("renewal", "Express")

    class Nature(models.TextChoices):
        EXTERNAL = "external", _("Service contract")
        INTERNAL = "internal", _("Service agreement")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    reference = models.CharField(_("Reference"), max_length=40)
    name_fr = models.CharField(_("Title (French)"), max_length=160)
    name_en = models.CharField(_("Title (English)"), max_length=160)
    nature = models.CharField(_("Nature"), max_length=10, choices=Nature, default=Nature.EXTERNAL)
    status = models.CharField(_("Status"), max_length=12, choices=Status, default=Status.DRAFT)
    starts_on = models.DateField(_("Starts on"))
    ends_on = models.DateField(_("Ends on"), null=True, blank=True)
    notice_months = models.PositiveSmallIntegerField(_("Notice (months)"), default=0)
    renewal = models.CharField(_("Renewal"), max_length=8, choices=Renewal, default=Renewal.EXPRESS)
    renewal_months = models.PositiveSmallIntegerField(_("Renewed for (months)"), default=12)
    notice_on = models.DateField(_("Date of the notice"), null=True, blank=True)
    notice_reference = models.CharField(_("Reference of the letter"), max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "id"], name="contract_held"),
            models.UniqueConstraint(fields=["organisation", "reference"], name="contract_reference"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=models.F("starts_on")),
                name="contract_ends_after_start",
                violation_error_message=_("A contract ends after its start."),
            ),
            models.CheckConstraint(
                condition=Q(renewal_months__gt=0),
                name="contract_renewed_for_some_time",
                violation_error_message=_("A contract is renewed for one month at least."),
            ),
        ]

    UNPROMISED = (Status.DRAFT, Status.NEGOTIATION, Status.GIVEN_UP)

    @property
    def last_day(self) -> dt.date | None:
        """The last day on which it runs."""
        return last_day(self.ends_on)

    @property
    def promises_until(self) -> dt.date | None:
        """The first day without its promises; a tacit renewal has none until notice is given."""
        told = self.status in (self.Status.NOTICE_GIVEN, self.Status.ENDED)
        return runs_until(self.ends_on, tacit=self.renewal == self.Renewal.TACIT, notice_given=told)

    def __str__(self) -> str:
        return self.reference


class ContractVersion(models.Model):
    """The text of a contract from a day on: the first one, then one for each amendment.

    A version is in force from ``effective_on`` until the next one is: no two can overlap. Once put in force, neither
    it nor what belongs to it ever changes (triggers); a draft is edited freely, and a contract has one at most.

    Policies say what happens in the course of a ticket where its commitment does not say otherwise. ``pauses`` overrides
    the default matrix by column: ``{"resolution": {"supplier": true}, "update": {…}}``. Delays are business days; empty
    = those of the ticket's workflow.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_FORCE = "in_force", _("In force")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="versions", db_constraint=False)
    number = models.PositiveSmallIntegerField(_("Number"))
    state = models.CharField(_("State"), max_length=8, choices=State, default=State.DRAFT)
    effective_on = models.DateField(_("In force from"))
    changes = models.CharField(_("What changes"), max_length=500, blank=True)
    signed_on = models.DateField(_("Signed on"), null=True, blank=True)
    created_at = models.DateTimeField()
    on_priority_change = models.CharField(_("When the priority changes"), max_length=30, default="carry_over")
    on_reopen = models.CharField(_("When the ticket is reopened"), max_length=12, default="resume")
    pauses = models.JSONField(default=dict, blank=True)
    reopen_days = models.PositiveSmallIntegerField(_("Reopening possible for"), null=True, blank=True)
    close_days = models.PositiveSmallIntegerField(_("Closed by itself after"), null=True, blank=True)
    silence_days = ArrayField(
        models.PositiveSmallIntegerField(), default=list, blank=True, verbose_name=_("Reminders")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "id"], name="contract_version_held"),
            models.UniqueConstraint(fields=["contract", "number"], name="contract_version_number"),
            models.UniqueConstraint(
                fields=["contract", "effective_on"],
                condition=Q(state="in_force"),
                name="contract_version_once_a_day",
            ),
            models.UniqueConstraint(
                fields=["contract"], condition=Q(state="draft"), name="contract_version_one_draft"
            ),
        ]

    def __str__(self) -> str:
        return str(self.number)


class Commitment(models.Model):
    """One promise of a version: a target for a kind of clock, within an optional scope.

    An empty scope column matches everything; the most specific row wins (``contracts.rules.targets``). ``line`` is its
    number in the contract: the same promise keeps it from version to version. Where ``on_priority_change`` and
    ``on_reopen`` are empty the version says; ``pauses`` overrides the reasons of the version: ``{"supplier": true}``.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    version = models.ForeignKey(
        ContractVersion, models.PROTECT, related_name="commitments", db_constraint=False
    )
    line = models.PositiveSmallIntegerField(_("Line"))
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
    on_priority_change = models.CharField(max_length=30, blank=True, default="")
    on_reopen = models.CharField(max_length=12, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "line"], name="commitment_line"),
            models.CheckConstraint(
                condition=(
                    Q(target_seconds__gt=0, target_days__isnull=True)
                    | Q(target_seconds__isnull=True, target_days__gt=0)
                ),
                name="commitment_one_target",
                violation_error_message=_("Give a target in hours or in business days, not both."),
            ),
        ]
        indexes = [models.Index(fields=["organisation", "version"], name="commitment_version")]


class Covered(models.Model):
    """A service, a site or a group of people that a version covers.

    A version with no row of a sort covers all of that sort; with some, only tickets about those (an entity with what is
    under it) get its promises.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    version = models.ForeignKey(ContractVersion, models.PROTECT, related_name="cover", db_constraint=False)
    service = models.ForeignKey(Service, models.PROTECT, null=True, blank=True, verbose_name=_("Service"))
    site = models.ForeignKey(
        Site, models.PROTECT, null=True, blank=True, db_constraint=False, verbose_name=_("Site")
    )
    entity = models.ForeignKey(
        Entity, models.PROTECT, null=True, blank=True, db_constraint=False, verbose_name=_("Entity")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "service", "site", "entity"], nulls_distinct=False, name="covered_once"
            ),
            models.CheckConstraint(
                condition=(
                    Q(service__isnull=False, site__isnull=True, entity__isnull=True)
                    | Q(service__isnull=True, site__isnull=False, entity__isnull=True)
                    | Q(service__isnull=True, site__isnull=True, entity__isnull=False)
                ),
                name="covered_one_thing",
            ),
        ]
