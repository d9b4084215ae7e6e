"""The ticket itself, and who and what it is tied to."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from vigie.accounts.models import Person, Team
from vigie.catalog.models import Category, Service
from vigie.contracts.models import Contract
from vigie.tenancy.models import Organisation, Site
from vigie.workflow.models import WorkflowVersion

LIVE = Q(phase__in=["active", "waiting"])
FAR_FUTURE = "9999-12-31T00:00:00+00:00"


class Ticket(models.Model):
    """One incident, request or question of one client.

    ``phase`` (active, waiting, done, ended) is the state's phase in its workflow, kept for lists of several types.
    ``due_at`` is the earliest running due instant of its clocks (far future when none runs): what lists sort by.
    ``version`` grows at each change: a stale form is recognised by it.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    reference = models.CharField(max_length=30, unique=True)
    former_references = ArrayField(models.CharField(max_length=30), default=list)
    ticket_type = models.CharField(max_length=20)
    workflow_version = models.ForeignKey(WorkflowVersion, models.PROTECT)
    state = models.CharField(max_length=20)
    phase = models.CharField(max_length=8)
    pending_reason = models.CharField(max_length=30, blank=True)
    follow_up_at = models.DateTimeField(null=True)
    title = models.CharField(max_length=250)
    impact = models.PositiveSmallIntegerField(default=3)
    urgency = models.PositiveSmallIntegerField(default=2)
    computed_priority = models.PositiveSmallIntegerField()
    priority = models.PositiveSmallIntegerField()
    is_vip = models.BooleanField(default=False)
    is_confidential = models.BooleanField(default=False)
    channel = models.CharField(max_length=12, default="portal")
    service = models.ForeignKey(Service, models.PROTECT, null=True)
    category = models.ForeignKey(Category, models.PROTECT, null=True)
    site = models.ForeignKey(Site, models.PROTECT, null=True, db_constraint=False)
    contract = models.ForeignKey(Contract, models.PROTECT, null=True, db_constraint=False)
    requester = models.ForeignKey(Person, models.PROTECT, related_name="+")
    beneficiary = models.ForeignKey(Person, models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, null=True)
    assignee = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", db_index=False)
    tags = ArrayField(models.CharField(max_length=40), default=list)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_constraint=False)
    duplicate_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_constraint=False)
    resolution_code = models.CharField(max_length=30, blank=True)
    cancel_reason = models.CharField(max_length=30, blank=True)
    opened_at = models.DateTimeField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    first_response_at = models.DateTimeField(null=True)
    restored_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    first_resolved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    awaiting_reply_since = models.DateTimeField(null=True)
    reopen_count = models.PositiveIntegerField(default=0)
    reassignment_count = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=FAR_FUTURE)
    due_kind = models.CharField(max_length=12, blank=True)
    has_breach = models.BooleanField(default=False)
    source = models.CharField(max_length=80, blank=True)
    submission = models.CharField(max_length=64, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "id"], name="ticket_held"),
            models.UniqueConstraint(fields=["source"], condition=~Q(source=""), name="ticket_source_once"),
            models.UniqueConstraint(
                fields=["requester", "submission"], condition=~Q(submission=""), name="ticket_submission_once"
            ),
            models.CheckConstraint(
                condition=Q(created_at__gte=models.F("opened_at")), name="opened_before_created"
            ),
            models.CheckConstraint(
                condition=Q(priority__range=(1, 5), computed_priority__range=(1, 5)), name="priority_range"
            ),
            models.CheckConstraint(
                condition=Q(impact__range=(1, 3), urgency__range=(1, 3)), name="impact_range"
            ),
            models.CheckConstraint(
                condition=~Q(phase="waiting") | ~Q(pending_reason="") | Q(state="pending_approval"),
                name="waiting_has_reason",
            ),
            models.CheckConstraint(
                condition=~Q(parent=models.F("id")) & ~Q(duplicate_of=models.F("id")),
                name="not_its_own_parent",
            ),
        ]
        indexes = [
            # the queue: open tickets by time left; one client's; a team's; a person's
            models.Index(fields=["due_at", "id"], condition=LIVE, name="ticket_live_due"),
            models.Index(fields=["organisation", "due_at", "id"], condition=LIVE, name="ticket_live_org_due"),
            models.Index(fields=["team", "due_at", "id"], condition=LIVE, name="ticket_live_team_due"),
            models.Index(fields=["assignee", "due_at", "id"], condition=LIVE, name="ticket_live_mine_due"),
            models.Index(fields=["-updated_at", "-id"], condition=LIVE, name="ticket_live_updated"),
            models.Index(fields=["-opened_at", "-id"], condition=LIVE, name="ticket_live_opened"),
            # everything, newest first
            models.Index(fields=["-opened_at", "-id"], name="ticket_opened"),
            models.Index(fields=["-updated_at", "-id"], name="ticket_updated"),
            models.Index(fields=["organisation", "-opened_at", "-id"], name="ticket_org_opened"),
            models.Index(fields=["organisation", "-updated_at", "-id"], name="ticket_org_updated"),
            models.Index(fields=["requester", "-opened_at"], name="ticket_requester"),
            models.Index(fields=["beneficiary", "-opened_at"], name="ticket_beneficiary"),
            # no index holds those of nobody but the live one: the planner would read a tenth of all tickets in it
            models.Index(
                fields=["assignee", "-updated_at"],
                condition=Q(assignee__isnull=False),
                name="ticket_assigned",
            ),
            models.Index(fields=["parent"], condition=Q(parent__isnull=False), name="ticket_parent"),
            models.Index(
                fields=["duplicate_of"], condition=Q(duplicate_of__isnull=False), name="ticket_duplicates"
            ),
            models.Index(fields=["resolved_at", "id"], condition=Q(phase="done"), name="ticket_to_close"),
            models.Index(
                fields=["follow_up_at", "id"], condition=Q(phase="waiting"), name="ticket_follow_up"
            ),
            GinIndex(fields=["tags"], name="ticket_tags", condition=~Q(tags=[])),
        ]

    def __str__(self) -> str:
        return self.reference


