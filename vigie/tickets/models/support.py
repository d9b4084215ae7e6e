"""What stands behind a client's promise on one ticket: the clocks of teams and suppliers, and why one was missed.

None of it is ever the client's.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from vigie.accounts.models import Person, Team
from vigie.contracts.models import SupplierContract
from vigie.tenancy.models import Organisation
from vigie.tickets.models.promise import Clock
from vigie.tickets.models.ticket import Ticket


class SupportTerms(models.Model):
    """Terms of a team or a supplier as stamped on tickets, kept once per distinct content. Never edited (trigger)."""

    digest = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=12)
    terms = models.JSONField()


class Referral(models.Model):
    """A ticket given to a supplier under one of its contracts, until its answer is accepted.

    ``reference`` is the supplier's own. A rejected answer puts the state back to ``open``.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Awaited")
        ANSWERED = "answered", _("Answered, to be checked")
        ACCEPTED = "accepted", _("Accepted")
        ENDED = "ended", _("Ended without an answer")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="referrals", db_constraint=False)
    supplier_contract = models.ForeignKey(SupplierContract, models.PROTECT, related_name="+")
    reference = models.CharField(max_length=80, blank=True)
    note = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    referred_at = models.DateTimeField()
    referred_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(state__in=["open", "answered"]), name="referral_one_under_way"
            ),
        ]
        indexes = [models.Index(fields=["supplier_contract", "-referred_at"], name="referral_contract")]


class SupportClock(models.Model):
    """What a team (``ola_own``, ``ola_work``) or a supplier contract (``uc``) promised on one ticket: terms and last reading.

    Going back and forth accumulates on one row; it never starts again.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, db_index=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="support_clocks", db_constraint=False)
    kind = models.CharField(max_length=12)
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+", db_index=False)
    supplier_contract = models.ForeignKey(
        SupplierContract, models.PROTECT, null=True, related_name="+", db_index=False
    )
    terms = models.ForeignKey(SupportTerms, models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=10, choices=Clock.State)
    started_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)
    target_seconds = models.PositiveIntegerField()
    used_seconds = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    announced = models.PositiveSmallIntegerField(default=0)
    next_announce_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "kind", "team", "supplier_contract"],
                nulls_distinct=False,
                name="support_clock_once",
            ),
            models.CheckConstraint(
                condition=Q(kind="uc", team=None, supplier_contract__isnull=False)
                | Q(kind__in=["ola_own", "ola_work"], team__isnull=False, supplier_contract=None),
                name="support_clock_holder",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_announce_at"],
                condition=Q(next_announce_at__isnull=False),
                name="support_to_announce",
            ),
            # what a team or a supplier kept and missed, by the day it ended
            models.Index(
                fields=["team", "stopped_at"], condition=Q(team__isnull=False), name="support_clock_team"
            ),
            models.Index(
                fields=["supplier_contract", "stopped_at"],
                condition=Q(supplier_contract__isnull=False),
                name="support_clock_supplier",
            ),
        ]


class BreachCause(models.Model):
    """Why a promise to the client was missed, as a person confirmed it.

    ``holder`` is who had the largest share, or another one chosen (``tickets.rules.holders``); ``shares`` keeps the
    seconds of each holder as they were shown.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    clock = models.OneToOneField(Clock, models.CASCADE, related_name="cause", db_constraint=False)
    reason = models.CharField(max_length=30)
    holder = models.CharField(max_length=40)
    shares = models.JSONField()
    note = models.CharField(max_length=500, blank=True)
    confirmed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["reason"], name="breach_cause_reason")]
