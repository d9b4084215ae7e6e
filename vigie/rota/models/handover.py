"""What one team tells the next at the end of its day."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from vigie.accounts.models import Person, Team
from vigie.tickets.models import Ticket


class Handover(models.Model):
    """A note from a team to the next one: words in both languages, tickets in its lines. Never edited once sent."""

    team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    to_team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    ends_at = models.DateTimeField()
    body_fr = models.TextField(_("Note (French)"), max_length=8000)
    body_en = models.TextField(_("Note (English)"), max_length=8000)
    author = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    sent_at = models.DateTimeField()
    acknowledged_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    acknowledged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(acknowledged_at=None) | Q(acknowledged_by__isnull=False),
                name="handover_acknowledged_by",
            ),
        ]
        indexes = [
            models.Index(fields=["team", "-sent_at"], name="handover_from"),
            models.Index(fields=["to_team", "-sent_at"], name="handover_to"),
        ]


class HandoverLine(models.Model):
    """A ticket of concern as it stood then: why it is told, what was due, whether it went to the next team."""

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="lines")
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="+", db_index=False)
    reasons = ArrayField(models.CharField(max_length=10))
    due_at = models.DateTimeField(null=True)
    holder = models.CharField(max_length=150, blank=True)
    comment = models.CharField(max_length=500, blank=True)
    moved = models.BooleanField(default=False)
    refused = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["handover", "ticket"], name="handover_line_once")]
