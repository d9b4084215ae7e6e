"""What a contract promises of its rates and of what is no ticket, and how its months are settled."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.catalog.models import Service
from vigie.contracts.models import Calendar, Contract
from vigie.tenancy.models import Organisation

PERCENT = (MinValueValidator(0), MaxValueValidator(100))
NOT_NEGATIVE = (MinValueValidator(0),)


class PenaltyTerms(models.Model):
    """How the months of a contract are measured and settled, from a month on. Amounts are before tax.

    ``valid_from`` and ``valid_until`` are first days of months: a month has one set of terms. ``weights`` of priorities
    (``{"1": 5}``): the month is also told as a weighted rate. ``answer_days``: calendar days in which the client may
    contest the credit of a frozen month.
    """

    class Method(models.TextChoices):
        RESOLVED = "resolved", _("Promises that ended in the month")
        OPENED = "opened", _("Tickets opened in the month")
        DUE = "due", _("Promises due in the month")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="+", db_constraint=False)
    kind = models.CharField(_("Population"), max_length=8, choices=Method, default=Method.RESOLVED)
    fee = models.DecimalField(
        _("Monthly fee, before tax"), max_digits=12, decimal_places=2, validators=NOT_NEGATIVE
    )
    month_cap = models.DecimalField(
        _("Cap per month (percent of the fee)"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=PERCENT,
    )
    year_cap = models.DecimalField(
        _("Cap per contract year (percent of twelve fees)"), max_digits=5, decimal_places=2, null=True, blank=True,
        validators=PERCENT,
    )  # fmt: skip
    franchise = models.DecimalField(
        _("Franchise"), max_digits=12, decimal_places=2, default=0, validators=NOT_NEGATIVE
    )
    earn_back_after = models.PositiveSmallIntegerField(_("Given back after (months met)"), default=0)
    weights = models.JSONField(default=dict, blank=True)
    answer_days = models.PositiveSmallIntegerField(_("Days to contest a credit"), default=15)
    valid_from = models.DateField(_("From"))
    valid_until = models.DateField(_("Until"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contract", "valid_from"], name="penalty_terms_once"),
            models.CheckConstraint(
                condition=Q(valid_from__day=1) & (Q(valid_until=None) | Q(valid_until__day=1)),
                name="penalty_terms_by_months",
                violation_error_message=_("Terms change on the first day of a month."),
            ),
        ]


class RateCommitment(models.Model):
    """What a contract commits to reach month by month, and what a miss costs, from a month on.

    ``kind`` is a clock (the share of promises kept; an empty scope matches every ticket) or a measure that is no ticket
    (``MEASURES``), which ``measured`` describes: see ``compliance.rules.measures``. ``calendar`` gives the hours of an
    availability and the business days of a report; ``window`` when its maintenance may take place.
    ``terms`` fill the formula (``compliance.rules.rates``). ``base`` is the monthly fee of the service concerned; empty =
    the contract's. Commitments of one ``cause`` do not add up: the highest penalty alone counts.
    """

    class Formula(models.TextChoices):
        NONE = "none", p("penalty", "None")
        BANDS = "bands", _("By band of the rate")
        PER_POINT = "per_point", _("Per point missing")
        PER_TICKET = "per_ticket", _("Per started hour late, ticket by ticket")
        LATENESS = "lateness", _("Per day late, on the value of what is late")
        PER_DAY = "per_day", _("An amount per day late")

    class Measure(models.TextChoices):
        AVAILABILITY = "availability", _("Availability of a service")
        DELIVERY = "delivery", _("Delivery dates")
        REPORT = "report", _("Report delivered on time")
        SATISFACTION = "satisfaction", _("Satisfaction")
        BACKLOG = "backlog", _("Age of the backlog")
        VOLUME = "volume", _("Volume of tickets")

    class SmallVolume(models.TextChoices):
        TOLERATED = "tolerated", _("Some misses are tolerated")
        NOT_ASSESSED = "not_assessed", _("Not assessed")
        POOLED = "pooled", _("Judged with up to three months before")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="+", db_constraint=False)
    kind = models.CharField(_("Clock"), max_length=12)
    ticket_type = models.CharField(_("Type"), max_length=20, blank=True)
    priority = models.PositiveSmallIntegerField(_("Priority"), null=True, blank=True)
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Service")
    )
    calendar = models.ForeignKey(
        Calendar, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Calendar")
    )
    window = models.ForeignKey(
        Calendar,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Maintenance window"),
    )
    measured = models.JSONField(default=dict, blank=True)
    target = models.DecimalField(_("Rate to reach (%)"), max_digits=5, decimal_places=2, validators=PERCENT)
    n_min = models.PositiveSmallIntegerField(_("Minimum volume"), default=20)
    allowed_misses = models.PositiveSmallIntegerField(_("Misses tolerated under it"), default=1)
    small_volume = models.CharField(
        _("Under the minimum volume"), max_length=12, choices=SmallVolume, default=SmallVolume.TOLERATED
    )
    formula = models.CharField(_("Penalty"), max_length=10, choices=Formula, default=Formula.NONE)
    terms = models.JSONField(default=dict, blank=True)
    base = models.DecimalField(
        _("Monthly fee of the service"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=NOT_NEGATIVE,
    )
    cause = models.CharField(_("Shared cause"), max_length=40, blank=True)
    bonus_from = models.DecimalField(
        _("Bonus from (%)"), max_digits=5, decimal_places=2, null=True, blank=True, validators=PERCENT
    )
    bonus_percent = models.DecimalField(
        _("Bonus (percent of the fee)"), max_digits=5, decimal_places=2, default=0, validators=PERCENT
    )
    valid_from = models.DateField(_("From"))
    valid_until = models.DateField(_("Until"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "id"], name="rate_held"),
            models.UniqueConstraint(
                fields=["contract", "kind", "ticket_type", "priority", "service", "valid_from"],
                name="rate_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(valid_from__day=1) & (Q(valid_until=None) | Q(valid_until__day=1)),
                name="rate_by_months",
                violation_error_message=_("Terms change on the first day of a month."),
            ),
        ]
