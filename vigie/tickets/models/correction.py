"""A fact that somebody asks to put right long after it happened: nothing changes until somebody else agrees."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.accounts.models import Person
from vigie.tenancy.models import Organisation
from vigie.tickets.models.ticket import Ticket


class AskedCorrection(models.Model):
    """A correction that came too late to be made by one person.

    ``said`` is the correction as its fact will hold it (``rules.corrections``), ``before`` what is recorded of it.
    """

    class State(models.TextChoices):
        ASKED = "asked", p("correction", "To be decided")
        ACCEPTED = "accepted", p("correction", "Accepted")
        REFUSED = "refused", p("correction", "Refused")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+", db_constraint=False)
    said = models.JSONField()
    before = models.JSONField(blank=True, default=dict)
    why = models.TextField(_("Justification"), max_length=2000)
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.TextField(_("Grounds of the decision"), max_length=2000, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(state="asked"), name="asked_correction_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(state="asked", decided_by=None, decided_at=None)
                | (Q(decided_at__isnull=False, decided_by__isnull=False) & ~Q(decided_by=F("asked_by"))),
                name="asked_correction_decided_by_another",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "id"], condition=Q(state="asked"), name="asked_correction_waits"
            )
        ]
