"""Jobs of this area."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from vigie.operations.actions import alarms, purge
from vigie.toolkit.jobs import job


@job(
    "operations.look",
    once_by="an alarm is one row, told when it appears",
    cron="* * * * *",
    queueing_lock="operations.look",
)
def look(timestamp: int) -> None:
    """Is the disk full, is the backup old, do jobs wait? The web process looks too (``runtime.lookout``)."""
    alarms.look(timezone.now())


@job(
    "operations.purge",
    once_by="what is removed is gone",
    cron="41 * * * *",
    queueing_lock="operations.purge",
    longest=dt.timedelta(minutes=10),
)
def remove_old(timestamp: int) -> None:
    """Finished jobs and ended sessions, in batches."""
    now = timezone.now()
    purge.jobs(now)
    purge.sessions(now)
