"""What the last statement of an ended contract left over, once somebody said what became of it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from vigie.accounts.models import Person
from vigie.compliance.models.statements import Statement
from vigie.tenancy.models import Organisation


class FinalBalance(models.Model):
    """What both sides agreed on for the ``amount`` that no credit could take. Never changed (trigger): nothing follows."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    statement = models.ForeignKey(Statement, models.PROTECT, related_name="+", db_constraint=False)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    agreed = models.TextField(_("What was agreed"), max_length=2000)
    settled_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    settled_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["statement"], name="final_balance_once")]
