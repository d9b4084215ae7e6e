"""Who answers for a contract, who signed it, what it costs, its files, and the dates somebody must decide on."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.accounts.models import Agent
from vigie.contracts.models.contract import Contract, ContractVersion
from vigie.tenancy.models import Organisation


class Lot(models.Model):
    """A part of the scope with the agent who answers for it."""

    class Kind(models.TextChoices):
        RUN = "RUN", p("lot", "Run")
        BUILD = "BUILD", p("lot", "Build")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="lots", db_constraint=False)
    kind = models.CharField(_("Kind"), max_length=5, choices=Kind)
    name_fr = models.CharField(_("Title (French)"), max_length=160)
    name_en = models.CharField(_("Title (English)"), max_length=160)
    manager = models.ForeignKey(
        Agent, models.PROTECT, related_name="+", verbose_name=_("Accountable manager")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "kind", "name_fr"],
                name="lot_once",
                violation_error_message=_("This contract already has this lot."),
            )
        ]


class PriceLine(models.Model):
    """What one version charges, before tax and in the client's currency."""

    class Nature(models.TextChoices):
        FEE = "fee", p("price", "Fixed fee")
        UNIT = "unit", p("price", "Per unit")
        WORK_UNIT = "work_unit", p("price", "Unit of work")
        TIME = "time", p("price", "Time spent")
        BLOCK = "block", p("price", "Prepaid block")
        LUMP_SUM = "lump_sum", p("price", "Lump sum")

    class Period(models.TextChoices):
        MONTH = "month", p("price", "each month")
        QUARTER = "quarter", p("price", "each quarter")
        YEAR = "year", p("price", "each year")
        ONCE = "once", p("price", "once")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    version = models.ForeignKey(ContractVersion, models.PROTECT, related_name="prices", db_constraint=False)
    label_fr = models.CharField(_("Line (French)"), max_length=160)
    label_en = models.CharField(_("Line (English)"), max_length=160)
    nature = models.CharField(_("Price"), max_length=10, choices=Nature, default=Nature.FEE)
    amount = models.DecimalField(_("Amount before tax"), max_digits=12, decimal_places=2)
    unit = models.CharField(_("Unit"), max_length=40, blank=True)
    period = models.CharField(_("Invoiced"), max_length=8, choices=Period, default=Period.MONTH)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gte=0),
                name="price_not_negative",
                violation_error_message=_("A price is not below zero."),
            )
        ]


class Signatory(models.Model):
    """Who signs for a side, up to which amount (empty = any)."""

    class Side(models.TextChoices):
        PROVIDER = "provider", p("signatory", "For us")
        CLIENT = "client", p("signatory", "For the client")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="signatories", db_constraint=False)
    side = models.CharField(_("Side"), max_length=8, choices=Side)
    name = models.CharField(_("Name"), max_length=150)
    title = models.CharField(_("Position"), max_length=120, blank=True)
    ceiling = models.DecimalField(
        _("Signs up to (before tax)"), max_digits=12, decimal_places=2, null=True, blank=True
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ceiling__isnull=True) | Q(ceiling__gt=0),
                name="signatory_ceiling",
                violation_error_message=_("A ceiling is above zero."),
            )
        ]


class ContractFile(models.Model):
    """A document of a contract: bytes by content (``sha256``), name and sniffed type here."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="files", db_constraint=False)
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    added_by_name = models.CharField(max_length=150)
    created_at = models.DateTimeField()


class Suspension(models.Model):
    """Days on which a contract promises nothing to new tickets; ``ends_on`` is the first day on which it does again."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="suspensions", db_constraint=False)
    starts_on = models.DateField(_("From"))
    ends_on = models.DateField(_("Until"), null=True, blank=True)
    reason = models.CharField(_("Reason"), max_length=300)

    @property
    def last_day(self) -> dt.date | None:
        """The last of these days, once the contract resumed."""
        return self.ends_on - dt.timedelta(days=1) if self.ends_on else None

    def holds(self, day: dt.date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=models.F("starts_on")),
                name="suspension_ends_after_start",
            ),
            models.UniqueConstraint(
                fields=["contract"], condition=Q(ends_on__isnull=True), name="suspension_one_open"
            ),
        ]


class Deadline(models.Model):
    """A date of a contract that its managers were reminded of. ``told`` = days before it at the last reminder."""

    class Kind(models.TextChoices):
        DECISION = "decision", p("deadline", "Last day to give notice")
        END = "end", p("deadline", "End of the contract")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="deadlines", db_constraint=False)
    kind = models.CharField(max_length=8, choices=Kind)
    due_on = models.DateField()
    told = models.SmallIntegerField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contract", "kind", "due_on"], name="deadline_once")]
