"""Service calendars and their versions."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from vigie.tenancy.models import Organisation


class Calendar(models.Model):
    """A named service calendar; its hours are in its versions. ``organisation`` empty = for every client."""

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, verbose_name=_("Client")
    )
    code = models.SlugField(_("Code"), max_length=40, unique=True)
    name_fr = models.CharField(_("Name (French)"), max_length=100)
    name_en = models.CharField(_("Name (English)"), max_length=100)

    def __str__(self) -> str:
        return self.name_fr


class CalendarVersion(models.Model):
    """Hours in force from a date (see ``contracts.rules.calendar`` for the JSON). Never edited."""

    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="versions")
    effective_on = models.DateField(_("In force from"))
    definition = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["calendar", "effective_on"], name="calendar_version_once"),
        ]


class ClosedDaysFeed(models.Model):
    """Where somebody publishes closed days for a calendar, and what stood there when it was last read well.

    ``days``: rules with their names. ``taken``: those that hours published since have from here. ``failure``: code and
    parameters of why the last look failed; what was known before stays. ``url`` empty: it is followed no more.
    """

    calendar = models.OneToOneField(Calendar, models.PROTECT, related_name="feed")
    url = models.CharField(_("Address of the calendar"), max_length=500, blank=True)
    days = models.JSONField(default=dict, blank=True)
    taken = models.JSONField(default=list, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    succeeded_at = models.DateTimeField(null=True, blank=True)
    failure = models.JSONField(null=True, blank=True)
