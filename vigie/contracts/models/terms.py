"""The terms stamped on tickets."""

from __future__ import annotations

from django.db import models

from vigie.tenancy.models import Organisation


class StampedTerms(models.Model):
    """Terms as promised to a client, kept once per distinct content. Never edited (trigger)."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    digest = models.CharField(max_length=64)
    kind = models.CharField(max_length=12)
    terms = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "id"], name="terms_held"),
            models.UniqueConstraint(fields=["organisation", "digest"], name="terms_once"),
        ]
