"""Periodic and queued jobs of the desk. Each claims its rows and is safe to run twice."""

from __future__ import annotations

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from vigie.kernel.actor import SYSTEM
from vigie.tickets.actions import lifecycle, sweep

RETRY = RetryStrategy(max_attempts=8, linear_wait=5)


@app.periodic(cron="* * * * * */20")
@app.task(name="tickets.sweep_clocks", retry=RETRY, queueing_lock="tickets.sweep_clocks", pass_context=False)
def sweep_clocks(timestamp: int) -> None:
    """Warnings and breaches, within 20 s of their instant; idempotent by the clock's own ``announced``."""
    sweep.announce_due_clocks(timezone.now())


@app.periodic(cron="*/5 * * * *")
@app.task(name="tickets.sweep_endings", retry=RETRY, queueing_lock="tickets.sweep_endings")
def sweep_endings(timestamp: int) -> None:
    """Automatic closing and follow-up dates; idempotent by the ticket's own state."""
    now = timezone.now()
    sweep.resume_followed_up(now)
    sweep.close_silent_tickets(now)


@app.task(name="tickets.resolve_children", retry=RETRY)
def resolve_children(ticket_id: int, organisation_id: int) -> None:
    """Children follow their parent's resolution; idempotent: a resolved child is left alone."""
    lifecycle.resolve_children(SYSTEM, ticket_id, now=timezone.now())
