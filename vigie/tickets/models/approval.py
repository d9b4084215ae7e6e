"""Who of the client is asked to approve a ticket, and what each answered."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from vigie.accounts.models import Person
from vigie.tenancy.models import Organisation
from vigie.tickets.models.ticket import Ticket

AWAITED = Q(verdict="")


class Approval(models.Model):
    """One person asked. ``verdict``: empty while awaited, ``approved``, ``refused``, ``void`` (somebody else
    answered, or the ticket went on without)."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="approvals", db_constraint=False)
    approver = models.ForeignKey(Person, models.PROTECT)
    asked_at = models.DateTimeField()
    verdict = models.CharField(max_length=8, blank=True)
    answered_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "approver"], condition=AWAITED, name="approval_awaited_once"
            ),
            models.CheckConstraint(
                condition=AWAITED | Q(answered_at__isnull=False), name="approval_answered_at"
            ),
        ]
        indexes = [models.Index(fields=["approver", "ticket"], name="approval_approver")]
