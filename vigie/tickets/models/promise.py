"""The ticket's journal and its clocks. Facts are the truth; a clock's figures are read from them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from vigie.accounts.models import Person
from vigie.contracts.models import StampedTerms
from vigie.tenancy.models import Organisation
from vigie.tickets.models.ticket import Ticket


class Fact(models.Model):
    """Something that happened to a ticket at ``at``. Append-only (trigger).

    ``kind`` is one of ``tickets.rules.facts``; ``before``/``after`` hold plain values; ``audience`` tells
    whether the client may read it.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="facts", db_constraint=False)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    kind = models.CharField(max_length=24)
    actor = models.ForeignKey(Person, models.PROTECT, null=True)
    actor_name = models.CharField(max_length=150)
    side = models.CharField(max_length=8)
    audience = models.CharField(max_length=8)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["ticket", "at", "id"], name="fact_ticket")]


class Clock(models.Model):
    """One promise running on one ticket: the terms stamped at opening and the last reading of its facts.

    A promise kept again and again (``update``, ``reply``) has a clock for each of its cycles, numbered from 0.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        PAUSED = "paused"
        MET = "met"
        MISSED = "missed"
        CANCELLED = "cancelled"

    organisation = models.ForeignKey(Organisation, models.PROTECT, db_index=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="clocks", db_constraint=False)
    kind = models.CharField(max_length=12)
    cycle = models.PositiveSmallIntegerField(default=0, db_default=0)
    terms = models.ForeignKey(StampedTerms, models.PROTECT, db_constraint=False)
    state = models.CharField(max_length=10, choices=State)
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
            models.UniqueConstraint(fields=["organisation", "id"], name="clock_held"),
            models.UniqueConstraint(
                fields=["ticket", "kind", "cycle"],
                condition=~Q(state="cancelled"),
                name="clock_one_live_per_cycle",
            ),
        ]
        indexes = [
            models.Index(fields=["ticket", "kind"], name="clock_ticket"),
            models.Index(
                fields=["next_announce_at"],
                condition=Q(next_announce_at__isnull=False),
                name="clock_to_announce",
            ),
            # a contract's month: what stopped in it, and what was still open at its end
            models.Index(fields=["organisation", "stopped_at"], name="clock_org_stopped"),
            models.Index(
                fields=["breached_at"], condition=Q(breached_at__isnull=False), name="clock_breached"
            ),
        ]
