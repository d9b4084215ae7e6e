"""Ladders of escalation, what they fired on which clock, and what one more miss would cost."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.accounts.models import Person, Role, Team
from vigie.contracts.models import Calendar, Contract
from vigie.tenancy.models import Organisation
from vigie.tickets.models import Clock, SupportClock, Ticket


class Ladder(models.Model):
    """Who is told or takes over, step after step, while a promise runs out.

    Of a contract, of a client, or common (both empty); the most specific wins (``rules.ladder``). ``whose`` promise runs
    out: the client's, or one behind it. An empty scope matches everything: ``kind`` a clock, ``priorities`` of
    tickets. ``continues_with``: the ladder climbed after the last step of this one. ``since``: when it took its scope and
    the ladder that follows; what was reached before is not told.
    """

    class Whose(models.TextChoices):
        CLIENT = "client", p("whose clock", "Promises to the client")
        TEAM = "team", p("whose clock", "Promises of teams")
        SUPPLIER = "supplier", p("whose clock", "Promises of suppliers")

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Client")
    )
    contract = models.ForeignKey(
        Contract, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Contract")
    )
    name_fr = models.CharField(_("Name (French)"), max_length=100)
    name_en = models.CharField(_("Name (English)"), max_length=100)
    whose = models.CharField(_("Which promises"), max_length=8, choices=Whose, default=Whose.CLIENT)
    kind = models.CharField(_("Clock"), max_length=12, blank=True)
    priorities = ArrayField(
        models.PositiveSmallIntegerField(), default=list, blank=True, verbose_name=_("Priorities")
    )
    vip_only = models.BooleanField(_("VIP only"), default=False)
    continues_with = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Then")
    )
    is_active = models.BooleanField(p("ladder", "In force"), default=True)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(contract=None) | Q(organisation__isnull=False), name="ladder_contract_has_client"
            ),
            models.CheckConstraint(
                condition=Q(continues_with=None) | ~Q(continues_with=models.F("id")), name="ladder_not_itself"
            ),
        ]

    def __str__(self) -> str:
        return self.name_fr


class Step(models.Model):
    """One step of a ladder: when, to whom, and within how many minutes it must be acknowledged.

    ``value`` is a percent of the target, or minutes from the breach (negative: before it). Minutes are of the
    clock's own service time, of the wall, or of the open time of ``calendar``. ``since``: what was reached before is
    not told. A removed step stays for what it fired.
    """

    class Unit(models.TextChoices):
        PERCENT = "percent", _("percent of the target")
        SERVICE = "service", _("minutes of service time from the breach")
        WALL = "wall", _("minutes on the wall from the breach")

    class Mode(models.TextChoices):
        HIERARCHICAL = "hierarchical", p("escalation", "Inform")
        FUNCTIONAL = "functional", p("escalation", "Hand over the ticket")

    class Audience(models.TextChoices):
        ASSIGNEE = "assignee", _("Whoever is in charge of the ticket")
        LEADS = "leads", _("Leads of a team")
        TEAM = "team", _("Everybody of a team")
        ON_CALL = "on_call", _("Whoever is on call for a team")
        ROLE = "role", _("A role with the client")
        PERSON = "person", _("A person")

    ladder = models.ForeignKey(Ladder, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField(p("step", "Place"))
    unit = models.CharField(_("Counted in"), max_length=8, choices=Unit, default=Unit.PERCENT)
    value = models.IntegerField(_("When"))
    calendar = models.ForeignKey(
        Calendar, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Calendar")
    )
    mode = models.CharField(_("What is done"), max_length=12, choices=Mode, default=Mode.HIERARCHICAL)
    audience = models.CharField(_("To whom"), max_length=8, choices=Audience, default=Audience.LEADS)
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Team")
    )
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Person")
    )
    role = models.ForeignKey(
        Role, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Role")
    )
    acknowledge_within = models.PositiveSmallIntegerField(
        _("To acknowledge within (minutes)"), null=True, blank=True
    )
    since = models.DateTimeField()
    is_removed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ladder", "position"],
                condition=Q(is_removed=False),
                name="step_position_once",
            ),
            models.CheckConstraint(
                condition=~Q(unit="percent") | Q(value__gt=0, calendar=None), name="step_percent_positive"
            ),
            models.CheckConstraint(
                condition=Q(acknowledge_within=None) | Q(acknowledge_within__gt=0),
                name="step_acknowledge_positive",
            ),
        ]
        ordering = ["ladder", "position"]


class Escalation(models.Model):
    """A step that fired, once, on a clock of the client (``clock``) or on one behind it (``support_clock``). ``at``: when it was
    reached; ``told_at``: when people were told.

    ``passed`` was behind when it was found, with a higher step: kept, nobody told. ``nobody``: nobody could be told, so it
    climbs at once. ``over``: the clock stopped, or took another ladder, before anybody answered.
    """

    class State(models.TextChoices):
        PASSED = "passed", p("escalation", "Passed over")
        TOLD = "told", p("escalation", "Told")
        WAITING = "waiting", p("escalation", "Waits for an answer")
        ACKNOWLEDGED = "acknowledged", p("escalation", "Acknowledged")
        CLIMBED = "climbed", p("escalation", "Unanswered: climbed")
        NOBODY = "nobody", p("escalation", "Nobody to tell")
        OVER = "over", p("escalation", "No longer needed")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    clock = models.ForeignKey(Clock, models.CASCADE, null=True, related_name="+", db_index=False)
    support_clock = models.ForeignKey(
        SupportClock, models.CASCADE, null=True, related_name="+", db_index=False
    )
    step = models.ForeignKey(Step, models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    told_at = models.DateTimeField()
    by_climb = models.BooleanField(default=False)
    state = models.CharField(max_length=12, choices=State)
    acknowledge_by = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clock", "step"], name="escalation_once"),
            models.UniqueConstraint(fields=["support_clock", "step"], name="escalation_once_behind"),
            models.CheckConstraint(
                condition=Q(clock__isnull=False, support_clock=None)
                | Q(clock=None, support_clock__isnull=False),
                name="escalation_of_one_clock",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="acknowledged", acknowledged_at__isnull=False, acknowledged_by__isnull=False
                )
                | (~Q(state="acknowledged") & Q(acknowledged_at=None, acknowledged_by=None)),
                name="escalation_acknowledged_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["-told_at", "-id"], name="escalation_latest"),
            models.Index(fields=["organisation", "-told_at", "-id"], name="escalation_org_latest"),
            models.Index(fields=["clock"], condition=Q(state="waiting"), name="escalation_waiting"),
            models.Index(
                fields=["support_clock"], condition=Q(state="waiting"), name="escalation_waiting_behind"
            ),
        ]


class Recipient(models.Model):
    """Somebody who was told of an escalation."""

    escalation = models.ForeignKey(Escalation, models.CASCADE, related_name="recipients")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["escalation", "person"], name="recipient_once")]
        indexes = [models.Index(fields=["person", "-escalation"], name="recipient_person")]


class Watch(models.Model):
    """What the sweep knows of a clock: the version of the ticket it last read (0: look again), and when time alone brings
    something."""

    clock = models.OneToOneField(Clock, models.CASCADE, primary_key=True, related_name="escalation_watch")
    version = models.PositiveIntegerField()
    next_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="watch_next")]


class SupportWatch(models.Model):
    """The same of a clock of a team or a supplier."""

    clock = models.OneToOneField(
        SupportClock, models.CASCADE, primary_key=True, related_name="escalation_watch"
    )
    version = models.PositiveIntegerField()
    next_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="watch_next_behind")
        ]


class Stake(models.Model):
    """What one more miss would cost a contract this month, for clocks of one kind, type and priority.

    ``amount`` is the month's credit with one miss more, less what it is now. ``nth``: which miss of the month it
    would be for ``commitment``, whose rate goes from ``rate_now`` to ``rate_then`` (percent). ``reason``: ``rules.risk``.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    contract = models.ForeignKey(Contract, models.CASCADE, related_name="+")
    month = models.DateField()
    kind = models.CharField(max_length=12)
    ticket_type = models.CharField(max_length=20)
    priority = models.PositiveSmallIntegerField()
    commitment_id = models.BigIntegerField()
    reason = models.CharField(max_length=12)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    nth = models.PositiveIntegerField()
    rate_now = models.DecimalField(max_digits=6, decimal_places=3, null=True)
    rate_then = models.DecimalField(max_digits=6, decimal_places=3, null=True)
    promised = models.DecimalField(max_digits=5, decimal_places=2)
    computed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "kind", "ticket_type", "priority"], name="stake_once"
            ),
        ]
