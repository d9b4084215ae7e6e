"""Questions "what if" asked of a contract, and what the replay of its tickets answered. Nothing here touches a ticket."""

from __future__ import annotations

from django.db import models
from django.utils.translation import pgettext_lazy as p

from vigie.accounts.models import Person
from vigie.contracts.models import Contract
from vigie.tenancy.models import Organisation
from vigie.tickets.models import Ticket


class Study(models.Model):
    """Up to three variants of a contract, replayed on its tickets of the twelve months up to ``month``.

    ``variants``: ``[{"name": …, "change": …}]`` (``rules.Change``). ``result`` is written once, when ``done``:
    ``{"whole": every changed clock is listed, "before": …, "stated": {month: total of its statement}, "own": {the same by itself},
    "apart": [{"month", "amount", "told_in"}], "variants": […]}`` (``queries.outcome``). ``progress`` is a percent.
    """

    class State(models.TextChoices):
        WAITING = "waiting", p("study", "Waiting")
        RUNNING = "running", p("study", "Being replayed")
        DONE = "done", p("study", "Done")
        REFUSED = "refused", p("study", "Could not be replayed")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="+")
    month = models.DateField()
    variants = models.JSONField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    progress = models.PositiveSmallIntegerField(default=0)
    tickets = models.PositiveIntegerField(default=0)
    result = models.JSONField(null=True, blank=True)
    refusal = models.CharField(max_length=60, blank=True)
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["contract", "-asked_at"], name="study_contract")]


class ChangedClock(models.Model):
    """A clock whose verdict, or whose month, another than the one it has would be; ``variant`` counts from 0.

    ``was`` and ``then`` are ``met``, ``missed`` or empty (in no month's population).
    """

    study = models.ForeignKey(Study, models.CASCADE, related_name="changed")
    variant = models.PositiveSmallIntegerField()
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12)
    month = models.DateField()
    was = models.CharField(max_length=6, blank=True)
    then = models.CharField(max_length=6, blank=True)
    used_before = models.PositiveIntegerField()
    target_before = models.PositiveIntegerField()
    used_after = models.PositiveIntegerField()
    target_after = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["study", "variant", "id"], name="study_changed_list")]
