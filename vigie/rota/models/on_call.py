"""On-call: rotations, what replaces them for a time, and what was called out."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.accounts.models import Person, Team

RANKS = [
    (1, p("on call", "First called")),
    (2, p("on call", "Second called")),
    (3, p("on call", "Third called")),
]


class Rotation(models.Model):
    """People of a team who are on call in turn, at a rank, in the team's own zone.

    It begins on ``starts_on`` at ``handover_at``. Turns of whole weeks change on ``handover_weekday`` (0 = Monday): the
    first one is the shorter for it, where it begins on another day. ``ends_on``: the day whose ``handover_at`` ends it. Another list of
    people or other turns are a new rotation; the days that were stay as they were.
    """

    team = models.ForeignKey(Team, models.PROTECT, related_name="rotations")
    rank = models.PositiveSmallIntegerField(_("Rank"), choices=RANKS, default=1)
    starts_on = models.DateField(_("From"))
    ends_on = models.DateField(_("Until"), null=True, blank=True)
    handover_at = models.TimeField(_("Hand-over at"))
    handover_weekday = models.PositiveSmallIntegerField(_("Hand-over on"), default=0)
    turn_days = models.PositiveSmallIntegerField(
        _("Days of a turn"), default=7, validators=[MinValueValidator(1), MaxValueValidator(182)]
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "rank", "starts_on"], name="rotation_once"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="rotation_ends_after_start"
            ),
            models.CheckConstraint(condition=Q(handover_weekday__lte=6), name="rotation_weekday"),
            models.CheckConstraint(condition=Q(rank__range=(1, 3)), name="rotation_rank"),
        ]


class RotationMember(models.Model):
    """A place in the order of a rotation."""

    rotation = models.ForeignKey(Rotation, models.CASCADE, related_name="members")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rotation", "position"], name="rotation_position_once"),
            models.UniqueConstraint(fields=["rotation", "person"], name="rotation_person_once"),
        ]


class Override(models.Model):
    """Somebody is on call instead of whoever the rotation says. The latest one wins."""

    team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    rank = models.PositiveSmallIntegerField(_("Rank"), choices=RANKS, default=1)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    starts_at = models.DateTimeField(_("From"))
    ends_at = models.DateTimeField(_("Until"))
    reason = models.CharField(_("Reason"), max_length=200, blank=True)
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="override_ends_after_start"),
        ]
        indexes = [models.Index(fields=["team", "ends_at"], name="override_team")]


class Swap(models.Model):
    """One gives a span of on-call to another, perhaps for a span in return. It counts once accepted."""

    class State(models.TextChoices):
        ASKED = "asked", p("swap", "Waiting")
        ACCEPTED = "accepted", p("swap", "Accepted")
        REFUSED = "refused", p("swap", "Refused")
        WITHDRAWN = "withdrawn", p("swap", "Withdrawn")

    team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    rank = models.PositiveSmallIntegerField(_("Rank"), choices=RANKS, default=1)
    asker = models.ForeignKey(Person, models.PROTECT, related_name="+")
    other = models.ForeignKey(Person, models.PROTECT, related_name="+")
    starts_at = models.DateTimeField(_("From"))
    ends_at = models.DateTimeField(_("Until"))
    back_starts_at = models.DateTimeField(_("In return, from"), null=True, blank=True)
    back_ends_at = models.DateTimeField(_("In return, until"), null=True, blank=True)
    reason = models.CharField(_("Reason"), max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(asker=F("other")), name="swap_with_another"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="swap_ends_after_start"),
            models.CheckConstraint(
                condition=Q(back_starts_at=None, back_ends_at=None) | Q(back_ends_at__gt=F("back_starts_at")),
                name="swap_back_ends_after_start",
            ),
        ]
        indexes = [models.Index(fields=["team", "state", "ends_at"], name="swap_team")]


class CallOut(models.Model):
    """Somebody on call was called, and worked from an instant to another. Append-only (trigger)."""

    team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    starts_at = models.DateTimeField(_("Called at"))
    ends_at = models.DateTimeField(_("Done at"))
    reason = models.CharField(_("What for"), max_length=200)
    recorded_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="call_out_ends_after_start"),
        ]
        indexes = [models.Index(fields=["team", "starts_at"], name="call_out_team")]
