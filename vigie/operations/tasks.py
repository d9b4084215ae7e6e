"""Jobs of this area."""

from __future__ import annotations

from django.utils import timezone

from vigie.operations.actions import alarms
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
