"""Periodic jobs of contracts."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from vigie.contracts.actions import feeds
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
