"""Shifts of teams, who works them, who is away, and where one's own plan may be read."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from vigie.accounts.models import Person, Team


class Hub(models.Model):
    """Where a team works: its public holidays, and the team that goes on when its day ends."""

    team = models.OneToOneField(Team, models.CASCADE, primary_key=True, related_name="hub")
    holiday_sets = ArrayField(
        models.CharField(max_length=10), default=list, blank=True, verbose_name=_("Public holidays")
    )
    next_team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Hands over to")
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(next_team=None) | ~Q(next_team=F("team")),
                name="hub_next_is_other",
                violation_error_message=_("A team hands over to another team."),
            ),
        ]


class ShiftPattern(models.Model):
    """A shift of a team: weekly intervals in the team's own zone (``{"mon": [["22:00", "06:00"]]}``).

    An interval past midnight belongs to the date where it starts. ``valid_until`` is the first day without it.
    """

    team = models.ForeignKey(Team, models.PROTECT, related_name="patterns")
    name_fr = models.CharField(_("Name (French)"), max_length=60)
    name_en = models.CharField(_("Name (English)"), max_length=60)
    hours = models.JSONField(default=dict)
    works_on_holidays = models.BooleanField(_("Works on public holidays"), default=False)
    people_needed = models.PositiveSmallIntegerField(
        _("People needed"), default=1, validators=[MinValueValidator(1), MaxValueValidator(200)]
    )
    valid_from = models.DateField(_("From"))
    valid_until = models.DateField(_("Until"), null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="pattern_ends_after_start",
            ),
        ]
        indexes = [models.Index(fields=["team", "valid_from"], name="pattern_team")]

    def __str__(self) -> str:
        return self.name_fr


class ShiftPlace(models.Model):
    """A person works a shift on some weekdays (0 = Monday), from a day until another (the first one without)."""

    pattern = models.ForeignKey(ShiftPattern, models.PROTECT, related_name="places")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    weekdays = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("Days"))
    valid_from = models.DateField(_("From"))
    valid_until = models.DateField(_("Until"), null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="place_ends_after_start",
            ),
            models.CheckConstraint(condition=~Q(weekdays=[]), name="place_has_days"),
        ]
        indexes = [models.Index(fields=["person", "valid_from"], name="place_person")]


class ShiftChange(models.Model):
    """One day is other than the week says: a person comes in, or does not. The latest word about a day holds."""

    class Kind(models.TextChoices):
        COMES = "comes", _("Comes in")
        STAYS_OUT = "stays_out", _("Does not come")

    pattern = models.ForeignKey(ShiftPattern, models.PROTECT, related_name="changes")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    day = models.DateField(_("Day"))
    kind = models.CharField(_("What changes"), max_length=10, choices=Kind)
    reason = models.CharField(_("Reason"), max_length=200, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["pattern", "day"], name="change_day")]


class Absence(models.Model):
    """Somebody is away between two instants. Withdrawn rather than erased."""

    class Kind(models.TextChoices):
        LEAVE = "leave", _("Leave")
        SICKNESS = "sickness", _("Sickness")
        TRAINING = "training", _("Training")

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    kind = models.CharField(_("Kind"), max_length=10, choices=Kind, default=Kind.LEAVE)
    starts_at = models.DateTimeField(_("From"))
    ends_at = models.DateTimeField(_("Until"))
    note = models.CharField(_("Note"), max_length=200, blank=True)
    recorded_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="absence_ends_after_start"),
        ]
        indexes = [models.Index(fields=["person", "ends_at"], name="absence_person")]


class CalendarAddress(models.Model):
    """A secret address where a person's own plan is read by a calendar program. Only its digest is kept."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(revoked_at=None), name="one_calendar_address"
            ),
        ]
