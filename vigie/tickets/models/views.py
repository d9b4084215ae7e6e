"""Saved views of the queue, and who is looking at or typing on a ticket now."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from vigie.accounts.models import Person, Team


class SavedView(models.Model):
    """A named filter of the queue: a person's own, a team's, or everybody's. ``query`` is the URL's query."""

    owner = models.ForeignKey(Person, models.CASCADE, null=True)
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, verbose_name=_("Shared with the team")
    )
    name = models.CharField(_("Name"), max_length=60)
    query = models.CharField(max_length=600)
    is_shared = models.BooleanField(_("Shared with everybody"), default=False)
    position = models.PositiveSmallIntegerField(default=0)


class Presence(models.Model):
    """An agent on a ticket page: reading, or typing a reply. Rows older than 30 s say nothing."""

    ticket_id = models.BigIntegerField()
    person = models.ForeignKey(Person, models.CASCADE)
    is_typing = models.BooleanField(default=False)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket_id", "person"], name="presence_once")]