class Counter(models.Model):
    """The last ticket number given to each client: numbers tell nothing about the others' volume."""

    organisation = models.OneToOneField(Organisation, models.CASCADE, primary_key=True)
    last = models.PositiveIntegerField(default=0)


class PriorityPolicy(models.Model):
    """A client's own impact × urgency matrix and VIP rule; without a row the ITIL default applies.

    ``matrix`` is ``[[p, p, p], …]`` by impact then urgency. ``vip_rule``: ``raise_urgency`` or ``none``.
    """

    organisation = models.OneToOneField(Organisation, models.CASCADE, primary_key=True)
    matrix = models.JSONField()
    vip_rule = models.CharField(max_length=20, default="raise_urgency")


class Watcher(models.Model):
    """Somebody who follows a ticket without having asked for it."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="watchers", db_constraint=False)
    person = models.ForeignKey(Person, models.CASCADE)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "person"], name="watcher_once")]
        indexes = [models.Index(fields=["person", "ticket"], name="watcher_person")]


class ProposedWatcher(models.Model):
    """Somebody whom a mail put in copy: follows the ticket only once an agent says so."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+", db_constraint=False)
    person = models.ForeignKey(Person, models.CASCADE)
    proposed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "person"], name="proposed_watcher_once")]


class TicketLink(models.Model):
    """A link between two tickets of the same client: ``related`` or ``follow_up`` (from follows to)."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    source = models.ForeignKey(Ticket, models.CASCADE, related_name="+", db_constraint=False)
    target = models.ForeignKey(Ticket, models.CASCADE, related_name="+", db_constraint=False)
    kind = models.CharField(max_length=12)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "target", "kind"], name="ticket_link_once"),
            models.CheckConstraint(condition=~Q(source=models.F("target")), name="ticket_link_other"),
        ]
        indexes = [models.Index(fields=["target"], name="ticket_link_target")]
