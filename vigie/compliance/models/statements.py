"""The statements of a contract's months, and what stands behind and after them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy as p

from vigie.accounts.models import Person
from vigie.compliance.models.rates import RateCommitment
from vigie.contracts.models import Contract
from vigie.tenancy.models import Organisation
from vigie.tickets.models import Clock, Ticket


class Statement(models.Model):
    """The figures of a contract's month: proposed at its end, frozen once somebody else approved them (trigger).

    ``met`` of ``met + missed`` are all clocks that a commitment measures, each once. ``steps`` lead from ``gross`` to
    ``total``: ``[[kind, amount], …]``. ``open_late`` were open and late at the end, the oldest since ``oldest_late``.
    ``weighted`` is the rate weighted by priority, as an exact fraction, where the contract says one.
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
    weighted = models.CharField(max_length=60, blank=True)
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
    """One commitment of a statement: what was counted, the verdict, what it costs.

    ``found`` holds what no count of clocks tells: ``{"value": "n/d", "raw": "n/d", "numbers": {…}}``.
    """

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
    found = models.JSONField(default=dict, blank=True)

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


class StatementRecord(models.Model):
    """One record behind a measure of a statement, as it read when the statement was proposed.

    ``record_id`` is an outage, a maintenance, a delivery, a reading or a ticket, as ``nature`` says. ``seconds`` of service
    time, ``days`` late and ``amount`` are what it counted for.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, db_index=False)
    statement = models.ForeignKey(Statement, models.CASCADE, related_name="records", db_constraint=False)
    commitment = models.ForeignKey(RateCommitment, models.PROTECT, related_name="+", db_constraint=False)
    nature = models.CharField(max_length=12)
    record_id = models.PositiveBigIntegerField()
    title = models.CharField(max_length=200, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    done_on = models.DateField(null=True, blank=True)
    seconds = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    days = models.PositiveIntegerField(default=0)
    amount = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    counts = models.BooleanField(default=True)
    excluded = models.BooleanField(default=False)
    why = models.CharField(max_length=20, blank=True)

    class Meta:
        indexes = [models.Index(fields=["statement", "commitment", "id"], name="statement_record_list")]


class StatementCorrection(models.Model):
    """What a frozen month says today, told in the statement of a later one: lines before and after, and the difference.

    ``was`` and ``now``: ``{commitment: {"met", "missed", "value", "verdict", "penalty", …}}``.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    statement = models.ForeignKey(Statement, models.CASCADE, related_name="corrections", db_constraint=False)
    corrected = models.ForeignKey(Statement, models.PROTECT, related_name="+", db_constraint=False)
    was = models.JSONField()
    now = models.JSONField()
    amount = models.DecimalField(max_digits=12, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["statement", "corrected"], name="correction_once"),
        ]
