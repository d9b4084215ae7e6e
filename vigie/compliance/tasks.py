"""The month's end: what was simulated becomes a proposal."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from vigie.compliance.actions import statements
from vigie.toolkit.jobs import job


@job(
    "compliance.propose_months",
    once_by="a month that has its statement is not proposed again",
    cron="30 5,17 * * *",
    queueing_lock="compliance.propose_months",
    longest=dt.timedelta(minutes=15),
)
def propose_months(timestamp: int) -> None:
    """Statements of the last month, in each client's zone; idempotent by the statements themselves."""
    statements.propose_months(timezone.now())
