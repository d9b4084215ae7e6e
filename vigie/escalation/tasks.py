"""Periodic jobs of escalation. Each is safe to run twice."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from vigie.escalation.actions import stakes, sweep
from vigie.toolkit.jobs import job


@job(
    "escalation.fire_due_steps",
    once_by="a step fires once on a clock (constraint)",
    cron="* * * * * */30",
    queueing_lock="escalation.fire_due_steps",
    longest=dt.timedelta(minutes=10),
)
def fire_due_steps(timestamp: int) -> None:
    """Steps of ladders, within half a minute of their instant."""
    sweep.fire_due_steps(timezone.now())


@job(
    "escalation.weigh_risks",
    once_by="each amount is written anew, unless it is the same",
    cron="*/5 * * * *",
    queueing_lock="escalation.weigh_risks",
    longest=dt.timedelta(minutes=5),
)
def weigh_risks(timestamp: int) -> None:
    """What one more miss would cost each contract with something due soon."""
    stakes.weigh(timezone.now())
