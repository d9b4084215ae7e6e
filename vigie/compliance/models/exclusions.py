"""What is asked to be left out of a measure, and what was decided."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.accounts.models import Person
from vigie.compliance.models.records import Delivery, Outage
from vigie.tenancy.models import Organisation
from vigie.tickets.models import Attachment, Clock, Ticket


class Exclusion(models.Model):
    """A clock, an outage or a late delivery asked to be left out: why, on what evidence, what somebody else decided of it."""

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
    ticket = models.ForeignKey(
        Ticket, models.CASCADE, null=True, blank=True, related_name="+", db_constraint=False
    )
    clock = models.ForeignKey(
        Clock, models.CASCADE, null=True, blank=True, related_name="+", db_constraint=False
    )
    outage = models.ForeignKey(
        Outage, models.PROTECT, null=True, blank=True, related_name="+", db_constraint=False
    )
    delivery = models.ForeignKey(
        Delivery, models.PROTECT, null=True, blank=True, related_name="+", db_constraint=False
    )
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
            models.UniqueConstraint(
                fields=["outage"], condition=~Q(state="refused"), name="exclusion_one_live_per_outage"
            ),
            models.UniqueConstraint(
                fields=["delivery"], condition=~Q(state="refused"), name="exclusion_one_live_per_delivery"
            ),
            models.CheckConstraint(
                condition=Q(clock__isnull=False, ticket__isnull=False, outage=None, delivery=None)
                | Q(clock=None, ticket=None, outage__isnull=False, delivery=None)
                | Q(clock=None, ticket=None, outage=None, delivery__isnull=False),
                name="exclusion_of_one_thing",
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
