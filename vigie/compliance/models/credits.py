"""What a frozen month gives back to the client: asked, answered or contested within the days agreed, then noted."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from vigie.accounts.models import Person
from vigie.compliance.models.statements import Statement
from vigie.tenancy.models import Organisation


class CreditRequest(models.Model):
    """The credit of a frozen statement. ``amount`` is the statement's total; ``decided`` what remains of it once contested.

    Its standing (open, agreed, contested, …) follows from these columns, the answer and the day: ``rules.credits``.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    statement = models.ForeignKey(Statement, models.PROTECT, related_name="+", db_constraint=False)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    asked_at = models.DateTimeField()
    answer_by = models.DateField()
    decided = models.DecimalField(
        _("Amount kept, before tax"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    grounds = models.TextField(_("Grounds of the decision"), max_length=2000, blank=True)
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(_("Number of the credit note"), max_length=60, blank=True)
    noted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "id"], name="credit_held"),
            models.UniqueConstraint(fields=["statement"], name="credit_once"),
            models.CheckConstraint(
                condition=Q(decided=None, decided_at=None)
                | Q(decided__isnull=False, decided_at__isnull=False),
                name="credit_decided_once",
            ),
        ]


class CreditAnswer(models.Model):
    """What the client answered, once: agreed, or contested and why. Never changed (trigger)."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    request = models.ForeignKey(CreditRequest, models.PROTECT, related_name="answers", db_constraint=False)
    contested = models.BooleanField()
    reason = models.TextField(_("Why"), max_length=2000, blank=True)
    answered_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request"], name="credit_answered_once"),
            models.CheckConstraint(condition=Q(contested=False) | ~Q(reason=""), name="credit_contested_why"),
        ]
