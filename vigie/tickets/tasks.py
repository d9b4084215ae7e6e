"""Periodic and queued jobs of the desk. Each claims its rows and is safe to run twice."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from vigie.kernel.actor import SYSTEM
from vigie.tickets.actions import findable, lifecycle, loose, silence, sweep
from vigie.tickets.queries.suggesting import LEFT_OUT
from vigie.toolkit import vocabulary
from vigie.toolkit.jobs import job


@job(
    "tickets.sweep_clocks",
    once_by="what a clock has announced stands on it",
    cron="* * * * * */20",
    queueing_lock="tickets.sweep_clocks",
)
def sweep_clocks(timestamp: int) -> None:
    """Warnings and breaches, within 20 s of their instant; idempotent by the clock's own ``announced``."""
    sweep.announce_due_clocks(timezone.now())


@job(
    "tickets.sweep_endings",
    once_by="the ticket's own state",
    cron="*/5 * * * *",
    queueing_lock="tickets.sweep_endings",
)
def sweep_endings(timestamp: int) -> None:
    """Automatic closing, follow-up dates, reminders; idempotent by the ticket's own state and journal."""
    now = timezone.now()
    sweep.resume_followed_up(now)
    sweep.close_silent_tickets(now)
    silence.remind_silent_clients(now)


@job("tickets.resolve_children", once_by="a resolved child is left alone")
def resolve_children(ticket_id: int, organisation_id: int) -> None:
    """Children follow their parent's resolution; idempotent: a resolved child is left alone."""
    lifecycle.resolve_children(SYSTEM, ticket_id, now=timezone.now())


@job("tickets.follow_person", once_by="the words are written anew each time")
def follow_person(person_id: int) -> None:
    """A person's new name and address, in the search of its tickets; idempotent: the same words again."""
    findable.follow_person(person_id)


@job(
    "tickets.purge_loose_files",
    once_by="what is removed is gone",
    cron="17 * * * *",
    queueing_lock="tickets.purge_loose_files",
    longest=dt.timedelta(minutes=10),
)
def purge_loose_files(timestamp: int) -> None:
    """Files that were uploaded and never sent."""
    loose.purge(timezone.now())


@job(
    "tickets.learn_words",
    once_by="the words are written anew each time",
    cron="23 3 * * *",
    queueing_lock="tickets.learn_words",
    longest=dt.timedelta(minutes=20),
)
def learn_words(timestamp: int) -> None:
    """The vocabulary of "did you mean", each night; idempotent: it is the same again from the same texts."""
    vocabulary.rebuild("ticket", left_out=LEFT_OUT)
