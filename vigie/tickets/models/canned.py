"""Replies kept to be used again."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from vigie.accounts.models import Person, Team
from vigie.catalog.models import Service


class CannedReply(models.Model):
    """A reply in both languages. ``owner`` alone uses it unless ``is_shared``: then everybody, or ``team``.

    ``service`` keeps it for tickets of that service. Bodies are plain text with places (``rules.canned``).
    """

    owner = models.ForeignKey(Person, models.CASCADE, null=True)
    is_shared = models.BooleanField(_("Shared"), default=False)
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, verbose_name=_("Only for the team"))
    service = models.ForeignKey(
        Service, models.CASCADE, null=True, blank=True, verbose_name=_("Only for the service")
    )
    title_fr = models.CharField(_("Title in French"), max_length=80)
    title_en = models.CharField(_("Title in English"), max_length=80)
    body_fr = models.TextField(_("Text in French"))
    body_en = models.TextField(_("Text in English"))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_shared=True) | models.Q(owner__isnull=False), name="canned_has_owner"
            ),
        ]

    def __str__(self) -> str:
        return self.title_fr
