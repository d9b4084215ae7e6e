"""What stands behind a promise to a client: suppliers, their contracts, and what teams promise each other."""

from __future__ import annotations

import datetime as dt

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.accounts.models import Team
from vigie.catalog.models import Service
from vigie.contracts.models.calendars import Calendar
from vigie.contracts.rules.renewal import last_day


class Supplier(models.Model):
    """A company that the provider relies on. ``criticality`` 1 (critical) to 3 (minor)."""

    code = models.SlugField(_("Code"), max_length=40, unique=True)
    name = models.CharField(_("Name"), max_length=120, unique=True)
    trade = models.CharField(_("What it does for us"), max_length=160, blank=True)
    criticality = models.PositiveSmallIntegerField(
        _("Criticality"), choices=[(1, _("Critical")), (2, _("Important")), (3, _("Minor"))], default=2
    )
    notes = models.TextField(_("Notes"), max_length=4000, blank=True)
    is_active = models.BooleanField(_("In use"), default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(criticality__range=(1, 3)), name="supplier_criticality")
        ]

    def __str__(self) -> str:
        return self.name


class SupplierContact(models.Model):
    """Whom to reach at a supplier, and what for."""

    supplier = models.ForeignKey(Supplier, models.CASCADE, related_name="contacts")
    name = models.CharField(_("Name"), max_length=120)
    purpose = models.CharField(_("For what"), max_length=120, blank=True)
    email = models.EmailField(_("E-mail"), blank=True)
    phone = models.CharField(_("Telephone"), max_length=40, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(email="", phone=""),
                name="supplier_contact_reachable",
                violation_error_message=_("Give an e-mail address or a telephone number."),
            ),
        ]


class SupplierContract(models.Model):
    """An underpinning contract. ``ends_on`` is the last day of its term; empty = no end."""

    class Renewal(models.TextChoices):
        TACIT = "tacit", p("renewal", "Tacit")
        EXPRESS = "express", p("renewal", "Express")

    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="contracts")
    reference = models.CharField(_("Reference"), max_length=40)
    name_fr = models.CharField(_("Title (French)"), max_length=160)
    name_en = models.CharField(_("Title (English)"), max_length=160)
    services = models.ManyToManyField(Service, related_name="+", verbose_name=_("Services covered"))
    starts_on = models.DateField(_("Starts on"))
    ends_on = models.DateField(_("Last day"), null=True, blank=True)
    notice_months = models.PositiveSmallIntegerField(_("Notice (months)"), default=0)
    renewal = models.CharField(_("Renewal"), max_length=8, choices=Renewal, default=Renewal.TACIT)
    renewal_months = models.PositiveSmallIntegerField(_("Renewed for (months)"), default=12)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["supplier", "reference"], name="supplier_contract_reference"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gt=F("starts_on")),
                name="supplier_contract_ends_after_start",
                violation_error_message=_("A contract ends after its start."),
            ),
            models.CheckConstraint(
                condition=Q(notice_months__lte=60),
                name="supplier_contract_notice",
                violation_error_message=_("A notice is 60 months at most."),
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class SupportCommitment(models.Model):
    """One promise of a team (``ola``) or of a supplier contract (``uc``), within an optional scope.

    An empty scope column matches everything; the most specific row wins (``contracts.rules.targets``).
    ``valid_until`` is the first day on which it no longer applies.
    """

    class Audience(models.TextChoices):
        OLA = "ola", _("Operational agreement of a team")
        UC = "uc", _("Supplier contract")

    class Kind(models.TextChoices):
        OLA_OWN = "ola_own", p("clock", "Taken in hand by the team")
        OLA_WORK = "ola_work", p("clock", "Work of the team")
        UC = "uc", p("clock", "Answer of the supplier")

    audience = models.CharField(max_length=3, choices=Audience)
    kind = models.CharField(_("Clock"), max_length=12, choices=Kind)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+")
    supplier_contract = models.ForeignKey(
        SupplierContract, models.PROTECT, null=True, blank=True, related_name="commitments"
    )
    service = models.ForeignKey(Service, models.PROTECT, null=True, blank=True, verbose_name=_("Service"))
    ticket_type = models.CharField(_("Type"), max_length=20, blank=True)
    priority = models.PositiveSmallIntegerField(_("Priority"), null=True, blank=True)
    target_seconds = models.PositiveIntegerField(_("Target (s)"), null=True, blank=True)
    target_days = models.PositiveSmallIntegerField(_("Target (J+n)"), null=True, blank=True)
    calendar = models.ForeignKey(Calendar, models.PROTECT, verbose_name=_("Calendar"))
    thresholds = ArrayField(
        models.PositiveSmallIntegerField(), default=list, blank=True, verbose_name=_("Warnings (%)")
    )
    valid_from = models.DateField(_("From"))
    valid_until = models.DateField(_("Until"), null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(audience="ola", kind__in=("ola_own", "ola_work"), team__isnull=False)
                    & Q(supplier_contract=None)
                )
                | Q(audience="uc", kind="uc", team=None, supplier_contract__isnull=False),
                name="support_one_holder",
                violation_error_message=_(
                    "A promise is of a team or of a supplier contract, with its own clocks."
                ),
            ),
            models.CheckConstraint(
                condition=Q(target_seconds__gt=0, target_days=None)
                | Q(target_seconds=None, target_days__gt=0),
                name="support_one_target",
                violation_error_message=_("Give a target in hours or in business days, not both."),
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="support_ends_after_start",
                violation_error_message=_("A promise ends after its start."),
            ),
        ]
        indexes = [
            models.Index(fields=["team"], name="support_team"),
            models.Index(fields=["supplier_contract"], name="support_supplier_contract"),
        ]

    @property
    def last_day(self) -> dt.date | None:
        """The last day on which it applies."""
        return last_day(self.valid_until)
