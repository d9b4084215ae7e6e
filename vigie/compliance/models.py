"""What a contract promises of its rates, exclusions agreed with the client, and the statements of its months."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.accounts.models import Person
from vigie.contracts.models import Contract
from vigie.tenancy.models import Organisation
from vigie.tickets.models import Attachment, Clock, Ticket

PERCENT = (MinValueValidator(0), MaxValueValidator(100))
NOT_NEGATIVE = (MinValueValidator(0),)


class PenaltyTerms(models.Model):
    """How the months of a contract are measured and settled, from a month on. Amounts are before tax.

    ``valid_from`` and ``valid_until`` are first days of months: a month has one set of terms.
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
    """The share of promises that a contract commits to keep, and what a miss costs, from a month on.

    ``kind`` is a clock; an empty scope matches every ticket. ``terms`` fill the formula (``compliance.rules``).
    ``base`` is the monthly fee of the service concerned; empty = the contract's. Commitments of one ``cause`` do not
    add up: the highest penalty alone counts.
    """

    class Formula(models.TextChoices):
        NONE = "none", p("penalty", "None")
        BANDS = "bands", _("By band of the rate")
        PER_POINT = "per_point", _("Per point missing")
        PER_TICKET = "per_ticket", _("Per started hour late, ticket by ticket")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="+", db_constraint=False)
    kind = models.CharField(_("Clock"), max_length=12)
    ticket_type = models.CharField(_("Type"), max_length=20, blank=True)
    priority = models.PositiveSmallIntegerField(_("Priority"), null=True, blank=True)
    target = models.DecimalField(_("Rate to reach (%)"), max_digits=5, decimal_places=2, validators=PERCENT)
    n_min = models.PositiveSmallIntegerField(_("Minimum volume"), default=20)
    allowed_misses = models.PositiveSmallIntegerField(_("Misses tolerated under it"), default=1)
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
                fields=["contract", "kind", "ticket_type", "priority", "valid_from"],
                name="rate_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(valid_from__day=1) & (Q(valid_until=None) | Q(valid_until__day=1)),
                name="rate_by_months",
                violation_error_message=_("Terms change on the first day of a month."),
            ),
        ]


class Exclusion(models.Model):
    """A clock asked to be left out of the rate: why, on what evidence, and what somebody else decided of it."""

    class State(models.TextChoices):
        ASKED = "asked", p("exclusion", "Asked")
        APPROVED = "approved", p("exclusion", "Agreed")
        REFUSED = "refused", p("exclusion", "Refused")

    class Kind(models.TextChoices):
        CLIENT_ACCESS = "client_access", _("Client gave no access or no answer")
        FORCE_MAJEURE = "force_majeure", _("Force majeure")
        AGREED_TEST = "agreed_test", _("Test agreed with the client")
        MASS_EVENT = "mass_event", _("Volume beyond the contract")
        CLIENT_FREEZE = "client_freeze", _("Freeze asked by the client")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+", db_constraint=False)
    clock = models.ForeignKey(Clock, models.CASCADE, related_name="+", db_constraint=False)
    kind = models.CharField(_("Category"), max_length=16, choices=Kind)
    reason = models.TextField(_("Reason"), max_length=2000)
    evidence = models.TextField(_("Evidence"), max_length=4000, blank=True)
    attachment = models.ForeignKey(
        Attachment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        verbose_name=_("File of the ticket"),
    )
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.TextField(_("Grounds of the decision"), max_length=2000, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clock"], condition=~Q(state="refused"), name="exclusion_one_live_per_clock"
            ),
            models.CheckConstraint(
                condition=Q(state="asked", decided_by=None)
                | (Q(decided_at__isnull=False) & ~Q(decided_by=F("asked_by"))),
                name="exclusion_decided_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(evidence="") | Q(attachment__isnull=False), name="exclusion_has_evidence"
            ),
        ]
        indexes = [models.Index(fields=["organisation", "state", "id"], name="exclusion_state")]


class Statement(models.Model):
    """The figures of a contract's month: proposed at its end, frozen once somebody else approved them (trigger).

    ``met`` of ``met + missed`` are all clocks that a commitment measures, each once. ``steps`` lead from ``gross`` to
    ``total``: ``[[kind, amount], …]``. ``open_late`` were open and late at the end, the oldest since ``oldest_late``.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", p("statement", "Proposed")
        FROZEN = "frozen", p("statement", "Approved and frozen")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="+", db_constraint=False)
    month = models.DateField()
    state = models.CharField(max_length=8, choices=State, default=State.PROPOSED)
    met = models.PositiveIntegerField()
    missed = models.PositiveIntegerField()
    excluded = models.PositiveIntegerField()
    open_late = models.PositiveIntegerField()
    oldest_late = models.DateTimeField(null=True, blank=True)
    currency = models.CharField(max_length=3)
    gross = models.DecimalField(max_digits=12, decimal_places=2)
    charged = models.DecimalField(max_digits=12, decimal_places=2)
    due = models.DecimalField(max_digits=12, decimal_places=2)
    total = models.DecimalField(max_digits=12, decimal_places=2)
    steps = models.JSONField(blank=True)
    proposed_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    proposed_at = models.DateTimeField()
    approved_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "id"], name="statement_held"),
            models.UniqueConstraint(fields=["contract", "month"], name="statement_once"),
            models.CheckConstraint(
                condition=Q(state="proposed", approved_by=None)
                | Q(state="frozen", approved_by__isnull=False)
                & (Q(proposed_by=None) | ~Q(approved_by=F("proposed_by"))),
                name="statement_approved_by_another",
            ),
        ]


class StatementLine(models.Model):
    """One commitment of a statement: what was counted, the verdict, what it costs."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    statement = models.ForeignKey(Statement, models.CASCADE, related_name="lines", db_constraint=False)
    commitment = models.ForeignKey(RateCommitment, models.PROTECT, related_name="+", db_constraint=False)
    met = models.PositiveIntegerField()
    missed = models.PositiveIntegerField()
    excluded_met = models.PositiveIntegerField()
    excluded_missed = models.PositiveIntegerField()
    verdict = models.CharField(max_length=16)
    penalty = models.DecimalField(max_digits=12, decimal_places=2)
    bonus = models.DecimalField(max_digits=12, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["statement", "commitment"], name="statement_line_once"),
        ]


class StatementClock(models.Model):
    """One clock behind a statement, as it read when the statement was proposed.

    ``is_open``: not in the population, but still open and late at the end of the month.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, db_index=False)
    statement = models.ForeignKey(Statement, models.CASCADE, related_name="clocks", db_constraint=False)
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="+", db_constraint=False)
    clock = models.ForeignKey(Clock, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    kind = models.CharField(max_length=12)
    ticket_type = models.CharField(max_length=20)
    priority = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    late = models.BooleanField()
    excluded = models.BooleanField()
    is_open = models.BooleanField()
    target_seconds = models.PositiveIntegerField()
    used_seconds = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["statement", "kind", "at", "id"], name="statement_clock_list")]
