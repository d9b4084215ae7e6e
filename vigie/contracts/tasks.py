"""Periodic jobs of contracts."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from vigie.contracts.actions import course, feeds
from vigie.toolkit.jobs import job


@job(
    "contracts.read_feeds",
    once_by="a look writes what it saw, and takes nothing over",
    cron="40 4 * * *",
    queueing_lock="contracts.read_feeds",
    longest=dt.timedelta(minutes=10),
)
def read_feeds(timestamp: int) -> None:
    """Look at every feed of closed days, each night."""
    feeds.read_all(timezone.now())


@job(
    "contracts.follow_dates",
    once_by="the state of the contract and the last step told of each date",
    cron="10 5 * * *",
    queueing_lock="contracts.follow_dates",
    longest=dt.timedelta(minutes=10),
)
def follow_dates(timestamp: int) -> None:
    """Contracts that start, end or are renewed, and reminders of what must be decided; idempotent by their rows."""
    course.follow_dates(timezone.now())
